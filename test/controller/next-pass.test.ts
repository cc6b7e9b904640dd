/** When the loop asks for another pass at once, on a clock whose long waits never end. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Clock } from "../../core/controller/clock.ts";
import { commitPlan } from "../../core/controller/commit-plan.ts";
import { Ledger } from "../../core/controller/ledger.ts";
import { PlanBoard } from "../../core/controller/plan-board.ts";
import { Scheduler } from "../../core/controller/scheduler.ts";
import { Tally } from "../../core/controller/tally.ts";
import type { DependencyExpr } from "../../core/model/dependency.ts";
import type { Event } from "../../core/state/events.ts";
import { openPassSnapshot } from "../../core/state/tables.ts";
import { openSqliteStore, type SqliteStore } from "../../plugins/stores/sqlite/sqlite-store.ts";
import { planQueue } from "../place/planning.ts";
import { fields, partitionSpec, request } from "../state/fixture.ts";
import { fakeNode } from "./fake-node.ts";

const AT_S = 1_800_000_000;
const LONG_MS = 1_000;
const CPUS = 4;
let folder: string;
let store: SqliteStore;
let ledger: Ledger;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "rota-next-"));
  store = await openSqliteStore(folder);
  const fail = (error: unknown): never => {
    throw error;
  };
  ledger = await Ledger.open({
    store,
    historyOf: () => fail(new Error("no job ends here")),
    onFailure: fail,
  });
  const partitions = [partitionSpec("debug", { isDefault: true })];
  await ledger.append([
    { type: "cluster.configured", atS: AT_S, clusterName: "t", partitions, qos: [], nodes: [] },
    { type: "node.registered", atS: AT_S, spec: fakeNode("n1", CPUS) },
  ]);
});

afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Waits of a second or more never end; shorter ones do as soon as everything else has had its turn. */
const clock: Clock = {
  nowMs: () => AT_S * 1000,
  after: (delayMs, call) => {
    if (delayMs < LONG_MS) setImmediate(call);
    return () => undefined;
  },
};

/** Passes are told whether to say that a start left room. */
function schedule(leavesRoom: (pass: number) => boolean): { readonly scheduler: Scheduler; passes: number } {
  const counted = { passes: 0 };
  const scheduler = new Scheduler({
    ledger,
    board: new PlanBoard(),
    clock,
    tally: new Tally(),
    mode: "planned",
    runPass: ({ snapshot }) => {
      const pass = ++counted.passes;
      const plan = planQueue(openPassSnapshot(snapshot));
      return Promise.resolve({ plan, faults: [], uses: [], leavesRoom: leavesRoom(pass), tookUs: 0 });
    },
    commit: (plan) => commitPlan(ledger.state, plan),
    onStarted: () => undefined,
    onFault: (error) => {
      throw error;
    },
  });
  return Object.assign(counted, { scheduler });
}

const submitted = (jobId: number, cpus: number, dependency?: DependencyExpr): Event => ({
  type: "job.submitted",
  atS: AT_S,
  jobId,
  scriptKey: jobId,
  job: fields({
    request: request({ cpus, cpusPerTask: cpus }),
    ...(dependency === undefined ? {} : { dependency }),
  }),
});

it("a job that waits for the start of another starts with the pass after that", async () => {
  const { scheduler } = schedule(() => false);
  await ledger.append([
    submitted(1, 1),
    submitted(2, 1, { mode: "all", terms: [{ kind: "after", jobId: 1 }] }),
  ]);
  await scheduler.caughtUp();
  await scheduler.caughtUp();
  expect(ledger.state.runningJobs.count).toBe(2);
  scheduler.stop();
});

it("a job that starts before it was promised makes the next pass come at once, and any other none", async () => {
  const run = schedule((pass) => pass < 3);
  await ledger.append([submitted(1, CPUS), submitted(2, CPUS)]);
  for (let i = 0; i < 5; i++) await run.scheduler.caughtUp();
  expect(run.passes).toBe(3);
  run.scheduler.stop();
});
