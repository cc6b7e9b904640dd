/** Nodes that are shared among the jobs of one user alone, in every mode: by what runs, by what is planned, by commit. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { commit } from "../../core/commit/commit.ts";
import { commitLookup } from "../../core/controller/commit-plan.ts";
import { BACKFILL_MODES } from "../../core/model/backfill.ts";
import type { JobSpec } from "../../core/model/job-spec.ts";
import { isAdmitted, OwnerPlanes, together } from "../../core/place/owner-planes.ts";
import { occupantsOf } from "../../core/state/owners.ts";
import { planTables } from "../../core/state/pass-snapshot.ts";
import { NOW_S } from "../admit/cluster.ts";
import { OwnedSite } from "./owned-site.ts";

const ALONE: Partial<JobSpec> = { exclusiveUser: true };

describe.each(BACKFILL_MODES)("with backfill %s", (mode) => {
  it("a node with a job that shares with its user's only takes no other's, now or in the same pass", () => {
    const site = new OwnedSite(mode, 2);
    const ada = site.submit("ada", { ...ALONE, nodelist: "n0" });
    const bob = site.submit("bob");
    const more = site.submit("ada");
    expect(site.pass()).toEqual([ada, bob, more]);
    expect([site.nodesOf(bob), site.nodesOf(more)]).toEqual([["n1"], ["n0"]]);
    const late = site.submit("bob", { ntasks: 3 });
    const wide = site.submit("cid", { ntasks: 4 });
    expect(site.pass()).toEqual([late]);
    expect(site.nodesOf(late)).toEqual(["n1"]);
    expect(site.waits(wide).reason).toBe("Resources");
    expect(site.conflicts).toBe(0);
  });

  it("a job that shares with its user's only waits for the others to end", () => {
    const site = new OwnedSite(mode, 1);
    const bob = site.submit("bob");
    site.pass();
    const ada = site.submit("ada", ALONE);
    expect(site.pass()).toEqual([]);
    expect(site.waits(ada).reason).toBe("Resources");
    if (mode !== "none") expect(site.waits(ada).inS).toBe(600);
    const cid = site.submit("cid", { timeLimitS: 300 });
    const dan = site.submit("dan", { timeLimitS: 900 });
    // What ends before does not keep it waiting; what runs on would.
    expect(site.pass()).toEqual(mode === "none" ? [] : [cid]);
    site.end(bob);
    if (mode !== "none") site.end(cid);
    expect(site.pass()).toEqual([ada]);
    expect(site.job(dan).state).toBe("PENDING");
    expect(site.conflicts).toBe(0);
  });

  it("a promise beside a reservation that is another user's is made for when that ends", () => {
    const site = new OwnedSite(mode, 1);
    site.submit("bob", { ntasks: 2 });
    site.pass();
    const ada = site.submit("ada", ALONE);
    const cid = site.submit("cid", { timeLimitS: 1200 });
    expect(site.pass()).toEqual([]);
    if (mode === "planned" || mode === "conservative") {
      expect(site.waits(ada).inS).toBe(600);
      expect(site.waits(cid).inS).toBe(1200);
    }
    site.advance(600);
    expect(site.pass()).toEqual([ada]);
    site.advance(600);
    expect(site.pass()).toEqual([cid]);
  });

  it("a partition can say so for all its jobs", () => {
    const site = new OwnedSite(mode, 2, [{}, { exclusiveUser: true }]);
    const own = { partition: "b", nodelist: "n0" };
    const ada = site.submit("ada", own);
    const bob = site.submit("bob", own);
    const cid = site.submit("cid");
    const again = site.submit("ada", own);
    const started = site.pass();
    expect(started).toContain(ada);
    expect(started).not.toContain(bob);
    if (mode !== "none") {
      expect(site.nodesOf(cid)).toEqual(["n1"]);
      expect(started).toContain(again);
    }
    expect(site.conflicts).toBe(0);
  });

  it("tasks of arrays, of uneven jobs and of heterogeneous ones keep to it", () => {
    const site = new OwnedSite(mode, 3);
    site.submit("bob", { nodelist: "n1" });
    site.pass();
    const uneven = site.submit("ada", { ...ALONE, ntasks: 6 });
    expect(site.pass()).toEqual([uneven]);
    expect(site.nodesOf(uneven)).toEqual(["n0", "n2"]);
    const array = site.submit("ada", { ...ALONE, array: "0-9" });
    expect(site.pass()).toHaveLength(2);
    for (const job of site.running) expect(site.nodesOf(job.id).includes("n1")).toBe(job.spec.user === "bob");
    expect(site.job(array).pendingTasks).toHaveLength(8);
    const het = site.submit("bob", { het: [{ exclusiveUser: true, ntasks: 3 }] });
    site.pass();
    for (const id of [het, het + 1]) {
      const isOn = site.job(id).state === "RUNNING";
      if (isOn) expect(site.nodesOf(id)).toEqual(["n1"]);
    }
    expect(site.conflicts).toBe(0);
  });

  it("nobody is in anybody's way for good, no two users meet, and no plan is refused, whatever is asked", () => {
    const asked = fc.record({
      user: fc.constantFrom("ada", "bob", "cid"),
      exclusiveUser: fc.boolean(),
      partition: fc.constantFrom("a", "b"),
      ntasks: fc.integer({ min: 1, max: 7 }),
      limitMin: fc.integer({ min: 1, max: 40 }),
      kind: fc.constantFrom("plain", "plain", "nodes", "named", "array", "whole"),
    });
    const steps = fc.array(
      fc.record({ jobs: fc.array(asked, { maxLength: 4 }), waitMin: fc.integer({ min: 0, max: 30 }) }),
      {
        minLength: 1,
        maxLength: 5,
      },
    );
    fc.assert(
      fc.property(steps, fc.integer({ min: 2, max: 4 }), (history, nodes) => {
        const site = new OwnedSite(mode, nodes, [{}, { exclusiveUser: true }]);
        for (const { jobs, waitMin } of history) {
          for (const { user, exclusiveUser, partition, ntasks, limitMin, kind } of jobs) {
            const shape: Partial<JobSpec> =
              kind === "nodes"
                ? { minNodes: 2, ntasksPerNode: 1 }
                : kind === "named"
                  ? { nodelist: "n1", ntasks: Math.min(4, ntasks) }
                  : kind === "array"
                    ? { array: "0-3" }
                    : kind === "whole"
                      ? { exclusive: true }
                      : { ntasks };
            site.submit(user, { ...shape, exclusiveUser, partition, timeLimitS: limitMin * 60 });
          }
          site.pass();
          expectApart(site);
          site.advance(waitMin * 60);
          site.pass();
          expectApart(site);
        }
        // Each pass on the empty cluster starts one at least.
        for (let turn = 0; site.state.pending.count > 0; turn++) {
          expect(turn).toBeLessThan(100);
          for (const job of site.running) site.end(job.id);
          expect(site.pass().length).toBeGreaterThan(0);
          expectApart(site);
        }
        expect(site.conflicts).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});

describe("owners", () => {
  it("are not looked at where nobody asks", () => {
    const site = new OwnedSite("planned", 1);
    const ada = site.submit("ada");
    expect(planTables(site.state, NOW_S).owners).toBeUndefined();
    const alone = site.submit("ada", ALONE);
    expect(planTables(site.state, NOW_S).owners).toMatchObject({ users: 1 });
    site.pass();
    site.end(ada);
    expect(planTables(site.state, NOW_S).owners?.running).toEqual(Int32Array.of(-1));
    site.end(alone);
    expect(planTables(site.state, NOW_S).owners).toBeUndefined();
  });

  it("are named by explain, which says that nothing but priority holds a job only where that is so", () => {
    const site = new OwnedSite("planned", 2);
    site.submit("bob", { nodelist: "n0" });
    site.pass();
    const ada = site.submit("ada", { ...ALONE, nodelist: "n0" });
    const cid = site.submit("cid", { ...ALONE, minNodes: 2 });
    site.pass();
    const told = site.explain(cid);
    expect(told.filters).toContainEqual({ filter: "other users", removed: 1, left: 1 });
    expect(told.onlyPriority).toBe(false);
    expect(told.text).toContain(" Jobs of other users keep 1 node from it.");
    expect(site.explain(ada).filters.at(-2)).toEqual({ filter: "other users", removed: 1, left: 0 });
  });

  it("are checked again when a plan is committed", () => {
    const site = new OwnedSite("planned", 1);
    const ada = site.submit("ada");
    site.pass();
    const bob = site.submit("bob", ALONE);
    const plan = { ...site.plan!, startRow: Int32Array.of(0), startJob: Int32Array.of(bob) };
    const tables = planTables(site.state, NOW_S);
    const lookup = commitLookup(site.state);
    expect(commit(plan, tables, lookup)).toMatchObject({
      allocations: [],
      conflicts: [{ jobId: bob, code: "OF_OTHER_USER" }],
    });
    site.end(ada);
    expect(commit(plan, planTables(site.state, NOW_S), lookup).allocations).toHaveLength(1);
  });
});

describe("the owner of a cell", () => {
  it("admits a job exactly where no two of different users would be beside one that is alone", () => {
    const owner = fc.integer({ min: -3, max: 3 }).filter((one) => one !== 0);
    fc.assert(
      fc.property(fc.array(owner, { maxLength: 5 }), owner, (present, joining) => {
        const cell = present.reduce(together, 0);
        const isApart = (a: number, b: number): boolean => Math.abs(a) === Math.abs(b) || (a > 0 && b > 0);
        const isLegal = present.every((a) => present.every((b) => isApart(a, b)));
        if (isLegal) expect(isAdmitted(cell, joining)).toBe(present.every((one) => isApart(one, joining)));
        expect(present.reduceRight((sum, one) => together(sum, one), 0)).toBe(cell);
      }),
    );
  });

  it("is as it was once what was taken is given back, in whatever order", () => {
    const hold = fc.record({
      node: fc.integer({ min: 0, max: 1 }),
      owner: fc.constantFrom(1, 2, -1, -2),
      from: fc.integer({ min: 0, max: 3 }),
      length: fc.integer({ min: 1, max: 3 }),
      isGiven: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(hold, { maxLength: 12 }), fc.boolean(), (holds, isReversed) => {
        const none = { count: 0, endS: new Uint32Array(0), node: new Int32Array(0), cpus: new Int32Array(0) };
        const cellsOf = (kept: typeof holds, given: typeof holds): Int32Array => {
          const cells = new Int32Array(7 * 16);
          const planes = new OwnerPlanes();
          planes.begin(cells, 16, 6, {
            ...none,
            memMib: new Int32Array(0),
            gres: [],
            owner: new Int32Array(0),
          });
          for (const { node, owner, from, length } of kept) planes.hold(node, owner, from, from + length);
          for (const { node, owner, from, length } of given) planes.release(node, owner, from, from + length);
          return cells;
        };
        const given = holds.filter(({ isGiven }) => isGiven);
        const kept = holds.filter(({ isGiven }) => !isGiven);
        expect(cellsOf(holds, isReversed ? given.reverse() : given)).toEqual(cellsOf(kept, []));
      }),
    );
  });
});

function expectApart(site: OwnedSite): void {
  for (const { index } of site.state.nodeRecords) {
    const present = occupantsOf(site.state, index);
    const users = new Set(present.map(({ user }) => user));
    if (present.some(({ isAlone }) => isAlone)) expect(users.size).toBe(1);
  }
}
