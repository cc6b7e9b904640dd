/**
 * The embedded store: journal, snapshots, scripts and history in one SQLite file in the state directory. Everything
 * that touches the disk is done by threads of its own; this side collects, sends and answers, and never waits.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { RotaError } from "../../../core/model/errors.ts";
import type { HistoryFilter, HistoryView } from "../../../core/model/views.ts";
import type { Append, Store, StoredEvent, StoredSnapshot, StorePlugin } from "../../sdk/store.ts";
import { type AppendFigures, AppendQueue } from "./append-queue.ts";
import { MAX_REMOVE_SCRIPTS, MAX_SNAPSHOT_BYTES, SNAPSHOT_PART_BYTES } from "./calls.ts";
import { joinBytes, type PackedEvents, unpackEvents } from "./packing.ts";
import { StoreThread } from "./store-thread.ts";

const NAME = "sqlite";
/** Records of the history that are parsed before others get their turn. */
const PARSED_AT_ONCE = 500;

/**
 * Opens the store of a state directory, making it where there is none (mode 0700, files 0600). Throws STORE_FAILED
 * when it cannot be opened, STORE_IN_USE when another process has it open, STORE_VERSION when a newer version of Rota
 * wrote it, and JOURNAL_CORRUPT when it is no database.
 */
export const openSqliteStore = async (directory: string): Promise<SqliteStore> => {
  const writer = new StoreThread();
  try {
    const { lastSeq } = await writer.call("openWriter", { directory });
    return new SqliteStore(directory, writer, lastSeq);
  } catch (error) {
    await writer.stop();
    throw error;
  }
};

export const sqliteStorePlugin: StorePlugin = { apiVersion: 1, name: NAME, open: openSqliteStore };

/** Made by openSqliteStore; see Store for what each does. */
export class SqliteStore implements Store {
  readonly name = NAME;
  private readonly directory: string;
  private readonly writer: StoreThread;
  private readonly queue: AppendQueue;
  private reader: Promise<StoreThread> | undefined;
  /** The snapshot that is being kept, if any: one at a time. */
  private saving: Promise<void> = Promise.resolve();
  private closing: Promise<void> | undefined;

  constructor(directory: string, writer: StoreThread, lastSeq: number) {
    this.directory = directory;
    this.writer = writer;
    this.queue = new AppendQueue(lastSeq, (group) =>
      writer.call("group", group, [group.bytes.buffer, group.lengths.buffer]),
    );
  }

  append(append: Append): Promise<void> {
    return this.closing === undefined ? this.queue.append(append) : Promise.reject(closed());
  }

  async latestSnapshot(): Promise<StoredSnapshot | undefined> {
    return (await this.writer.call("latestSnapshot", null)) ?? undefined;
  }

  /** Up to the newest event that is on disk at the first step; the batch after the current one is fetched ahead. */
  async *eventsAfter(afterSeq: number): AsyncGenerator<readonly StoredEvent[], void, void> {
    const untilSeq = this.queue.durableSeq;
    const fetch = (seq: number): Promise<PackedEvents> => {
      const batch = this.writer.call("events", { afterSeq: seq, untilSeq });
      // Fetched ahead and perhaps never asked for; whoever awaits it still gets the error.
      batch.catch(() => undefined);
      return batch;
    };
    let seq = afterSeq;
    let ahead = seq < untilSeq ? fetch(seq) : undefined;
    while (ahead !== undefined) {
      const batch = await ahead;
      seq += batch.lengths.length;
      ahead = seq < untilSeq ? fetch(seq) : undefined;
      yield unpackEvents(batch);
    }
  }

  /** The bytes must stay as they are until it resolves. Appends are written in between its parts. */
  saveSnapshot(snapshot: StoredSnapshot): Promise<void> {
    const saved = this.saving.then(() => this.writeSnapshot(snapshot));
    this.saving = saved.catch(() => undefined);
    return saved;
  }

  async script(key: number): Promise<Uint8Array | undefined> {
    return (await this.writer.call("script", { key })) ?? undefined;
  }

  async removeScripts(keys: readonly number[]): Promise<void> {
    for (let from = 0; from < keys.length; from += MAX_REMOVE_SCRIPTS)
      await this.writing(
        this.writer.call("removeScripts", { keys: keys.slice(from, from + MAX_REMOVE_SCRIPTS) }),
      );
  }

  async history(filter: HistoryFilter): Promise<readonly HistoryView[]> {
    const reader = await this.openReader();
    const records = await reader.call("history", filter).catch((error: unknown) => {
      // A thread that has ended is started anew by the next question.
      if (!reader.running) this.reader = undefined;
      throw error;
    });
    const views: HistoryView[] = [];
    for (let from = 0; from < records.length; from += PARSED_AT_ONCE) {
      if (from > 0) await nextTurn();
      for (const record of records.slice(from, from + PARSED_AT_ONCE))
        views.push(JSON.parse(record) as HistoryView);
    }
    return views;
  }

  figures(): AppendFigures {
    return this.queue.figures();
  }

  /** Writes what waits, then lets go of the directory. Resolves for every caller; later appends are refused. */
  close(): Promise<void> {
    this.closing ??= this.shut();
    return this.closing;
  }

  private async writeSnapshot({ seq, bytes }: StoredSnapshot): Promise<void> {
    if (this.closing !== undefined) throw closed();
    if (seq > this.queue.durableSeq)
      throw new RotaError(
        "INTERNAL",
        `snapshot ${seq} is ahead of the journal, at ${this.queue.durableSeq}`,
        { seq },
      );
    if (bytes.byteLength > MAX_SNAPSHOT_BYTES)
      throw new RotaError("TOO_LARGE", `snapshot ${seq} has ${bytes.byteLength} bytes`, {
        most: MAX_SNAPSHOT_BYTES,
      });
    let from = 0;
    do {
      const part = joinBytes([bytes.subarray(from, from + SNAPSHOT_PART_BYTES)]);
      await this.writing(this.writer.call("snapshotPart", { first: from === 0, bytes: part }, [part.buffer]));
      from += SNAPSHOT_PART_BYTES;
    } while (from < bytes.byteLength);
    await this.writing(this.writer.call("snapshotEnd", { seq, length: bytes.byteLength }));
    while (await this.writing(this.writer.call("prune", null)));
  }

  /** A write that fails ends the store, whatever it was of. */
  private async writing<T>(call: Promise<T>): Promise<T> {
    try {
      return await call;
    } catch (error) {
      if (RotaError.is(error)) this.queue.fail(error);
      throw error;
    }
  }

  private openReader(): Promise<StoreThread> {
    if (this.closing !== undefined) return Promise.reject(closed());
    this.reader ??= startReader(this.directory).catch((error: unknown) => {
      this.reader = undefined;
      throw error;
    });
    return this.reader;
  }

  private async shut(): Promise<void> {
    await this.saving;
    await this.queue.drained();
    const reader = await this.reader?.catch(() => undefined);
    await reader?.close();
    await this.writer.close();
  }
}

const startReader = async (directory: string): Promise<StoreThread> => {
  const reader = new StoreThread();
  try {
    await reader.call("openReader", { directory });
    return reader;
  } catch (error) {
    await reader.stop();
    throw error;
  }
};

const closed = (): RotaError => new RotaError("STORE_FAILED", "the store is closed", { cause: "CLOSED" });
