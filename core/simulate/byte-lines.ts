/**
 * Lines of a file as bytes, one at a time, gunzipped where its name ends in `.gz`. Streams: a log of any length costs
 * the memory of a few chunks. Used by the readers of workloads; makes no strings.
 */
import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { ok, type Refusal, type Result, refuse } from "../model/refusal.ts";

/** Bytes of one line; a longer one is no line of a workload. */
export const MAX_LINE_BYTES = 65_536;
const CHUNK_BYTES = 1 << 20;
const NEWLINE = 10;

/** Bytes `from` to `to` of `bytes`, without the line's end, are line `line`, from 1; a refusal ends the reading. */
export type OnLine = (bytes: Uint8Array, from: number, to: number, line: number) => Refusal | undefined;

/** Calls back for each line in turn. Refused where the file cannot be read, a line is too long, or the callback refuses. */
export async function readLines(path: string, onLine: OnLine): Promise<Result<void>> {
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  const stream: Readable = path.endsWith(".gz") ? file.pipe(createGunzip({ chunkSize: CHUNK_BYTES })) : file;
  if (stream !== file) file.on("error", (error) => stream.destroy(error));
  let rest: Uint8Array = new Uint8Array(0);
  let line = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let from = 0;
      for (let to = bytes.indexOf(NEWLINE); to >= 0; to = bytes.indexOf(NEWLINE, from)) {
        const refusal = onLine(bytes, from, to, ++line);
        if (refusal !== undefined) return { ok: false, refusal };
        from = to + 1;
      }
      rest = bytes.subarray(from);
      if (rest.length > MAX_LINE_BYTES) {
        return refuse(
          "WORKLOAD_INVALID",
          `${path}:${line + 1}: the line is longer than ${MAX_LINE_BYTES} bytes`,
        );
      }
    }
  } catch (error) {
    return refuse("WORKLOAD_UNREADABLE", `${path}: ${(error as Error).message}`);
  } finally {
    file.destroy();
  }
  const refusal = rest.length === 0 ? undefined : onLine(rest, 0, rest.length, line + 1);
  return refusal === undefined ? ok(undefined) : { ok: false, refusal };
}
