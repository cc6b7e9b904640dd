/**
 * Appends and events as one block of bytes each, so that a group crosses to the store's thread as a transfer instead
 * of a clone of many small arrays. One copy is made, since the callers' arrays are theirs (and are often views of a
 * pool that must not be detached). Pure.
 */
import type { Append, StoredEvent } from "../../sdk/store.ts";

export interface PackedGroup {
  /** Seq of the first event; the others follow without gaps. */
  readonly firstSeq: number;
  /** Bytes of each event. */
  readonly lengths: Uint32Array<ArrayBuffer>;
  readonly scriptKeys: readonly number[];
  readonly scriptLengths: readonly number[];
  /** The events' bytes in order, then the scripts'. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Records as JSON texts. */
  readonly history: readonly string[];
}

export interface PackedEvents {
  readonly firstSeq: number;
  readonly lengths: Uint32Array<ArrayBuffer>;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Appends whose events follow each other, as one group; `firstSeq` counts only when there is an event. */
export const packGroup = (appends: readonly Append[], firstSeq: number): PackedGroup => {
  const blobs: Uint8Array[] = [];
  for (const append of appends) for (const event of append.events) blobs.push(event.bytes);
  const lengths = Uint32Array.from(blobs, (blob) => blob.byteLength);
  const scripts = appends.flatMap((append) => append.scripts);
  for (const script of scripts) blobs.push(script.bytes);
  return {
    firstSeq,
    lengths,
    scriptKeys: scripts.map((script) => script.key),
    scriptLengths: scripts.map((script) => script.bytes.byteLength),
    bytes: joinBytes(blobs),
    history: appends.flatMap((append) => append.history.map((record) => JSON.stringify(record))),
  };
};

export const packEvents = (firstSeq: number, blobs: readonly Uint8Array[]): PackedEvents => ({
  firstSeq,
  lengths: Uint32Array.from(blobs, (blob) => blob.byteLength),
  bytes: joinBytes(blobs),
});

/** The events, as views of the block. */
export const unpackEvents = (packed: PackedEvents): StoredEvent[] => {
  const events: StoredEvent[] = [];
  let at = 0;
  packed.lengths.forEach((length, index) => {
    events.push({ seq: packed.firstSeq + index, bytes: packed.bytes.subarray(at, at + length) });
    at += length;
  });
  return events;
};

/** Bytes of an append, scripts included. */
export const appendBytes = (append: Append): number => {
  let bytes = 0;
  for (const event of append.events) bytes += event.bytes.byteLength;
  for (const script of append.scripts) bytes += script.bytes.byteLength;
  return bytes;
};

export const joinBytes = (blobs: readonly Uint8Array[]): Uint8Array<ArrayBuffer> => {
  let total = 0;
  for (const blob of blobs) total += blob.byteLength;
  const joined = new Uint8Array(total);
  let at = 0;
  for (const blob of blobs) {
    joined.set(blob, at);
    at += blob.byteLength;
  }
  return joined;
};
