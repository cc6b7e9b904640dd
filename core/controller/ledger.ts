/**
 * The ledger: the one way to change the cluster's state. An event is reduced into the state in memory at once and
 * handed to the store in the same order; what depends on it outside this process (an answer, an order to an agent, a
 * line of the event stream) waits for the store's word. So decisions never wait for the disk, and nothing that could
 * be lost has been seen by anyone: after a crash the journal is a prefix that contains all that was told.
 *
 * When the store fails, memory is ahead of the disk for good; the ledger then calls `onFailure` and takes nothing more.
 */

import type { Store, StoredEvent, StoredSnapshot } from "../../plugins/sdk/store.ts";
import { RotaError } from "../model/errors.ts";
import type { Job } from "../model/job.ts";
import type { HistoryView } from "../model/views.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { emptyState } from "../state/cluster-state.ts";
import { type Event, encodeEvent } from "../state/events.ts";
import { reduceEncoded } from "../state/reduce.ts";
import { decodeState, encodeState } from "../state/snapshot.ts";

export interface AppendExtras {
  readonly scripts?: readonly { readonly key: number; readonly bytes: Uint8Array }[];
}

export interface LedgerOptions {
  readonly store: Store;
  /** The record that history keeps of an ended job. */
  readonly historyOf: (state: ClusterState, job: Job) => HistoryView;
  readonly onFailure: (error: unknown) => void;
}

export type LedgerListener = (event: Event, seq: number) => void;

/**
 * Events since the last snapshot after which a new one is due: what a restart replays at most, some seconds. A busy
 * cluster has as many in half a minute, and a snapshot costs the second core one or two seconds.
 */
export const SNAPSHOT_EVERY_EVENTS = 100_000;

export class Ledger {
  readonly state: ClusterState;
  private readonly store: Store;
  private readonly options: LedgerOptions;
  private readonly applied: Set<LedgerListener> = new Set();
  private readonly durable: Set<LedgerListener> = new Set();
  private lastWrite: Promise<void> = Promise.resolve();
  private snapshotSeq: number;
  private isFailed = false;

  private constructor(state: ClusterState, snapshotSeq: number, options: LedgerOptions) {
    this.state = state;
    this.store = options.store;
    this.options = options;
    this.snapshotSeq = snapshotSeq;
  }

  /** Reads the newest snapshot and the events after it. */
  static async open(options: LedgerOptions): Promise<Ledger> {
    const snapshot = await options.store.latestSnapshot();
    const state = snapshot === undefined ? emptyState() : decodeState(snapshot.bytes);
    for await (const batch of options.store.eventsAfter(state.lastSeq)) {
      for (const { seq, bytes } of batch) reduceEncoded(state, seq, bytes);
    }
    return new Ledger(state, snapshot?.seq ?? 0, options);
  }

  /** Applies the events now; resolves once they are on disk. All of one call are written together or not at all. */
  append(events: readonly Event[], extras: AppendExtras = {}): Promise<void> {
    if (this.isFailed) return Promise.reject(new RotaError("STORE_FAILED", "the journal has failed before"));
    if (events.length === 0) return this.lastWrite;
    const stored: StoredEvent[] = [];
    const history: HistoryView[] = [];
    try {
      for (const event of events) this.apply(event, stored, history);
    } catch (error) {
      // An event that does not fit is a bug of whoever made it. The state is as it was before that event; had there
      // been others before it, memory would be ahead of the disk for good.
      if (stored.length > 0) this.fail(error);
      return Promise.reject(error);
    }
    const firstSeq = stored[0]!.seq;
    const write = this.store.append({ events: stored, scripts: extras.scripts ?? [], history }).then(
      () => {
        events.forEach((event, i) => {
          for (const listener of this.durable) listener(event, firstSeq + i);
        });
      },
      (error: unknown) => {
        this.fail(error);
        throw error;
      },
    );
    this.lastWrite = write;
    // Whoever needs the outcome holds `write`; this keeps a failed one from being an unhandled rejection as well.
    write.catch(() => undefined);
    return write;
  }

  private apply(event: Event, stored: StoredEvent[], history: HistoryView[]): void {
    const seq = this.state.lastSeq + 1;
    const bytes = encodeEvent(event);
    // From the bytes, as a replay will: live and replayed state are then made of the same.
    const applied = reduceEncoded(this.state, seq, bytes);
    stored.push({ seq, bytes });
    if (applied.type === "job.ended") {
      history.push(this.options.historyOf(this.state, this.state.jobs.get(applied.jobId as Job["id"])!));
    }
    for (const listener of this.applied) listener(applied, seq);
  }

  private fail(error: unknown): void {
    if (this.isFailed) return;
    this.isFailed = true;
    this.options.onFailure(error);
  }

  /** Resolves once everything appended so far is on disk: what a reader is shown has then happened. */
  settled(): Promise<void> {
    return this.lastWrite;
  }

  /** Calls back for each event as it is applied, before it is on disk: for decisions, never for telling anyone. */
  onApplied(listener: LedgerListener): () => void {
    this.applied.add(listener);
    return () => this.applied.delete(listener);
  }

  /** Calls back for each event once it is on disk, in order. */
  onDurable(listener: LedgerListener): () => void {
    this.durable.add(listener);
    return () => this.durable.delete(listener);
  }

  /** Whether enough has happened since the last snapshot. */
  isSnapshotDue(): boolean {
    return this.state.lastSeq - this.snapshotSeq >= SNAPSHOT_EVERY_EVENTS;
  }

  /** Writes a snapshot that `make` makes from the journal, of some state that is on disk. */
  async keepSnapshot(make: (store: Store) => Promise<StoredSnapshot>): Promise<void> {
    const snapshot = await make(this.store);
    await this.store.saveSnapshot(snapshot);
    this.snapshotSeq = snapshot.seq;
  }

  /** Writes a snapshot of the state as it is now, at once: for the end, since it holds up everything else. */
  async snapshot(): Promise<void> {
    if (this.state.lastSeq === this.snapshotSeq) return;
    const seq = this.state.lastSeq;
    const bytes = encodeState(this.state);
    await this.lastWrite;
    await this.store.saveSnapshot({ seq, bytes });
    this.snapshotSeq = seq;
  }
}
