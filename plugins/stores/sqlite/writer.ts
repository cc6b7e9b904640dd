/**
 * The writing side of the store: lock, tables and log of one state directory. Lives in the store's writing thread and
 * does one call after the other. After a write that failed it writes nothing more: what a disk does after that cannot
 * be trusted.
 */
import { performance } from "node:perf_hooks";
import type Database from "better-sqlite3";
import { RotaError } from "../../../core/model/errors.ts";
import type { Answered, CallKind, StoreCalls, StoreSide } from "./calls.ts";
import { openDatabase } from "./database.ts";
import { type DirectoryLock, lockDirectory } from "./directory-lock.ts";
import { faultOf } from "./faults.ts";
import { type JournalTables, journalTables } from "./journal-tables.ts";
import { joinBytes } from "./packing.ts";
import { makePrivateDirectory } from "./private-files.ts";
import { type SnapshotTables, snapshotTables } from "./snapshot-tables.ts";

/** The log is written back into the database after about this much. */
const CHECKPOINT_BYTES = 8 * 1024 * 1024;
/** What a commit adds to the log beside its own bytes: the pages that it changes in part. */
const COMMIT_BYTES = 16 * 1024;

export interface OpenedWriter {
  readonly side: StoreSide;
  /** The newest event or snapshot, 0 for none. */
  readonly lastSeq: number;
}

/** Locks the directory and opens its tables, making what is missing. Throws STORE_FAILED or JOURNAL_CORRUPT. */
export const openWriter = (directory: string): OpenedWriter => {
  makePrivateDirectory(directory);
  const lock = lockDirectory(directory);
  try {
    const db = openDatabase(directory);
    const journal = journalTables(db);
    return { side: new WriterSide(db, lock, journal, snapshotTables(db)), lastSeq: journal.lastSeq() };
  } catch (error) {
    lock.release();
    throw error;
  }
};

class WriterSide implements StoreSide {
  private readonly db: Database.Database;
  private readonly lock: DirectoryLock;
  private readonly journal: JournalTables;
  private readonly snapshots: SnapshotTables;
  private failure: RotaError | undefined;
  private loggedBytes = 0;

  constructor(db: Database.Database, lock: DirectoryLock, journal: JournalTables, snapshots: SnapshotTables) {
    this.db = db;
    this.lock = lock;
    this.journal = journal;
    this.snapshots = snapshots;
  }

  handle(kind: CallKind, ask: unknown): Answered {
    switch (kind) {
      case "group":
        return this.group(ask as StoreCalls["group"]["ask"]);
      case "events": {
        const { afterSeq, untilSeq } = ask as StoreCalls["events"]["ask"];
        const answer = this.journal.readEvents(afterSeq, untilSeq);
        return { answer, transfer: [answer.bytes.buffer, answer.lengths.buffer] };
      }
      case "snapshotPart": {
        const { first, bytes } = ask as StoreCalls["snapshotPart"]["ask"];
        this.write(bytes.byteLength, () => this.snapshots.writePart(first, bytes));
        return { answer: null };
      }
      case "snapshotEnd": {
        const { seq, length } = ask as StoreCalls["snapshotEnd"]["ask"];
        this.write(0, () => this.snapshots.end(seq, length));
        return { answer: null };
      }
      case "prune":
        return { answer: this.write(CHECKPOINT_BYTES / 8, () => this.snapshots.prune()) };
      case "latestSnapshot":
        return this.latestSnapshot();
      case "script":
        return this.script((ask as StoreCalls["script"]["ask"]).key);
      case "removeScripts":
        this.write(0, () => this.journal.removeScripts((ask as StoreCalls["removeScripts"]["ask"]).keys));
        return { answer: null };
      case "close":
        this.db.close();
        this.lock.release();
        return { answer: null };
      default:
        throw new Error(`the writing thread does not do ${kind}`);
    }
  }

  /** Writes the log back while nobody waits for an answer. */
  afterAnswer(): void {
    if (this.loggedBytes < CHECKPOINT_BYTES || this.failure !== undefined) return;
    this.loggedBytes = 0;
    try {
      this.db.pragma("wal_checkpoint(PASSIVE)");
    } catch (error) {
      this.failure = failed(error);
    }
  }

  private group(group: StoreCalls["group"]["ask"]): Answered {
    const startedMs = performance.now();
    this.write(group.bytes.byteLength, () => this.journal.writeGroup(group));
    return { answer: { us: Math.round((performance.now() - startedMs) * 1000) } };
  }

  private latestSnapshot(): Answered {
    const snapshot = this.snapshots.latest();
    return snapshot === undefined
      ? { answer: null }
      : { answer: snapshot, transfer: [snapshot.bytes.buffer] };
  }

  private script(key: number): Answered {
    const found = this.journal.script(key);
    if (found === undefined) return { answer: null };
    // Small blobs are views of a pool of Node's, which must not be transferred.
    const bytes = joinBytes([found]);
    return { answer: bytes, transfer: [bytes.buffer] };
  }

  private write<T>(bytes: number, action: () => T): T {
    if (this.failure !== undefined) throw this.failure;
    this.loggedBytes += bytes + COMMIT_BYTES;
    try {
      return action();
    } catch (error) {
      this.failure = failed(error);
      throw this.failure;
    }
  }
}

/** Whatever the cause, a write that failed is STORE_FAILED. */
const failed = (error: unknown): RotaError => {
  const { message, details } = faultOf(error, "the store cannot be written any more");
  return new RotaError("STORE_FAILED", message, details);
};
