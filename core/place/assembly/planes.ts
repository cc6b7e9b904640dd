/**
 * The planner's kernel: what is free on every node in every time slot, as planes [slot][node], and the scans over them.
 * CPUs and memory are i32, each GRES dimension is u8; 16 nodes are tested at a step. The host lays memory out, writes
 * the first plane, the totals and the descriptors, and calls once or twice a job. Never allocates, never grows memory,
 * and trusts the host: node numbers and pointers are checked there.
 *
 * Availability of a node over time falls only where a reservation begins. So a window [slot, end) is tested at its first
 * slot, and beyond that only between the first and the last slot at which a reservation begins in the node's block.
 */

// Fields of a descriptor, i32 each. The host's names for them are in class-table.ts.
const MASK: i32 = 0;
const CPU_MODE: i32 = 1;
const CPUS: i32 = 2;
const MEM_MODE: i32 = 3;
const MEM_MIB: i32 = 4;
const WANT: i32 = 5;
const TASKS_FLOOR: i32 = 6;
const TASKS_EXTRA: i32 = 7;
const TASKS_PER_NODE: i32 = 8;
const CPUS_PER_TASK: i32 = 9;
const REQUIRED: i32 = 10;
const REQUIRED_COUNT: i32 = 11;
const CHECKS: i32 = 12;
const CHECK_PAIRS: i32 = 13;
const TAKES: i32 = 29;
const TAKE_PAIRS: i32 = 30;

/** Amount as asked; times the node's threads per core; the whole node. */
const AS_ASKED: i32 = 0;
const PER_THREAD: i32 = 1;
const NEVER: u32 = 0x7fffffff;

let nodes: i32 = 0;
let slots: i32 = 0;
let cpuPlanes: usize = 0;
let memPlanes: usize = 0;
let gresPlanes: usize = 0;
let threads: usize = 0;
let bounds: usize = 0;
let firstFall: usize = 0;
let lastFall: usize = 0;
let feasible: usize = 0;
let picks: usize = 0;
let amounts: usize = 0;

let resultSlot: i32 = 0;
let resultNode: i32 = 0;

/** `nodeCount` is a multiple of 16. Each resource has slotCount + 1 planes, the last one with the totals. */
export function configure(
  nodeCount: i32, slotCount: i32, cpu: usize, mem: usize, gres: usize, threadColumn: usize, boundColumn: usize,
  first: usize, last: usize, feasibleColumn: usize, pickColumn: usize, amountColumn: usize,
): void {
  nodes = nodeCount; slots = slotCount; cpuPlanes = cpu; memPlanes = mem; gresPlanes = gres; threads = threadColumn;
  bounds = boundColumn; firstFall = first; lastFall = last; feasible = feasibleColumn; picks = pickColumn;
  amounts = amountColumn;
}

/**
 * Makes the planes after the first: each is the one before it plus what running jobs give back by its boundary.
 * `ends` are epoch seconds; an end of the past counts as nowS + overdueS. `gres` holds `dims` planes of `capacity` bytes.
 */
