/** The planes after the first: each is the one before it plus what running jobs give back by its border. */
import { copyIndex, raiseIndex } from "./block-index";
import { cpuAt, dims, endSlotOf, falls, FALLS_SHIFT, gresAt, memAt, nodes, slots } from "./layout";

/**
 * Makes the planes after the first. `ends` are epoch seconds; an end of the past counts as nowS + overdueS. `gres` holds
 * a plane of `capacity` bytes for each dimension; `starts` has room for slots + 2 words, `order` for `count`.
 */
export function fill(
  count: i32, nowS: u32, overdueS: u32, ends: usize, nodeOf: usize, cpus: usize, mems: usize, gres: usize,
  capacity: i32, starts: usize, order: usize,
): void {
  memory.fill(falls, 0, (nodes >> 4) << FALLS_SHIFT);
  sortBySlot(count, nowS, overdueS, ends, starts, order);
  // starts[slot] is now where the entries of the slot end, and starts[slot - 1] where they begin.
  const wide = nodes << 2;
  for (let s = 1; s < slots; s++) {
    memory.copy(cpuAt(s, 0), cpuAt(s - 1, 0), wide);
    memory.copy(memAt(s, 0), memAt(s - 1, 0), wide);
    for (let d = 0; d < dims; d++) memory.copy(gresAt(d, s, 0), gresAt(d, s - 1, 0), nodes);
    copyIndex(s);
    const end = load<i32>(starts + (s << 2));
    for (let k = load<i32>(starts + ((s - 1) << 2)); k < end; k++) {
      const i = load<i32>(order + (k << 2));
      const n = load<i32>(nodeOf + (i << 2));
      const cpu = cpuAt(s, n);
      store<i32>(cpu, load<i32>(cpu) + load<i32>(cpus + (i << 2)));
      const mem = memAt(s, n);
      store<i32>(mem, load<i32>(mem) + load<i32>(mems + (i << 2)));
      for (let d = 0; d < dims; d++) {
        const cell = gresAt(d, s, n);
        store<u8>(cell, load<u8>(cell) + load<u8>(gres + d * capacity + i));
      }
      raiseIndex(s, n);
    }
  }
}

/** Counts into the slots at which they give back, and writes the entries in their order. */
function sortBySlot(count: i32, nowS: u32, overdueS: u32, ends: usize, starts: usize, order: usize): void {
  memory.fill(starts, 0, (slots + 2) << 2);
  for (let i = 0; i < count; i++) {
    const slot = endSlotOf(load<u32>(ends + (i << 2)), nowS, overdueS);
    store<i32>(starts + ((slot + 1) << 2), load<i32>(starts + ((slot + 1) << 2)) + 1);
  }
  for (let s = 1; s <= slots + 1; s++) {
    store<i32>(starts + (s << 2), load<i32>(starts + (s << 2)) + load<i32>(starts + ((s - 1) << 2)));
  }
  for (let i = 0; i < count; i++) {
    const slot = endSlotOf(load<u32>(ends + (i << 2)), nowS, overdueS);
    const at = load<i32>(starts + (slot << 2));
    store<i32>(order + (at << 2), i);
    store<i32>(starts + (slot << 2), at + 1);
  }
}
