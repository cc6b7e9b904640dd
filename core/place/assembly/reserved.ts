/**
 * Nodes that a reservation keeps: their CPUs are lowered so far that no job fits, and raised again by as much for the jobs
 * that may use them. A job needs a CPU of each of its nodes, so that closes the node for it; what others take meanwhile is
 * kept, since both are differences.
 */
import { raiseIndex } from "./block-index";
import { noteFall } from "./fits";
import { cpuAt, slots, stale, stride } from "./layout";

/** Adds `amount` to the free CPUs of the nodes of a list in the slots from `from` up to, and not with, `to`. */
export function shiftCpus(list: usize, count: i32, from: i32, to: i32, amount: i32): void {
  // Availability falls where they close, and may fall behind what opens.
  const fall = amount < 0 ? from : to;
  if (fall > 0 && fall < slots) {
    for (let i = 0; i < count; i++) noteFall(load<i32>(list + (i << 2)) >> 4, fall);
  }
  for (let s = from; s < to; s++) {
    for (let i = 0; i < count; i++) {
      const n = load<i32>(list + (i << 2));
      const cell = cpuAt(s, n);
      store<i32>(cell, load<i32>(cell) + amount);
      if (amount > 0) raiseIndex(s, n);
      else store<u8>(stale + s * stride + (n >> 4), 1);
    }
  }
}
