import { describe, expect, test } from "vitest";
import type { AccountSpec, LimitSet } from "../../core/model/account.ts";
import type { PriorityPolicy } from "../../core/model/policy.ts";
import { WAIT_REASONS } from "../../core/model/reasons.ts";
import type { Request } from "../../core/model/request.ts";
import { UNLIMITED_S } from "../../core/model/time.ts";
import { MULTIFACTOR_DEFAULTS, priorityFactors } from "../../core/prioritise/factors.ts";
import { fifoPriority } from "../../core/prioritise/fallback.ts";
import { prioritise } from "../../core/prioritise/prioritise.ts";
import type { ClusterState } from "../../core/state/cluster-state.ts";
import { planTables } from "../../core/state/pass-snapshot.ts";
import { reduce } from "../../core/state/reduce.ts";
import { decodeState, encodeState } from "../../core/state/snapshot.ts";
import { clusterOf, NOW_S, node, partition } from "../admit/cluster.ts";
import { fields, request } from "../state/fixture.ts";

const account = (name: string, users: readonly string[], limits: LimitSet = {}): AccountSpec => ({
  name,
  parent: "root",
  shares: 1,
  limits,
  users: users.map((user) => ({ name: user, shares: 1, limits: {} })),
  othersShares: 0,
});

const site = (accounts: readonly AccountSpec[]): ClusterState =>
  clusterOf([node("n1"), node("n2")], [partition("debug", { isDefault: true })], { accounts });

/** Submits a job and gives its id. */
function submit(
  state: ClusterState,
  owner: { readonly account: string; readonly user: string },
  asked: Partial<Request> = {},
  timeLimitS = 3600,
): number {
  const jobId = state.nextJobId;
  const base = fields({ account: owner.account, request: request(asked), timeLimitS, partitions: ["debug"] });
  const job = { ...base, spec: { ...base.spec, user: owner.user } };
  reduce(state, state.lastSeq + 1, { type: "job.submitted", atS: NOW_S, jobId, scriptKey: 1, job });
  return jobId;
}

/** By job id: the reason that it is not planned with. */
function reasons(state: ClusterState): Record<number, string> {
  const tables = planTables(state, NOW_S);
  const ranked = prioritise(tables, fifoPriority(), fifoPriority());
  const ids = Array.from({ length: tables.pending.count }, (_, row) => tables.pending.columns.jobId[row]!);
  return Object.fromEntries(ids.map((id, row) => [id, WAIT_REASONS[ranked.reason[row]!]!]));
}

describe("limits on one job", () => {
  test("hold a job that asks more than its account lets any job have, whatever is free", () => {
    const limits: LimitSet = {
      maxTresPerJob: { cpu: 4, "gres/gpu": 1 },
      maxWallS: 7200,
      maxTresMinsPerJob: { cpu: 240 },
    };
    const state = site([account("physics", ["ada"], limits)]);
    const ada = { account: "physics", user: "ada" };
    const gpus = (count: number) => ({ gres: [{ dimension: 0, count }] });
    const ids = {
      fits: submit(state, ada, { tasks: 4, tasksPerNode: 4, cpus: 4, ...gpus(1) }),
      cpus: submit(state, ada, { minNodes: 2, maxNodes: 2, tasks: 6, tasksPerNode: 3, cpus: 3 }),
      gpus: submit(state, ada, { minNodes: 2, maxNodes: 2, tasks: 2, tasksPerNode: 1, cpus: 1, ...gpus(1) }),
      long: submit(state, ada, {}, 7201),
      minutes: submit(state, ada, { tasks: 4, tasksPerNode: 4, cpus: 4 }, 3601),
      forever: submit(state, ada, {}, UNLIMITED_S),
    };
    expect(reasons(state)).toEqual({
      [ids.fits]: "None",
      [ids.cpus]: "AssocMaxCpuPerJobLimit",
      [ids.gpus]: "AssocMaxGRESPerJob",
      [ids.long]: "AssocMaxWallDurationPerJobLimit",
      [ids.minutes]: "AssocMaxCpuMinutesPerJobLimit",
      [ids.forever]: "AssocMaxCpuMinutesPerJobLimit",
    });
  });

  test("of a node look at the fullest one, and those of others do not count", () => {
    const state = site([
      account("physics", ["ada"], { maxTresPerNode: { cpu: 2 } }),
      account("optics", ["ada"]),
    ]);
    const wide = { minNodes: 2, maxNodes: 2, tasks: 4, tasksPerNode: 2, cpus: 2 };
    const full = { tasks: 3, tasksPerNode: 3, cpus: 3 };
    const [spread, dense, other] = [
      submit(state, { account: "physics", user: "ada" }, wide),
      submit(state, { account: "physics", user: "ada" }, full),
      submit(state, { account: "optics", user: "ada" }, full),
    ];
    expect(reasons(state)).toEqual({ [spread]: "None", [dense]: "AssocMaxCpuPerNode", [other]: "None" });
  });
});

