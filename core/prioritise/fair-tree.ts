/**
 * Fair tree: one number from 0 to 1 for each user of each account, such that all users of an account that has had less
 * than its share come before all users of one that has had more, at every level of the tree. Runs once a pass. Pure.
 *
 * The algorithm is Slurm's (Cox and Morrison, "Fair Tree: Fairshare Algorithm for Slurm", 2014, and its fair_tree
 * documentation). At each level a child's level fair share is its part of the siblings' shares over its part of their
 * usage; children are visited from the greatest on, accounts by going down into them, and users get descending ranks.
 * Equal users get one rank; the children of equal accounts are taken together; of a user and an account that are equal
 * the user comes first. We differ in nothing that the documentation says.
 */

/** The tree as columns, one entry an association; parents may come after their children. */
export interface ShareTree {
  readonly count: number;
  /** Row of the parent; -1 for the root, of which there is one. */
  readonly parent: Int32Array;
  /** 1 for a user in an account, 0 for an account. */
  readonly isUser: Uint8Array;
  /** Shares among siblings, >= 0. */
  readonly shares: Int32Array;
  /** Decayed usage of the association and all below it, >= 0, any unit. */
  readonly usage: Float64Array;
}

/** Fair share of each user, 0 < f <= 1; 0 for accounts. */
export function fairTree(tree: ShareTree): Float64Array {
  const fair = new Float64Array(tree.count);
  const children = childrenOf(tree);
  const level = levelShares(tree, children);
  let users = 0;
  for (let row = 0; row < tree.count; row++) users += tree.isUser[row]!;
  const walk: Walk = { tree, children, level, fair, users, rank: users, next: users };
  for (let row = 0; row < tree.count; row++) if (tree.parent[row]! < 0) visit(walk, children[row]!);
  return fair;
}

/**
 * Level fair share of each association: its part of the siblings' shares over its part of their usage. Infinity without
 * usage, 0 without shares; of the root 1.
 */
export function levelFairShares(tree: ShareTree): Float64Array {
  return levelShares(tree, childrenOf(tree));
}

interface Walk {
  readonly tree: ShareTree;
  readonly children: readonly (readonly number[])[];
  readonly level: Float64Array;
  readonly fair: Float64Array;
  readonly users: number;
  /** Rank of the last user that was given one, and that of the next one if it is not equal to it. */
  rank: number;
  next: number;
}

function childrenOf(tree: ShareTree): number[][] {
  const children: number[][] = Array.from({ length: tree.count }, () => []);
  for (let row = 0; row < tree.count; row++) {
    const parent = tree.parent[row]!;
    if (parent >= 0) children[parent]!.push(row);
  }
  return children;
}

function levelShares(tree: ShareTree, children: readonly (readonly number[])[]): Float64Array {
  const level = new Float64Array(tree.count).fill(1);
  for (const siblings of children) {
    let shares = 0;
    let usage = 0;
    for (const row of siblings) {
      shares += tree.shares[row]!;
      usage += tree.usage[row]!;
    }
    for (const row of siblings) {
      const share = tree.shares[row]!;
      const used = tree.usage[row]!;
      if (share === 0) level[row] = 0;
      else level[row] = used === 0 ? Number.POSITIVE_INFINITY : share / shares / (used / usage);
    }
  }
  return level;
}

/** Ranks one list of associations that compete: siblings, or the children of equal accounts. */
function visit(walk: Walk, rows: readonly number[]): void {
  const { tree, level, children, fair } = walk;
  const order = [...rows].sort(
    (a, b) => descending(level[a]!, level[b]!) || tree.isUser[b]! - tree.isUser[a]! || a - b,
  );
  for (let i = 0; i < order.length; ) {
    const row = order[i]!;
    let end = i + 1;
    while (
      end < order.length &&
      level[order[end]!] === level[row] &&
      tree.isUser[order[end]!] === tree.isUser[row]
    )
      end++;
    const equals = order.slice(i, end);
    if (tree.isUser[row] === 0) {
      visit(
        walk,
        equals.flatMap((account) => children[account]!),
      );
    } else {
      walk.rank = walk.next;
      for (const user of equals) fair[user] = walk.rank / walk.users;
      walk.next -= equals.length;
    }
    i = end;
  }
}

/** Also of infinities, whose difference is no number. */
const descending = (a: number, b: number): number => (a === b ? 0 : a < b ? 1 : -1);
