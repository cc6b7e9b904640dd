/** The scans over the planes for jobs whose nodes are alike: how many nodes fit, and the first fit in time. */
import { aim } from "./aim";
import { openBlocks, renewIfStale } from "./block-index";
import { fitsNode, fitsRest, fitsSlot } from "./fits";
import { openGroups, renewGroupIfStale } from "./group-index";
import {
  endFrom, endOf, feasible, field, groupStride, MASK, nodes, picks, REQUIRED, REQUIRED_COUNT, WANT,
} from "./layout";

let resultSlot: i32 = 0;
let resultNode: i32 = 0;
let resultCount: i32 = 0;

export function foundSlot(): i32 { return resultSlot; }
export function foundNode(): i32 { return resultNode; }
export function pickCount(): i32 { return resultCount; }
/** The host has written picks of its own, so many. */
export function setPickCount(count: i32): void { resultCount = count; }

export function setFound(slot: i32, node: i32, count: i32): void {
  resultSlot = slot;
  resultNode = node;
  resultCount = count;
}

/** Marks in the feasible column every node on which one node of the job fits from `slot` for `length` slots; counts them. */
export function feasibleAt(d: usize, slot: i32, length: i32): i32 {
  const end = endOf(slot, length);
  const mask = <usize>field(d, MASK);
  aim(d);
  memory.fill(feasible, 0, nodes);
  let count = 0;
  for (let some = 0; some < groupStride; some += 16) {
    for (let groups = openGroups(d, slot, some); groups != 0; groups &= groups - 1) {
      const group = some + ctz(groups);
      let open = openBlocks(d, slot, group << 4);
      if (open == 0) renewGroupIfStale(slot, group);
      for (; open != 0; open &= open - 1) {
        const block = (group << 4) + ctz(open);
        const n = block << 4;
        const ok = fitsSlot(d, slot, n, v128.load(mask + n));
        if (!v128.any_true(ok)) {
          renewIfStale(slot, block);
          continue;
        }
        const fit = fitsRest(d, slot, end, n, ok);
        v128.store(feasible + n, fit);
        count += popcnt(i8x16.bitmask(fit));
      }
    }
  }
  return count;
}

/** Nodes on which it fits in one slot alone, counted no further than `enough`; slot = slot count asks the totals. */
export function countAt(d: usize, slot: i32, enough: i32): i32 {
  const mask = <usize>field(d, MASK);
  aim(d);
  let count = 0;
  for (let some = 0; some < groupStride; some += 16) {
    for (let groups = openGroups(d, slot, some); groups != 0; groups &= groups - 1) {
      const group = some + ctz(groups);
      let open = openBlocks(d, slot, group << 4);
      if (open == 0) renewGroupIfStale(slot, group);
      for (; open != 0; open &= open - 1) {
        const block = (group << 4) + ctz(open);
        const bits = i8x16.bitmask(fitsSlot(d, slot, block << 4, v128.load(mask + (block << 4))));
        if (bits == 0) renewIfStale(slot, block);
        count += popcnt(bits);
        if (count >= enough) return count;
      }
    }
  }
  return count;
}

/** Whether all the nodes that the job names can take it for the window. */
export function requiredFit(d: usize, slot: i32, length: i32): bool {
  return requiredFitUntil(d, slot, endOf(slot, length));
}

/** Nodes that the job names on which it fits in one slot alone. */
export function requiredCountAt(d: usize, slot: i32): i32 {
  const list = <usize>field(d, REQUIRED);
  const count = field(d, REQUIRED_COUNT);
  let fit = 0;
  for (let i = 0; i < count; i++) fit += <i32>fitsNode(d, slot, slot + 1, load<i32>(list + (i << 2)));
  return fit;
}

/** First fit in time, then in node order, of a job whose nodes are alike; see `search` in planes.ts. */
export function searchEven(d: usize, length: i32, fromSlot: i32, fromNode: i32, until: i32): i32 {
  const mask = <usize>field(d, MASK);
  const required = field(d, REQUIRED_COUNT);
  const want = field(d, WANT);
  aim(d);
  let from = fromNode >> 4;
  let end = 0;
  for (let s = fromSlot; s < until; s++, from = 0) {
    end = endFrom(s, length, end);
    if (required > 0 && !requiredFitUntil(d, s, end)) continue;
    let found = required;
    let first = -1;
    for (let some = (from >> 4) & ~15; some < groupStride && found < want; some += 16) {
      let groups = openGroups(d, s, some);
      if (some < from >> 4) groups &= -1 << ((from >> 4) - some);
      for (; groups != 0 && found < want; groups &= groups - 1) {
        const group = some + ctz(groups);
        let open = openBlocks(d, s, group << 4);
        if (open == 0) renewGroupIfStale(s, group);
        if (group << 4 < from) open &= -1 << (from - (group << 4));
        for (; open != 0 && found < want; open &= open - 1) {
          const block = (group << 4) + ctz(open);
          const n = block << 4;
          const ok = fitsSlot(d, s, n, v128.load(mask + n));
          if (!v128.any_true(ok)) {
            renewIfStale(s, block);
            continue;
          }
          let bits = i8x16.bitmask(fitsRest(d, s, end, n, ok));
          if (bits == 0) continue;
          if (first < 0) first = n;
          for (; bits != 0 && found < want; bits &= bits - 1) {
            store<i32>(picks + (found << 2), n + ctz(bits));
            found++;
          }
        }
      }
    }
    if (found == want) {
      const list = <usize>field(d, REQUIRED);
      for (let i = 0; i < required; i++) store<i32>(picks + (i << 2), load<i32>(list + (i << 2)));
      setFound(s, first < 0 ? 0 : first, want);
      return s;
    }
  }
  setFound(until, 0, 0);
  return -1;
}

function requiredFitUntil(d: usize, slot: i32, end: i32): bool {
  const list = <usize>field(d, REQUIRED);
  const count = field(d, REQUIRED_COUNT);
  for (let i = 0; i < count; i++) if (!fitsNode(d, slot, end, load<i32>(list + (i << 2)))) return false;
  return true;
}
