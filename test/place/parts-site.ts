/** A cluster of GPUs that may be cut into parts, planned, committed and reduced: what the tests of parts drive. */
import { commitPlan } from "../../core/controller/commit-plan.ts";
import { startEvents } from "../../core/controller/start-events.ts";
import type { PartDemand } from "../../core/model/device-parts.ts";
import type { Job } from "../../core/model/job.ts";
import type { DeviceSpec } from "../../core/model/node.ts";
import type { GresDemand } from "../../core/model/request.ts";
import { firstFitPlacement } from "../../core/place/fallback.ts";
import { Planner } from "../../core/place/planner.ts";
import type { PlanOptions } from "../../core/place/queue.ts";
import { fifoPriority } from "../../core/prioritise/fallback.ts";
import { Decider } from "../../core/simulate/decide.ts";
import type { RunPolicies } from "../../core/simulate/policies.ts";
import { type ClusterState, emptyState } from "../../core/state/cluster-state.ts";
import type { Event } from "../../core/state/events.ts";
import { gresParents } from "../../core/state/node-rows.ts";
import { snapshotForPass } from "../../core/state/pass-snapshot.ts";
import { reduce } from "../../core/state/reduce.ts";
import { openPassSnapshot } from "../../core/state/tables.ts";
import { device, fields, nodeSpec, partitionSpec, request } from "../state/fixture.ts";
import { kernel, rank } from "./planning.ts";

const BEGAN_S = 1_800_000_000;
const planner = new Planner(kernel);

const parted = (lane: number): DeviceSpec => ({
  ...device("gpu", "tesla", lane),
  parts: { shard: 4, mps: 100, profiles: "a100-80gb" },
});

const POLICIES: RunPolicies = {
  priority: { chosen: fifoPriority(), fallback: fifoPriority() },
  placement: { chosen: firstFitPlacement(), fallback: firstFitPlacement() },
  reseed: () => undefined,
};

export class Site {
  readonly state: ClusterState = emptyState();
  nowS = BEGAN_S;
  readonly mode: PlanOptions["mode"];
  /** Keeps promises from pass to pass, as the controller does. */
  readonly #decider: Decider | undefined;
  #passes = 0;

  constructor(nodes: number, lanes: number, mode: PlanOptions["mode"] = "planned", keepsPromises = false) {
    this.mode = mode;
    if (keepsPromises) this.#decider = new Decider(this.state, kernel, POLICIES, { mode, order: "queue" });
    this.apply({
      type: "cluster.configured",
      atS: this.nowS,
      clusterName: "parts",
      partitions: [partitionSpec("debug", { isDefault: true })],
      qos: [],
      nodes: [],
    });
    for (let i = 0; i < nodes; i++) {
      const devices = Array.from({ length: lanes }, (_, lane) => parted(lane));
      const spec = nodeSpec(`n${i}`, { cpus: 64, memoryMib: 100_000, devices });
      this.apply({ type: "node.registered", atS: this.nowS, spec });
    }
  }

  apply(event: Event): void {
    reduce(this.state, this.state.lastSeq + 1, event);
  }

  submit(part: PartDemand | undefined, gpus = 0, limitS = 3600, nodes = 1, qos = ""): number {
    const jobId = this.state.nextJobId;
    const gres: readonly GresDemand[] = gpus === 0 ? [] : [{ dimension: 0, count: gpus }];
    const asked = request({
      gres,
      minNodes: nodes,
      maxNodes: nodes,
      tasks: nodes,
      ...(part === undefined ? {} : { part }),
    });
    const job = fields({ request: asked, timeLimitS: limitS, qos });
    this.apply({ type: "job.submitted", atS: this.nowS, jobId, scriptKey: jobId, job });
    return jobId;
  }

  plan() {
    if (this.#decider !== undefined) return this.#decider.plan(this.nowS, this.#passes++);
    // Over the message that a worker gets.
    const tables = openPassSnapshot(structuredClone(snapshotForPass(this.state, this.nowS)));
    const fallback = firstFitPlacement();
    const options = { mode: this.mode, gresParent: gresParents(this.state) };
    return planner.plan(tables, rank(tables), options, { placement: fallback, fallback });
  }

  /** One pass; gives how many planned starts did not hold. */
  pass(): number {
    const { starts, conflicts } = commitPlan(this.state, this.plan());
    for (const event of startEvents(this.state, starts, this.nowS).events) this.apply(event);
    return conflicts;
  }

  end(job: Job): void {
    const { id: jobId } = job;
    const how = { state: "COMPLETED", exitCode: 0, exitSignal: 0, endReason: "" } as const;
    this.apply({ type: "job.ended", atS: this.nowS, jobId, ...how });
  }

  of(state: Job["state"]): Job[] {
    return [...this.state.jobs.values()].filter((job) => job.state === state).sort((a, b) => a.id - b.id);
  }

  job(id: number): Job {
    return this.state.jobs.get(id as never)!;
  }

  lanesOf(id: number): number[] {
    return this.job(id).allocation!.nodes.flatMap(({ devices }) => devices.map(({ lane }) => lane));
  }
}

export const share = (kind: string, units: number): PartDemand => ({ kind, type: "", units, count: 1 });
export const profile = (kind: string, count = 1): PartDemand => ({ kind, type: "", units: 1, count });
