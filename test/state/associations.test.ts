import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AccountSpec } from "../../core/model/account.ts";
import { TRES } from "../../core/model/tres.ts";
import { AssociationBook, TRES_PLACES, usageOf } from "../../core/state/associations.ts";

const account = (
  name: string,
  parent: string,
  users: readonly string[],
  rest: Partial<AccountSpec> = {},
): AccountSpec => ({
  name,
  parent,
  shares: 1,
  limits: {},
  users: users.map((user) => ({ name: user, shares: 1, limits: {} })),
  othersShares: 0,
  ...rest,
});

const amounts = (cpus: number, gpus: number): Float64Array => {
  const vector = new Float64Array(TRES_PLACES);
  vector[TRES.CPU] = cpus;
  vector[TRES.GRES] = gpus;
  vector[TRES.WALL] = 1;
  return vector;
};

function book(accounts: readonly AccountSpec[], halfLifeS = 0): AssociationBook {
  const made = new AssociationBook();
  made.configure(accounts, halfLifeS, 0);
  return made;
}

describe("associations", () => {
  test("a site without accounts keeps none", () => {
    const none = book([]);
    expect(none.isUsed).toBe(false);
    expect(none.find("physics", "ada")).toBe(-1);
  });

  test("an account may be listed before the one above it", () => {
    const tree = book([account("optics", "physics", ["ada"]), account("physics", "root", [])]);
    const { parent } = tree.table.columns;
    const ada = tree.find("optics", "ada");
    expect(parent[ada]).toBe(tree.find("optics", ""));
    expect(parent[parent[ada]!]).toBe(tree.find("physics", ""));
    expect(parent[tree.find("physics", "")]).toBe(tree.find("root", ""));
  });

  test("the use of a user's jobs counts in every account above him, GPUs as well", () => {
    const tree = book([account("physics", "root", ["bob"]), account("optics", "physics", ["ada"])]);
    const ada = tree.find("optics", "ada");
    tree.start(ada, amounts(16, 8), 1, 100);
    tree.end(ada, amounts(16, 8), 1, 160);
    tree.start(tree.find("physics", "bob"), amounts(2, 0), 1, 100);
    for (const [name, gpuSeconds, cpuSeconds] of [
      ["optics", 480, 960],
      ["physics", 480, 960 + 120],
      ["root", 480, 960 + 120],
    ] as const) {
      const row = tree.find(name, "");
      expect(usageOf(tree.table, TRES.GRES, 160, 0)[row]).toBe(gpuSeconds);
      expect(usageOf(tree.table, TRES.CPU, 160, 0)[row]).toBe(cpuSeconds);
    }
  });

  test("a QOS factor multiplies what is counted", () => {
    const tree = book([account("physics", "root", ["ada"])]);
    const ada = tree.find("physics", "ada");
    tree.start(ada, amounts(1, 0), 0.25, 0);
    expect(usageOf(tree.table, TRES.CPU, 100, 0)[ada]).toBe(25);
  });

  test("an open account lets a user in at his first job, and he stays when the configuration is read again", () => {
    const open = account("guests", "root", [], { othersShares: 3 });
    const tree = book([open]);
    expect(tree.admits("guests", "eve")).toBe(true);
    expect(tree.find("guests", "eve")).toBe(-1);
    const eve = tree.enter("guests", "eve", 50);
    expect(tree.table.columns.shares[eve]).toBe(3);
    tree.configure([open], 0, 60);
    expect(tree.find("guests", "eve")).toBe(eve);
    tree.configure([{ ...open, othersShares: 0 }], 0, 70);
    expect(tree.find("guests", "eve")).toBe(-1);
  });

  test("a removed account comes back with what it had used", () => {
    const tree = book([account("physics", "root", ["ada"])]);
    const ada = tree.find("physics", "ada");
    tree.start(ada, amounts(4, 0), 1, 0);
    tree.end(ada, amounts(4, 0), 1, 10);
    tree.configure([account("optics", "root", [])], 0, 20);
    expect(tree.find("physics", "ada")).toBe(-1);
    tree.configure([account("physics", "root", ["ada"])], 0, 30);
    expect(tree.find("physics", "ada")).toBe(ada);
    expect(usageOf(tree.table, TRES.CPU, 30, 0)[tree.find("root", "")]).toBe(40);
  });

  test("a reset forgets usage and goes on counting what runs", () => {
    const tree = book([account("physics", "root", ["ada"])]);
    const ada = tree.find("physics", "ada");
    tree.start(ada, amounts(4, 0), 1, 0);
    tree.reset(100);
    expect(usageOf(tree.table, TRES.CPU, 110, 0)[ada]).toBe(40);
  });

  test("usage is that of every job's seconds, each decayed by its age", () => {
    const job = fc.record({
      user: fc.nat(2),
      startS: fc.nat(500),
      runS: fc.nat(500),
      cpus: fc.integer({ min: 1, max: 64 }),
    });
    const halfLifeS = 200;
    const nowS = 1000;
    fc.assert(
      fc.property(fc.array(job, { maxLength: 20 }), (jobs) => {
        const tree = book([account("a", "root", ["u0", "u1", "u2"])], halfLifeS);
        const changes = jobs.flatMap(({ user, startS, runS, cpus }) => [
          { atS: startS, user, cpus, isStart: true },
          { atS: startS + runS, user, cpus, isStart: false },
        ]);
        changes.sort((a, b) => a.atS - b.atS || Number(b.isStart) - Number(a.isStart));
        for (const { atS, user, cpus, isStart } of changes) {
          const row = tree.find("a", `u${user}`);
          if (isStart) tree.start(row, amounts(cpus, 0), 1, atS);
          else tree.end(row, amounts(cpus, 0), 1, atS);
        }
        // The integral of cpus × 2^-(age / half-life) over each job's run.
        const scale = halfLifeS / Math.LN2;
        const weight = (atS: number): number => 2 ** ((atS - nowS) / halfLifeS);
        let expected = 0;
        for (const { startS, runS, cpus } of jobs)
          expected += cpus * scale * (weight(startS + runS) - weight(startS));
        const used = usageOf(tree.table, TRES.CPU, nowS, halfLifeS)[tree.find("root", "")]!;
        expect(Math.abs(used - expected)).toBeLessThanOrEqual(1e-9 * Math.max(1, expected));
        expect(tree.table.columns.running.subarray(0, tree.table.count).every((n) => n === 0)).toBe(true);
      }),
    );
  });
});
