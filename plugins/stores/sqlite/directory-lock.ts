/**
 * One controller a state directory: a lock that the kernel drops when its process ends, however it ends. It is the
 * write lock of a small database of its own, so that the journal stays readable beside its writer. Taken when the
 * store opens; never waits.
 */
import { join } from "node:path";
import Database from "better-sqlite3";
import { RotaError } from "../../../core/model/errors.ts";
import { makePrivateFile } from "./private-files.ts";

const LOCK_FILE = "lock.db";

export interface DirectoryLock {
  release(): void;
}

/** Takes the lock, or throws STORE_IN_USE with the holder's process id. */
export const lockDirectory = (directory: string): DirectoryLock => {
  const path = join(directory, LOCK_FILE);
  makePrivateFile(path);
  const db = new Database(path, { timeout: 0 });
  try {
    db.exec("BEGIN IMMEDIATE");
    db.exec("CREATE TABLE IF NOT EXISTS holder (pid INTEGER NOT NULL)");
    db.exec("DELETE FROM holder");
    db.prepare("INSERT INTO holder (pid) VALUES (?)").run(process.pid);
    db.exec("COMMIT");
    // A write lock lets others read, and so they can tell who holds it.
    db.exec("BEGIN IMMEDIATE");
  } catch (error) {
    const refusal = isBusy(error) ? inUse(directory, holderOf(db)) : error;
    db.close();
    throw refusal;
  }
  return { release: () => void db.close() };
};

const isBusy = (error: unknown): boolean =>
  error instanceof Database.SqliteError && error.code.startsWith("SQLITE_BUSY");

const inUse = (directory: string, pid: number): RotaError => {
  const holder = pid === 0 ? "another process" : `process ${pid}`;
  return new RotaError("STORE_IN_USE", `state directory ${directory} is in use by ${holder}`, {
    directory,
    pid,
  });
};

/** 0 when it cannot be told, as the holder is only just starting. */
const holderOf = (db: Database.Database): number => {
  try {
    const pid = db.prepare("SELECT pid FROM holder").pluck().get();
    return typeof pid === "number" ? pid : 0;
  } catch {
    return 0;
  }
};
