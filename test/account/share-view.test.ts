/** Views of accounts: the order of the tree, parts of a level, usage by TRES, and what running jobs have left. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rowsOfTree, type ShareFigures, shareSums, shareView } from "../../core/account/share-view.ts";
import type { AccountSpec } from "../../core/model/account.ts";
import type { ShareView } from "../../core/model/account-views.ts";
import { TRES } from "../../core/model/tres.ts";
import { usageOf } from "../../core/state/associations.ts";
import type { ClusterState } from "../../core/state/cluster-state.ts";
import { reduce } from "../../core/state/reduce.ts";
import { clusterOf, NOW_S, node, partition } from "../admit/cluster.ts";
import { fields, request } from "../state/fixture.ts";

const account = (name: string, over: Partial<AccountSpec> & { readonly names?: readonly string[] } = {}) => {
  const { names = [], ...rest } = over;
  const users = names.map((user) => ({ name: user, shares: 1, limits: {} }));
  return { name, parent: "root", shares: 1, limits: {}, othersShares: 0, users, ...rest };
};

const site = (accounts: readonly AccountSpec[]): ClusterState =>
  clusterOf([node("n1"), node("n2")], [partition("debug", { isDefault: true })], {
    accounts,
    qos: [
      { name: "normal", priority: 0 },
      { name: "high", priority: 10 },
    ],
  });

/** Figures with the billing of each, as fair share would hand them in; level and fair share by the row's number. */
function viewsOf(state: ClusterState, nowS: number): readonly ShareView[] {
  const { table, halfLifeS } = state.accounting.associations;
  const figures: ShareFigures = {
    usage: usageOf(table, TRES.BILLING, nowS, halfLifeS),
    levelFs: Float64Array.from({ length: table.count }, (_, row) =>
      row === 0 ? 1 : Number.POSITIVE_INFINITY,
    ),
    fairShare: Float64Array.from({ length: table.count }, (_, row) => row / 100),
  };
  const sums = shareSums(state, figures, nowS);
  return rowsOfTree(state).map((row) => shareView(state, row, sums));
}

/** Submits a job of two CPUs of a user and starts it on n1. */
function startJob(
  state: ClusterState,
  owner: { readonly account: string; readonly user: string },
  timeLimitS: number,
) {
  const jobId = state.nextJobId;
  const asked = request({ tasks: 2, tasksPerNode: 2, cpus: 2 });
  const base = fields({ account: owner.account, request: asked, timeLimitS, partitions: ["debug"] });
  const job = { ...base, spec: { ...base.spec, user: owner.user } };
  reduce(state, state.lastSeq + 1, { type: "job.submitted", atS: NOW_S, jobId, scriptKey: 1, job });
  const share = { node: state.nodeByName.get("n1")!, tasks: 2, cpus: 2, memMib: 512, devices: [] };
  const allocation = { nodes: [share] };
  reduce(state, state.lastSeq + 1, {
    type: "job.started",
    atS: NOW_S,
    jobId,
    partition: "debug",
    allocation,
  });
}

