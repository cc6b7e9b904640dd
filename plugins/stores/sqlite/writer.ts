/**
 * The writing side of the store: lock, tables and log of one state directory. Lives in the store's writing thread and
 * does one call after the other. After a write that failed it writes nothing more: what a disk does after that cannot
 * be trusted.
 */
import { lstatSync } from "node:fs";
import { performance } from "node:perf_hooks";
import type Database from "better-sqlite3";
import { RotaError } from "../../../core/model/errors.ts";
import type { CallKind, StoreCalls } from "./calls.ts";
import { openDatabase } from "./database.ts";
import { lockDirectory } from "./directory-lock.ts";
import { journalTables } from "./journal-tables.ts";
import { makePrivateDirectory } from "./private-files.ts";
import { snapshotTables } from "./snapshot-tables.ts";
import type { StoreSide } from "./sqlite-worker.ts";
