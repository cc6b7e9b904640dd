/**
 * What a search asks of the indexes, worked out once for all the blocks and groups that it looks at: amounts as codes, a
 * byte each, the level of the index that counts for it, and its masks by blocks and by groups.
 */
import { AS_ASKED, CHECK, CHECKS, CPUS, field, groupStride, MASK, MEM_MIB, MEM_MODE, nodes, slots, stride } from "./layout";

/** Memory is indexed in steps of 64 MiB. */
export const MEM_SHIFT: i32 = 6;

/** Levels of the index of CPUs and memory; the host makes room for as many. */
export const LEVELS: i32 = 6;

/** Mask of the class by blocks of nodes, and by groups of blocks. */
export let blockGate: usize = 0;
export let groupGate: usize = 0;
/** Where the rows of its level begin, all nodes for the class being of that level. */
export let blockLevel: i32 = 0;
export let groupLevel: i32 = 0;
/** The least that a node of the class has, as codes. */
export let cpuCode: i32 = 0;
export let memCode: i32 = 0;

/** Before a search for the class. */
export function aim(d: usize): void {
  blockGate = <usize>field(d, MASK) + nodes;
  groupGate = blockGate + stride;
  const level = levelOf(d) * (slots + 1);
  blockLevel = level * stride;
  groupLevel = level * groupStride;
  cpuCode = codeOf(field(d, CPUS));
  memCode = field(d, MEM_MODE) == AS_ASKED ? codeOf(field(d, MEM_MIB) >> MEM_SHIFT) : 0;
}

/** Devices of the first dimension that a node of the level has free at least. */
// @ts-ignore: decorator
@inline
export function leastOf(level: i32): i32 { return level == 5 ? 8 : level; }

function levelOf(d: usize): i32 {
  if (field(d, CHECKS) == 0 || field(d, CHECK) != 0) return 0;
  const count = field(d, CHECK + 1);
  return count >= 8 ? 5 : min(4, count);
}

/** Amounts up to 31 as they are, larger ones to a sixteenth, rounded down; 255 at most. Rises with the amount. */
export function codeOf(amount: i32): i32 {
  if (amount < 32) return max(0, amount);
  const octave = 31 - clz(amount);
  return min(255, (((octave - 4) << 4) | ((amount >> (octave - 4)) & 15)) + 16);
}
