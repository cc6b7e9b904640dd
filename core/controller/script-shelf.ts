/**
 * Scripts and environments of jobs: written with their submission, read back when the job starts. The newest are kept
 * in memory, since most jobs start soon after they were submitted; the store has them all.
 */
import { Packr } from "msgpackr";
import type { Store } from "../../plugins/sdk/store.ts";
import { RotaError } from "../model/errors.ts";

export interface ScriptRecord {
  readonly script: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Bytes of packed scripts that memory keeps. */
export const MAX_SHELF_BYTES = 64 * 1024 * 1024;

const packr = new Packr({ useRecords: false });

export class ScriptShelf {
  private readonly store: Store;
  private readonly recent = new Map<number, Uint8Array>();
  private bytes = 0;

  constructor(store: Store) {
    this.store = store;
  }

  /** Packs a record and keeps it in memory; the caller writes the bytes with the submission. */
  put(key: number, record: ScriptRecord): Uint8Array {
    const packed = Uint8Array.from(packr.pack(record));
    // The store may take the bytes over to its own thread, so memory keeps a copy.
    this.keep(key, packed.slice());
    return packed;
  }

  /** Throws STORE_FAILED when the store has lost it. */
  async get(key: number): Promise<ScriptRecord> {
    const kept = this.recent.get(key);
    if (kept !== undefined) return packr.unpack(kept) as ScriptRecord;
    const stored = await this.store.script(key);
    if (stored === undefined)
      throw new RotaError("STORE_FAILED", `the script of job ${key} is not in the store`, { key });
    return packr.unpack(stored) as ScriptRecord;
  }

  async remove(keys: readonly number[]): Promise<void> {
    for (const key of keys) this.drop(key);
    await this.store.removeScripts(keys);
  }

  private keep(key: number, packed: Uint8Array): void {
    this.drop(key);
    this.recent.set(key, packed);
    this.bytes += packed.byteLength;
    for (const oldest of this.recent.keys()) {
      if (this.bytes <= MAX_SHELF_BYTES) break;
      this.drop(oldest);
    }
  }

  private drop(key: number): void {
    this.bytes -= this.recent.get(key)?.byteLength ?? 0;
    this.recent.delete(key);
  }
}
