/**
 * Snapshots as tables: written in parts, counted once the last part is in, read back against a checksum. Runs in the
 * store's writing thread; the newest two that are whole are kept, with the events after the older one.
 */
import { crc32 } from "node:zlib";
import type Database from "better-sqlite3";
import { RotaError } from "../../../core/model/errors.ts";
import { MAX_PRUNE_EVENTS, MAX_PRUNE_PARTS, type WholeSnapshot } from "./calls.ts";

const KEPT_SNAPSHOTS = 2;

export interface SnapshotTables {
  /** The next part; `first` begins a snapshot and gives up one that was not ended. */
  writePart(first: boolean, bytes: Uint8Array): void;
  /** Ends the snapshot; from here on it is the newest. */
  end(seq: number, length: number): void;
  /** The newest that matches its checksum; one that does not is kept no longer than the next prune. */
  latest(): WholeSnapshot | undefined;
  /** Removes a bounded amount of what is no longer needed; true when more is left. */
  prune(): boolean;
}

interface SnapshotRow {
  readonly id: number;
  readonly seq: number;
  readonly length: number;
  readonly checksum: number;
}

export const snapshotTables = (db: Database.Database): SnapshotTables => {
  const nextId = db
    .prepare<[], number>(
      "SELECT coalesce(max(id), 0) + 1 FROM (SELECT id FROM snapshots UNION ALL SELECT id FROM snapshot_parts)",
    )
    .pluck();
  const insertPart = db.prepare("INSERT INTO snapshot_parts (id, part, bytes) VALUES (?, ?, ?)");
  const insertRow = db.prepare("INSERT INTO snapshots (id, seq, length, checksum) VALUES (?, ?, ?, ?)");
  const selectRows = db.prepare<[], SnapshotRow>("SELECT * FROM snapshots ORDER BY seq DESC, id DESC");
  const selectParts = db
    .prepare<[number], Buffer>("SELECT bytes FROM snapshot_parts WHERE id = ? ORDER BY part")
    .pluck();
  const prune = pruneStep(db);
  /** Part by part, so that there is never more than one beside the whole; undefined where the parts are not as long as it. */
  const read = ({ id, length }: SnapshotRow): Uint8Array<ArrayBuffer> | undefined => {
    const bytes = new Uint8Array(length);
    let at = 0;
    for (const part of selectParts.iterate(id)) {
      if (at + part.byteLength > length) return undefined;
      bytes.set(part, at);
      at += part.byteLength;
    }
    return at === length ? bytes : undefined;
  };
  /** Ids of snapshots that did not read back whole. */
  const torn = new Set<number>();
  let open = { id: 0, parts: 0, length: 0, checksum: 0 };

  return {
    writePart: (first, bytes) => {
      if (first) open = { id: nextId.get() ?? 1, parts: 0, length: 0, checksum: 0 };
      insertPart.run(open.id, open.parts, bytes);
      open.parts += 1;
      open.length += bytes.byteLength;
      open.checksum = crc32(bytes, open.checksum);
    },
    end: (seq, length) => {
      if (open.parts === 0 || open.length !== length)
        throw new RotaError("INTERNAL", `snapshot ${seq} has ${open.length} of ${length} bytes`);
      insertRow.run(open.id, seq, length, open.checksum);
      open = { id: 0, parts: 0, length: 0, checksum: 0 };
    },
    latest: () => {
      for (const row of selectRows.all()) {
        const bytes = read(row);
        if (bytes !== undefined && crc32(bytes) === row.checksum) return { seq: row.seq, bytes };
        torn.add(row.id);
      }
      return undefined;
    },
    prune: () => prune.immediate(selectRows.all().filter((row) => !torn.has(row.id))),
  };
};

/** Removes snapshots but the first of `whole`, which is newest first, and events that the last kept one covers. */
const pruneStep = (db: Database.Database) => {
  const deleteRows = db.prepare("DELETE FROM snapshots WHERE id NOT IN (SELECT value FROM json_each(?))");
  const deleteParts = db.prepare(
    `DELETE FROM snapshot_parts WHERE rowid IN
       (SELECT rowid FROM snapshot_parts WHERE id NOT IN (SELECT value FROM json_each(?)) LIMIT ?)`,
  );
  const firstEvent = db.prepare<[], number | null>("SELECT min(seq) FROM events").pluck();
  const deleteEvents = db.prepare("DELETE FROM events WHERE seq <= ?");
  return db.transaction((whole: readonly SnapshotRow[]): boolean => {
    const kept = whole.slice(0, KEPT_SNAPSHOTS);
    const ids = JSON.stringify(kept.map((row) => row.id));
    deleteRows.run(ids);
    const parts = deleteParts.run(ids, MAX_PRUNE_PARTS).changes;
    // With one snapshot alone every event stays: should it be torn, the journal is replayed from the first.
    const covered = kept.length < KEPT_SNAPSHOTS ? 0 : kept[KEPT_SNAPSHOTS - 1]!.seq;
    const first = firstEvent.get() ?? covered + 1;
    const last = Math.min(covered, first + MAX_PRUNE_EVENTS - 1);
    if (first <= last) deleteEvents.run(last);
    return parts === MAX_PRUNE_PARTS || last < covered;
  });
};