describe("fair share", () => {
  /** Ranks by the fair share alone. */
  const byShare: PriorityPolicy = {
    name: "share",
    time: "dynamic",
    rank: (batch, out) => {
      for (let i = 0; i < batch.count; i++) out[i] = batch.fairshare[i]!;
      return undefined;
    },
  };

  test("puts the jobs of who has used less, GPUs included, before those of who has used more", () => {
    const weights = { billingWeights: { cpu: 1, "gres/gpu": 100 } };
    const state = clusterOf([node("n1"), node("n2")], [partition("debug", { isDefault: true, ...weights })], {
      accounts: [account("physics", ["ada", "bob"])],
    });
    const run = (user: string, cpus: number, lanes: readonly number[]): void => {
      const jobId = submit(state, { account: "physics", user });
      const share = {
        node: 0,
        tasks: 1,
        cpus,
        memMib: 0,
        devices: lanes.map((lane) => ({ lane, thousandths: 1000 })),
      };
      const allocation = { nodes: [share] } as never;
      reduce(state, state.lastSeq + 1, {
        type: "job.started",
        atS: NOW_S,
        jobId,
        partition: "debug",
        allocation,
      });
    };
    run("ada", 1, [0]);
    run("bob", 3, []);
    const [ada, bob] = [
      submit(state, { account: "physics", user: "ada" }),
      submit(state, { account: "physics", user: "bob" }),
    ];
    const tables = planTables(state, NOW_S + 3600);
    const ranked = prioritise(tables, byShare, fifoPriority());
    expect([...ranked.order].map((row) => tables.pending.columns.jobId[row])).toEqual([bob, ada]);
    expect([...ranked.order].map((row) => ranked.priority[row])).toEqual([1, 0.5]);
  });
});

describe("points beside the account's share", () => {
  const factors = (state: ClusterState) => {
    const tables = planTables(state, NOW_S);
    return new Map(
      Array.from({ length: tables.pending.count }, (_, row) => {
        const { normal, site: points, priority } = priorityFactors(tables, row, MULTIFACTOR_DEFAULTS);
        return [tables.pending.columns.jobId[row]!, { assoc: normal.assoc, points, priority }];
      }),
    );
  };

  test("are the priority of the association, by the greatest of all; users have their account's", () => {
    const lab = { ...account("lab", ["ada", "bob"]), priority: 10 };
    const [ada, bob] = lab.users;
    const users = [ada!, { ...bob!, priority: 40 }];
    const state = site([{ ...lab, users }, account("poor", ["ada"])]);
    const ids = [
      submit(state, { account: "lab", user: "ada" }),
      submit(state, { account: "lab", user: "bob" }),
      submit(state, { account: "poor", user: "ada" }),
    ];
    expect(ids.map((id) => factors(state).get(id)?.assoc)).toEqual([0.25, 1, 0]);
    const again = decodeState(encodeState(state));
    expect(ids.map((id) => factors(again).get(id)?.assoc)).toEqual([0.25, 1, 0]);
  });

  test("are what an operator gives a job", () => {
    const state = site([account("lab", ["ada"])]);
    const [first, second] = [1, 2].map(() => submit(state, { account: "lab", user: "ada" }));
    const before = factors(state).get(first!)!.priority;
    const change = { siteFactor: 500 };
    reduce(state, state.lastSeq + 1, { type: "job.updated", atS: NOW_S, jobId: second!, change });
    expect(factors(state).get(first!)).toMatchObject({ points: 0, priority: before });
    expect(factors(state).get(second!)).toMatchObject({ points: 500, priority: before + 500 });
    expect(factors(decodeState(encodeState(state))).get(second!)?.points).toBe(500);
  });
});
