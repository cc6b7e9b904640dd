import { isFeasible, Job, nodeAt, SetTopology, take, takeAny, taken } from "rota/set-topology";

/**
 * A torus of up to three dimensions whose coordinates are the three levels of a node's place. Cost of a set of nodes: the
 * mean distance between two of the box around them, as hops with wrapping; then the feasible nodes that touch the box, the
 * fewest first, so that what stays free stays in large pieces.
 *
 * A free sub-cube of exactly as many nodes is looked for among all shapes A x B x C that the torus holds and at all
 * places, wrapping around every edge; among these the cost is the least. Where no such sub-cube is free, boxes are made
 * larger step by step, from the most cubic one on by the dimension that costs least, and the first that has enough
 * feasible nodes gives them: its box is at most one step larger than the tightest of that chain, other boxes are not
 * tried. Nodes without coordinates come last.
 *
 * Source: sub-cube allocation on tori as in Choo, Yoo and Youn, "Processor Scheduling and Allocation for 3D Torus
 * Multicomputer Systems" (IEEE TPDS 11, 2000), which scans all shapes; the choice by contact is ours.
 */
@final
@policy("1.0.0", "A free sub-cube of the torus, of any shape and wrapping, as compact as can be.")
class Torus extends SetTopology {
  prepare(count: i32): void {
    mapCells(count);
  }

  choose(job: Job, want: i32): void {
    if (cells > 0) {
      sumUp();
      if (!takeCube(want)) takeBox(want);
    }
    takeAny();
  }
}

/** More than a torus of as many nodes may have: holes are cells too. */
const MAX_CELLS_PER_ROW: i32 = 4;
const MAX_SIDE: i32 = 4096;

let sideX: i32 = 0;
let sideY: i32 = 0;
let sideZ: i32 = 0;
/** 0 where the nodes have no coordinates of a torus that fits in the memory. */
let cells: i32 = 0;
let room: i32 = 0;
/** Row of each cell, -1 for a hole; then feasible cells of the doubled torus before each corner. */
let rowOfCell: usize = 0;
let sums: usize = 0;

// The box at hand.
let boxA: i32 = 0;
let boxB: i32 = 0;
let boxC: i32 = 0;
let bestX: i32 = 0;
let bestY: i32 = 0;
let bestZ: i32 = 0;
let bestContact: i32 = 0;

function mapCells(count: i32): void {
  sideX = 1;
  sideY = 1;
  sideZ = 1;
  cells = 0;
  let placed = 0;
  for (let row = 0; row < count; row++) {
    const node = nodeAt(row);
    if (node.level0 < 0) continue;
    placed++;
    sideX = max(sideX, node.level0 + 1);
    sideY = max(sideY, node.level1 + 1);
    sideZ = max(sideZ, node.level2 + 1);
  }
  if (placed == 0 || sideX > MAX_SIDE || sideY > MAX_SIDE || sideZ > MAX_SIDE) return;
  const all = <i64>sideX * sideY * sideZ;
  if (all > <i64>count * MAX_CELLS_PER_ROW) return;
  cells = <i32>all;
  if (cells > room) {
    room = cells;
    rowOfCell = heap.alloc(<usize>cells << 2);
  }
  memory.fill(rowOfCell, 0xff, <usize>cells << 2);
  for (let row = 0; row < count; row++) {
    const node = nodeAt(row);
    if (node.level0 < 0) continue;
    store<i32>(rowOfCell + (<usize>cellAt(node.level0, max(node.level1, 0), max(node.level2, 0)) << 2), row);
  }
}

// @ts-ignore: decorator
@inline
function cellAt(x: i32, y: i32, z: i32): i32 {
  return (x * sideY + y) * sideZ + z;
}

/** The torus is laid twice in every dimension, so that a box which wraps is a plain box of the sums. */
// @ts-ignore: decorator
@inline
function sumAt(x: i32, y: i32, z: i32): i32 {
  return load<i32>(sums + (<usize>((x * (2 * sideY + 1) + y) * (2 * sideZ + 1) + z) << 2));
}

let sumRoom: i32 = 0;

function sumUp(): void {
  const spanY = 2 * sideY + 1;
  const spanZ = 2 * sideZ + 1;
  const wanted = (2 * sideX + 1) * spanY * spanZ;
  if (wanted > sumRoom) {
    sumRoom = wanted;
    sums = heap.alloc(<usize>wanted << 2);
  }
  memory.fill(sums, 0, <usize>(spanY * spanZ) << 2);
  for (let x = 1; x <= 2 * sideX; x++) {
    const plane = x * spanY * spanZ;
    memory.fill(sums + (<usize>plane << 2), 0, <usize>spanZ << 2);
    for (let y = 1; y <= 2 * sideY; y++) {
      const line = plane + y * spanZ;
      store<i32>(sums + (<usize>line << 2), 0);
      let before = 0;
      const first = cellAt((x - 1) % sideX, (y - 1) % sideY, 0);
      for (let z = 1; z <= 2 * sideZ; z++) {
        const row = load<i32>(rowOfCell + (<usize>(first + ((z - 1) % sideZ)) << 2));
        if (row >= 0 && isFeasible(row)) before++;
        const at = sums + (<usize>(line + z) << 2);
        const value =
          before +
          load<i32>(at - (<usize>spanZ << 2)) +
          load<i32>(at - (<usize>(spanY * spanZ) << 2)) -
          load<i32>(at - (<usize>(spanY * spanZ + spanZ) << 2));
        store<i32>(at, value);
      }
    }
  }
}

