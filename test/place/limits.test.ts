/** Limits through the stages: a site with accounts and QOS, its queue planned, committed and run. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { commitPlan } from "../../core/controller/commit-plan.ts";
import { startEvents } from "../../core/controller/start-events.ts";
import type { AccountSpec, LimitSet } from "../../core/model/account.ts";
import type { QosSpec } from "../../core/model/partition.ts";
import { WAIT_REASONS } from "../../core/model/reasons.ts";
import type { Request } from "../../core/model/request.ts";
import { firstFitPlacement } from "../../core/place/fallback.ts";
import { Planner } from "../../core/place/planner.ts";
import type { PlanOptions } from "../../core/place/queue.ts";
import { fifoPriority } from "../../core/prioritise/fallback.ts";
import { prioritise } from "../../core/prioritise/prioritise.ts";
import type { ClusterState } from "../../core/state/cluster-state.ts";
import { gresParents } from "../../core/state/node-rows.ts";
import { planTables } from "../../core/state/pass-snapshot.ts";
import { reduce } from "../../core/state/reduce.ts";
import { clusterOf, NOW_S, node, partition } from "../admit/cluster.ts";
import { fields, request } from "../state/fixture.ts";
import { kernel } from "./planning.ts";

const placement = firstFitPlacement();
const planner = new Planner(kernel);

const account = (name: string, parent: string, limits: LimitSet, userLimits: LimitSet = {}): AccountSpec => ({
  name,
  parent,
  shares: 1,
  limits,
  users: ["ada", "bob"].map((user) => ({ name: user, shares: 1, limits: userLimits })),
  othersShares: 0,
});

const site = (accounts: readonly AccountSpec[], qos: readonly QosSpec[] = []): ClusterState =>
  clusterOf(
    ["n1", "n2", "n3"].map((name) => node(name)),
    [partition("debug", { isDefault: true })],
    { accounts, qos },
  );

interface Owner {
  readonly account?: string;
  readonly user?: string;
  readonly qos?: string;
}

function submit(state: ClusterState, owner: Owner, asked: Partial<Request>, timeLimitS: number): number {
  const jobId = state.nextJobId;
  const { account: of = "", user = "ada", qos = "" } = owner;
  const base = fields({ account: of, qos, request: request(asked), timeLimitS, partitions: ["debug"] });
  const job = { ...base, spec: { ...base.spec, user } };
  reduce(state, state.lastSeq + 1, { type: "job.submitted", atS: state.lastAtS, jobId, scriptKey: 1, job });
  return jobId;
}

/** Plans and starts; gives how many jobs started, and by job id the reason and expected wait of those that wait. */
function pass(state: ClusterState, nowS: number, mode: PlanOptions["mode"] = "planned") {
  const tables = planTables(state, nowS);
  const ranked = prioritise(tables, fifoPriority(), fifoPriority());
  const options = { mode, gresParent: gresParents(state) };
  const plan = planner.plan(tables, ranked, options, { placement, fallback: placement });
  const ids = Array.from(tables.pending.columns.jobId.subarray(0, tables.pending.count));
  const waits = new Map(
    ids.map((id, row) => [
      id,
      { reason: WAIT_REASONS[plan.reason[row]!]!, waitS: plan.expectedStartS[row]! - nowS },
    ]),
  );
  const { starts, conflicts } = commitPlan(state, plan);
  for (const event of startEvents(state, starts, nowS).events) reduce(state, state.lastSeq + 1, event);
  for (const { jobId } of starts) waits.delete(jobId);
  return { started: starts.map(({ jobId }) => jobId as number), conflicts, waits };
}

function end(state: ClusterState, jobId: number, atS: number): void {
  const ended = { jobId, state: "COMPLETED", exitCode: 0, exitSignal: 0, endReason: "" } as const;
  reduce(state, state.lastSeq + 1, { type: "job.ended", atS, ...ended });
}

describe("a limit on what is in use", () => {
  test("lets a job wait for the end of its account's own jobs, and others pass", () => {
    const state = site([account("physics", "root", { grpTres: { cpu: 4 } }), account("optics", "root", {})]);
    const physics = { account: "physics" };
    const cpus = (count: number) => ({ tasks: count, tasksPerNode: count, cpus: count });
    const [first, second] = [submit(state, physics, cpus(4), 600), submit(state, physics, cpus(2), 600)];
    const other = submit(state, { account: "optics" }, cpus(4), 600);
    const { started, waits } = pass(state, NOW_S);
    expect(started).toEqual([first, other]);
    expect(waits.get(second)).toEqual({ reason: "AssocGrpCpuLimit", waitS: 600 });
    end(state, first, NOW_S + 60);
    expect(pass(state, NOW_S + 60).started).toEqual([second]);
  });

  test("counts GPUs of a user in a QOS", () => {
    const high: QosSpec = { name: "high", priority: 0, limits: { maxTresPerUser: { "gres/gpu": 2 } } };
    const state = site([account("physics", "root", {})], [high]);
    const gpu = { gres: [{ dimension: 0, count: 2 }] };
    const owner = { account: "physics", qos: "high" };
    const [first, second] = [submit(state, owner, gpu, 600), submit(state, owner, gpu, 600)];
    const other = submit(state, { ...owner, user: "bob" }, gpu, 600);
    const { started, waits } = pass(state, NOW_S);
    expect(started).toEqual([first, other]);
    expect(waits.get(second)?.reason).toBe("QOSMaxGRESPerUser");
  });

  test.each(["easy", "none", "conservative"] as const)("holds in the mode %s as well", (mode) => {
    const state = site([account("physics", "root", { grpJobs: 1 })]);
    const ids = [1, 2, 3].map((_, i) => submit(state, i < 2 ? { account: "physics" } : {}, {}, 600));
    const { started, waits } = pass(state, NOW_S, mode);
    expect(started).toEqual([ids[0], ids[2]]);
    expect(waits.get(ids[1]!)?.reason).toBe("AssocGrpJobsLimit");
  });
});

