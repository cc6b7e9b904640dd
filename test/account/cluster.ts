/** The four-node cluster of the captures, with jobs submitted, started and ended through the real reducer. */
import { admit } from "../../core/admit/admit.ts";
import { admitClusterOf } from "../../core/admit/cluster-of.ts";
import { jobId, type NodeIndex } from "../../core/model/ids.ts";
import type { Job } from "../../core/model/job.ts";
import type { JobSpec } from "../../core/model/job-spec.ts";
import type { ClusterState } from "../../core/state/cluster-state.ts";
import type { Event } from "../../core/state/events.ts";
import { reduce } from "../../core/state/reduce.ts";
import { fourNodes, NOW_S, spec } from "../admit/cluster.ts";

export interface Shared {
  readonly node: string;
  readonly tasks?: number;
  readonly cpus?: number;
  readonly memMib?: number;
  readonly lanes?: readonly number[];
}

export class Cluster {
  readonly state: ClusterState = fourNodes();

  apply(event: Event): void {
    reduce(this.state, this.state.lastSeq + 1, event);
  }

  submit(over: Partial<JobSpec>): Job {
    const cluster = admitClusterOf(this.state, () => 0);
    const admitted = admit(spec(over), cluster, NOW_S, { operator: true });
    if (!admitted.ok) throw new Error(admitted.refusal.message);
    const { job, array } = admitted.value;
    const id = this.state.nextJobId;
    this.apply({
      type: "job.submitted",
      atS: NOW_S,
      jobId: id,
      scriptKey: id,
      job,
      ...(array === undefined ? {} : { array }),
    });
    return this.job(id);
  }

  /** Starts the job, or the given waiting task of an array in a record of its own. */
  start(id: number, shares: readonly Shared[], taskId?: number): Job {
    let started = id;
    if (taskId !== undefined) {
      started = (this.job(id).pendingTasks?.length ?? 1) > 1 ? this.state.nextJobId : id;
      this.apply({ type: "task.split", atS: NOW_S + 1, jobId: id, taskId, newJobId: started });
    }
    const nodes = shares.map(({ node, tasks = 1, cpus = 1, memMib = 100, lanes = [] }) => ({
      node: this.row(node),
      tasks,
      cpus,
      memMib,
      devices: lanes.map((lane) => ({ lane, thousandths: 1000 })),
    }));
    const partition = this.job(started).partitions[0] ?? "";
    this.apply({ type: "job.started", atS: NOW_S + 1, jobId: started, partition, allocation: { nodes } });
    return this.job(started);
  }

  end(id: number, over: Partial<Extract<Event, { type: "job.ended" }>> = {}): Job {
    this.apply({
      type: "job.ended",
      atS: NOW_S + 5,
      jobId: id,
      state: "COMPLETED",
      exitCode: 0,
      exitSignal: 0,
      endReason: "",
      ...over,
    });
    return this.job(id);
  }

  job(id: number): Job {
    const job = this.state.jobs.get(jobId(id));
    if (job === undefined) throw new Error(`no job ${id}`);
    return job;
  }

  row(name: string): NodeIndex {
    const row = this.state.nodeByName.get(name);
    if (row === undefined) throw new Error(`no node ${name}`);
    return row;
  }
}