export function fill(
  count: i32, nowS: u32, overdueS: u32, ends: usize, nodeOf: usize, cpus: usize, mems: usize, gres: usize,
  capacity: i32, dims: i32, starts: usize, order: usize,
): void {
  memory.fill(firstFall, 255, nodes >> 4);
  memory.fill(lastFall, 0, nodes >> 4);
  memory.fill(starts, 0, (slots + 2) << 2);
  for (let i = 0; i < count; i++) {
    const slot = endSlotOf(load<u32>(ends + (i << 2)), nowS, overdueS);
    store<i32>(starts + ((slot + 1) << 2), load<i32>(starts + ((slot + 1) << 2)) + 1);
  }
  for (let s = 1; s <= slots + 1; s++) {
    store<i32>(starts + (s << 2), load<i32>(starts + (s << 2)) + load<i32>(starts + ((s - 1) << 2)));
  }
  for (let i = 0; i < count; i++) {
    const slot = endSlotOf(load<u32>(ends + (i << 2)), nowS, overdueS);
    const at = load<i32>(starts + (slot << 2));
    store<i32>(order + (at << 2), i);
    store<i32>(starts + (slot << 2), at + 1);
  }
  // starts[slot] is now where the entries of the slot end, and starts[slot - 1] where they begin.
  const wide = nodes << 2;
  for (let s = 1; s < slots; s++) {
    memory.copy(cpuPlanes + s * wide, cpuPlanes + (s - 1) * wide, wide);
    memory.copy(memPlanes + s * wide, memPlanes + (s - 1) * wide, wide);
    for (let d = 0; d < dims; d++) {
      const plane = gresPlanes + (d * (slots + 1) + s) * nodes;
      memory.copy(plane, plane - nodes, nodes);
    }
    const end = load<i32>(starts + (s << 2));
    for (let k = load<i32>(starts + ((s - 1) << 2)); k < end; k++) {
      const i = load<i32>(order + (k << 2));
      const n = load<i32>(nodeOf + (i << 2));
      const cpu = cpuPlanes + s * wide + (n << 2);
      store<i32>(cpu, load<i32>(cpu) + load<i32>(cpus + (i << 2)));
      const mem = memPlanes + s * wide + (n << 2);
      store<i32>(mem, load<i32>(mem) + load<i32>(mems + (i << 2)));
      for (let d = 0; d < dims; d++) {
        const cell = gresPlanes + (d * (slots + 1) + s) * nodes + n;
        store<u8>(cell, load<u8>(cell) + load<u8>(gres + d * capacity + i));
      }
    }
  }
}

/** Marks in the feasible column every node on which one node of the job fits from `slot` for `length` slots; counts them. */
export function feasibleAt(d: usize, slot: i32, length: i32): i32 {
  const end = endOf(slot, length);
  const mask = field(d, MASK);
  let count = 0;
  for (let n = 0; n < nodes; n += 16) {
    let ok = v128.load(mask + n);
    if (v128.any_true(ok)) ok = fitsWindow(d, slot, end, n, ok);
    v128.store(feasible + n, ok);
    count += popcnt(i8x16.bitmask(ok));
  }
  return count;
}

