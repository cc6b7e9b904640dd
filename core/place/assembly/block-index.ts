/**
 * The block index: for each slot and block of 16 nodes, the most that one of its nodes has free of each resource, as a
 * byte. Of CPUs and memory also the most of those nodes that have 1, 2, 3, 4 or 8 devices of the first dimension free: the
 * node with devices left is often not the one with CPUs left. A search skips 16 blocks at a step with it, and 16 groups of
 * them with the group index above it. What is free only shrinks within a plan, so an entry that was not renewed after a
 * take is too high, never too low; it is renewed when a search has looked at the block in vain.
 */
import { blockGate, blockLevel, codeOf, cpuCode, leastOf, memCode, MEM_SHIFT } from "./aim";
import { copyGroups, greatestByte, indexGroups, levels, noteRenewed } from "./group-index";
import {
  CHECK, CHECK_WORDS, CHECKS, cpuAt, cpuGroups, cpuIndex, dims, field, gresAt, gresGroups, gresIndex, groupStride, memAt,
  memGroups, memIndex, nodes, slots, stale, stride,
} from "./layout";

/** Of the 16 blocks from `first` on: those that may hold a node of the class that is aimed at, as bits. */
// @ts-ignore: decorator
@inline
export function openBlocks(d: usize, slot: i32, first: i32): i32 {
  const at = slot * stride + first;
  let open = v128.and(
    v128.load(blockGate + first), i8x16.ge_u(v128.load(cpuIndex + blockLevel + at), i8x16.splat(<i8>cpuCode)));
  if (memCode > 0) open = v128.and(open, i8x16.ge_u(v128.load(memIndex + blockLevel + at), i8x16.splat(<i8>memCode)));
  const checks = field(d, CHECKS);
  for (let k = 0; k < checks; k++) {
    const dim = field(d, CHECK + k * CHECK_WORDS);
    const count = field(d, CHECK + k * CHECK_WORDS + 1);
    const index = gresIndex + dim * (slots + 1) * stride + at;
    open = v128.and(open, i8x16.ge_u(v128.load(index), i8x16.splat(<i8>count)));
  }
  return i8x16.bitmask(open);
}

/** After a look in vain. */
// @ts-ignore: decorator
@inline
export function renewIfStale(slot: i32, block: i32): void {
  if (load<u8>(stale + slot * stride + block) != 0) renew(slot, block);
}

export function renew(slot: i32, block: i32): void {
  const n = block << 4;
  const at = slot * stride + block;
  renewLevel(slot, n, 0, at);
  const width = (slots + 1) * stride;
  for (let level = 1; level < levels(); level++) renewLevel(slot, n, level, level * width + at);
  for (let dim = 0; dim < dims; dim++) {
    store<u8>(gresIndex + dim * (slots + 1) * stride + at, greatestByte(gresAt(dim, slot, n)));
  }
  store<u8>(stale + at, 0);
  noteRenewed(slot, block >> 4);
}

function renewLevel(slot: i32, n: i32, level: i32, at: i32): void {
  let having = i8x16.splat(-1);
  if (level > 0) having = i8x16.ge_u(v128.load(gresAt(0, slot, n)), i8x16.splat(<i8>leastOf(level)));
  const some = v128.any_true(having);
  store<u8>(cpuIndex + at, some ? <u8>codeOf(greatest(cpuAt(slot, n), having)) : 0);
  store<u8>(memIndex + at, some ? <u8>codeOf(greatest(memAt(slot, n), having) >> MEM_SHIFT) : 0);
}

/** Writes the index of one slot from its planes. */
export function indexSlot(slot: i32): void {
  const blocks = nodes >> 4;
  const width = (slots + 1) * stride;
  for (let level = 0; level < levels(); level++) {
    memory.fill(cpuIndex + level * width + slot * stride, 0, stride);
    memory.fill(memIndex + level * width + slot * stride, 0, stride);
  }
  for (let dim = 0; dim < dims; dim++) memory.fill(gresIndex + dim * width + slot * stride, 0, stride);
  for (let block = 0; block < blocks; block++) renew(slot, block);
  indexGroups(slot);
}

/** Begins the index of a slot with that of the one before it. */
export function copyIndex(slot: i32): void {
  const to = slot * stride;
  for (let level = 0; level < levels(); level++) {
    const at = level * (slots + 1) * stride + to;
    memory.copy(cpuIndex + at, cpuIndex + at - stride, stride);
    memory.copy(memIndex + at, memIndex + at - stride, stride);
  }
  for (let dim = 0; dim < dims; dim++) {
    const index = gresIndex + dim * (slots + 1) * stride + to;
    memory.copy(index, index - stride, stride);
  }
  memory.copy(stale + to, stale + to - stride, stride);
  copyGroups(slot);
}

/** A node of the slot has more now than the index may know. */
export function raiseIndex(slot: i32, n: i32): void {
  const at = slot * stride + (n >> 4);
  const groupAt = slot * groupStride + (n >> 8);
  const cpu = <u8>codeOf(load<i32>(cpuAt(slot, n)));
  const mem = <u8>codeOf(load<i32>(memAt(slot, n)) >> MEM_SHIFT);
  for (let level = 0; level < levels(); level++) {
    if (level > 0 && <i32>load<u8>(gresAt(0, slot, n)) < leastOf(level)) break;
    const row = level * (slots + 1) * stride + at;
    if (load<u8>(cpuIndex + row) < cpu) store<u8>(cpuIndex + row, cpu);
    if (load<u8>(memIndex + row) < mem) store<u8>(memIndex + row, mem);
    const group = level * (slots + 1) * groupStride + groupAt;
    if (load<u8>(cpuGroups + group) < cpu) store<u8>(cpuGroups + group, cpu);
    if (load<u8>(memGroups + group) < mem) store<u8>(memGroups + group, mem);
  }
  for (let dim = 0; dim < dims; dim++) {
    const gres = load<u8>(gresAt(dim, slot, n));
    const index = gresIndex + dim * (slots + 1) * stride + at;
    if (load<u8>(index) < gres) store<u8>(index, gres);
    const group = gresGroups + dim * (slots + 1) * groupStride + groupAt;
    if (load<u8>(group) < gres) store<u8>(group, gres);
  }
}

/** Of those of the 16 whose byte in `having` is set; what is not counts as nothing. */
function greatest(column: usize, having: v128): i32 {
  const low = i16x8.extend_low_i8x16_s(having);
  const high = i16x8.extend_high_i8x16_s(having);
  const a = i32x4.max_s(
    v128.and(v128.load(column), i32x4.extend_low_i16x8_s(low)),
    v128.and(v128.load(column, 16), i32x4.extend_high_i16x8_s(low)));
  const b = i32x4.max_s(
    v128.and(v128.load(column, 32), i32x4.extend_low_i16x8_s(high)),
    v128.and(v128.load(column, 48), i32x4.extend_high_i16x8_s(high)));
  const c = i32x4.max_s(a, b);
  const e = i32x4.max_s(c, v128.shuffle<i32>(c, c, 2, 3, 0, 1));
  return i32x4.extract_lane(i32x4.max_s(e, v128.shuffle<i32>(e, e, 1, 0, 3, 2)), 0);
}
