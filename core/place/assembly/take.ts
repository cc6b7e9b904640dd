/** Takes what a job needs out of the planes. */
import { raiseIndex } from "./block-index";
import { noteFall } from "./fits";
import {
  amounts, AS_ASKED, CPU_MODE, cpuAt, CPUS_PER_TASK, endOf, field, FULL_CPUS, FULL_MEM, gresAt, MEM_MODE, MEM_PER_CPU, memAt, PER_THREAD, picks, pickTasks, slots, stale, stride, TAKE, TAKE_WORDS, TAKES,
  TASKS_EXTRA, TASKS_FLOOR, TASKS_PER_NODE, threads, UNEVEN, WANT,
} from "./layout";
import { pickCount } from "./search";

/**
 * Takes from the picks for the window. A job that starts now takes its nodes' shares, smaller on those with
 * fewer tasks; a reservation takes the largest share from each, as that is what it will be looked for with when its time
 * has come. Of an uneven job both take the shares of the tasks on each pick.
 */
export function take(d: usize, slot: i32, length: i32): void { shift(d, slot, length, 1); }

/**
 * Gives back what `take` took with the same picks, tasks, slot and length. Where an untyped demand was taken from types
 * that had too little, more may come back than was taken: such a plan is commit's to refuse.
 */
export function give(d: usize, slot: i32, length: i32): void {
  shift(d, slot, length, -1);
  const end = endOf(slot, length);
  const want = field(d, UNEVEN) != 0 ? pickCount() : field(d, WANT);
  for (let i = 0; i < want; i++) {
    const n = load<i32>(picks + (i << 2));
    for (let t = slot; t < end; t++) raiseIndex(t, n);
  }
}

function shift(d: usize, slot: i32, length: i32, sign: i32): void {
  const end = endOf(slot, length);
  const want = field(d, UNEVEN) != 0 ? pickCount() : field(d, WANT);
  for (let i = 0; i < want; i++) noteTasks(d, slot, i);
  for (let i = 0; i < want; i++) {
    const n = load<i32>(picks + (i << 2));
    const mode = field(d, CPU_MODE);
    const asked = cpusAsked(d, load<i32>(pickTasks + (i << 2)));
    store<i32>(amounts + (i << 2),
      mode == PER_THREAD ? asked * load<i32>(threads + (n << 2)) : mode == AS_ASKED ? asked : load<i32>(cpuAt(slots, n)));
    if (slot > 0) noteFall(n >> 4, slot);
  }
  for (let t = slot; t < end; t++) {
    for (let i = 0; i < want; i++) {
      const n = load<i32>(picks + (i << 2));
      const cell = cpuAt(t, n);
      store<i32>(cell, load<i32>(cell) - sign * load<i32>(amounts + (i << 2)));
      store<u8>(stale + t * stride + (n >> 4), 1);
    }
  }
  shiftMemory(d, slot, end, want, sign);
  shiftDevices(d, slot, end, want, sign);
}

/** Tasks on pick i, which of an uneven job are there already. */
function noteTasks(d: usize, slot: i32, i: i32): void {
  if (field(d, UNEVEN) != 0) return;
  const tasks = slot > 0 ? field(d, TASKS_PER_NODE) : field(d, TASKS_FLOOR) + <i32>(i < field(d, TASKS_EXTRA));
  store<i32>(pickTasks + (i << 2), tasks);
}

/** CPUs of a node with so many tasks, before threads. */
// @ts-ignore: decorator
@inline
export function cpusAsked(d: usize, tasks: i32): i32 {
  return max(1, field(d, FULL_CPUS) - (field(d, TASKS_PER_NODE) - tasks) * field(d, CPUS_PER_TASK));
}

function shiftMemory(d: usize, slot: i32, end: i32, want: i32, sign: i32): void {
  const wholeMem = field(d, MEM_MODE) != AS_ASKED;
  const full = field(d, FULL_MEM);
  const perCpu = field(d, MEM_PER_CPU);
  if (!wholeMem && full == 0) return;
  for (let i = 0; i < want; i++) {
    const n = load<i32>(picks + (i << 2));
    let mem = full;
    if (wholeMem) mem = load<i32>(memAt(slots, n));
    else if (perCpu > 0) {
      const factor = field(d, CPU_MODE) == PER_THREAD ? load<i32>(threads + (n << 2)) : 1;
      const byCpu = <i64>perCpu * cpusAsked(d, load<i32>(pickTasks + (i << 2))) * factor;
      if (byCpu < <i64>full) mem = <i32>byCpu;
    }
    store<i32>(amounts + (i << 2), mem);
  }
  for (let t = slot; t < end; t++) {
    for (let i = 0; i < want; i++) {
      const cell = memAt(t, load<i32>(picks + (i << 2)));
      store<i32>(cell, load<i32>(cell) - sign * load<i32>(amounts + (i << 2)));
    }
  }
}

function shiftDevices(d: usize, slot: i32, end: i32, want: i32, sign: i32): void {
  const takes = field(d, TAKES);
  for (let k = 0; k < takes; k++) {
    const dim = field(d, TAKE + k * TAKE_WORDS);
    const flat = field(d, TAKE + k * TAKE_WORDS + 1);
    const perTask = field(d, TAKE + k * TAKE_WORDS + 2);
    for (let t = slot; t < end; t++) {
      for (let i = 0; i < want; i++) {
        const cell = gresAt(dim, t, load<i32>(picks + (i << 2)));
        const count = sign * (flat + perTask * load<i32>(pickTasks + (i << 2)));
        store<u8>(cell, <u8>max(0, <i32>load<u8>(cell) - count));
      }
    }
  }
}
