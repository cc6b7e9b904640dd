/** Where a step runs within its job: tasks on nodes, what is free beside other steps, and what can never be. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ranksOf } from "../../core/launch/step-layout.ts";
import { placeStep, type StepPlace } from "../../core/launch/step-place.ts";
import { nodeIndex } from "../../core/model/ids.ts";
import type { Allocation } from "../../core/model/job.ts";
import type { NodeSpec } from "../../core/model/node.ts";
import type { Step, StepAsk } from "../../core/model/step.ts";
import { device, nodeSpec } from "../state/fixture.ts";

const ask = (change: Partial<StepAsk> = {}): StepAsk => ({
  name: "true",
  port: 1,
  key: "0".repeat(64),
  srunHost: "n1",
  srunPid: 1,
  waitMs: 0,
  ...change,
});

/** A job with so many CPUs on n1, n2, ..., 100 MiB and two GPUs each. */
const job = (...cpus: number[]): { allocation: Allocation; nodes: NodeSpec[] } => ({
  allocation: {
    nodes: cpus.map((count, node) => ({
      node: nodeIndex(node),
      tasks: count,
      cpus: count,
      memMib: 100,
      devices: [0, 1].map((lane) => ({ lane, thousandths: 1000 })),
    })),
  },
  nodes: cpus.map((_, i) =>
    nodeSpec(`n${i + 1}`, { devices: [device("gpu", "tesla", 0), device("gpu", "tesla", 1)] }),
  ),
});

const place = (of: ReturnType<typeof job>, asked: StepAsk, running: readonly Step[] = []): StepPlace => {
  const found = placeStep({ ...of, ask: asked, running });
  if (!found.ok) throw new Error(found.refusal.code);
  return found.value;
};
const whyNot = (of: ReturnType<typeof job>, asked: StepAsk, running: readonly Step[] = []): string => {
  const found = placeStep({ ...of, ask: asked, running });
  return found.ok ? "" : found.refusal.code;
};
const counts = ({ shares }: StepPlace): (readonly [node: number, tasks: number])[] =>
  shares.map(({ node, tasks }) => [node, tasks]);

const stepOf = (found: StepPlace, stepId = 0): Step => ({
  name: "a",
  shares: found.shares,
  tasks: found.tasks,
  cpusPerTask: found.cpusPerTask,
  distribution: found.distribution,
  holdsCpus: true,
  holdsDevices: found.holdsDevices,
  timeLimitS: 60,
  srunHost: "n1",
  srunPid: 1,
  stepId,
  startS: 1,
  state: "RUNNING",
  endS: 0,
  exitCode: 0,
  exitSignal: 0,
});

