/**
 * Jobs whose tasks lie where there is room: how many tasks a node holds for a whole window, and the fewest nodes that hold
 * them all, the fullest first, of equal ones the lowest rows. Node by node, but only where the block index lets one task
 * in, and no further than full nodes suffice.
 */
import { aim } from "./aim";
import { openBlocks, renewIfStale } from "./block-index";
import { admits, fitsRest, fitsSlot, nextFall } from "./fits";
import { openGroups, renewGroupIfStale } from "./group-index";
import {
  able, AS_ASKED, capacities, CHECK, CHECK_WORDS, CHECKS, CPU_MODE, cpuAt, CPUS, CPUS_PER_TASK, endFrom, endOf, feasible,
  field, FULL_CPUS, FULL_MEM, gresAt, groupStride, histogram, MASK, MAX_NODES, MEM_MIB, MEM_MODE, MEM_PER_CPU,
  memAt, MIN_NODES, nodes, picks, pickTasks, REQUIRED, REQUIRED_COUNT, slots, TASKS, TASKS_PER_NODE, threads,
  THREADED, WHOLE,
} from "./layout";
import { feasibleAt, setFound } from "./search";
import { cpusAsked } from "./take";

/** Most tasks of a node that are told apart; the histogram has one entry more. */
const MAX_CAPACITY: i32 = 65_535;

/** Nodes with room that were looked at, and whether looking ended because full nodes suffice. */
let ableCount: i32 = 0;
let isCut: bool = false;
/** The choice: its nodes, named ones included, the least tasks of one, and how many with just so many are in it. */
let chosen: i32 = 0;
let threshold: i32 = 0;
let atThreshold: i32 = 0;
let namedTasks: i32 = 0;
let firstAble: i32 = 0;
/** Nodes in the feasible column after `unevenNow`. */
let marked: i32 = 0;

/** As `search` in planes.ts, with the tasks of each pick in the pick tasks. */
export function searchUneven(d: usize, length: i32, fromSlot: i32, fromNode: i32, until: i32): i32 {
  let from = fromNode >> 4;
  let end = 0;
  for (let s = fromSlot; s < until; s++, from = 0) {
    end = endFrom(s, length, end);
    if (!gather(d, s, end, from)) continue;
    pickFullest(d);
    share(d, s, length, chosen);
    setFound(s, firstAble, chosen);
    return s;
  }
  setFound(until, 0, 0);
  return -1;
}

/** Whether empty nodes hold it: the totals. */
export function unevenTotalsFit(d: usize): bool {
  return gather(d, slots, slots + 1, 0);
}

/**
 * Nodes, named ones included, on which the job fits from slot 0 on; 0 where it does not. Marks in the feasible column the
 * nodes with at least the tasks of the emptiest one among the fewest that hold it.
 */
export function unevenNow(d: usize, length: i32): i32 {
  if (!gather(d, 0, endOf(0, length), 0)) return 0;
  const most = topOf(d);
  const isByTask = field(d, CPU_MODE) != WHOLE && (field(d, THREADED) == 0 || field(d, MEM_PER_CPU) == 0);
  if (isCut && isByTask) {
    // The nodes to mark are those that hold the most, all alike: the scan by sixteen finds them.
    testFor(d, most);
    marked = feasibleAt(d, 0, length);
    testFor(d, 1);
    return chosen;
  }
  if (isCut) gatherAll(d, endOf(0, length));
  memory.fill(feasible, 0, nodes);
  marked = 0;
  for (let i = 0; i < ableCount; i++) {
    const n = load<i32>(able + (i << 2));
    if (load<i32>(capacities + (n << 2)) < threshold) continue;
    store<u8>(feasible + n, 255);
    marked++;
  }
  return chosen;
}

/** After `unevenNow`: so many marked nodes hold the job in whatever order they come, or all that are marked. */
export function unevenAtMost(d: usize): i32 {
  if (threshold == 0) return 0;
  const left = max(0, field(d, TASKS) - namedTasks);
  return min(marked, max(field(d, MIN_NODES) - field(d, REQUIRED_COUNT), (left + threshold - 1) / threshold));
}

/** Tasks that a node holds from `slot` on. */
export function capacityAt(d: usize, slot: i32, length: i32, n: i32): i32 {
  return capacityIn(d, slot, endOf(slot, length), n);
}

