/** The bounds of the API, all in one place. Tests pass smaller ones for the streams. Data only. */
import { MAX_ENVIRONMENT_BYTES, MAX_SCRIPT_BYTES } from "../model/job-spec.ts";

/** Most records in one answer of GET /v1/jobs; more are asked for page by page. */
export const MAX_LIST = 100_000;
export const MAX_HISTORY = 10_000;
export const MAX_POLL_MS = 60_000;
export const DEFAULT_POLL_MS = 30_000;
/** A submission: script and environment, and room for what JSON adds (escapes) and for the other fields. */
export const MAX_SUBMIT_BYTES = MAX_SCRIPT_BYTES + MAX_ENVIRONMENT_BYTES + 3 * 1024 * 1024;
/** Any other body. */
export const MAX_BODY_BYTES = 1024 * 1024;
/** Request line and headers: a list of some thousand job ids fits. */
export const MAX_HEADER_BYTES = 64 * 1024;
/** Nesting of a body; none that is right goes beyond 3. */
export const MAX_JSON_DEPTH = 16;
/** A variable part of a path, decoded. */
export const MAX_PARAM_CHARS = 4096;
/** A request must have arrived whole within this. */
export const REQUEST_TIMEOUT_MS = 60_000;
/** Records that are turned into text in one go; the loop breathes between. */
export const LIST_CHUNK = 128;

export interface ApiLimits {
  /** Event streams open at once. */
  readonly streamClients: number;
  /** UTF-16 units that wait for one client of the event stream. */
  readonly streamQueueChars: number;
  readonly heartbeatMs: number;
  /** Heartbeats in a row at which a client has read nothing, after which it is cut off. */
  readonly stalledBeats: number;
  /** How long a client that was cut off gets to read what is on its way to it. */
  readonly cutGraceMs: number;
  /** Requests that wait for the end of a job at once. */
  readonly longPolls: number;
  /** How long open requests get when the API closes. */
  readonly closeGraceMs: number;
}

export const API_LIMITS: ApiLimits = {
  streamClients: 128,
  streamQueueChars: 4 * 1024 * 1024,
  heartbeatMs: 15_000,
  stalledBeats: 4,
  cutGraceMs: 10_000,
  longPolls: 8192,
  closeGraceMs: 3_000,
};
