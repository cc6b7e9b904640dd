/**
 * The group index: for each slot and group of 16 blocks, hence 256 nodes, the most that one of its blocks has by the block
 * index, in the same levels. On a cluster that is mostly full nearly every group is closed to a job, so a search looks at
 * 4,096 nodes a step. Like the block index it may be too high, never too low; it is renewed when a search has found all
 * blocks of a group closed.
 */
import { cpuCode, groupGate, groupLevel, LEVELS, memCode } from "./aim";
import {
  CHECK, CHECK_WORDS, CHECKS, cpuGroups, cpuIndex, dims, field, gresGroups, gresIndex, groupStride, memGroups, memIndex,
  slots, staleGroups, stride,
} from "./layout";

/** Without devices the first level is all that is read. */
// @ts-ignore: decorator
@inline
export function levels(): i32 { return dims > 0 ? LEVELS : 1; }

/** Of the 16 groups from `first` on: those that may hold a node of the class that is aimed at, as bits. */
// @ts-ignore: decorator
@inline
export function openGroups(d: usize, slot: i32, first: i32): i32 {
  const at = slot * groupStride + first;
  let open = v128.and(
    v128.load(groupGate + first), i8x16.ge_u(v128.load(cpuGroups + groupLevel + at), i8x16.splat(<i8>cpuCode)));
  if (memCode > 0) open = v128.and(open, i8x16.ge_u(v128.load(memGroups + groupLevel + at), i8x16.splat(<i8>memCode)));
  const checks = field(d, CHECKS);
  for (let k = 0; k < checks; k++) {
    const dim = field(d, CHECK + k * CHECK_WORDS);
    const count = field(d, CHECK + k * CHECK_WORDS + 1);
    const index = gresGroups + dim * (slots + 1) * groupStride + at;
    open = v128.and(open, i8x16.ge_u(v128.load(index), i8x16.splat(<i8>count)));
  }
  return i8x16.bitmask(open);
}

/** Entries of a block of the group may have fallen. */
// @ts-ignore: decorator
@inline
export function noteRenewed(slot: i32, group: i32): void {
  store<u8>(staleGroups + slot * groupStride + group, 1);
}

/** After all its blocks were found closed. */
// @ts-ignore: decorator
@inline
export function renewGroupIfStale(slot: i32, group: i32): void {
  if (load<u8>(staleGroups + slot * groupStride + group) != 0) renewGroup(slot, group);
}

/** Writes the index of one slot from that of its blocks, of which those beyond the last node have nothing. */
export function indexGroups(slot: i32): void {
  for (let group = 0; group < stride >> 4; group++) renewGroup(slot, group);
}

/** Begins the index of a slot with that of the one before it. */
export function copyGroups(slot: i32): void {
  const to = slot * groupStride;
  for (let level = 0; level < levels(); level++) {
    const at = level * (slots + 1) * groupStride + to;
    memory.copy(cpuGroups + at, cpuGroups + at - groupStride, groupStride);
    memory.copy(memGroups + at, memGroups + at - groupStride, groupStride);
  }
  for (let dim = 0; dim < dims; dim++) {
    const index = gresGroups + dim * (slots + 1) * groupStride + to;
    memory.copy(index, index - groupStride, groupStride);
  }
  memory.copy(staleGroups + to, staleGroups + to - groupStride, groupStride);
}

function renewGroup(slot: i32, group: i32): void {
  const at = slot * groupStride + group;
  const blocks = slot * stride + (group << 4);
  for (let level = 0; level < levels(); level++) {
    const from = level * (slots + 1) * stride + blocks;
    const to = level * (slots + 1) * groupStride + at;
    store<u8>(cpuGroups + to, greatestByte(cpuIndex + from));
    store<u8>(memGroups + to, greatestByte(memIndex + from));
  }
  for (let dim = 0; dim < dims; dim++) {
    const from = gresIndex + dim * (slots + 1) * stride + blocks;
    store<u8>(gresGroups + dim * (slots + 1) * groupStride + at, greatestByte(from));
  }
  store<u8>(staleGroups + at, 0);
}

export function greatestByte(column: usize): u8 {
  let v = v128.load(column);
  v = i8x16.max_u(v, v128.shuffle<u8>(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  v = i8x16.max_u(v, v128.shuffle<u8>(v, v, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3));
  v = i8x16.max_u(v, v128.shuffle<u8>(v, v, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1));
  v = i8x16.max_u(v, v128.shuffle<u8>(v, v, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0));
  return i8x16.extract_lane_u(v, 0);
}
