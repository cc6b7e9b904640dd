// The nodes by their places in the topology: at each level the units (switches, blocks, groups) that hold them, each
// unit's rows in one piece. Made once a pass from the level columns; a unit is known by its number and the unit above.
import {
  CAPACITY, FREE_CPUS, FREE_GPUS, FREE_MEM_MIB, LEVEL0, LEVEL1, LEVEL2, MASK, TOTAL_CPUS, TOTAL_GPUS, TOTAL_MEM_MIB,
} from "../generated/node-block";

/** One switch, block or group, as an author's class sees it. */
@unmanaged @final
export class Unit {
  /** Its number, as in the level's column; -1 for the nodes that have none. */
  id: i32;
  /** Index of the unit above it; 0 at the highest level. */
  parent: i32;
  nodes: i32;
  /** Nodes that the job could still be given. */
  feasible: i32;
  /** Nodes on which nothing runs, of those that `countIdle` saw. */
  idle: i32;
  /** Where its rows begin in the list of rows by unit. */
  start: i32;
  /** Scratch of the driver while it builds. */
  cursor: i32;
  /** Scratch of the author's class. */
  mark: i32;
}

const UNIT_BYTES: usize = 32;
const FIRST_ROOM = 256;
const MAX_LEVELS = 3;

/** Levels in use, 1 to 3; level 0 is the highest. */
export let depth: i32 = 0;

const bases = new StaticArray<usize>(MAX_LEVELS);
const rooms = new StaticArray<i32>(MAX_LEVELS);
const counts = new StaticArray<i32>(MAX_LEVELS);
let rowCount: i32 = 0;
let room: i32 = 0;
let unitOfRow: usize = 0;
let rowsByUnit: usize = 0;
let unitOfSixteen: usize = 0;
let slots: usize = 0;
let slotMask: i32 = 0;

/** Units of the level. */
// @ts-ignore: decorator
@inline
export function unitCount(level: i32): i32 {
  return unchecked(counts[level]);
}

/** The level's unit with the index, by first appearance. */
// @ts-ignore: decorator
@inline
export function unitAt(level: i32, index: i32): Unit {
  return changetype<Unit>(unchecked(bases[level]) + <usize>index * UNIT_BYTES);
}

/** The unit's n-th row; within the lowest level rows ascend. */
// @ts-ignore: decorator
@inline
export function rowOfUnit(unit: Unit, n: i32): i32 {
  return load<i32>(rowsByUnit + (<usize>(unit.start + n) << 2));
}

/** Index of the row's unit at the lowest level. */
// @ts-ignore: decorator
@inline
export function unitOf(row: i32): i32 {
  return load<i32>(unitOfRow + (<usize>row << 2));
}

/** Groups rows 0 to count - 1; for an author's `prepare`. */
export function prepareUnits(count: i32): void {
  makeRoom();
  rowCount = count;
  depth = has(LEVEL2, count) ? 3 : has(LEVEL1, count) ? 2 : 1;
  for (let level = 0; level < depth; level++) group(level, count);
  placeRows(count);
  for (let base = 0; base < count; base += 16) {
    const unit = unitOf(base);
    let common = unit;
    for (let row = base + 1; row < min(base + 16, count); row++) if (unitOf(row) != unit) common = -1;
    store<i32>(unitOfSixteen + (<usize>base >> 2), common);
  }
}

/** Counts the feasible nodes of every unit. */
export function countFeasible(): void {
  for (let level = 0; level < depth; level++) {
    for (let index = 0; index < unitCount(level); index++) unitAt(level, index).feasible = 0;
  }
  const lowest = depth - 1;
  for (let base = 0; base < rowCount; base += 16) {
    let bits = i8x16.bitmask(i8x16.ne(v128.load(MASK + base), i8x16.splat(0)));
    if (bits == 0) continue;
    const common = load<i32>(unitOfSixteen + (<usize>base >> 2));
    if (common >= 0) {
      unitAt(lowest, common).feasible += popcnt(bits);
      continue;
    }
    while (bits != 0) {
      unitAt(lowest, unitOf(base + ctz(bits))).feasible++;
      bits &= bits - 1;
    }
  }
  for (let level = lowest; level > 0; level--) {
    for (let index = 0; index < unitCount(level); index++) {
      const unit = unitAt(level, index);
      unitAt(level - 1, unit.parent).feasible += unit.feasible;
    }
  }
}

/** Counts the nodes of every unit on which nothing runs. */
export function countIdle(): void {
  for (let level = 0; level < depth; level++) {
    for (let index = 0; index < unitCount(level); index++) unitAt(level, index).idle = 0;
  }
  const lowest = depth - 1;
  for (let base = 0; base < rowCount; base += 4) {
    const at = <usize>base << 2;
    let bits = i32x4.bitmask(
      v128.and(
        i32x4.eq(v128.load(FREE_CPUS + at), v128.load(TOTAL_CPUS + at)),
        i32x4.eq(v128.load(FREE_MEM_MIB + at), v128.load(TOTAL_MEM_MIB + at)),
      ),
    );
    while (bits != 0) {
      const row = base + ctz(bits);
      bits &= bits - 1;
      if (row >= rowCount || load<u8>(FREE_GPUS + row) != load<u8>(TOTAL_GPUS + row)) continue;
      unitAt(lowest, unitOf(row)).idle++;
    }
  }
  for (let level = lowest; level > 0; level--) {
    for (let index = 0; index < unitCount(level); index++) {
      const unit = unitAt(level, index);
      unitAt(level - 1, unit.parent).idle += unit.idle;
    }
  }
}

