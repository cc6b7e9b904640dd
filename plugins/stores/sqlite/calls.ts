/**
 * What the controller's thread asks of the store's threads and what they answer, with the bounds of both. Types and
 * constants only.
 */
import type { ErrorCode } from "../../../core/model/errors.ts";
import type { HistoryFilter } from "../../../core/model/views.ts";
import type { PackedEvents, PackedGroup } from "./packing.ts";

/** One transaction takes appends until it has as many; one append alone may be larger, as it is never split. */
export const MAX_GROUP_EVENTS = 4096;
export const MAX_GROUP_BYTES = 8 * 1024 * 1024;
/** One append, its events and scripts together. */
export const MAX_APPEND_BYTES = 256 * 1024 * 1024;
/** Appends that wait for their turn; one more is refused with QUEUE_FULL and changes nothing. */
export const MAX_QUEUED_APPENDS = 65_536;
/** A snapshot is written in parts of this size, each in a transaction of its own, so that appends get in between. */
export const SNAPSHOT_PART_BYTES = 1024 * 1024;
export const MAX_SNAPSHOT_BYTES = 1024 * SNAPSHOT_PART_BYTES;
/** One step of pruning removes at most these, for the same reason. */
export const MAX_PRUNE_EVENTS = 10_000;
export const MAX_PRUNE_PARTS = 8;
export const MAX_REMOVE_SCRIPTS = 1000;
/** Events of one batch of eventsAfter; the bytes are passed by one event at most. */
export const MAX_BATCH_EVENTS = 4096;
export const MAX_BATCH_BYTES = 4 * 1024 * 1024;
export const MAX_HISTORY_LIMIT = 10_000;
export const DEFAULT_HISTORY_LIMIT = 1000;
/** Values of each list of a history filter. */
export const MAX_FILTER_VALUES = 10_000;

/** By kind: what is asked and what is answered. The writing thread takes all but `openReader` and `history`. */
export interface StoreCalls {
  openWriter: { ask: { directory: string }; answer: { lastSeq: number } };
  group: { ask: PackedGroup; answer: { us: number } };
  events: { ask: { afterSeq: number; untilSeq: number }; answer: PackedEvents };
  snapshotPart: { ask: { first: boolean; bytes: Uint8Array }; answer: null };
  snapshotEnd: { ask: { seq: number; length: number }; answer: null };
  /** One step; true when more is left to remove. */
  prune: { ask: null; answer: boolean };
  latestSnapshot: { ask: null; answer: WholeSnapshot | null };
  script: { ask: { key: number }; answer: Uint8Array | null };
  removeScripts: { ask: { keys: readonly number[] }; answer: null };
  openReader: { ask: { directory: string }; answer: null };
  /** Records as JSON texts. */
  history: { ask: HistoryFilter; answer: string[] };
  close: { ask: null; answer: null };
}

export type CallKind = keyof StoreCalls;

/** A snapshot in memory that can be transferred. */
export interface WholeSnapshot {
  readonly seq: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A call on its way to a thread. */
export interface CallMessage {
  readonly id: number;
  readonly kind: CallKind;
  readonly ask: StoreCalls[CallKind]["ask"];
}

/** What a thread of the store does: one answer a call, and work of its own once the answer is on its way. */
export interface StoreSide {
  handle(kind: CallKind, ask: unknown): Answered;
  afterAnswer?(): void;
}

export interface Answered {
  readonly answer: StoreCalls[CallKind]["answer"];
  readonly transfer?: readonly ArrayBuffer[];
}

/** A RotaError on its way between threads, where its class would be lost. */
export interface Fault {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: Readonly<Record<string, string | number>>;
}

export type AnswerMessage =
  | { readonly id: number; readonly answer: StoreCalls[CallKind]["answer"] }
  | { readonly id: number; readonly fault: Fault };
