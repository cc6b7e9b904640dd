/**
 * The contract of a store: where the journal, its snapshots, the scripts of jobs and the history of ended jobs are
 * kept. Events are bytes to a store; only `core/state` knows what they mean. A store loses nothing that it has
 * acknowledged, and writes one append whole or not at all.
 */
import type { HistoryFilter, HistoryView } from "../../core/model/views.ts";

export const STORE_API_VERSION = 1;

export interface StoredEvent {
  /** From 1, without gaps. */
  readonly seq: number;
  readonly bytes: Uint8Array;
}

/** One atomic write: events in order, with what must be on disk together with them. */
export interface Append {
  readonly events: readonly StoredEvent[];
  /** Scripts and environments of new jobs, by key. */
  readonly scripts: readonly { readonly key: number; readonly bytes: Uint8Array }[];
  /** Records of jobs that these events end. A record with the same jobId and restarts replaces the older one. */
  readonly history: readonly HistoryView[];
}

export interface StoredSnapshot {
  /** The state after this event. */
  readonly seq: number;
  readonly bytes: Uint8Array;
}

export interface Store {
  readonly name: string;
  /**
   * Resolves once the append is on disk (fsync). Calls made while a write is under way are written together by the
   * next one (group commit); they resolve in the order of the calls. Rejects with STORE_FAILED, after which the store
   * takes nothing more: what was not acknowledged may or may not be on disk.
   */
  append(append: Append): Promise<void>;
  /** The newest snapshot that reads back whole, or undefined. */
  latestSnapshot(): Promise<StoredSnapshot | undefined>;
  /** Events with seq > afterSeq, in order, in bounded batches. Throws JOURNAL_CORRUPT on a gap. */
  eventsAfter(afterSeq: number): AsyncIterable<readonly StoredEvent[]>;
  /** Keeps the snapshot, then removes events and snapshots that are no longer needed (the one before it is kept). */
  saveSnapshot(snapshot: StoredSnapshot): Promise<void>;
  script(key: number): Promise<Uint8Array | undefined>;
  removeScripts(keys: readonly number[]): Promise<void>;
  /** Newest end first. */
  history(filter: HistoryFilter): Promise<readonly HistoryView[]>;
  /** Group commits so far, the time of the last and the longest in microseconds, and appends that wait for the next. */
  figures(): {
    readonly commits: number;
    readonly lastUs: number;
    readonly maxUs: number;
    readonly queued: number;
  };
  close(): Promise<void>;
}

/** Makes a store from its part of rota.yaml; `directory` is the controller's state directory. */
export interface StorePlugin {
  readonly apiVersion: typeof STORE_API_VERSION;
  readonly name: string;
  open(directory: string): Promise<Store>;
}
