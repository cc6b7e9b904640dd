// How a field of a submission is read and set: a slot is its state, then a number or the address and bytes of a text.
// Generated getters and setters call these.

const GIVEN: i32 = 1;
const SET: i32 = 2;
const VALUE: usize = 8;
const BYTES: usize = 12;

/** The text of a slot; "" where the job does not say. A new string each time, since the slot's may be the host's. */
export function textAt(slot: usize): string {
  if (load<i32>(slot) == 0) return "";
  return stringOf(load<u32>(slot, VALUE), load<u32>(slot, BYTES));
}

export function setTextAt(slot: usize, value: string): void {
  store<i32>(slot, SET);
  store<u32>(slot, <u32>changetype<usize>(value), VALUE);
  store<u32>(slot, <u32>(value.length << 1), BYTES);
}

/** The number of a slot; `absent` where the job does not say. */
export function numberAt(slot: usize, absent: f64): f64 {
  return load<i32>(slot) >= GIVEN ? load<f64>(slot, VALUE) : absent;
}

export function setNumberAt(slot: usize, value: f64): void {
  store<i32>(slot, SET);
  store<f64>(slot, value, VALUE);
}

/** A string of the UTF-16 at an address. */
export function stringOf(address: usize, bytes: usize): string {
  return bytes == 0 ? "" : String.UTF16.decodeUnsafe(address, bytes);
}
