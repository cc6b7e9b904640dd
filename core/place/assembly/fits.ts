/**
 * Whether a node holds one node of the job, 16 nodes at a step, as lanes of 0 or -1.
 *
 * Availability of a node over time falls only where a reservation begins. So a window [slot, end) is tested at its first
 * slot, and beyond that only at the slots at which a reservation begins in the node's block.
 */
import {
  ALONE, AS_ASKED, CHECK, CHECK_WORDS, CHECKS, CPU_MODE, cpuAt, CPUS, falls, FALLS_SHIFT, field, gresAt, lastVain, MEM_MIB,
  MEM_MODE, memAt, OWNER, ownerAt, PER_THREAD, slots, threads,
} from "./layout";

/** The window after its first slot; the slot at which the block was last too full comes first. */
// @ts-ignore: decorator
@inline
export function fitsRest(d: usize, slot: i32, end: i32, n: i32, candidates: v128): v128 {
  let ok = candidates;
  const block = n >> 4;
  const guess = <i32>load<u8>(lastVain + block);
  if (guess > slot && guess < end) {
    ok = fitsSlot(d, guess, n, ok);
    if (!v128.any_true(ok)) return ok;
  }
  for (let t = nextFall(block, slot + 1, end); t < end; t = nextFall(block, t + 1, end)) {
    if (t == guess) continue;
    ok = fitsSlot(d, t, n, ok);
    if (!v128.any_true(ok)) {
      store<u8>(lastVain + block, <u8>t);
      return ok;
    }
  }
  return ok;
}

/** First slot from `from` on at which a reservation begins in the block; not below `end` for none before it. */
// @ts-ignore: decorator
@inline
export function nextFall(block: i32, from: i32, end: i32): i32 {
  let t = from;
  while (t < end) {
    const bits = load<u64>(falls + (block << FALLS_SHIFT) + ((t >> 6) << 3)) >> <u64>(t & 63);
    if (bits != 0) return t + <i32>ctz(bits);
    t = (t | 63) + 1;
  }
  return t;
}

// @ts-ignore: decorator
@inline
export function noteFall(block: i32, slot: i32): void {
  const word = falls + (block << FALLS_SHIFT) + ((slot >> 6) << 3);
  store<u64>(word, load<u64>(word) | (<u64>1 << <u64>(slot & 63)));
}

// @ts-ignore: decorator
@inline
export function fitsSlot(d: usize, slot: i32, n: i32, candidates: v128): v128 {
  let ok = candidates;
  if (field(d, OWNER) != 0) {
    ok = v128.and(ok, admitted(d, ownerAt(slot, n)));
    if (!v128.any_true(ok)) return ok;
  }
  const checks = field(d, CHECKS);
  for (let k = 0; k < checks; k++) {
    const cells = gresAt(field(d, CHECK + k * CHECK_WORDS), slot, n);
    ok = v128.and(ok, i8x16.ge_u(v128.load(cells), i8x16.splat(<i8>field(d, CHECK + k * CHECK_WORDS + 1))));
  }
  if (checks > 0 && !v128.any_true(ok)) return ok;
  const cpus = cpuAt(slot, n);
  const cpuMode = field(d, CPU_MODE);
  if (cpuMode == AS_ASKED) ok = v128.and(ok, atLeast(cpus, i32x4.splat(field(d, CPUS))));
  else if (cpuMode == PER_THREAD) ok = v128.and(ok, atLeastTimes(cpus, i32x4.splat(field(d, CPUS)), threads + (n << 2)));
  else ok = v128.and(ok, atLeastColumn(cpus, cpuAt(slots, n)));
  const mems = memAt(slot, n);
  if (field(d, MEM_MODE) != AS_ASKED) return v128.and(ok, atLeastColumn(mems, memAt(slots, n)));
  const memMib = field(d, MEM_MIB);
  return memMib == 0 ? ok : v128.and(ok, atLeast(mems, i32x4.splat(memMib)));
}

/** Nodes on which the jobs that are there may be beside the class's. */
function admitted(d: usize, cells: usize): v128 {
  const owner = i32x4.splat(field(d, OWNER));
  return field(d, ALONE) != 0
    ? bytesOf(
        admittedAlone(cells, owner), admittedAlone(cells + 16, owner),
        admittedAlone(cells + 32, owner), admittedAlone(cells + 48, owner))
    : bytesOf(
        admittedBeside(cells, owner), admittedBeside(cells + 16, owner),
        admittedBeside(cells + 32, owner), admittedBeside(cells + 48, owner));
}

/** Nobody's, or the owner's, whether alone or not. */
// @ts-ignore: decorator
@inline
function admittedAlone(cells: usize, owner: v128): v128 {
  const cell = v128.load(cells);
  return v128.or(i32x4.eq(i32x4.abs(cell), owner), i32x4.eq(cell, i32x4.splat(0)));
}

/** Anybody's who is not alone, or the owner's. */
// @ts-ignore: decorator
@inline
function admittedBeside(cells: usize, owner: v128): v128 {
  const cell = v128.load(cells);
  return v128.or(i32x4.ge_s(cell, i32x4.splat(0)), i32x4.eq(i32x4.neg(cell), owner));
}

/** The same of one node. */
export function admits(d: usize, slot: i32, n: i32): bool {
  const owner = field(d, OWNER);
  if (owner == 0) return true;
  const cell = load<i32>(ownerAt(slot, n));
  return field(d, ALONE) != 0 ? cell == 0 || abs(cell) == owner : cell >= 0 || -cell == owner;
}

/** One node against the whole window, whatever the mask says of it. */
export function fitsNode(d: usize, slot: i32, end: i32, n: i32): bool {
  const lane = n & 15;
  let ok = i8x16.splat(-1);
  for (let t = slot; t < end; t++) ok = fitsSlot(d, t, n & ~15, ok);
  return ((i8x16.bitmask(ok) >> lane) & 1) != 0;
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
