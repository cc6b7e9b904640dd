// The loop of every topology policy: counts the feasible nodes of each leaf, takes leaf after leaf as the author's
// method prefers them, and of the last one the nodes that the placement policy scored highest.
import { allocate as allocateBlock, CAPACITY, MASK, OUT, SCORES, jobAtHand } from "../generated/node-block";
import { Topology } from "../topology";
import { allocateLeaves, groupRows, leafAt, leafCount, leafIndexOf, leafIndexOfSixteen, rowOf, Leaf } from "./leaves";
import { close, offer, open, threshold } from "./selection";

let keptScores: usize = 0;
let kept: usize = 0;

export function allocate(capacity: i32): i32 {
  const block = allocateBlock(capacity);
  allocateLeaves();
  keptScores = heap.alloc(<usize>CAPACITY << 2);
  kept = heap.alloc(<usize>CAPACITY);
  memory.fill(kept, 0, <usize>CAPACITY);
  return block;
}

export function begin(count: i32): void {
  groupRows(count);
}

/** Writes the rows of `want` nodes to `out`, leaf by leaf and ascending within a leaf, and gives how many there are. */
export function chooseNodes<T extends Topology>(policy: T, count: i32, want: i32): i32 {
  const job = jobAtHand();
  countFeasible(count);
  let given = 0;
  while (given < want) {
    let best: f64 = -Infinity;
    let chosen = -1;
    for (let index = 0; index < leafCount; index++) {
      const leaf = leafAt(index);
      if (leaf.feasible == 0) continue;
      const score = policy.score(job, leaf, want - given);
      if (score > best) {
        best = score;
        chosen = index;
      }
    }
    if (chosen < 0) break;
    const leaf = leafAt(chosen);
    given += take(leaf, min(leaf.feasible, want - given), given);
    leaf.feasible = 0;
  }
  return given;
}

function countFeasible(count: i32): void {
  for (let index = 0; index < leafCount; index++) leafAt(index).feasible = 0;
  for (let base = 0; base < count; base += 16) {
    let bits = i8x16.bitmask(i8x16.ne(v128.load(MASK + base), i8x16.splat(0)));
    if (bits == 0) continue;
    const common = leafIndexOfSixteen(base);
    if (common >= 0) {
      leafAt(common).feasible += popcnt(bits);
      continue;
    }
    while (bits != 0) {
      leafAt(leafIndexOf(base + ctz(bits))).feasible++;
      bits &= bits - 1;
    }
  }
}

/** Appends the leaf's `want` best feasible rows to `out` from position `at`, ascending. */
function take(leaf: Leaf, want: i32, at: i32): i32 {
  const out = OUT + (<usize>at << 2);
  const all = want == leaf.feasible;
  if (!all) mark(leaf, want, out);
  let given = 0;
  for (let n = 0; n < leaf.nodes; n++) {
    const row = rowOf(leaf, n);
    if (all ? load<u8>(MASK + row) == 0 : load<u8>(kept + row) == 0) continue;
    store<u8>(kept + row, 0);
    store<i32>(out + (<usize>given << 2), row);
    given++;
  }
  return given;
}

/** Marks the leaf's best `want` rows in `kept`; `scratch` has room for their numbers. */
function mark(leaf: Leaf, want: i32, scratch: usize): void {
  open(scratch, keptScores, want);
  for (let n = 0; n < leaf.nodes; n++) {
    const row = rowOf(leaf, n);
    if (load<u8>(MASK + row) == 0) continue;
    const score = load<f32>(SCORES + (<usize>row << 2));
    if (score > threshold) offer(row, score);
  }
  const marked = close();
  for (let n = 0; n < marked; n++) store<u8>(kept + load<i32>(scratch + (<usize>n << 2)), 1);
}