describe("over random sites and queues", () => {
  const amount = fc.integer({ min: 1, max: 8 });
  const limits = fc.record(
    {
      grpTres: fc.record({ cpu: amount, "gres/gpu": fc.nat(3) }),
      grpJobs: fc.integer({ min: 1, max: 3 }),
      maxJobs: fc.nat(2),
    },
    { requiredKeys: [] },
  );
  const qosLimits = fc.record(
    { grpTres: fc.record({ cpu: amount }), maxTresPerUser: fc.record({ cpu: amount }), maxJobs: fc.nat(2) },
    { requiredKeys: [] },
  );
  const job = fc.record({
    account: fc.constantFrom("physics", "optics"),
    user: fc.constantFrom("ada", "bob"),
    qos: fc.constantFrom("", "high"),
    cpus: fc.integer({ min: 1, max: 4 }),
    gpus: fc.nat(2),
    nodes: fc.integer({ min: 1, max: 2 }),
    limitMin: fc.integer({ min: 1, max: 20 }),
  });
  const mode = fc.constantFrom<PlanOptions["mode"]>("planned", "easy", "none", "conservative");

  /** By what is counted: the sums of running jobs, from the records alone. */
  function inUse(state: ClusterState): Map<string, number> {
    const sums = new Map<string, number>();
    const add = (key: string, value: number) => sums.set(key, (sums.get(key) ?? 0) + value);
    for (const one of state.jobs.values()) {
      if (one.state !== "RUNNING") continue;
      const shares = one.allocation!.nodes;
      const cpus = shares.reduce((sum, share) => sum + share.cpus, 0);
      const gpus = shares.reduce((sum, share) => sum + share.devices.length, 0);
      const subjects = ["physics", ...(one.account === "optics" ? ["optics"] : [])];
      for (const subject of [...subjects, `${one.account}/${one.spec.user}`]) {
        add(`${subject} jobs`, 1);
        if (one.qos === "") add(`${subject} jobs without QOS`, 1);
        if (one.qos === "") add(`${subject} cpus without QOS`, cpus);
        add(`${subject} cpus`, cpus);
        add(`${subject} gpus`, gpus);
      }
      if (one.qos !== "") {
        add("high cpus", cpus);
        add(`high/${one.spec.user} cpus`, cpus);
        add(`high/${one.spec.user} jobs`, 1);
      }
    }
    return sums;
  }

  test("no limit is ever exceeded, nothing conflicts, and who is within his limits and fits starts", () => {
    fc.assert(
      fc.property(
        limits,
        limits,
        limits,
        qosLimits,
        fc.array(job, { minLength: 1, maxLength: 12 }),
        mode,
        (top, below, own, ofQos, queue, how) => {
          const accounts = [account("physics", "root", top), account("optics", "physics", below, own)];
          const state = site(accounts, [{ name: "high", priority: 0, limits: ofQos }]);
          for (const { account: of, user, qos, cpus, gpus, nodes, limitMin } of queue) {
            const gres = gpus === 0 ? [] : [{ dimension: 0, count: gpus }];
            const asked = {
              minNodes: nodes,
              maxNodes: nodes,
              tasks: nodes,
              tasksPerNode: 1,
              cpusPerTask: cpus,
              cpus,
              gres,
            };
            submit(state, { account: of, user, qos }, asked, limitMin * 60);
          }
          for (let nowS = NOW_S; nowS < NOW_S + 3600; nowS += 60) {
            for (const one of [...state.jobs.values()])
              if (one.state === "RUNNING" && one.startS + one.timeLimitS <= nowS) end(state, one.id, nowS);
            expect(pass(state, nowS, how).conflicts).toBe(0);
            const used = inUse(state);
            const check = (key: string, value: number | undefined) => {
              if (value !== undefined) expect(used.get(key) ?? 0, key).toBeLessThanOrEqual(value);
            };
            // A QOS that sets the same limit stands in for the association's, for its own jobs.
            check(
              ofQos.grpTres === undefined ? "physics cpus" : "physics cpus without QOS",
              top.grpTres?.cpu,
            );
            check("physics gpus", top.grpTres?.["gres/gpu"]);
            check("physics jobs", top.grpJobs);
            check("optics jobs", below.grpJobs);
            check("optics gpus", below.grpTres?.["gres/gpu"]);
            check("high cpus", ofQos.grpTres?.cpu);
            for (const user of ["ada", "bob"]) {
              check(`high/${user} cpus`, ofQos.maxTresPerUser?.cpu);
              check(`high/${user} jobs`, ofQos.maxJobs);
              const most = own.maxJobs ?? below.maxJobs ?? top.maxJobs;
              check(
                ofQos.maxJobs === undefined ? `optics/${user} jobs` : `optics/${user} jobs without QOS`,
                most,
              );
            }
          }
          // Whoever still waits is over a limit by himself, or behind one that is never lifted.
          const last = pass(state, NOW_S + 86_400, how);
          for (const { reason } of last.waits.values())
            expect(reason).not.toMatch(/^(Priority|Resources|None)$/);
        },
      ),
      { numRuns: 150 },
    );
  });
});
