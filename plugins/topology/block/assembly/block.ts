import {
  countFeasible, countIdle, Job, prepareUnits, SetTopology, takeAny, takeBest, taken, Unit, unitAt, unitCount,
} from "rota/set-topology";

/**
 * Blocks of nodes that are much better connected inside than among each other, as NVL72 domains. Cost of a set of nodes,
 * each part counting only where those before it are equal:
 *
 * 1. the size of the smallest group of neighbouring blocks above all of them: 1, 2, 4, 8 and so on, aligned;
 * 2. the number of blocks that it touches;
 * 3. the blocks among them that nothing ran on before;
 * 4. the feasible nodes left over in the last block.
 *
 * A job that one block holds is placed at the least cost: in a used block before a fresh one, then in the tightest. Over
 * more blocks the size of the group and the number of blocks are the least there are, the blocks of a group being filled
 * the fullest first; fresh blocks and what is left over are compared among groups, not among all ways to fill one.
 *
 * With `segment` above 0 only whole segments of so many nodes lie in a block, but for the last of a job that they do not
 * divide; where no group has room for them they are given up, since the job fits.
 *
 * Source: Slurm's topology/block, base blocks with aggregated sizes (slurm.schedmd.com/topology.html); other than there
 * a used block goes before a fresh one, for jobs of one node too, so that domains stay whole for those that need them.
 */
@final
@policy("1.0.0", "Whole blocks: as few as can be, neighbours, and a used one before a fresh one.", "singles")
class Block extends SetTopology {
  @parameter(0, 4096, "Nodes that must lie in one block together; 0 for no such segments.")
  segment: i32 = 0;

  prepare(count: i32): void {
    prepareUnits(count);
    orderBlocks();
  }

  choose(job: Job, want: i32): void {
    countFeasible();
    countIdle();
    const one = holder(want);
    if (one >= 0) {
      takeBest(unitAt(0, one), want);
      return;
    }
    let segment = max(this.segment, 1);
    if (roomFor(0, unitCount(0), segment) < want) segment = 1;
    for (let size = 2; ; size *= 2) {
      const from = bestGroup(size, segment, want);
      if (from >= 0) {
        fill(from, min(from + size, unitCount(0)), segment, want);
        break;
      }
      if (size >= unitCount(0)) break;
    }
    takeAny();
  }
}

let places: usize = 0;
let room: i32 = 0;
/** What `touch` found of the last group: blocks, fresh ones among them, nodes left over in the last. */
let touched: i32 = 0;
let opened: i32 = 0;
let leftOver: i32 = 0;

/** Blocks in the site's order, which is that of their numbers. */
function orderBlocks(): void {
  const count = unitCount(0);
  if (count > room) {
    room = max(count, 64);
    places = heap.alloc(<usize>room << 2);
  }
  // Nearly in order as they come: insertion.
  for (let index = 0; index < count; index++) {
    const id = unitAt(0, index).id;
    let at = index;
    while (at > 0 && blockAt(at - 1).id > id) {
      store<i32>(places + (<usize>at << 2), load<i32>(places + (<usize>(at - 1) << 2)));
      at--;
    }
    store<i32>(places + (<usize>at << 2), index);
  }
}

/** The block at a place of the site's order. */
function blockAt(place: i32): Unit {
  return unitAt(0, load<i32>(places + (<usize>place << 2)));
}

/** The block that holds the whole job: a used one before a fresh one, then the one with least left over; -1 for none. */
function holder(want: i32): i32 {
  let least = i32.MAX_VALUE;
  let found = -1;
  for (let index = 0; index < unitCount(0); index++) {
    const block = unitAt(0, index);
    const left = block.feasible - want;
    if (left < 0) continue;
    const cost = left + (isFresh(block) ? FRESH : 0);
    if (cost >= least) continue;
    least = cost;
    found = index;
  }
  return found;
}

/** More than a block has nodes. */
const FRESH: i32 = 1 << 20;

function isFresh(block: Unit): bool {
  return block.idle == block.nodes;
}

/** Nodes in whole segments that the blocks at these places have room for. */
function roomFor(from: i32, to: i32, segment: i32): i32 {
  let nodes = 0;
  for (let place = from; place < to; place++) nodes += whole(blockAt(place), segment);
  return nodes;
}

function whole(block: Unit, segment: i32): i32 {
  return segment == 1 ? block.feasible : (block.feasible / segment) * segment;
}

/** Place of the first block of the best group of `size` blocks; -1 where none holds the job. */
function bestGroup(size: i32, segment: i32, want: i32): i32 {
  let found = -1;
  let blocks = 0;
  let fresh = 0;
  let left = 0;
  for (let from = 0; from < unitCount(0); from += size) {
    const to = min(from + size, unitCount(0));
    if (roomFor(from, to, segment) < want) continue;
    touch(from, to, segment, want);
    const isBetter =
      found < 0 ||
      touched < blocks ||
      (touched == blocks && (opened < fresh || (opened == fresh && leftOver < left)));
    if (!isBetter) continue;
    found = from;
    blocks = touched;
    fresh = opened;
    left = leftOver;
  }
  return found;
}

/** Which blocks `fill` would take, without taking a node. */
function touch(from: i32, to: i32, segment: i32, want: i32): void {
  for (let place = from; place < to; place++) blockAt(place).mark = 0;
  touched = 0;
  opened = 0;
  leftOver = 0;
  for (let rest = want; rest > 0; ) {
    const block = blockAt(next(from, to, segment, rest));
    const room = whole(block, segment);
    block.mark = 1;
    touched++;
    if (isFresh(block)) opened++;
    leftOver = max(room - rest, 0);
    rest -= room;
  }
}

function fill(from: i32, to: i32, segment: i32, want: i32): void {
  for (let place = from; place < to; place++) blockAt(place).mark = 0;
  while (taken < want) {
    const block = blockAt(next(from, to, segment, want - taken));
    block.mark = 1;
    if (takeBest(block, whole(block, segment)) == 0) return;
  }
}

/** Place of the block to fill next: one that holds the rest, used and tight, else the one with most room, used first. */
function next(from: i32, to: i32, segment: i32, rest: i32): i32 {
  let least = i32.MAX_VALUE;
  let tightest = -1;
  let most = 0;
  let fullest = from;
  for (let place = from; place < to; place++) {
    const block = blockAt(place);
    if (block.mark != 0) continue;
    const nodes = whole(block, segment);
    if (nodes >= rest) {
      const cost = nodes - rest + (isFresh(block) ? FRESH : 0);
      if (cost < least) {
        least = cost;
        tightest = place;
      }
    }
    const worth = nodes * 2 + (isFresh(block) ? 0 : 1);
    if (nodes > 0 && worth > most) {
      most = worth;
      fullest = place;
    }
  }
  return tightest >= 0 ? tightest : fullest;
}
