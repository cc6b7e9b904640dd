import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { kernelPath } from "../../core/controller/built-file.ts";
import type { SnapshotFacts } from "../../core/model/state-snapshot.ts";
import { UNLIMITED_S } from "../../core/model/time.ts";
import type { HistoryView } from "../../core/model/views.ts";
import { firstFitPlacement } from "../../core/place/fallback.ts";
import { PlanKernel } from "../../core/place/kernel.ts";
import { fifoPriority } from "../../core/prioritise/fallback.ts";
import type { RunPolicies } from "../../core/simulate/policies.ts";
import { applyChanges } from "../../core/simulate/whatif/changes.ts";
import { compare, comparisonText, waitingRecords } from "../../core/simulate/whatif/comparison.ts";
import { EndHeap } from "../../core/simulate/whatif/end-heap.ts";
import { readWhatifFlags } from "../../core/simulate/whatif/flags.ts";
import { type Forecast, forecast } from "../../core/simulate/whatif/forecast.ts";
import { asObserved, atLimit, type RunLength } from "../../core/simulate/whatif/run-length.ts";
import type { ClusterState } from "../../core/state/cluster-state.ts";
import { decodeState, encodeState } from "../../core/state/snapshot.ts";
import { Cluster, nodeSpec, oneNode, partitionSpec, request } from "../state/fixture.ts";
import { run, workloadOf } from "./cluster.ts";

const kernel = new PlanKernel(readFileSync(kernelPath()));
const placement = firstFitPlacement();
const priority = fifoPriority();
const policies: RunPolicies = {
  priority: { chosen: priority, fallback: priority },
  placement: { chosen: placement, fallback: placement },
  reseed: () => undefined,
};
const FACTS: SnapshotFacts = {
  nowS: 1_800_000_000,
  seq: 9,
  backfill: "planned",
  policies: {
    priority: { kind: "priority", module: "fifo", parameters: { a: 1 } },
    placement: { kind: "placement", module: "pack", parameters: {} },
  },
};
const PLAIN = { colours: { bold: (text: string) => text } } as unknown as Parameters<
  typeof comparisonText
>[1];

/** Two nodes of 4 CPUs, `debug` with all of them and `first` with n1; job 1 runs on the whole of n1 for 1000 s. */
function busyCluster(): Cluster {
  const cluster = new Cluster(0);
  cluster.apply({
    type: "cluster.configured",
    atS: cluster.nowS,
    clusterName: "test",
    partitions: [partitionSpec("debug", { isDefault: true }), partitionSpec("first", { nodes: "n1" })],
    qos: [],
    nodes: [],
  });
  for (const name of ["n1", "n2"])
    cluster.apply({
      type: "node.registered",
      atS: cluster.nowS,
      spec: nodeSpec(name, { cpus: 4, devices: [] }),
    });
  cluster.submit({ fields: { timeLimitS: 1000, request: request({ cpus: 4, cpusPerTask: 4 }) } });
  cluster.start(1, oneNode(0, 4));
  return cluster;
}

const wide = (nodes: number) =>
  request({ minNodes: nodes, maxNodes: nodes, tasks: nodes, cpus: 4, cpusPerTask: 4 });
const copyOf = (state: ClusterState): ClusterState => decodeState(encodeState(state));
const ahead = (state: ClusterState, over: { runLength?: RunLength; untilS?: number } = {}): Forecast =>
  forecast({
    state: copyOf(state),
    nowS: state.lastAtS,
    untilS: state.lastAtS + 1_000_000,
    backfill: { mode: "easy", order: "queue" },
    policies,
    kernel,
    runLength: atLimit,
    ...over,
  });