/** Nodes on which it fits in one slot alone; slot = slot count asks the totals. */
export function countAt(d: usize, slot: i32): i32 {
  const mask = field(d, MASK);
  let count = 0;
  for (let n = 0; n < nodes; n += 16) {
    const ok = v128.load(mask + n);
    if (v128.any_true(ok)) count += popcnt(i8x16.bitmask(fitsSlot(d, slot, n, ok)));
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

/**
 * First fit in time, then in node order, looking from (fromSlot, fromNode) on, in slots below `until`. Gives the slot, or
 * -1, with the nodes in the picks column. `foundSlot` and `foundNode` then say from where the next job of the same class
 * may look.
 */
export function search(d: usize, length: i32, fromSlot: i32, fromNode: i32, until: i32): i32 {
  const mask = <usize>field(d, MASK);
  const required = field(d, REQUIRED_COUNT);
  const want = field(d, WANT);
  let from = fromNode & ~15;
  for (let s = fromSlot; s < until; s++, from = 0) {
    const end = endOf(s, length);
    if (required > 0 && !requiredFitUntil(d, s, end)) continue;
    let found = required;
    let first = -1;
    if (found < want) {
      for (let n = from; n < nodes; n += 16) {
        let ok = v128.load(mask + n);
        if (!v128.any_true(ok)) continue;
        ok = fitsWindow(d, s, end, n, ok);
        let bits = i8x16.bitmask(ok);
        if (bits == 0) continue;
        if (first < 0) first = n;
        while (bits != 0 && found < want) {
          store<i32>(picks + (found << 2), n + ctz(bits));
          bits &= bits - 1;
          found++;
        }
        if (found == want) break;
      }
    }
    if (found == want) {
      const list = <usize>field(d, REQUIRED);
      for (let i = 0; i < required; i++) store<i32>(picks + (i << 2), load<i32>(list + (i << 2)));
      resultSlot = s;
      resultNode = first < 0 ? 0 : first;
      return s;
    }
  }
  resultSlot = until;
  resultNode = 0;
  return -1;
}

export function foundSlot(): i32 { return resultSlot; }
export function foundNode(): i32 { return resultNode; }

/**
 * Takes what the job needs from the picked nodes for the window. A job that starts now takes its nodes' shares, smaller
 * on those with fewer tasks; a reservation takes the largest share from each, as that is what it will be looked for with
 * when its time has come.
 */
export function take(d: usize, slot: i32, length: i32): void {
  const end = endOf(slot, length);
  const want = field(d, WANT);
  const mode = field(d, CPU_MODE);
  for (let i = 0; i < want; i++) {
    const n = load<i32>(picks + (i << 2));
    const missing = slot > 0 ? 0 : field(d, TASKS_PER_NODE) - field(d, TASKS_FLOOR) - <i32>(i < field(d, TASKS_EXTRA));
    let cpus = max(1, field(d, CPUS) - missing * field(d, CPUS_PER_TASK));
    if (mode == PER_THREAD) cpus *= load<i32>(threads + (n << 2));
    else if (mode != AS_ASKED) cpus = load<i32>(cpuPlanes + ((slots * nodes + n) << 2));
    store<i32>(amounts + (i << 2), cpus);
    if (slot > 0) {
      const block = n >> 4;
      if (<u8>slot < load<u8>(firstFall + block)) store<u8>(firstFall + block, <u8>slot);
      if (<u8>slot > load<u8>(lastFall + block)) store<u8>(lastFall + block, <u8>slot);
    }
  }
  for (let t = slot; t < end; t++) {
    const plane = cpuPlanes + ((t * nodes) << 2);
    for (let i = 0; i < want; i++) {
      const cell = plane + (load<i32>(picks + (i << 2)) << 2);
      store<i32>(cell, load<i32>(cell) - load<i32>(amounts + (i << 2)));
    }
  }
  const memMib = field(d, MEM_MIB);
  const wholeMem = field(d, MEM_MODE) != AS_ASKED;
  if (wholeMem || memMib != 0) {
    for (let t = slot; t < end; t++) {
      const plane = memPlanes + ((t * nodes) << 2);
      for (let i = 0; i < want; i++) {
        const n = load<i32>(picks + (i << 2));
        const mem = wholeMem ? load<i32>(memPlanes + ((slots * nodes + n) << 2)) : memMib;
        store<i32>(plane + (n << 2), load<i32>(plane + (n << 2)) - mem);
      }
    }
  }
  const takes = field(d, TAKES);
  for (let k = 0; k < takes; k++) {
    const dim = field(d, TAKE_PAIRS + 2 * k);
    const count = field(d, TAKE_PAIRS + 2 * k + 1);
    for (let t = slot; t < end; t++) {
      const plane = gresPlanes + (dim * (slots + 1) + t) * nodes;
      for (let i = 0; i < want; i++) {
        const cell = plane + load<i32>(picks + (i << 2));
        store<u8>(cell, <u8>max(0, <i32>load<u8>(cell) - count));
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function field(d: usize, index: i32): i32 { return load<i32>(d + (index << 2)); }

/** First slot at or after which a job that ends at endS has given everything back; slot count for never. */
function endSlotOf(endS: u32, nowS: u32, overdueS: u32): i32 {
  if (endS >= NEVER) return slots;
  const left = <i32>(endS > nowS ? endS - nowS : overdueS);
  let low = 1;
  let high = slots;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (load<i32>(bounds + (middle << 2)) >= left) high = middle; else low = middle + 1;
  }
  return low;
}

/** Slot before which a job of `length` slots (counted from slot 0) ends when it starts with `slot`, rounded up. */
function endOf(slot: i32, length: i32): i32 {
  if (length >= slots) return slots;
  if (slot == 0) return length;
  const endS = <u32>load<i32>(bounds + (slot << 2)) + <u32>load<i32>(bounds + (length << 2));
  let end = slot + 1;
  while (end < slots && <u32>load<i32>(bounds + (end << 2)) < endS) end++;
  return end;
}

// @ts-ignore: decorator
@inline
function fitsWindow(d: usize, slot: i32, end: i32, n: i32, candidates: v128): v128 {
  let ok = fitsSlot(d, slot, n, candidates);
  if (!v128.any_true(ok)) return ok;
  const block = n >> 4;
  const until = min(end, <i32>load<u8>(lastFall + block) + 1);
  for (let t = max(slot + 1, <i32>load<u8>(firstFall + block)); t < until; t++) {
    ok = fitsSlot(d, t, n, ok);
    if (!v128.any_true(ok)) return ok;
  }
  return ok;
}

// @ts-ignore: decorator
@inline
function fitsSlot(d: usize, slot: i32, n: i32, candidates: v128): v128 {
  let ok = candidates;
  const checks = field(d, CHECKS);
  for (let k = 0; k < checks; k++) {
    const plane = gresPlanes + (field(d, CHECK_PAIRS + 2 * k) * (slots + 1) + slot) * nodes;
    ok = v128.and(ok, i8x16.ge_u(v128.load(plane + n), i8x16.splat(<i8>field(d, CHECK_PAIRS + 2 * k + 1))));
  }
  if (checks > 0 && !v128.any_true(ok)) return ok;
  const cpus = cpuPlanes + ((slot * nodes + n) << 2);
  const cpuMode = field(d, CPU_MODE);
  if (cpuMode == AS_ASKED) ok = v128.and(ok, atLeast(cpus, i32x4.splat(field(d, CPUS))));
  else if (cpuMode == PER_THREAD) ok = v128.and(ok, atLeastTimes(cpus, i32x4.splat(field(d, CPUS)), threads + (n << 2)));
  else ok = v128.and(ok, atLeastColumn(cpus, cpuPlanes + ((slots * nodes + n) << 2)));
  const mems = memPlanes + ((slot * nodes + n) << 2);
  if (field(d, MEM_MODE) != AS_ASKED) return v128.and(ok, atLeastColumn(mems, memPlanes + ((slots * nodes + n) << 2)));
  const memMib = field(d, MEM_MIB);
  return memMib == 0 ? ok : v128.and(ok, atLeast(mems, i32x4.splat(memMib)));
}

// @ts-ignore: decorator
@inline
function atLeast(have: usize, need: v128): v128 {
  return bytesOf(
    i32x4.ge_s(v128.load(have), need), i32x4.ge_s(v128.load(have, 16), need),
    i32x4.ge_s(v128.load(have, 32), need), i32x4.ge_s(v128.load(have, 48), need));
}

// @ts-ignore: decorator
@inline
function atLeastTimes(have: usize, need: v128, factor: usize): v128 {
  return bytesOf(
    i32x4.ge_s(v128.load(have), i32x4.mul(need, v128.load(factor))),
    i32x4.ge_s(v128.load(have, 16), i32x4.mul(need, v128.load(factor, 16))),
    i32x4.ge_s(v128.load(have, 32), i32x4.mul(need, v128.load(factor, 32))),
    i32x4.ge_s(v128.load(have, 48), i32x4.mul(need, v128.load(factor, 48))));
}

// @ts-ignore: decorator
@inline
function atLeastColumn(have: usize, need: usize): v128 {
  return bytesOf(
    i32x4.ge_s(v128.load(have), v128.load(need)), i32x4.ge_s(v128.load(have, 16), v128.load(need, 16)),
    i32x4.ge_s(v128.load(have, 32), v128.load(need, 32)), i32x4.ge_s(v128.load(have, 48), v128.load(need, 48)));
}

/** Sixteen lanes of 0 or -1 as bytes. */
// @ts-ignore: decorator
@inline
function bytesOf(a: v128, b: v128, c: v128, e: v128): v128 {
  return i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, e));
}

function requiredFitUntil(d: usize, slot: i32, end: i32): bool {
  const list = <usize>field(d, REQUIRED);
  const count = field(d, REQUIRED_COUNT);
  for (let i = 0; i < count; i++) if (!fitsNode(d, slot, end, load<i32>(list + (i << 2)))) return false;
  return true;
}

/** One node against the whole window, whatever the mask says of it. */
function fitsNode(d: usize, slot: i32, end: i32, n: i32): bool {
  const lane = n & 15;
  let ok = i8x16.splat(-1);
  for (let t = slot; t < end; t++) ok = fitsSlot(d, t, n & ~15, ok);
  return ((i8x16.bitmask(ok) >> lane) & 1) != 0;
}