describe("a step of a job", () => {
  it("has one task on each node where it says nothing", () => {
    expect(counts(place(job(2, 1), ask()))).toEqual([
      [0, 1],
      [1, 1],
    ]);
  });

  it("fills nodes as their CPUs allow, every node having one task at least", () => {
    expect(counts(place(job(3, 1), ask({ ntasks: 4, minNodes: 2 })))).toEqual([
      [0, 3],
      [1, 1],
    ]);
    expect(counts(place(job(4, 4), ask({ ntasks: 5, minNodes: 2, distribution: "block" })))).toEqual([
      [0, 4],
      [1, 1],
    ]);
    expect(counts(place(job(4, 4), ask({ ntasks: 5, minNodes: 2, distribution: "cyclic" })))).toEqual([
      [0, 3],
      [1, 2],
    ]);
  });

  it("is refused what the job does not have, whatever else runs", () => {
    expect(whyNot(job(3, 1), ask({ ntasks: 5 }))).toBe("INVALID_CPU_COUNT");
    expect(whyNot(job(3, 1), ask({ ntasks: 4, minNodes: 1, maxNodes: 1 }))).toBe("INVALID_CPU_COUNT");
    expect(whyNot(job(3, 1), ask({ nodelist: "n9" }))).toBe("NODE_CONFIG_UNAVAILABLE");
    expect(whyNot(job(3, 1), ask({ memPerNodeMib: 8000 }))).toBe("STEP_MEMORY");
    expect(whyNot(job(3, 1), ask({ gpusPerNode: "3" }))).toBe("INVALID_CPU_COUNT");
  });

  it("has all that is free on its nodes, and no more than it asks for with --exact or -c", () => {
    expect(place(job(4), ask({ ntasks: 1 })).shares[0]?.cpus).toBe(4);
    expect(place(job(4), ask({ ntasks: 1, exact: true })).shares[0]?.cpus).toBe(1);
    expect(place(job(4), ask({ ntasks: 1, cpusPerTask: 2 })).shares[0]?.cpus).toBe(2);
  });

  it("waits for the steps that hold its nodes, and not where it overlaps them", () => {
    const whole = stepOf(place(job(2), ask({ ntasks: 1 })));
    expect(whyNot(job(2), ask({ ntasks: 1 }), [whole])).toBe("STEP_BUSY");
    expect(counts(place(job(2), ask({ ntasks: 1, overlap: true }), [whole]))).toEqual([[0, 1]]);
    const exact = stepOf(place(job(2), ask({ ntasks: 1, exact: true })));
    expect(counts(place(job(2), ask({ ntasks: 1, exact: true }), [exact]))).toEqual([[0, 1]]);
  });

  it("takes a node that is free before one that is not", () => {
    const first = stepOf(place(job(1, 1), ask({ ntasks: 1, minNodes: 1, maxNodes: 1 })));
    expect(counts(place(job(1, 1), ask({ ntasks: 1, minNodes: 1, maxNodes: 1 }), [first]))).toEqual([[1, 1]]);
  });

  it("has its job's shares of a device whole, where it asks for no more of them", () => {
    const of = job(2);
    const part = { kind: "shard", units: 3 };
    const [node] = of.allocation.nodes;
    const parted = {
      ...of,
      allocation: { nodes: [{ ...node!, devices: [{ lane: 1, thousandths: 750, part }] }] },
    };
    expect(place(parted, ask()).shares[0]?.devices).toHaveLength(1);
    expect(place(parted, ask({ gres: "shard:2" })).shares[0]?.devices).toEqual([
      { lane: 1, thousandths: 750, part },
    ]);
    expect(whyNot(parted, ask({ gres: "shard:4" }))).not.toBe("");
    expect(whyNot(parted, ask({ gres: "gpu:1" }))).not.toBe("");
  });

  it("sees all devices of the job, or has those that it asks for to itself", () => {
    expect(place(job(2), ask()).shares[0]?.devices).toHaveLength(2);
    expect(place(job(2), ask({ gres: "none" })).shares[0]?.devices).toHaveLength(0);
    const one = place(job(2), ask({ ntasks: 1, exact: true, gres: "gpu:1" }));
    const two = place(job(2), ask({ ntasks: 1, exact: true, gpus: "1" }), [stepOf(one)]);
    expect([one, two].map(({ shares }) => shares[0]?.devices[0]?.lane)).toEqual([0, 1]);
    const running = [stepOf(one), stepOf(two, 1)];
    expect(whyNot(job(3), ask({ ntasks: 1, exact: true, gres: "gpu:1" }), running)).toBe("STEP_BUSY");
    expect(place(job(2), ask({ ntasks: 2, gpusPerTask: "1" }))).toMatchObject({ devicesPerTask: 1 });
  });

  it("lies as a list of hosts says", () => {
    const found = place(job(2, 2), ask({ distribution: "arbitrary", hosts: ["n2", "n1", "n2"] }));
    expect(counts(found)).toEqual([
      [0, 1],
      [1, 2],
    ]);
    const layout = { distribution: found.distribution, planeSize: 1, nodeOfRank: found.nodeOfRank! };
    expect(ranksOf([1, 2], layout)).toEqual([[1], [0, 2]]);
  });
});

describe("ranks", () => {
  it("go round the nodes as the distribution says", () => {
    const of = (distribution: "block" | "cyclic" | "plane", planeSize = 1) =>
      ranksOf([3, 1], { distribution, planeSize });
    expect(of("block")).toEqual([[0, 1, 2], [3]]);
    expect(of("cyclic")).toEqual([[0, 2, 3], [1]]);
    expect(of("plane", 2)).toEqual([[0, 1, 3], [2]]);
  });

  it("are each given once, whatever the counts", () => {
    const distribution = fc.constantFrom("block" as const, "cyclic" as const, "plane" as const);
    fc.assert(
      fc.property(
        fc.array(fc.nat(9), { maxLength: 9 }),
        distribution,
        fc.integer({ min: 1, max: 5 }),
        (tasks, kind, size) => {
          const ranks = ranksOf(tasks, { distribution: kind, planeSize: size });
          expect(ranks.map((own) => own.length)).toEqual(tasks);
          const all = ranks.flat().sort((a, b) => a - b);
          expect(all).toEqual(all.map((_, i) => i));
        },
      ),
    );
  });
});

describe("steps beside each other", () => {
  it("never hold more CPUs than the job has on a node", () => {
    const asked = fc.record(
      {
        ntasks: fc.integer({ min: 1, max: 6 }),
        cpusPerTask: fc.integer({ min: 1, max: 3 }),
        exact: fc.boolean(),
      },
      { requiredKeys: ["ntasks"] },
    );
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 4 }),
        fc.array(asked, { maxLength: 12 }),
        (cpus, asks) => {
          const of = job(...cpus);
          const running: Step[] = [];
          for (const one of asks) {
            const found = placeStep({ ...of, ask: ask(one), running });
            if (found.ok) running.push(stepOf(found.value, running.length));
            else expect(["STEP_BUSY", "INVALID_CPU_COUNT"]).toContain(found.refusal.code);
          }
          of.allocation.nodes.forEach(({ node, cpus: most }) => {
            const held = running.flatMap(({ shares }) => shares.filter((share) => share.node === node));
            expect(held.reduce((sum, share) => sum + share.cpus, 0)).toBeLessThanOrEqual(most);
          });
        },
      ),
    );
  });
});