/** Feasible nodes of the box at a corner; sides are at most the torus's. */
function countIn(x: i32, y: i32, z: i32, a: i32, b: i32, c: i32): i32 {
  return (
    sumAt(x + a, y + b, z + c) - sumAt(x, y + b, z + c) - sumAt(x + a, y, z + c) - sumAt(x + a, y + b, z) +
    sumAt(x, y, z + c) + sumAt(x, y + b, z) + sumAt(x + a, y, z) - sumAt(x, y, z)
  );
}

/** Mean hops between two nodes along one dimension: of a line, or of the whole ring. */
function meanHops(length: i32, side: i32): f64 {
  const n = <f64>length;
  if (length < side) return (n * n - 1) / (3 * n);
  return length % 2 == 0 ? n / 4 : (n * n - 1) / (4 * n);
}

function costOf(a: i32, b: i32, c: i32): f64 {
  return meanHops(a, sideX) + meanHops(b, sideY) + meanHops(c, sideZ);
}

/** Takes the free sub-cube of least cost, shapes in the order of their cost, if there is one. */
function takeCube(want: i32): bool {
  let below: f64 = -1;
  while (true) {
    // The cheapest of the shapes that cost more than the last; shapes of one cost are tried together.
    let cost: f64 = Infinity;
    for (let a = 1; a <= min(sideX, want); a++) {
      if (want % a != 0) continue;
      const rest = want / a;
      for (let b = 1; b <= min(sideY, rest); b++) {
        if (rest % b != 0 || rest / b > sideZ) continue;
        const next = costOf(a, b, rest / b);
        if (next > below && next < cost) cost = next;
      }
    }
    if (cost == Infinity) return false;
    bestContact = i32.MAX_VALUE;
    for (let a = 1; a <= min(sideX, want); a++) {
      if (want % a != 0) continue;
      const rest = want / a;
      for (let b = 1; b <= min(sideY, rest); b++) {
        if (rest % b == 0 && rest / b <= sideZ && costOf(a, b, rest / b) == cost) scan(a, b, rest / b, want);
      }
    }
    if (bestContact < i32.MAX_VALUE) {
      takeCells(want);
      return true;
    }
    below = cost;
  }
  return false;
}

/** Keeps the place of the shape with `want` feasible nodes and the fewest of them around it. */
function scan(a: i32, b: i32, c: i32, want: i32): void {
  // A dimension that the shape spans has one place only.
  const toX = a == sideX ? 1 : sideX;
  const toY = b == sideY ? 1 : sideY;
  const toZ = c == sideZ ? 1 : sideZ;
  for (let x = 0; x < toX; x++) {
    for (let y = 0; y < toY; y++) {
      for (let z = 0; z < toZ; z++) {
        if (countIn(x, y, z, a, b, c) < want) continue;
        const contact = around(x, y, z, a, b, c) - want;
        if (contact >= bestContact) continue;
        bestContact = contact;
        bestX = x;
        bestY = y;
        bestZ = z;
        boxA = a;
        boxB = b;
        boxC = c;
      }
    }
  }
}

/** Feasible nodes of the box and of the layer around it. */
function around(x: i32, y: i32, z: i32, a: i32, b: i32, c: i32): i32 {
  const wideA = min(a + 2, sideX);
  const wideB = min(b + 2, sideY);
  const wideC = min(c + 2, sideZ);
  return countIn(
    (x + sideX - 1) % sideX, (y + sideY - 1) % sideY, (z + sideZ - 1) % sideZ,
    wideA, wideB, wideC,
  );
}

/** Takes `want` nodes of the first box of a growing chain that has them. */
function takeBox(want: i32): void {
  let a = 1;
  let b = 1;
  let c = 1;
  while (a < sideX || b < sideY || c < sideZ) {
    if (a * b * c >= want) {
      bestContact = i32.MAX_VALUE;
      scan(a, b, c, want);
      if (bestContact < i32.MAX_VALUE) break;
    }
    const costA = a < sideX ? costOf(a + 1, b, c) : Infinity;
    const costB = b < sideY ? costOf(a, b + 1, c) : Infinity;
    const costC = c < sideZ ? costOf(a, b, c + 1) : Infinity;
    if (costA <= costB && costA <= costC) a++;
    else if (costB <= costC) b++;
    else c++;
  }
  if (a == sideX && b == sideY && c == sideZ) {
    boxA = a;
    boxB = b;
    boxC = c;
    bestX = 0;
    bestY = 0;
    bestZ = 0;
  }
  takeCells(want);
}

/** Takes the nodes of the box at hand, along the last dimension first. */
function takeCells(want: i32): void {
  for (let x = 0; x < boxA; x++) {
    for (let y = 0; y < boxB; y++) {
      for (let z = 0; z < boxC && taken < want; z++) {
        const cell = cellAt((bestX + x) % sideX, (bestY + y) % sideY, (bestZ + z) % sideZ);
        take(load<i32>(rowOfCell + (<usize>cell << 2)));
      }
    }
  }
}
