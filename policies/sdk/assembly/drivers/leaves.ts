// The nodes by leaf, made once a pass from the column of leaf ids. Ids may be any numbers; -1, no leaf, is a leaf too.
import { CAPACITY, TOPOLOGY_LEAF } from "../generated/node-block";

/** One leaf, as an author's class sees it. */
@unmanaged @final
export class Leaf {
  /** Id of the switch or block, as in the column; -1 for the nodes without one. */
  id: i32;
  /** Nodes of the leaf. */
  nodes: i32;
  /** Nodes of the leaf that the job could still be given. */
  feasible: i32;
  /** Where the leaf's rows begin in the list of rows by leaf. */
  start: i32;
}

const LEAF_BYTES: usize = 16;

let leaves: usize = 0;
let leafOfRow: usize = 0;
let rowsByLeaf: usize = 0;
let leafOfSixteen: usize = 0;
let slots: usize = 0;
let slotMask: i32 = 0;

/** Leaves of this pass; leaf 0 holds row 0, and so on by first appearance. */
export let leafCount: i32 = 0;

/** Makes room for as many rows as the block has. */
export function allocateLeaves(): void {
  const rows = <usize>CAPACITY;
  leaves = heap.alloc(rows * LEAF_BYTES);
  leafOfRow = heap.alloc(rows << 2);
  rowsByLeaf = heap.alloc(rows << 2);
  leafOfSixteen = heap.alloc(rows >> 2);
  slotMask = (1 << (33 - clz(max(CAPACITY - 1, 1)))) - 1;
  slots = heap.alloc(<usize>(slotMask + 1) << 2);
}

/** Groups rows 0 to count - 1. */
export function groupRows(count: i32): void {
  leafCount = 0;
  memory.fill(slots, 0xff, <usize>(slotMask + 1) << 2);
  for (let row = 0; row < count; row++) {
    const index = find(load<i32>(TOPOLOGY_LEAF + (<usize>row << 2)));
    store<i32>(leafOfRow + (<usize>row << 2), index);
    leafAt(index).nodes++;
    if ((row & 15) == 0) store<i32>(leafOfSixteen + (<usize>row >> 2), index);
    else if (leafIndexOf(row - 1) != index) store<i32>(leafOfSixteen + (<usize>(row & ~15) >> 2), -1);
  }
  let start = 0;
  for (let index = 0; index < leafCount; index++) {
    const leaf = leafAt(index);
    leaf.start = start;
    start += leaf.nodes;
    leaf.feasible = 0;
  }
  for (let row = 0; row < count; row++) {
    const leaf = leafAt(leafIndexOf(row));
    store<i32>(rowsByLeaf + (<usize>(leaf.start + leaf.feasible++) << 2), row);
  }
}

// @ts-ignore: decorator
@inline
export function leafAt(index: i32): Leaf {
  return changetype<Leaf>(leaves + <usize>index * LEAF_BYTES);
}

// @ts-ignore: decorator
@inline
export function leafIndexOf(row: i32): i32 {
  return load<i32>(leafOfRow + (<usize>row << 2));
}

/** The leaf of the sixteen rows from `base` on, a multiple of 16; -1 when they are not all of one leaf. */
// @ts-ignore: decorator
@inline
export function leafIndexOfSixteen(base: i32): i32 {
  return load<i32>(leafOfSixteen + (<usize>base >> 2));
}

/** The leaf's n-th row; rows ascend. */
// @ts-ignore: decorator
@inline
export function rowOf(leaf: Leaf, n: i32): i32 {
  return load<i32>(rowsByLeaf + (<usize>(leaf.start + n) << 2));
}

/** Index of the leaf with the id, a new one if there is none: a hash table with open addressing, at most half full. */
function find(id: i32): i32 {
  let slot = <i32>(<u32>id * 0x9e3779b1) & slotMask;
  let index = load<i32>(slots + (<usize>slot << 2));
  while (index >= 0) {
    if (leafAt(index).id == id) return index;
    slot = (slot + 1) & slotMask;
    index = load<i32>(slots + (<usize>slot << 2));
  }
  store<i32>(slots + (<usize>slot << 2), leafCount);
  const leaf = leafAt(leafCount);
  leaf.id = id;
  leaf.nodes = 0;
  return leafCount++;
}
