/**
 * The database file: its settings, its tables and their version. Runs in the store's threads when they open it.
 */
import { join } from "node:path";
import Database from "better-sqlite3";
import { RotaError } from "../../../core/model/errors.ts";
import { makePrivateFile } from "./private-files.ts";

export const DATABASE_FILE = "journal.db";
/** Counted up with every change of the tables. */
export const SCHEMA_VERSION = 1;
/** Backstop only: the writer checkpoints by itself, after its answer. In pages of 4 KiB. */
const AUTOCHECKPOINT_PAGES = 16_384;
/** The log is cut back to this after a large snapshot. */
const LOG_LIMIT_BYTES = 64 * 1024 * 1024;
const BUSY_TIMEOUT_MS = 5000;

const SCHEMA = `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE events (seq INTEGER PRIMARY KEY, checksum INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT;
  -- A snapshot counts once its row is here; parts without a row are of one that was cut short.
  CREATE TABLE snapshots (
    id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, length INTEGER NOT NULL, checksum INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE snapshot_parts (
    id INTEGER NOT NULL, part INTEGER NOT NULL, bytes BLOB NOT NULL, UNIQUE (id, part)
  ) STRICT;
  CREATE TABLE scripts (key INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
  CREATE TABLE history (
    job_id INTEGER NOT NULL, restarts INTEGER NOT NULL, array_job_id INTEGER NOT NULL,
    array_task_id INTEGER NOT NULL, end_s INTEGER NOT NULL, user TEXT NOT NULL, name TEXT NOT NULL,
    state TEXT NOT NULL, record TEXT NOT NULL, UNIQUE (job_id, restarts)
  ) STRICT;
  CREATE INDEX history_by_end ON history (end_s, job_id, restarts);
  CREATE INDEX history_by_user ON history (user, end_s, job_id, restarts);
  CREATE INDEX history_by_array ON history (array_job_id, array_task_id);
`;

/** The writer's connection; makes the file and its tables where there are none. The caller holds the lock. */
export const openDatabase = (directory: string): Database.Database => {
  const path = join(directory, DATABASE_FILE);
  makePrivateFile(path);
  const db = new Database(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    durable(db);
    db.transaction(() => makeTables(db, path)).immediate();
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
};

/** A connection that only reads, beside the writer's. */
export const openToRead = (directory: string): Database.Database =>
  new Database(join(directory, DATABASE_FILE), { readonly: true, timeout: BUSY_TIMEOUT_MS });

/** Every commit is in the log on disk before it returns. Read back, as a file system may refuse the log. */
const durable = (db: Database.Database): void => {
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = FULL");
  db.pragma(`wal_autocheckpoint = ${AUTOCHECKPOINT_PAGES}`);
  db.pragma(`journal_size_limit = ${LOG_LIMIT_BYTES}`);
  const mode = db.pragma("journal_mode", { simple: true });
  const synchronous = db.pragma("synchronous", { simple: true });
  if (mode !== "wal" || synchronous !== 2)
    throw new RotaError(
      "STORE_FAILED",
      `this file system allows no write-ahead log (${mode}, ${synchronous})`,
    );
};

const makeTables = (db: Database.Database, path: string): void => {
  const exists = db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'meta'").pluck().get() !== undefined;
  if (!exists) {
    db.exec(SCHEMA);
    db.prepare("INSERT INTO meta (key, value) VALUES ('schema', ?)").run(SCHEMA_VERSION);
    return;
  }
  const schema = db.prepare("SELECT value FROM meta WHERE key = 'schema'").pluck().get();
  if (schema === SCHEMA_VERSION) return;
  throw new RotaError(
    "STORE_VERSION",
    `${path} has tables of version ${schema}; this version of Rota knows version ${SCHEMA_VERSION}`,
    { schema: Number(schema), known: SCHEMA_VERSION },
  );
};
