/** Suspension in the state: what a job gives up and keeps, what is counted of it, and that a journal knows it again. */
import { beforeEach, describe, expect, it } from "vitest";
import { jobId, nodeIndex } from "../../core/model/ids.ts";
import { type Allocation, shownState } from "../../core/model/job.ts";
import { type ClusterState, emptyState } from "../../core/state/cluster-state.ts";
import { type Event, encodeEvent } from "../../core/state/events.ts";
import { planTables } from "../../core/state/pass-snapshot.ts";
import { reduce, reduceEncoded } from "../../core/state/reduce.ts";
import { decodeState, encodeState } from "../../core/state/snapshot.ts";
import { suspendedTables } from "../../core/state/suspended-tables.ts";
import { BEGAN_S, device, fields, nodeSpec, partitionSpec } from "./fixture.ts";
import { checkState } from "./invariants.ts";

let state: ClusterState;
let events: Event[];

const held = (cpus: number, memMib: number): Allocation => ({
  nodes: [{ node: nodeIndex(0), tasks: 1, cpus, memMib, devices: [{ lane: 1, thousandths: 1000 }] }],
});
const submit = (id: number, timeLimitS: number): void =>
  apply({
    type: "job.submitted",
    atS: BEGAN_S,
    jobId: id,
    scriptKey: id,
    job: fields({ timeLimitS, partitions: ["debug"] }),
  });

beforeEach(() => {
  state = emptyState();
  events = [];
  apply({
    type: "cluster.configured",
    atS: BEGAN_S,
    clusterName: "test",
    partitions: [partitionSpec("debug", { isDefault: true })],
    qos: [],
    nodes: [],
  });
  const devices = [device("gpu", "a", 0), device("gpu", "a", 1)];
  const spec = nodeSpec("n1", { cpus: 8, memoryMib: 8000, devices });
  apply({ type: "node.registered", atS: BEGAN_S, spec });
  submit(1, 600);
  const allocation = held(8, 3000);
  apply({ type: "job.started", atS: BEGAN_S + 100, jobId: 1, partition: "debug", allocation });
});

function apply(event: Event): void {
  events.push(event);
  reduce(state, events.length, event);
  checkState(state);
}

const one = () => state.jobs.get(jobId(1))!;
const free = () => ({
  cpus: state.nodes.columns.freeCpus[0],
  memMib: state.nodes.columns.freeMemMib[0],
  gpus: state.nodes.columns.freeGres[0],
});

describe("a suspended job", () => {
  beforeEach(() => {
    apply({ type: "job.suspending", atS: BEGAN_S + 150, jobId: 1, byUid: 0, forJob: 2 });
  });

  it("keeps all that it has until its agent has it standing still", () => {
    expect(shownState(one())).toBe("SUSPENDED");
    expect(free()).toEqual({ cpus: 0, memMib: 5000, gpus: 1 });
    apply({ type: "job.suspended", atS: BEGAN_S + 160, jobId: 1 });
    expect(free()).toEqual({ cpus: 8, memMib: 5000, gpus: 2 });
  });

  it("has its time limit and its run time stand still", () => {
    apply({ type: "job.suspended", atS: BEGAN_S + 160, jobId: 1 });
    expect(suspendedTables(state, BEGAN_S + 1000)?.jobs).toMatchObject([
      { jobId: 1, leftS: 540, isStill: true },
    ]);
    apply({ type: "job.resumed", atS: BEGAN_S + 1160, jobId: 1 });
    expect(one()).toMatchObject({ suspendedS: 1000, suspendChangeS: BEGAN_S + 1160 });
    expect(state.runningJobs.columns.endS[0]).toBe(BEGAN_S + 100 + 600 + 1000);
    expect(free()).toEqual({ cpus: 0, memMib: 5000, gpus: 1 });
  });

  it("ends as any other, and its record says how long it stood still", () => {
    apply({ type: "job.suspended", atS: BEGAN_S + 160, jobId: 1 });
    const ended = { state: "CANCELLED", exitCode: 0, exitSignal: 15, endReason: "" } as const;
    apply({ type: "job.ended", atS: BEGAN_S + 260, jobId: 1, ...ended });
    expect(one()).toMatchObject({ suspendedS: 100, state: "CANCELLED" });
    expect(free()).toEqual({ cpus: 8, memMib: 8000, gpus: 2 });
  });

  it("has forgotten it when it is requeued", () => {
    apply({ type: "job.suspended", atS: BEGAN_S + 160, jobId: 1 });
    apply({ type: "job.requeued", atS: BEGAN_S + 200, jobId: 1, beginS: 0, held: "", endReason: "" });
    expect(one()).not.toHaveProperty("suspendedS");
    expect(one()).not.toHaveProperty("suspension");
    expect(free()).toEqual({ cpus: 8, memMib: 8000, gpus: 2 });
  });

  it("does not go on by itself where it was suspended by hand", () => {
    apply({ type: "job.suspended", atS: BEGAN_S + 160, jobId: 1 });
    apply({ type: "job.suspending", atS: BEGAN_S + 170, jobId: 1, byUid: 0, byHand: true });
    expect(suspendedTables(state, BEGAN_S + 200)).toEqual({ jobs: [] });
    apply({ type: "job.resuming", atS: BEGAN_S + 180, jobId: 1 });
    expect(suspendedTables(state, BEGAN_S + 200)?.jobs).toHaveLength(1);
  });

  it("waits for the very devices that it has something on", () => {
    apply({ type: "job.suspended", atS: BEGAN_S + 160, jobId: 1 });
    submit(2, 60);
    const allocation = held(1, 10);
    apply({ type: "job.started", atS: BEGAN_S + 170, jobId: 2, partition: "debug", allocation });
    expect(planTables(state, BEGAN_S + 200).suspended?.jobs).toMatchObject([{ devicesFreeS: BEGAN_S + 230 }]);
  });

  it("is the same after its journal has been read again, and in a snapshot", () => {
    apply({ type: "job.suspended", atS: BEGAN_S + 160, jobId: 1 });
    const again = emptyState();
    for (const [i, event] of events.entries()) reduceEncoded(again, i + 1, encodeEvent(event));
    expect(Buffer.from(encodeState(again)).equals(Buffer.from(encodeState(state)))).toBe(true);
    const restored = decodeState(encodeState(state));
    checkState(restored);
    expect([...restored.suspended]).toEqual([1]);
  });
});
