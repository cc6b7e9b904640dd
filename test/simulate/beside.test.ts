/** What a controller has recorded as a workload, and a policy on it beside another: replays that differ in one module. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { HistoryView } from "../../core/model/views.ts";
import { type BesideParts, runBeside } from "../../core/simulate/beside/beside.ts";
import { recordedWorkload } from "../../core/simulate/beside/recorded.ts";
import { clusterOfNodes } from "../../core/simulate/cluster.ts";
import { choiceOf } from "../../core/simulate/policies.ts";
import type { WorkloadJob } from "../../core/simulate/workload.ts";
import { HISTORY } from "../api/job-values.ts";

const record = (more: Partial<HistoryView>): HistoryView => ({
  ...HISTORY,
  startS: 1000,
  endS: 1060,
  submitS: 900,
  eligibleS: 900,
  timeLimitS: 600,
  numNodes: 1,
  numCpus: 4,
  numGpus: 0,
  ...more,
});

describe("a recorded workload", () => {
  it("has each job that ran once, when it could have started, for as long as it ran", () => {
    const given = fc.record({
      submitS: fc.integer({ min: 1, max: 1000 }),
      heldS: fc.integer({ min: 0, max: 100 }),
      waitS: fc.integer({ min: 0, max: 1000 }),
      runS: fc.integer({ min: 0, max: 1000 }),
      stillS: fc.integer({ min: 0, max: 50 }),
      numNodes: fc.integer({ min: 1, max: 4 }),
      numCpus: fc.integer({ min: 1, max: 16 }),
      numGpus: fc.integer({ min: 0, max: 8 }),
    });
    fc.assert(
      fc.property(fc.array(given, { maxLength: 20 }), (list) => {
        const history = list.map(({ submitS, heldS, waitS, runS, stillS, ...held }, i) => {
          const startS = submitS + heldS + waitS;
          const times = { submitS, eligibleS: submitS + heldS, startS, endS: startS + runS + stillS };
          return record({ jobId: i + 1, ...times, suspendedS: stillS, ...held });
        });
        const { workload, real, neverRan } = recordedWorkload(history, "recorded");
        expect(neverRan).toBe(0);
        expect(workload.jobs.map(({ id }) => id).sort((a, b) => a - b)).toEqual(
          history.map(({ jobId }) => jobId),
        );
        for (const [place, job] of workload.jobs.entries()) {
          const one = list[job.id - 1]!;
          expect(job.submitS).toBe(one.submitS + one.heldS);
          expect(job.runS).toBe(one.runS);
          expect(job.timeLimitS).toBeGreaterThanOrEqual(Math.max(1, one.runS));
          expect(Math.max(1, job.nodes) * job.cpus).toBe(one.numCpus);
          expect(real.startS[place]).toBe(one.submitS + one.heldS + one.waitS);
          if (place > 0) expect(job.submitS).toBeGreaterThanOrEqual(workload.jobs[place - 1]!.submitS);
        }
      }),
    );
  });

  it("leaves out and counts those that ended without having run", () => {
    const { workload, neverRan } = recordedWorkload(
      [record({ jobId: 1 }), record({ jobId: 2, startS: 0, endS: 950, numCpus: 0 })],
      "recorded",
    );
    expect(workload.jobs.map(({ id }) => id)).toEqual([1]);
    expect(neverRan).toBe(1);
  });

  it("keeps partition and QOS, and one number for each user", () => {
    const { workload } = recordedWorkload(
      [
        record({ jobId: 1, user: "ada", partition: "gpu", qos: "high" }),
        record({ jobId: 2, user: "ben", partition: "gpu", qos: "high" }),
        record({ jobId: 3, user: "ada", partition: "cpu", qos: "" }),
      ],
      "recorded",
    );
    const [first, second, third] = workload.jobs;
    expect(first!.queue).toBe(second!.queue);
    expect(first!.queue).toEqual({ partition: "gpu", qos: "high" });
    expect([second!.user === first!.user, third!.user === first!.user]).toEqual([false, true]);
  });
});

/** A long job of the whole cluster, then one that waits long and a short one behind it. */
const JOBS: readonly WorkloadJob[] = [
  [1, 0, 8, 100],
  [2, 1, 8, 1000],
  [3, 2, 8, 10],
].map(([id, submitS, cpus, runS]) => ({
  id: id!,
  submitS: submitS!,
  nodes: 1,
  cpus: cpus!,
  gpusPerNode: 0,
  timeLimitS: runS!,
  runS: runS!,
  user: 0,
}));

const parts = (module: string): BesideParts => ({
  workload: { name: "three", jobs: JOBS, machineCpus: 0, machineNodes: 0 },
  cluster: clusterOfNodes({ count: 1, cpus: 8, gpus: 0, gpuModel: "", memoryMib: 1024 }),
  policies: { order: choiceOf("order", "fcfs"), placement: choiceOf("placement", "pack") },
  candidate: { ...choiceOf("order", module), name: module, version: "1.0.0", sha256: "" },
  settings: {
    backfill: { mode: "none", order: "queue" },
    eventOrder: "batch",
    estimates: "requested",
    seed: 0,
  },
});

describe("a policy beside another", () => {
  it("moves nobody when it is the same", () => {
    const made = runBeside(parts("fcfs"));
    if (!made.ok) throw new Error(made.refusal.message);
    const { live, candidate, moved } = made.value.beside;
    expect(candidate).toEqual(live);
    expect(moved).toEqual({ jobs: 0, earlier: 0, later: 0, farthest: [] });
  });

  it("says who starts earlier and who later, and what that does to waits", () => {
    const made = runBeside(parts("sjf"));
    if (!made.ok) throw new Error(made.refusal.message);
    const { against, live, candidate, moved } = made.value.beside;
    expect(against).toBe("fcfs");
    expect(moved).toEqual({
      jobs: 2,
      earlier: 1,
      later: 1,
      farthest: [
        { id: 3, liveStartS: 1100, startS: 100 },
        { id: 2, liveStartS: 100, startS: 110 },
      ],
    });
    expect(live.waitMeanS).toBe((0 + 99 + 1098) / 3);
    expect(candidate.waitMeanS).toBe((0 + 109 + 98) / 3);
  });

  it("is refused where a module cannot be opened", () => {
    expect(runBeside(parts("nothing"))).toMatchObject({ ok: false, refusal: { code: "INVALID_SPEC" } });
  });
});
