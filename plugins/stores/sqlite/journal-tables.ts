/**
 * Events, scripts and history as tables: writes a group in one transaction, reads events in batches. Runs in the
 * store's writing thread.
 */
import { crc32 } from "node:zlib";
import type Database from "better-sqlite3";
import { RotaError } from "../../../core/model/errors.ts";
import { MAX_BATCH_BYTES, MAX_BATCH_EVENTS } from "./calls.ts";
import { historyInsert } from "./history-table.ts";
import { type PackedEvents, type PackedGroup, packEvents } from "./packing.ts";

export interface JournalTables {
  /** The seq of the newest event or snapshot, 0 for none. */
  lastSeq(): number;
  /** One transaction; on disk when it returns. */
  writeGroup(group: PackedGroup): void;
  /** The next events with afterSeq < seq <= untilSeq. Throws JOURNAL_CORRUPT when afterSeq + 1 is not whole. */
  readEvents(afterSeq: number, untilSeq: number): PackedEvents;
  script(key: number): Uint8Array | undefined;
  removeScripts(keys: readonly number[]): void;
}

export const journalTables = (db: Database.Database): JournalTables => {
  const newest = db.prepare<[], number>(
    "SELECT max(coalesce((SELECT max(seq) FROM events), 0), coalesce((SELECT max(seq) FROM snapshots), 0))",
  );
  const insertEvent = db.prepare("INSERT INTO events (seq, checksum, bytes) VALUES (?, ?, ?)");
  const insertScript = db.prepare("INSERT OR REPLACE INTO scripts (key, bytes) VALUES (?, ?)");
  const insertHistory = historyInsert(db);
  const selectEvents = db
    .prepare<[number, number, number], [number, number, Buffer]>(
      "SELECT seq, checksum, bytes FROM events WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?",
    )
    .raw();
  const selectScript = db.prepare<[number], Buffer>("SELECT bytes FROM scripts WHERE key = ?").pluck();
  const deleteScript = db.prepare("DELETE FROM scripts WHERE key = ?");

  const write = db.transaction((group: PackedGroup) => {
    let at = 0;
    const next = (length: number): Uint8Array => {
      at += length;
      return group.bytes.subarray(at - length, at);
    };
    group.lengths.forEach((length, index) => {
      const bytes = next(length);
      insertEvent.run(group.firstSeq + index, crc32(bytes), bytes);
    });
    group.scriptKeys.forEach((key, index) => void insertScript.run(key, next(group.scriptLengths[index]!)));
    for (const record of group.history) insertHistory(record);
  });
  const remove = db.transaction((keys: readonly number[]) => {
    for (const key of keys) deleteScript.run(key);
  });

  return {
    lastSeq: () => newest.pluck().get() ?? 0,
    writeGroup: (group) => write.immediate(group),
    readEvents: (afterSeq, untilSeq) => {
      const blobs: Buffer[] = [];
      let bytes = 0;
      for (const [seq, checksum, blob] of selectEvents.iterate(afterSeq, untilSeq, MAX_BATCH_EVENTS)) {
        const expected = afterSeq + 1 + blobs.length;
        if (seq !== expected || crc32(blob) !== checksum) {
          // What comes before is good: it is given first, and the next batch begins with the fault.
          if (blobs.length > 0) break;
          throw corrupt(expected, seq === expected ? "does not match its checksum" : "is missing");
        }
        blobs.push(blob);
        bytes += blob.byteLength;
        if (bytes >= MAX_BATCH_BYTES) break;
      }
      if (blobs.length === 0 && afterSeq < untilSeq) throw corrupt(afterSeq + 1, "is missing");
      return packEvents(afterSeq + 1, blobs);
    },
    script: (key) => selectScript.get(key),
    removeScripts: (keys) => remove.immediate(keys),
  };
};

const corrupt = (seq: number, what: string): RotaError =>
  new RotaError("JOURNAL_CORRUPT", `event ${seq} of the journal ${what}`, { seq });
