import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fairTree, levelFairShares, type ShareTree } from "../../core/prioritise/fair-tree.ts";

interface Branch {
  readonly name: string;
  readonly shares: number;
  /** Of a user; that of an account is the sum of those below. */
  readonly usage?: number;
  readonly children?: readonly Branch[];
}

/** The tree as columns, with the names by row. */
function columnsOf(root: Branch): { tree: ShareTree; names: string[] } {
  const rows: { name: string; parent: number; isUser: number; shares: number; usage: number }[] = [];
  const add = (branch: Branch, parent: number): number => {
    const row = rows.push({
      name: branch.name,
      parent,
      isUser: branch.children === undefined ? 1 : 0,
      shares: branch.shares,
      usage: branch.usage ?? 0,
    });
    for (const child of branch.children ?? []) rows[row - 1]!.usage += add(child, row - 1);
    return rows[row - 1]!.usage;
  };
  add(root, -1);
  return {
    names: rows.map(({ name }) => name),
    tree: {
      count: rows.length,
      parent: Int32Array.from(rows, ({ parent }) => parent),
      isUser: Uint8Array.from(rows, ({ isUser }) => isUser),
      shares: Int32Array.from(rows, ({ shares }) => shares),
      usage: Float64Array.from(rows, ({ usage }) => usage),
    },
  };
}

function fairOf(root: Branch): Record<string, number> {
  const { tree, names } = columnsOf(root);
  const fair = fairTree(tree);
  return Object.fromEntries(names.map((name, row) => [name, fair[row]!]));
}

const account = (name: string, shares: number, children: readonly Branch[]): Branch => ({
  name,
  shares,
  children,
});
const user = (name: string, shares: number, usage: number): Branch => ({ name, shares, usage });
const root = (...children: Branch[]): Branch => account("root", 1, children);

describe("fair tree", () => {
  test("users of an account that has had less than its share all come before those of one that has had more", () => {
    const fair = fairOf(
      root(
        account("thrifty", 1, [user("much", 1, 300), user("some", 1, 10)]),
        account("greedy", 1, [user("idle", 1, 0), user("busy", 1, 900)]),
      ),
    );
    expect(fair).toMatchObject({ some: 1, much: 0.75, idle: 0.5, busy: 0.25 });
  });

  test("shares weigh usage: twice the shares bear twice the usage", () => {
    const { tree } = columnsOf(root(user("a", 2, 200), user("b", 1, 100)));
    const level = levelFairShares(tree);
    expect(level[1]).toBeCloseTo(level[2]!, 12);
    expect(fairOf(root(user("a", 2, 150), user("b", 1, 100)))).toMatchObject({ a: 1, b: 0.5 });
  });

  test("equal users share a rank, and the next one has the rank that his place gives", () => {
    const fair = fairOf(root(user("a", 1, 5), user("b", 1, 5), user("c", 1, 90), user("d", 1, 100)));
    expect(fair).toMatchObject({ a: 1, b: 1, c: 0.5, d: 0.25 });
  });

  test("the children of equal accounts are ranked together", () => {
    const fair = fairOf(
      root(
        account("x", 1, [user("x1", 1, 10), user("x2", 1, 90)]),
        account("y", 1, [user("y1", 1, 50), user("y2", 1, 50)]),
      ),
    );
    // x1 has used a tenth of x, y1 and y2 half of y each.
    expect(fair).toMatchObject({ x1: 1, y1: 0.75, y2: 0.75, x2: 0.25 });
  });

  test("of a user and an account that are equal the user comes first", () => {
    const fair = fairOf(root(account("x", 1, [user("x1", 1, 10)]), user("u", 1, 10)));
    expect(fair).toMatchObject({ u: 1, x1: 0.5 });
  });

  test("who has no usage comes first, who has no shares last", () => {
    const fair = fairOf(root(user("none", 0, 0), user("fresh", 1, 0), user("used", 1, 1)));
    expect(fair).toMatchObject({ fresh: 1, used: 2 / 3, none: 1 / 3 });
  });

  const branch: fc.Arbitrary<Branch> = fc.letrec<{ account: Branch; user: Branch }>((tie) => ({
    user: fc.record({ name: fc.constant("u"), shares: fc.nat(3), usage: fc.nat(4) }),
    account: fc.record({
      name: fc.constant("a"),
      shares: fc.nat(3),
      children: fc.array(fc.oneof({ depthSize: "small" }, tie("user"), tie("account")), { maxLength: 4 }),
    }),
  })).account;

  test("a user's place does not depend on the order of rows, and ranks fill 1/n to 1", () => {
    fc.assert(
      fc.property(branch, fc.infiniteStream(fc.nat()), (tree, chance) => {
        const { tree: columns } = columnsOf(tree);
        const fair = fairTree(columns);
        const order = [...Array(columns.count).keys()];
        for (let i = order.length - 1; i > 0; i--) {
          const j = chance.next().value % (i + 1);
          [order[i], order[j]] = [order[j]!, order[i]!];
        }
        const place = new Map(order.map((row, i) => [row, i]));
        const shuffled = fairTree({
          count: columns.count,
          parent: Int32Array.from(order, (row) =>
            columns.parent[row]! < 0 ? -1 : place.get(columns.parent[row]!)!,
          ),
          isUser: Uint8Array.from(order, (row) => columns.isUser[row]!),
          shares: Int32Array.from(order, (row) => columns.shares[row]!),
          usage: Float64Array.from(order, (row) => columns.usage[row]!),
        });
        order.forEach((row, i) => {
          expect(shuffled[i]).toBe(fair[row]);
        });
        const users = columns.isUser.reduce((sum, is) => sum + is, 0);
        const ranks = [...fair]
          .filter((_, row) => columns.isUser[row] === 1)
          .map((f) => Math.round(f * users));
        // A rank that n users share leaves the n - 1 below it free.
        for (const rank of ranks) expect(ranks.filter((other) => other > rank).length).toBe(users - rank);
      }),
    );
  });
});
