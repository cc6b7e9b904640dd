/**
 * What the jobs of a workload ask, admitted: once for each distinct ask, since a log has few of them, and then shared by
 * all jobs alike. Made before a replay; changes nothing.
 */
import { admit } from "../admit/admit.ts";
import type { AdmitCluster } from "../admit/cluster.ts";
import { admitClusterOf } from "../admit/cluster-of.ts";
import type { JobSpec } from "../model/job-spec.ts";
import type { Refusal } from "../model/refusal.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import type { SubmittedFields } from "../state/events.ts";
import { EPOCH_S } from "./cluster.ts";
import type { WorkloadJob, WorkloadQueue } from "./workload.ts";

export type Asked =
  | { readonly ok: true; readonly fields: SubmittedFields }
  | { readonly ok: false; readonly refusal: Refusal };

/** Distinct asks of one workload. */
export const MAX_ASKS = 1_000_000;

export class RequestBook {
  readonly #cluster: AdmitCluster;
  readonly #hasMemory: boolean;
  /** By queue, then by what is asked of nodes. */
  readonly #asked = new Map<WorkloadQueue | undefined, Map<number, Asked>>();
  #size = 0;
  readonly #specs = new Map<number, SubmittedFields["spec"]>();

  constructor(state: ClusterState, hasMemory: boolean) {
    // The site's bound on the queue is for people; a log has as many jobs as it has.
    this.#cluster = admitClusterOf(state, () => 0);
    this.#hasMemory = hasMemory;
  }

  /** The same object for all jobs that ask the same. */
  ask(job: WorkloadJob): Asked {
    const key = (job.cpus * 2 ** 18 + job.nodes) * 32 + job.gpusPerNode;
    let ofQueue = this.#asked.get(job.queue);
    if (ofQueue === undefined) {
      ofQueue = new Map();
      this.#asked.set(job.queue, ofQueue);
    }
    let asked = ofQueue.get(key);
    if (asked === undefined) {
      asked = this.#admit(job);
      if (this.#size++ < MAX_ASKS) ofQueue.set(key, asked);
    }
    return asked;
  }

  /** What the record keeps of the submission: of all jobs of a user the same. */
  spec(user: number): SubmittedFields["spec"] {
    let spec = this.#specs.get(user);
    if (spec === undefined) {
      const { script: _, environment: __, ...kept } = specOf(user);
      spec = kept;
      this.#specs.set(user, spec);
    }
    return spec;
  }

  #admit(job: WorkloadJob): Asked {
    const { nodes, cpus, gpusPerNode } = job;
    const asks =
      nodes === 0
        ? { ntasks: cpus, cpusPerTask: 1 }
        : { minNodes: nodes, maxNodes: nodes, ntasksPerNode: 1, cpusPerTask: cpus };
    const gpus = gpusPerNode === 0 ? {} : { gpusPerNode: String(gpusPerNode) };
    const { partition = "", qos = "" } = job.queue ?? {};
    const queue = { ...(partition === "" ? {} : { partition }), ...(qos === "" ? {} : { qos }) };
    const admitted = admit({ ...specOf(job.user), ...queue, ...asks, ...gpus }, this.#cluster, EPOCH_S, {
      operator: true,
    });
    if (!admitted.ok) return admitted;
    const { request, ...fields } = admitted.value.job;
    // A workload says nothing of memory, which for admission is all of a node's where the site sets no default.
    const kept = this.#hasMemory ? request : { ...request, memMib: 0, memPer: "node" as const, memPerMib: 0 };
    return { ok: true, fields: { ...fields, request: kept } };
  }
}

const specOf = (user: number): JobSpec => ({
  script: "#!/bin/sh\n",
  environment: {},
  user: user < 0 ? "nobody" : `user${user}`,
  uid: Math.max(0, user),
  group: "users",
  gid: 100,
  workDir: "/",
});
