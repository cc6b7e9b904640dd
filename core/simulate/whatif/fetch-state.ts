/** Asks a controller for its state and for what past jobs really took. Reads only; what it takes in is bounded. */
import { ERRORS, type ErrorCode } from "../../model/errors.ts";
import { ok, type Result, refuse } from "../../model/refusal.ts";
import { MAX_SNAPSHOT_BYTES, type SnapshotFacts, type StateSnapshot } from "../../model/state-snapshot.ts";
import type { HistoryView } from "../../model/views.ts";

export interface ControllerAddress {
  /** `http://127.0.0.1:6820` */
  readonly url: string;
  readonly token: string;
}

const TIMEOUT_MS = 120_000;
/** Of the history: what the route gives at most. */
const HISTORY_JOBS = 10_000;
/** Of all pages of it. */
const MAX_RECORDS = 200_000;
const NEWLINE = 10;

export async function fetchState(from: ControllerAddress): Promise<Result<StateSnapshot>> {
  const bytes = await fetchBytes(from, "/v1/snapshot");
  if (!bytes.ok) return bytes;
  const end = bytes.value.indexOf(NEWLINE);
  const facts = parsed(bytes.value.subarray(0, Math.max(0, end))) as SnapshotFacts | undefined;
  if (facts?.policies === undefined)
    return refuse("INTERNAL", "the controller's snapshot is not what this version of Rota reads");
  return ok({ facts, bytes: bytes.value.subarray(end + 1) });
}

/** Ended jobs, the newest first. */
export async function fetchHistory(from: ControllerAddress): Promise<Result<readonly HistoryView[]>> {
  const bytes = await fetchBytes(from, `/v1/history?limit=${HISTORY_JOBS}`);
  if (!bytes.ok) return bytes;
  const answer = parsed(bytes.value) as { history?: readonly HistoryView[] } | undefined;
  return answer?.history === undefined ? refuse("INTERNAL", "the answer is not JSON") : ok(answer.history);
}

/** All ended jobs up to MAX_RECORDS, the newest first; each once, as it last ran. */
export async function fetchRecords(from: ControllerAddress): Promise<Result<readonly HistoryView[]>> {
  const records = new Map<number, HistoryView>();
  let untilS: number | undefined;
  while (records.size < MAX_RECORDS) {
    const query = untilS === undefined ? "" : `&untilS=${untilS}`;
    const bytes = await fetchBytes(from, `/v1/history?limit=${HISTORY_JOBS}${query}`);
    if (!bytes.ok) return bytes;
    const page = (parsed(bytes.value) as { history?: readonly HistoryView[] } | undefined)?.history;
    if (page === undefined) return refuse("INTERNAL", "the answer is not JSON");
    for (const record of page) if (!records.has(record.jobId)) records.set(record.jobId, record);
    const oldest = page.at(-1);
    // The second of the oldest once more, as others may have ended in it; not where it fills a page by itself.
    if (page.length < HISTORY_JOBS || oldest === undefined || oldest.endS + 1 === untilS) break;
    untilS = oldest.endS + 1;
  }
  return ok([...records.values()].slice(0, MAX_RECORDS));
}

async function fetchBytes({ url, token }: ControllerAddress, path: string): Promise<Result<Buffer>> {
  try {
    const response = await fetch(new URL(path, url), {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of response.body ?? []) {
      size += chunk.length;
      if (size > MAX_SNAPSHOT_BYTES)
        return refuse("TOO_LARGE", `the answer is longer than ${MAX_SNAPSHOT_BYTES} bytes`);
      chunks.push(chunk);
    }
    const body = Buffer.concat(chunks);
    return response.ok ? ok(body) : refusedBy(body, response.status);
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    const message = cause instanceof Error ? cause.message : String(cause);
    return refuse("CONTROLLER_UNREACHABLE", message === "" ? `nothing answers at ${url}` : message);
  }
}

function refusedBy(body: Uint8Array, status: number): Result<never> {
  const said = parsed(body) as { code?: string; message?: string } | undefined;
  const isKnown = said?.code !== undefined && said.code in ERRORS;
  return refuse(
    isKnown ? (said.code as ErrorCode) : "INTERNAL",
    said?.message ?? `the controller answers with HTTP status ${status}`,
  );
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return undefined;
  }
}
