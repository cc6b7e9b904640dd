// What stands around a topology that chooses the whole set by itself: it says which rows it takes, one by one or the
// best of a unit, and they are written out in that order. A row that is not feasible, or taken, is passed over.
import { allocate as allocateBlock, CAPACITY, MASK, OUT, SCORES, jobAtHand } from "../generated/node-block";
import { SetTopology } from "../set-topology";
import { beats, close, offer, open } from "./selection";
import { rowOfUnit, uncount, Unit } from "./units";

let keptScores: usize = 0;
let kept: usize = 0;
let best: usize = 0;
let wanted: i32 = 0;
let rows: i32 = 0;

/** Nodes taken so far for the job at hand. */
export let taken: i32 = 0;

export function allocate(capacity: i32): i32 {
  const block = allocateBlock(capacity);
  keptScores = heap.alloc(<usize>CAPACITY << 2);
  best = heap.alloc(<usize>CAPACITY << 2);
  kept = heap.alloc(<usize>CAPACITY);
  memory.fill(kept, 0, <usize>CAPACITY);
  return block;
}

export function beginPass<T extends SetTopology>(policy: T, count: i32): void {
  rows = count;
  policy.prepare(count);
}

export function chooseSet<T extends SetTopology>(policy: T, count: i32, want: i32): i32 {
  taken = 0;
  wanted = want;
  policy.choose(jobAtHand(), want);
  return taken;
}

/** Whether the job could still be given the row. */
// @ts-ignore: decorator
@inline
export function isFeasible(row: i32): bool {
  return load<u8>(MASK + row) != 0;
}

/** Takes the row if it is feasible and the job lacks one still. */
export function take(row: i32): bool {
  if (row < 0 || row >= rows || !isFeasible(row) || taken == wanted) return false;
  store<u8>(MASK + row, 0);
  store<i32>(OUT + (<usize>taken << 2), row);
  taken++;
  return true;
}

/** Takes the unit's best feasible rows by the placement's scores, at most `most` of them; gives how many. */
export function takeBest(unit: Unit, most: i32): i32 {
  const want = min(min(most, wanted - taken), unit.feasible);
  if (want <= 0) return 0;
  const all = want == unit.feasible;
  if (!all) mark(unit, want);
  let given = 0;
  for (let n = 0; n < unit.nodes && given < want; n++) {
    const row = rowOfUnit(unit, n);
    if (all ? !isFeasible(row) : load<u8>(kept + row) == 0) continue;
    store<u8>(kept + row, 0);
    take(row);
    uncount(row);
    given++;
  }
  return given;
}

/** Takes the lowest feasible rows there are, for a job that nothing better was found for. */
export function takeAny(): void {
  for (let row = 0; row < rows && taken < wanted; row++) take(row);
}

/** Marks the unit's best `want` rows in `kept`. */
function mark(unit: Unit, want: i32): void {
  open(best, keptScores, want);
  for (let n = 0; n < unit.nodes; n++) {
    const row = rowOfUnit(unit, n);
    if (!isFeasible(row)) continue;
    const score = load<f32>(SCORES + (<usize>row << 2));
    // Rows of a unit above the lowest level do not ascend.
    if (beats(row, score)) offer(row, score);
  }
  const marked = close();
  for (let n = 0; n < marked; n++) store<u8>(kept + load<i32>(best + (<usize>n << 2)), 1);
}
