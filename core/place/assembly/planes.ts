/**
 * The planner's kernel: what is free on every node in every time slot, as planes [slot][node], and the scans over them,
 * 16 nodes at a step, 256 or 4,096 where the indexes say that nothing fits. The host lays memory out, writes the first plane,
 * the totals and the descriptors, and calls once or twice a job. Never allocates, never grows memory, and trusts the
 * host: node numbers and pointers are checked there.
 */
import { indexSlot, raiseIndex } from "./block-index";
import { noteFall } from "./fits";
import { field, groupStride, lastVain, nodes, place, slots, stale, stride, UNEVEN } from "./layout";
import { searchEven } from "./search";
import { searchUneven } from "./uneven";

export { fill } from "./fill";
export { endOf, endSlotOf, setSpan } from "./layout";
export { countAt, feasibleAt, foundNode, foundSlot, pickCount, requiredCountAt, requiredFit, setPickCount } from "./search";
export { shiftCpus } from "./reserved";
export { give, take } from "./take";
export { capacityAt, pickFullest, share, unevenAtMost, unevenNow, unevenTotalsFit } from "./uneven";

/** Takes over the layout of a pass, with the first plane and the totals written; see `place` in layout.ts. */
export function configure(
  nodeCount: i32, slotCount: i32, indexStride: i32, groupIndexStride: i32, dimensionCount: i32, cpu: usize, mem: usize,
  gres: usize, cpuBlocks: usize, memBlocks: usize, gresBlocks: usize, staleBlocks: usize, cpuIndexGroups: usize,
  memIndexGroups: usize, gresIndexGroups: usize, staleIndexGroups: usize, threadColumn: usize, boundColumn: usize,
  fallBits: usize, vain: usize, feasibleColumn: usize, pickColumn: usize, pickTaskColumn: usize, amountColumn: usize,
  capacityColumn: usize, ableColumn: usize, histogramColumn: usize, ownerPlanes: usize,
): void {
  place(nodeCount, slotCount, indexStride, groupIndexStride, dimensionCount, cpu, mem, gres, cpuBlocks, memBlocks,
    gresBlocks, staleBlocks, cpuIndexGroups, memIndexGroups, gresIndexGroups, staleIndexGroups, threadColumn,
    boundColumn, fallBits, vain, feasibleColumn, pickColumn, pickTaskColumn, amountColumn, capacityColumn, ableColumn,
    histogramColumn, ownerPlanes);
  memory.fill(lastVain, 0, nodes >> 4);
  memory.fill(stale, 0, (slots + 1) * stride);
  indexSlot(0);
  indexSlot(slots);
}

/** The host has written a node's cells of a slot: they may have risen, or less may be free from it on than before it. */
export function changed(slot: i32, n: i32): void {
  raiseIndex(slot, n);
  noteFall(n >> 4, slot);
}

/**
 * Mask of 16 nodes as one byte of the blocks' mask, which lies behind the mask of `count` nodes, and of 16 blocks as one of
 * the groups' mask behind that.
 */
export function sealMask(mask: usize, count: i32): void {
  memory.fill(mask + count, 0, stride + groupStride);
  for (let n = 0; n < count; n += 16) {
    if (!v128.any_true(v128.load(mask + n))) continue;
    store<u8>(mask + count + (n >> 4), 255);
    store<u8>(mask + count + stride + (n >> 8), 255);
  }
}

/**
 * First fit in time, then in node order, looking from (fromSlot, fromNode) on, in slots below `until`. Gives the slot, or
 * -1, with the nodes in the picks column. `foundSlot` and `foundNode` then say from where the next job of the same class
 * may look.
 */
export function search(d: usize, length: i32, fromSlot: i32, fromNode: i32, until: i32): i32 {
  return field(d, UNEVEN) != 0
    ? searchUneven(d, length, fromSlot, fromNode, until)
    : searchEven(d, length, fromSlot, fromNode, until);
}