describe("a forecast", () => {
  it("starts what waits when what runs has ended at its limit", () => {
    const cluster = busyCluster();
    const first = cluster.submit({ fields: { timeLimitS: 500, request: wide(2) } });
    const second = cluster.submit({ fields: { timeLimitS: 500, request: wide(1) } });
    const third = cluster.submit({ fields: { timeLimitS: 900, request: wide(1) } });
    const { starts, isCut } = ahead(cluster.state);
    const began = cluster.nowS;
    expect(starts.get(first)).toEqual({ firstS: began + 1000, lastS: began + 1000, tasks: 1 });
    // Shorter than the wait for n1: n2 has it now.
    expect(starts.get(second)?.firstS).toBe(began);
    expect(starts.get(third)?.firstS).toBe(began + 1500);
    expect(isCut).toBe(false);
  });

  it("says of an array when its first and last tasks start", () => {
    const cluster = busyCluster();
    const array = cluster.submit({ tasks: [0, 1, 2], fields: { timeLimitS: 100, request: wide(1) } });
    const began = cluster.nowS;
    expect(ahead(cluster.state).starts.get(array)).toEqual({ firstS: began, lastS: began + 200, tasks: 3 });
  });

  it("waits for begin times and dependencies, and leaves out what is held", () => {
    const cluster = busyCluster();
    const late = cluster.submit({ fields: { request: wide(1), timeLimitS: 60, beginS: cluster.nowS + 300 } });
    const after = cluster.submit({ after: `afterok:${late}`, fields: { request: wide(1) } });
    const held = cluster.submit({ fields: { request: wide(1), held: "user" } });
    const { starts } = ahead(cluster.state);
    expect(starts.get(late)?.firstS).toBe(cluster.nowS + 300);
    expect(starts.get(after)?.firstS).toBe(cluster.nowS + 360);
    expect(starts.has(held)).toBe(false);
  });

  it("looks no further than it is told", () => {
    const cluster = busyCluster();
    const job = cluster.submit({ fields: { request: wide(2) } });
    expect(ahead(cluster.state, { untilS: cluster.nowS + 999 }).starts.has(job)).toBe(false);
    expect(ahead(cluster.state, { untilS: cluster.nowS + 1000 }).starts.has(job)).toBe(true);
  });

  it("takes a job that has outrun its time, or is being ended, to end soon", () => {
    const cluster = busyCluster();
    const job = cluster.submit({ fields: { request: wide(2) } });
    cluster.wait(2000);
    cluster.apply({ type: "job.updated", atS: cluster.nowS, jobId: job, change: { comment: "later" } });
    expect(ahead(cluster.state).starts.get(job)?.firstS).toBe(cluster.nowS + 30);
    cluster.apply({ type: "job.ending", atS: cluster.nowS, jobId: 1, state: "CANCELLED", byUid: 0 });
    expect(ahead(cluster.state).starts.get(job)?.firstS).toBe(cluster.nowS + 1);
  });

  it("gives for a queue at one moment what a replay gives", () => {
    const job = fc.record({
      cpus: fc.integer({ min: 1, max: 8 }),
      timeLimitS: fc.integer({ min: 1, max: 50 }),
    });
    fc.assert(
      fc.property(fc.array(job, { minLength: 1, maxLength: 30 }), (jobs) => {
        const workload = workloadOf(jobs.map((one) => ({ ...one, runS: one.timeLimitS })));
        const replayed = run(workload, { cpus: 8 }, { backfill: { mode: "easy", order: "queue" } });
        const cluster = new Cluster(0);
        const spec = nodeSpec("n1", { cpus: 8, devices: [] });
        cluster.apply({ type: "node.registered", atS: cluster.nowS, spec });
        for (const { cpus, timeLimitS } of jobs) {
          const asked = { tasks: cpus, tasksPerNode: cpus, cpus, memMib: 0, memPerMib: 0 };
          cluster.submit({ fields: { timeLimitS, request: request(asked) } });
        }
        const { starts } = ahead(cluster.state);
        const began = cluster.nowS;
        expect(jobs.map((_, i) => starts.get(i + 1)!.firstS - began)).toEqual([...replayed.jobs.startS]);
      }),
      { numRuns: 50 },
    );
  });

  it("ends jobs as those of their users did, where enough of these are known", () => {
    const past = (user: string, runS: number, count: number): HistoryView[] =>
      Array.from({ length: count }, () => ({
        ...({} as HistoryView),
        user,
        state: "COMPLETED",
        startS: 100,
        endS: 100 + runS,
        timeLimitS: 1000,
      }));
    const runLength = asObserved([...past("alice", 250, 3), ...past("bob", 10, 2)]);
    expect(runLength("alice", 1000)).toBe(250);
    expect(runLength("alice", UNLIMITED_S)).toBe(Number.POSITIVE_INFINITY);
    expect(runLength("bob", 1000)).toBe(1000);
    const cluster = busyCluster();
    const job = cluster.submit({ fields: { request: wide(2) } });
    expect(ahead(cluster.state, { runLength }).starts.get(job)?.firstS).toBe(cluster.nowS + 250);
  });
});

