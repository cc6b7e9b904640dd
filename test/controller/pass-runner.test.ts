/** Passes in worker threads: several that plan parts of a queue side by side give what one gives. Real threads and modules. */
import pino from "pino";
import { afterEach, expect, test } from "vitest";
import { POLICY_DEFAULTS } from "../../core/controller/config-policies.ts";
import { PassRunner } from "../../core/controller/pass-runner.ts";
import { defaultPlanners } from "../../core/controller/planner-count.ts";
import { PolicyDesk } from "../../core/controller/policy-desk.ts";
import type { Plan } from "../../core/model/plan.ts";
import { splitQueue } from "../../core/place/split.ts";
import { fifoPriority } from "../../core/prioritise/fallback.ts";
import { prioritise } from "../../core/prioritise/prioritise.ts";
import { openPassSnapshot, type PassSnapshot } from "../../core/state/tables.ts";
import { GPU, GRES_PARENT, gpus, NOW_S, TestCluster } from "../place/cluster.ts";

const log = pino({ level: "silent" });
const opened: PassRunner[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((runner) => runner.close()));
});

async function runnerOf(planners: number): Promise<PassRunner> {
  const desk = await PolicyDesk.open(POLICY_DEFAULTS, log);
  if (!desk.ok) throw new Error(desk.refusal.message);
  const runner = new PassRunner({
    desk: desk.value,
    budgets: { callBudgetMs: 10_000, passBudgetMs: 60_000 },
    planners,
    log,
  });
  opened.push(runner);
  return runner;
}

/** Two partitions of their own and two that share nodes; a queue long enough to be split. Some of the work has ended. */
function snapshotAt(passedS: number, ended: number): PassSnapshot {
  const cluster = new TestCluster([{}, {}, {}, {}]);
  for (let i = 0; i < 120; i++) {
    const partitions = i < 40 ? [0] : i < 80 ? [1] : i % 2 === 0 ? [2, 3] : [3];
    cluster.node({ cpus: 16, devices: gpus(4), partitions, leaf: i >> 3 });
  }
  for (let i = 0; i < 1_500; i++) {
    const wide = i % 5 === 0 ? 1 + (i % 7) : 1;
    cluster.job({
      nodes: wide,
      tasks: wide,
      cpusPerTask: 1 + (i % 13),
      memMib: 10 * (i % 90),
      gres: i % 3 === 0 ? [{ dimension: GPU, count: 1 + (i % 4) }] : [],
      limitS: 60 + 131 * (i % 400),
      partitions: [i % 4],
    });
  }
  for (let i = ended; i < 120; i++)
    if (i % 7 < 5) cluster.busy(i, 600 + 97 * (i % 23), 4 + (i % 9), 100, [0, 1]);
  const { nodes, pending, running, runningJobs, shapes, ...others } = cluster.tables();
  return {
    ...others,
    nowS: NOW_S + passedS,
    nodes: nodes.snapshot(),
    pending: pending.snapshot(),
    running: running.snapshot(),
    runningJobs: runningJobs.snapshot(),
    shapes: shapes.snapshot(),
  };
}

async function plansOf(planners: number): Promise<Plan[]> {
  const runner = await runnerOf(planners);
  const plans: Plan[] = [];
  for (const [passedS, ended] of [
    [0, 0],
    [60, 12],
    [61, 40],
  ] as const) {
    const { plan } = await runner.run({
      snapshot: snapshotAt(passedS, ended),
      mode: "planned",
      gresParent: GRES_PARENT,
      seed: passedS,
    });
    plans.push(plan);
  }
  return plans;
}

test("the queue of these passes can be split into three", () => {
  const tables = openPassSnapshot(snapshotAt(0, 0));
  const ranked = prioritise(tables, fifoPriority(), fifoPriority());
  expect(splitQueue(tables, ranked, { mode: "planned" }, 4)).toHaveLength(3);
});

test("two and three planners give the plans of one, pass after pass, with what was promised", async () => {
  const [one, two, three] = await Promise.all([plansOf(1), plansOf(2), plansOf(3)]);
  expect(two).toEqual(one);
  expect(three).toEqual(one);
  expect(one.map(({ startCount }) => startCount > 0)).toEqual([true, true, true]);
}, 60_000);

test("a pass that watches a job is planned whole", async () => {
  const snapshot = snapshotAt(0, 0);
  const order = { snapshot, mode: "planned", gresParent: GRES_PARENT, seed: 1, watchRow: 1_499 } as const;
  const [one, two] = await Promise.all([1, 2].map(async (planners) => (await runnerOf(planners)).run(order)));
  expect(two!.plan).toEqual(one!.plan);
}, 60_000);

test("as many plan as there are cores beside the main thread's, one at least and four at most", () => {
  expect([1, 2, 3, 4, 64].map(defaultPlanners)).toEqual([1, 1, 2, 3, 4]);
});