/** Writes the tasks of the first `count` picks, which together hold the job, each at least one; `take` goes by them. */
export function share(d: usize, slot: i32, length: i32, count: i32): void {
  const end = endOf(slot, length);
  let left = field(d, TASKS);
  for (let i = 0; i < count; i++) {
    const holds = capacityIn(d, slot, end, load<i32>(picks + (i << 2)));
    const tasks = min(holds, left - (count - 1 - i));
    store<i32>(pickTasks + (i << 2), tasks);
    left -= tasks;
  }
  setFound(slot, 0, count);
}

/** The nodes of the choice as picks, ascending, after `gather`. */
export function pickFullest(d: usize): void {
  let found = 0;
  let equal = atThreshold;
  for (let i = 0; i < ableCount; i++) {
    const n = load<i32>(able + (i << 2));
    const holds = load<i32>(capacities + (n << 2));
    if (holds < threshold || (holds == threshold && equal-- <= 0)) continue;
    store<i32>(picks + (found << 2), n);
    found++;
  }
  // Both lists ascend: merged from behind.
  const list = <usize>field(d, REQUIRED);
  let named = field(d, REQUIRED_COUNT);
  for (let at = found + named; named > 0; ) {
    at--;
    const next = load<i32>(list + ((named - 1) << 2));
    if (found > 0 && load<i32>(picks + ((found - 1) << 2)) > next) {
      found--;
      store<i32>(picks + (at << 2), load<i32>(picks + (found << 2)));
    } else {
      named--;
      store<i32>(picks + (at << 2), next);
    }
  }
}

/** Looks for nodes with room and chooses; false where the job does not fit. */
function gather(d: usize, slot: i32, end: i32, fromBlock: i32): bool {
  namedTasks = 0;
  ableCount = 0;
  isCut = false;
  firstAble = 0;
  const top = topOf(d);
  memory.fill(histogram, 0, (top + 1) << 2);
  const list = <usize>field(d, REQUIRED);
  const named = field(d, REQUIRED_COUNT);
  for (let i = 0; i < named; i++) {
    const holds = capacityIn(d, slot, end, load<i32>(list + (i << 2)));
    if (holds == 0) return false;
    namedTasks += holds;
  }
  lookAt(d, slot, end, fromBlock, top, true);
  return choose(d, top);
}

/** After a cut look: all the nodes with room, for the same choice. */
function gatherAll(d: usize, end: i32): void {
  ableCount = 0;
  lookAt(d, 0, end, 0, topOf(d), false);
}

function lookAt(d: usize, slot: i32, end: i32, fromBlock: i32, top: i32, mayCut: bool): void {
  const mask = <usize>field(d, MASK);
  aim(d);
  const missing = field(d, TASKS) - namedTasks;
  const least = field(d, MIN_NODES) - field(d, REQUIRED_COUNT);
  let full = 0;
  if (missing <= 0 && least <= 0) return;
  for (let some = (fromBlock >> 4) & ~15; some < groupStride; some += 16) {
    let groups = openGroups(d, slot, some);
    if (some < fromBlock >> 4) groups &= -1 << ((fromBlock >> 4) - some);
    for (; groups != 0; groups &= groups - 1) {
      const group = some + ctz(groups);
      let open = openBlocks(d, slot, group << 4);
      if (open == 0) renewGroupIfStale(slot, group);
      if (group << 4 < fromBlock) open &= -1 << (fromBlock - (group << 4));
      for (; open != 0; open &= open - 1) {
        const block = (group << 4) + ctz(open);
        const n = block << 4;
        let ok = fitsSlot(d, slot, n, v128.load(mask + n));
        if (!v128.any_true(ok)) {
          renewIfStale(slot, block);
          continue;
        }
        if (slot < slots) ok = fitsRest(d, slot, end, n, ok);
        for (let bits = i8x16.bitmask(ok); bits != 0; bits &= bits - 1) {
          const node = n + ctz(bits);
          const holds = capacityIn(d, slot, end, node);
          if (holds == 0) continue;
          if (ableCount == 0) firstAble = n;
          store<i32>(capacities + (node << 2), holds);
          store<i32>(able + (ableCount << 2), node);
          ableCount++;
          if (!mayCut) continue;
          const bucket = histogram + (holds << 2);
          store<i32>(bucket, load<i32>(bucket) + 1);
          if (holds < top) continue;
          full++;
          if (<i64>full * top >= <i64>missing && full >= least) {
            isCut = true;
            return;
          }
        }
      }
    }
  }
}