describe("a change", () => {
  it("drains nodes: what needs them starts no more, and what waits for others later", () => {
    const cluster = busyCluster();
    const both = cluster.submit({ fields: { request: wide(2) } });
    const one = cluster.submit({ fields: { request: wide(1), timeLimitS: 100 } });
    const state = copyOf(cluster.state);
    expect(applyChanges(state, { drain: "n[2]" }, cluster.nowS)).toEqual({ ok: true, value: 0 });
    const records = waitingRecords(state, 0);
    const jobs = compare(records, ahead(cluster.state), ahead(state));
    expect(jobs.map(({ jobId, differenceS }) => [jobId, differenceS])).toEqual([
      [both, null],
      [one, 1000],
    ]);
    const text = comparisonText({ nowS: cluster.nowS, untilS: 0, jobs }, PLAIN);
    expect(text).toContain("starts no more");
    expect(text).toContain("16:40 later");
    expect(applyChanges(state, { drain: "n9" }, cluster.nowS)).toMatchObject({
      ok: false,
      refusal: { code: "UNKNOWN_NODE" },
    });
  });

  it("adds nodes like another, in the partitions that list it", () => {
    const cluster = busyCluster();
    const job = cluster.submit({ fields: { request: wide(2), partitions: ["first"] } });
    const state = copyOf(cluster.state);
    expect(ahead(state).starts.has(job)).toBe(false);
    expect(applyChanges(state, { addNodes: { count: 2, like: "n1" } }, cluster.nowS).ok).toBe(true);
    expect(state.nodeRecords.map(({ spec }) => spec.name)).toEqual(["n1", "n2", "new1", "new2"]);
    expect(ahead(state).starts.get(job)?.firstS).toBe(cluster.nowS);
    const other = copyOf(cluster.state);
    expect(applyChanges(other, { addNodes: { count: 2, like: "n2" } }, cluster.nowS).ok).toBe(true);
    expect(ahead(other).starts.has(job)).toBe(false);
    expect(applyChanges(other, { addNodes: { count: 1, like: "n9" } }, 0).ok).toBe(false);
  });

  it("submits a job, which admission may refuse", () => {
    const cluster = busyCluster();
    const state = copyOf(cluster.state);
    const spec = {
      script: "#!/bin/sh\n",
      environment: {},
      user: "ada",
      uid: 1001,
      group: "users",
      gid: 100,
      workDir: "/",
      partitions: ["debug"],
      minNodes: 1,
      maxNodes: 1,
      cpusPerTask: 4,
      memPerNodeMib: 100,
      timeLimitS: 60,
    };
    const submitted = applyChanges(state, { submit: spec }, cluster.nowS);
    expect(submitted).toEqual({ ok: true, value: 2 });
    const jobs = compare(waitingRecords(state, 2), ahead(cluster.state), ahead(state));
    expect(jobs).toMatchObject([{ submitted: true, thenStartS: cluster.nowS, differenceS: null }]);
    expect(applyChanges(state, { submit: { ...spec, cpusPerTask: 5 } }, cluster.nowS).ok).toBe(false);
  });
});

describe("the flags", () => {
  it("leave what they do not say as the controller has it", () => {
    const read = readWhatifFlags({}, FACTS);
    expect(read).toMatchObject({
      ok: true,
      value: {
        hasOtherPolicies: false,
        backfill: { mode: "planned", order: "queue" },
        ends: "limit",
        policies: {
          order: FACTS.policies.priority,
          placement: FACTS.policies.placement,
          topology: undefined,
        },
      },
    });
    const other = readWhatifFlags({ order: "sjf", addNodes: "4:like n1", until: "2h" }, FACTS);
    expect(other).toMatchObject({
      ok: true,
      value: {
        hasOtherPolicies: true,
        addNodes: { count: 4, like: "n1" },
        untilS: FACTS.nowS + 7200,
        policies: { order: { module: "sjf", parameters: {} } },
      },
    });
  });

  it.each([
    [{ addNodes: "0" }, "--add-nodes"],
    [{ addNodes: "x" }, "--add-nodes"],
    [{ backfill: "fast" }, "--backfill"],
    [{ ends: "never" }, "--ends"],
    [{ until: "now-1hour" }, "--until"],
    [{ until: "soon" }, "--until"],
  ])("%j is refused with what to give", (flags, word) => {
    const read = readWhatifFlags(flags, FACTS);
    expect(read.ok).toBe(false);
    if (!read.ok) expect(read.refusal.message).toContain(word);
  });
});

it("ends come out in order, whatever the order in which they went in", () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 20 })), (ends) => {
      const heap = new EndHeap();
      ends.forEach((endS, i) => {
        heap.add(i, endS);
      });
      const out = ends.map(() => heap.take()!);
      expect(out).toEqual([...ends.keys()].sort((a, b) => ends[a]! - ends[b]! || a - b));
      expect(heap.take()).toBeUndefined();
    }),
  );
});