/** Any unit of a level, whatever lies above it. */
export const ANY: i32 = -1;

/**
 * Index of the unit of the level, below `parent` or ANY, that has `want` feasible nodes with least left over; where none
 * has, the one with most; -1 where nothing is feasible.
 */
export function bestFit(level: i32, parent: i32, want: i32): i32 {
  let least = i32.MAX_VALUE;
  let tightest = -1;
  let most = 0;
  let fullest = -1;
  for (let index = 0; index < unitCount(level); index++) {
    const unit = unitAt(level, index);
    if (unit.feasible == 0 || (parent != ANY && unit.parent != parent)) continue;
    const left = unit.feasible - want;
    if (left >= 0 && left < least) {
      least = left;
      tightest = index;
    }
    if (unit.feasible > most) {
      most = unit.feasible;
      fullest = index;
    }
  }
  return tightest >= 0 ? tightest : fullest;
}

/** Tells the units above that a node of the lowest unit was taken. */
export function uncount(row: i32): void {
  let index = unitOf(row);
  for (let level = depth - 1; level >= 0; level--) {
    const unit = unitAt(level, index);
    unit.feasible--;
    index = unit.parent;
  }
}

function makeRoom(): void {
  if (room == CAPACITY) return;
  room = CAPACITY;
  const rows = <usize>CAPACITY;
  unitOfRow = heap.alloc(rows << 2);
  rowsByUnit = heap.alloc(rows << 2);
  unitOfSixteen = heap.alloc((rows >> 2) + 4);
  slotMask = (1 << (33 - clz(max(CAPACITY - 1, 1)))) - 1;
  slots = heap.alloc(<usize>(slotMask + 1) << 2);
}

function has(column: usize, count: i32): bool {
  for (let row = 0; row < count; row++) if (load<i32>(column + (<usize>row << 2)) >= 0) return true;
  return false;
}

function group(level: i32, count: i32): void {
  const column = level == 0 ? LEVEL0 : level == 1 ? LEVEL1 : LEVEL2;
  unchecked((counts[level] = 0));
  memory.fill(slots, 0xff, <usize>(slotMask + 1) << 2);
  for (let row = 0; row < count; row++) {
    const parent = level == 0 ? 0 : unitOf(row);
    const index = find(level, parent, load<i32>(column + (<usize>row << 2)));
    store<i32>(unitOfRow + (<usize>row << 2), index);
    unitAt(level, index).nodes++;
  }
}

/** Index of the level's unit with the number below the parent, a new one if there is none: open addressing. */
function find(level: i32, parent: i32, id: i32): i32 {
  let slot = <i32>((<u32>id * 0x9e3779b1) ^ (<u32>parent * 0x85ebca6b)) & slotMask;
  let index = load<i32>(slots + (<usize>slot << 2));
  while (index >= 0) {
    const unit = unitAt(level, index);
    if (unit.id == id && unit.parent == parent) return index;
    slot = (slot + 1) & slotMask;
    index = load<i32>(slots + (<usize>slot << 2));
  }
  index = unitCount(level);
  store<i32>(slots + (<usize>slot << 2), index);
  if (index == unchecked(rooms[level])) grow(level);
  unchecked((counts[level] = index + 1));
  const unit = unitAt(level, index);
  unit.id = id;
  unit.parent = parent;
  unit.nodes = 0;
  unit.feasible = 0;
  unit.idle = 0;
  unit.mark = 0;
  return index;
}

function grow(level: i32): void {
  const from = unchecked(rooms[level]);
  const to = from == 0 ? FIRST_ROOM : from * 2;
  const base = heap.alloc(<usize>to * UNIT_BYTES);
  memory.copy(base, unchecked(bases[level]), <usize>from * UNIT_BYTES);
  unchecked((bases[level] = base));
  unchecked((rooms[level] = to));
}

/** Gives every unit its piece of the list, that of the unit above divided among those below it. */
function placeRows(count: i32): void {
  let start = 0;
  for (let index = 0; index < unitCount(0); index++) {
    const unit = unitAt(0, index);
    unit.start = start;
    unit.cursor = start;
    start += unit.nodes;
  }
  for (let level = 1; level < depth; level++) {
    for (let index = 0; index < unitCount(level); index++) {
      const unit = unitAt(level, index);
      const above = unitAt(level - 1, unit.parent);
      unit.start = above.cursor;
      unit.cursor = above.cursor;
      above.cursor += unit.nodes;
    }
  }
  for (let row = 0; row < count; row++) {
    const unit = unitAt(depth - 1, unitOf(row));
    store<i32>(rowsByUnit + (<usize>unit.cursor << 2), row);
    unit.cursor++;
  }
}