/** The fewest nodes, from the fullest down, that hold all tasks and are enough in number. */
function choose(d: usize, top: i32): bool {
  const tasks = field(d, TASKS);
  const least = field(d, MIN_NODES);
  let held: i64 = namedTasks;
  chosen = field(d, REQUIRED_COUNT);
  threshold = 0;
  atThreshold = 0;
  for (let holds = top; holds > 0 && (held < <i64>tasks || chosen < least); holds--) {
    const count = load<i32>(histogram + (holds << 2));
    if (count == 0) continue;
    const forTasks = held < <i64>tasks ? (tasks - <i32>held + holds - 1) / holds : 0;
    const taken = min(count, max(forTasks, least - chosen));
    chosen += taken;
    held += <i64>taken * holds;
    threshold = holds;
    atThreshold = taken;
  }
  return held >= <i64>tasks && chosen >= least && chosen <= min(tasks, field(d, MAX_NODES));
}

// @ts-ignore: decorator
@inline
function topOf(d: usize): i32 { return min(min(field(d, TASKS_PER_NODE), field(d, TASKS)), MAX_CAPACITY); }

/** Makes the descriptor ask for a node with so many tasks. */
function testFor(d: usize, tasks: i32): void {
  const cpus = cpusAsked(d, tasks);
  store<i32>(d + (CPUS << 2), cpus);
  const perCpu = field(d, MEM_PER_CPU);
  const mem = perCpu == 0 ? <i64>field(d, FULL_MEM) : min<i64>(<i64>field(d, FULL_MEM), <i64>perCpu * cpus);
  store<i32>(d + (MEM_MIB << 2), <i32>mem);
  const checks = field(d, CHECKS);
  for (let k = 0; k < checks; k++) {
    const at = d + ((CHECK + k * CHECK_WORDS) << 2);
    store<i32>(at + 4, load<i32>(at + 8) + load<i32>(at + 12) * tasks);
  }
}

/** Tasks that a node holds throughout the window, at most those that the job can use. */
function capacityIn(d: usize, slot: i32, end: i32, n: i32): i32 {
  let holds = capacityOf(d, slot, n, topOf(d));
  if (slot >= slots) return holds;
  const block = n >> 4;
  for (let t = nextFall(block, slot + 1, end); t < end && holds > 0; t = nextFall(block, t + 1, end)) {
    holds = capacityOf(d, t, n, holds);
  }
  return holds;
}

function capacityOf(d: usize, slot: i32, n: i32, most: i32): i32 {
  if (!admits(d, slot, n)) return 0;
  const cpusPerTask = field(d, CPUS_PER_TASK);
  const factor = field(d, THREADED) != 0 ? max(1, load<i32>(threads + (n << 2))) : 1;
  const base = field(d, FULL_CPUS) - field(d, TASKS_PER_NODE) * cpusPerTask;
  const freeCpus = load<i32>(cpuAt(slot, n));
  const isWhole = field(d, CPU_MODE) == WHOLE;
  if (isWhole && freeCpus < load<i32>(cpuAt(slots, n))) return 0;
  let holds = min(most, tasksOf(freeCpus / factor, base, cpusPerTask));
  const freeMem = load<i32>(memAt(slot, n));
  const fullMem = field(d, FULL_MEM);
  if (field(d, MEM_MODE) != AS_ASKED) {
    if (freeMem < load<i32>(memAt(slots, n))) return 0;
  } else if (freeMem < fullMem) {
    const perCpu = field(d, MEM_PER_CPU);
    if (perCpu == 0) return 0;
    holds = min(holds, tasksOf(freeMem / perCpu / (isWhole ? 1 : factor), base, cpusPerTask));
  }
  const checks = field(d, CHECKS);
  for (let k = 0; k < checks; k++) {
    const at = CHECK + k * CHECK_WORDS;
    const left = <i32>load<u8>(gresAt(field(d, at), slot, n)) - field(d, at + 2);
    if (left < 0) return 0;
    const perTask = field(d, at + 3);
    if (perTask > 0) holds = min(holds, left / perTask);
  }
  return max(0, holds);
}

/** Tasks for which so many CPUs suffice: the inverse of `cpusAsked`. */
// @ts-ignore: decorator
@inline
function tasksOf(cpus: i32, base: i32, cpusPerTask: i32): i32 {
  return cpus < 1 || cpus < base ? 0 : (cpus - base) / cpusPerTask;
}
