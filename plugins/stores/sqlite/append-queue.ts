/**
 * Group commit: appends that arrive while a group is being written wait here, and the next group takes them together.
 * An append that finds the disk idle goes at the end of the current run of microtasks; no timer delays it. Lives in
 * the controller's thread.
 */
import { RotaError } from "../../../core/model/errors.ts";
import type { Append } from "../../sdk/store.ts";
import { MAX_APPEND_BYTES, MAX_GROUP_BYTES, MAX_GROUP_EVENTS, MAX_QUEUED_APPENDS } from "./calls.ts";
import { appendBytes, type PackedGroup, packGroup } from "./packing.ts";

interface QueuedAppend {
  readonly append: Append;
  readonly bytes: number;
  readonly resolve: () => void;
  readonly reject: (error: RotaError) => void;
}

export interface AppendFigures {
  readonly commits: number;
  readonly lastUs: number;
  readonly maxUs: number;
  /** Appends that wait or are being written. */
  readonly queued: number;
}

export class AppendQueue {
  private readonly write: (group: PackedGroup) => Promise<{ us: number }>;
  private queue: QueuedAppend[] = [];
  private group: readonly QueuedAppend[] = [];
  private scheduled = false;
  private failure: RotaError | undefined;
  private acceptedSeq: number;
  private writtenSeq: number;
  private commits = 0;
  private lastUs = 0;
  private maxUs = 0;
  private readonly idle: (() => void)[] = [];

  /** `write` puts a group on disk and gives the microseconds it took. */
  constructor(lastSeq: number, write: (group: PackedGroup) => Promise<{ us: number }>) {
    this.acceptedSeq = lastSeq;
    this.writtenSeq = lastSeq;
    this.write = write;
  }

  /** The newest event that is on disk. */
  get durableSeq(): number {
    return this.writtenSeq;
  }

  figures(): AppendFigures {
    const { commits, lastUs, maxUs } = this;
    return { commits, lastUs, maxUs, queued: this.queue.length + this.group.length };
  }

  /**
   * Resolves once the append is on disk. An append that does not follow the last one (INTERNAL), that is too large
   * (TOO_LARGE) or that finds the queue full (QUEUE_FULL) is refused before anything is changed.
   */
  append(append: Append): Promise<void> {
    const bytes = appendBytes(append);
    const refusal = this.failure ?? this.refuse(append, bytes);
    if (refusal !== undefined) return Promise.reject(refusal);
    this.acceptedSeq += append.events.length;
    return new Promise((resolve, reject) => {
      this.queue.push({ append, bytes, resolve, reject });
      if (this.group.length === 0) this.schedule();
    });
  }

  /** Refuses what waits and everything after. */
  fail(error: RotaError): void {
    this.failure ??= error;
    const waiting = [...this.group, ...this.queue];
    this.group = [];
    this.queue = [];
    for (const queued of waiting) queued.reject(this.failure);
    this.wakeIdle();
  }

  /** Resolves once nothing waits any more. */
  drained(): Promise<void> {
    if (this.queue.length + this.group.length === 0) return Promise.resolve();
    return new Promise((resolve) => void this.idle.push(resolve));
  }

  private refuse(append: Append, bytes: number): RotaError | undefined {
    let expected = this.acceptedSeq;
    for (const event of append.events) {
      expected += 1;
      if (event.seq !== expected)
        return new RotaError("INTERNAL", `event ${event.seq} was appended where ${expected} follows`, {
          expected,
        });
    }
    if (bytes > MAX_APPEND_BYTES)
      return new RotaError(
        "TOO_LARGE",
        `an append has ${bytes} bytes, at most ${MAX_APPEND_BYTES} are taken`,
        { bytes },
      );
    const queued = this.queue.length;
    return queued < MAX_QUEUED_APPENDS
      ? undefined
      : new RotaError("QUEUE_FULL", `${queued} appends wait for the disk already`, { queued });
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    queueMicrotask(() => {
      this.scheduled = false;
      if (this.group.length === 0) this.writeNext();
    });
  }

  private writeNext(): void {
    if (this.queue.length === 0) {
      this.wakeIdle();
      return;
    }
    const group = this.takeGroup();
    this.group = group;
    const packed = packGroup(
      group.map((queued) => queued.append),
      this.writtenSeq + 1,
    );
    // Counted now: the group's arrays are gone from here once they are sent.
    const events = packed.lengths.length;
    this.write(packed).then(
      ({ us }) => this.written(group, events, us),
      (error: RotaError) => this.fail(error),
    );
  }

  private takeGroup(): readonly QueuedAppend[] {
    let events = 0;
    let bytes = 0;
    const rest = this.queue.findIndex((queued, index) => {
      events += queued.append.events.length;
      bytes += queued.bytes;
      return index > 0 && (events > MAX_GROUP_EVENTS || bytes > MAX_GROUP_BYTES);
    });
    return this.queue.splice(0, rest < 0 ? this.queue.length : rest);
  }

  private written(group: readonly QueuedAppend[], events: number, us: number): void {
    this.writtenSeq += events;
    this.commits += 1;
    this.lastUs = us;
    this.maxUs = Math.max(this.maxUs, us);
    this.group = [];
    // The next group goes first, so that the disk does not wait for what the callers do next.
    this.writeNext();
    for (const queued of group) queued.resolve();
  }

  private wakeIdle(): void {
    for (const resolve of this.idle.splice(0)) resolve();
  }
}