describe("views of accounts", () => {
  it("are none where a site has no accounts", () => {
    expect(rowsOfTree(site([]))).toEqual([]);
  });

  it("come as a tree, users before the accounts beside them, each by name", () => {
    const state = site([
      account("physics", { names: ["cyd", "ada"] }),
      account("optics", { parent: "physics", names: ["eve"] }),
      account("chemistry", { names: ["bob"] }),
    ]);
    const lines = viewsOf(state, NOW_S).map(({ depth, account: name, user, parent }) => [
      `${" ".repeat(depth)}${user || name}`,
      parent,
    ]);
    expect(lines).toEqual([
      ["root", ""],
      [" chemistry", "root"],
      ["  bob", "chemistry"],
      [" physics", "root"],
      ["  ada", "physics"],
      ["  cyd", "physics"],
      ["  optics", "physics"],
      ["   eve", "optics"],
    ]);
  });

  it("tell the part of the level, the usage of all below and what running jobs have left", () => {
    const state = site([
      account("physics", { shares: 3, names: ["ada", "cyd"], limits: { grpJobs: 5 } }),
      account("chemistry", { names: ["bob"] }),
    ]);
    startJob(state, { account: "physics", user: "ada" }, 3600);
    const after = viewsOf(state, NOW_S + 600);
    const of = (name: string) => after.find(({ account: one, user }) => name === (user || one))!;
    expect(of("physics")).toMatchObject({
      rawShares: 3,
      normShares: 0.75,
      normUsage: 1,
      effectvUsage: 1,
      runningJobs: 1,
      fairShare: 0.01,
      levelFs: null,
      limits: { grpJobs: 5 },
    });
    expect(of("root").levelFs).toBe(1);
    expect(of("physics").tresMins["cpu"]).toBeCloseTo(20, 6);
    expect(of("physics").tresMins["mem"]).toBeCloseTo(5120, 6);
    expect(of("physics").tresRunMins).toEqual({ cpu: 100, mem: 25_600, node: 50, billing: 100 });
    expect(of("ada").rawUsage).toBeCloseTo(1200, 6);
    expect(of("cyd")).toMatchObject({ normShares: 0.5, rawUsage: 0, runningJobs: 0, tresMins: {} });
    expect(of("chemistry")).toMatchObject({ normShares: 0.25, effectvUsage: 0, tresRunMins: {} });
  });

  it("count a job without a time limit as if it had a year left", () => {
    const state = site([account("physics", { names: ["ada"] })]);
    startJob(state, { account: "physics", user: "ada" }, 2_147_483_647);
    const ada = viewsOf(state, NOW_S).find(({ user }) => user === "ada")!;
    expect(ada.tresRunMins["cpu"]).toBe(2 * 365 * 24 * 60);
  });

  it("name the account that a user's jobs go to and the QOS that he may ask for", () => {
    const state = site([
      account("open", { othersShares: 1 }),
      account("physics", { names: ["ada"], qos: ["high"] }),
      account("optics", { parent: "physics", names: ["ada"] }),
    ]);
    startJob(state, { account: "open", user: "guest" }, 60);
    const views = viewsOf(state, NOW_S);
    const defaults = views
      .filter(({ isDefault }) => isDefault)
      .map(({ account: name, user }) => `${user}@${name}`);
    expect(defaults).toEqual(["guest@open", "ada@physics"]);
    expect(views.find(({ account: name, user }) => name === "optics" && user === "ada")!.qos).toEqual([
      "high",
    ]);
    expect(views.find(({ account: name }) => name === "open")!.qos).toEqual(["normal", "high"]);
  });

  it("list each association once, below its parent, whatever the tree", () => {
    const tree = fc.array(fc.tuple(fc.nat(20), fc.nat(3)), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(tree, (rows) => {
        const accounts = rows.map(([above, users], i) =>
          account(`a${i}`, {
            parent: i === 0 || above >= i ? "root" : `a${above}`,
            names: Array.from({ length: users }, (_, user) => `u${user}`),
          }),
        );
        const views = viewsOf(site(accounts), NOW_S);
        expect(views).toHaveLength(1 + rows.reduce((sum, [, users]) => sum + 1 + users, 0));
        const open: string[] = [];
        for (const { account: name, user, depth, parent } of views) {
          expect(depth === 0 ? "" : open[depth - 1]).toBe(parent);
          if (user === "") open.splice(depth, open.length, name);
        }
        const parts = new Map<string, number>();
        for (const { parent, normShares, depth } of views)
          if (depth > 0) parts.set(parent, (parts.get(parent) ?? 0) + normShares);
        for (const sum of parts.values()) expect(sum).toBeCloseTo(1, 9);
      }),
      { numRuns: 50 },
    );
  });
});
