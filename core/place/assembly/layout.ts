/**
 * Where everything lies in the kernel's memory, which the host lays out, and the fields of a class's descriptor. Set once
 * a pass.
 *
 * Each resource has slotCount + 1 planes [slot][node], the last one with the totals: CPUs and memory i32, each GRES
 * dimension u8. The block index has the same planes [slot][block of 16 nodes], a byte each, and the group index
 * [slot][group of 16 blocks].
 */

// Fields of a descriptor, i32 each. The host's names for them are in descriptor.ts.
export const MASK: i32 = 0;
export const CPU_MODE: i32 = 1;
/** Amounts that a node is tested for: of the fullest node; of an uneven job those of one task. */
export const CPUS: i32 = 2;
export const MEM_MODE: i32 = 3;
export const MEM_MIB: i32 = 4;
export const WANT: i32 = 5;
export const TASKS_FLOOR: i32 = 6;
export const TASKS_EXTRA: i32 = 7;
export const TASKS_PER_NODE: i32 = 8;
export const CPUS_PER_TASK: i32 = 9;
export const REQUIRED: i32 = 10;
export const REQUIRED_COUNT: i32 = 11;
export const UNEVEN: i32 = 12;
export const TASKS: i32 = 13;
export const MIN_NODES: i32 = 14;
export const MAX_NODES: i32 = 15;
/** MiB for each CPU where memory was asked so, else 0. */
export const MEM_PER_CPU: i32 = 16;
/** 1 where CPUs are cores. */
export const THREADED: i32 = 17;
/** Amounts of a node with TASKS_PER_NODE tasks. */
export const FULL_CPUS: i32 = 18;
export const FULL_MEM: i32 = 19;
export const CHECKS: i32 = 20;
/** plane, count to test for, flat part, part of each task. */
export const CHECK: i32 = 21;
export const CHECK_WORDS: i32 = 4;
export const TAKES: i32 = 53;
/** plane, flat part, part of each task. */
export const TAKE: i32 = 54;
export const TAKE_WORDS: i32 = 3;
/** Number of the job's user, 0 where it does not matter whose jobs are where; and whether no other's may be beside it. */
export const OWNER: i32 = 102;
export const ALONE: i32 = 103;

/** Amount as asked; times the node's threads per core; the whole node. */
export const AS_ASKED: i32 = 0;
export const PER_THREAD: i32 = 1;
export const WHOLE: i32 = 2;
export const NEVER: u32 = 0x7fffffff;
/** Bytes of a block's fall bits, as a shift: 256 slots. */
export const FALLS_SHIFT: i32 = 5;

export let nodes: i32 = 0;
export let slots: i32 = 0;
/** Bytes of a row of the block index: a multiple of 16. */
export let stride: i32 = 0;
export let dims: i32 = 0;
export let cpuPlanes: usize = 0;
export let memPlanes: usize = 0;
export let gresPlanes: usize = 0;
export let cpuIndex: usize = 0;
export let memIndex: usize = 0;
export let gresIndex: usize = 0;
/** [slot][block]: not 0 where the index may be too high. */
export let stale: usize = 0;
/** Bytes of a row of the group index: a multiple of 16. */
export let groupStride: i32 = 0;
export let cpuGroups: usize = 0;
export let memGroups: usize = 0;
export let gresGroups: usize = 0;
/** [slot][group of 16 blocks]: not 0 where the group index may be too high. */
export let staleGroups: usize = 0;
export let threads: usize = 0;
export let bounds: usize = 0;
/** By block: a bit for each slot at which a reservation begins there. */
export let falls: usize = 0;
/** By block: the slot of a window at which it was last found too full. */
export let lastVain: usize = 0;
export let feasible: usize = 0;
export let picks: usize = 0;
export let pickTasks: usize = 0;
export let amounts: usize = 0;
export let capacities: usize = 0;
export let able: usize = 0;
export let histogram: usize = 0;
/** [slot][node]: whose jobs are there, as owner-planes.ts of the host has it; nowhere in a pass in which nobody asks. */
export let owners: usize = 0;

/**
 * `nodeCount` is a multiple of 16, `indexStride` of 16 and at least a sixteenth of it, and so is `groupIndexStride` of
 * `indexStride`.
 */
export function place(
  nodeCount: i32, slotCount: i32, indexStride: i32, groupIndexStride: i32, dimensionCount: i32, cpu: usize, mem: usize, gres: usize,
  cpuBlocks: usize, memBlocks: usize, gresBlocks: usize, staleBlocks: usize, cpuIndexGroups: usize,
  memIndexGroups: usize, gresIndexGroups: usize, staleIndexGroups: usize, threadColumn: usize, boundColumn: usize,
  fallBits: usize, vain: usize, feasibleColumn: usize, pickColumn: usize, pickTaskColumn: usize, amountColumn: usize,
  capacityColumn: usize, ableColumn: usize, histogramColumn: usize, ownerPlanes: usize,
): void {
  nodes = nodeCount; slots = slotCount; stride = indexStride; groupStride = groupIndexStride; dims = dimensionCount;
  cpuPlanes = cpu; memPlanes = mem; gresPlanes = gres;
  cpuIndex = cpuBlocks; memIndex = memBlocks; gresIndex = gresBlocks; stale = staleBlocks;
  cpuGroups = cpuIndexGroups; memGroups = memIndexGroups; gresGroups = gresIndexGroups; staleGroups = staleIndexGroups;
  threads = threadColumn; bounds = boundColumn; falls = fallBits; lastVain = vain; feasible = feasibleColumn;
  picks = pickColumn; pickTasks = pickTaskColumn; amounts = amountColumn; capacities = capacityColumn;
  able = ableColumn; histogram = histogramColumn; owners = ownerPlanes;
}

// @ts-ignore: decorator
@inline
export function field(d: usize, index: i32): i32 { return load<i32>(d + (index << 2)); }

// @ts-ignore: decorator
@inline
export function cpuAt(slot: i32, node: i32): usize { return cpuPlanes + ((slot * nodes + node) << 2); }

// @ts-ignore: decorator
@inline
export function memAt(slot: i32, node: i32): usize { return memPlanes + ((slot * nodes + node) << 2); }

// @ts-ignore: decorator
@inline
export function gresAt(dim: i32, slot: i32, node: i32): usize {
  return gresPlanes + (dim * (slots + 1) + slot) * nodes + node;
}

// @ts-ignore: decorator
@inline
export function ownerAt(slot: i32, node: i32): usize { return owners + ((slot * nodes + node) << 2); }

/** First slot at or after which a job that ends at endS has given everything back; slot count for never. */
export function endSlotOf(endS: u32, nowS: u32, overdueS: u32): i32 {
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

let spanS: i32 = 0;

/** Seconds that jobs are held for in later slots, in place of their length in slots, which is rounded; 0 for the length. */
export function setSpan(seconds: i32): void { spanS = seconds; }

/** Slot before which a job of `length` slots (counted from slot 0) ends when it starts with `slot`, rounded up. */
export function endOf(slot: i32, length: i32): i32 {
  return endFrom(slot, length, slot + 1);
}

/** The same where it is known not to be before `least`: ends of later starts are later. */
export function endFrom(slot: i32, length: i32, least: i32): i32 {
  if (length >= slots) return slots;
  if (slot == 0) return length;
  const lengthS = spanS > 0 ? spanS : load<i32>(bounds + (length << 2));
  const endS = <u32>load<i32>(bounds + (slot << 2)) + <u32>lengthS;
  let end = max(slot + 1, least);
  while (end < slots && <u32>load<i32>(bounds + (end << 2)) < endS) end++;
  return end;
}
