/**
 * Canonical MessagePack: equal values give equal bytes, whatever the order in which their fields were written; undefined
 * fields are left out. Bytes of objects that are never changed are kept and used again. Throws only for broken bytes.
 */
import { Packr } from "msgpackr";
import { RotaError } from "../model/errors.ts";

const packr = new Packr({ useRecords: false, variableMapSize: true });
const SCRATCH_BYTES = 8192;
const kept = new WeakMap<object, Uint8Array>();

export function canonicalBytes(value: unknown): Uint8Array {
  // A copy: msgpackr packs into a scratch buffer that the next call uses again.
  return new Uint8Array(packr.pack(canonical(value)));
}

/**
 * As canonicalBytes, for a large value: packed straight into a block of `room` bytes, of which it gives the part in use.
 * Where that is too little the block grows, which for a while takes three times the memory.
 */
export function canonicalBytesIn(value: unknown, room: number): Uint8Array<ArrayBuffer> {
  packr.useBuffer(Buffer.allocUnsafeSlow(room));
  try {
    const { buffer, byteOffset, byteLength } = packr.pack(canonical(value));
    return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
  } finally {
    // The block is the caller's now.
    packr.useBuffer(Buffer.allocUnsafeSlow(SCRATCH_BYTES));
  }
}

/** As canonicalBytes, for an object that is replaced and never changed: its bytes are made once. */
export function keptBytes(value: object): Uint8Array {
  let bytes = kept.get(value);
  if (bytes === undefined) {
    bytes = canonicalBytes(value);
    kept.set(value, bytes);
  }
  return bytes;
}

/** Throws JOURNAL_CORRUPT when the bytes are no MessagePack. */
export function fromBytes(bytes: Uint8Array): unknown {
  try {
    return packr.unpack(bytes);
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw new RotaError("JOURNAL_CORRUPT", `snapshot is no MessagePack: ${cause}`);
  }
}

/** The same value with the keys of every object sorted and undefined fields left out. */
function canonical(value: unknown): unknown {
  if (value === null || typeof value !== "object" || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.some(isObject) ? value.map(canonical) : value;
  const sorted: Record<string, unknown> = {};
  const record = value as Record<string, unknown>;
  for (const key of Object.keys(record).sort()) {
    if (record[key] !== undefined) sorted[key] = canonical(record[key]);
  }
  return sorted;
}

const isObject = (value: unknown): boolean => typeof value === "object" && value !== null;
