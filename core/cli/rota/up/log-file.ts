/** Log files of the programs that `rota up` starts: appended to, put aside when they have grown. */
import { closeSync, openSync, readSync, renameSync, statSync } from "node:fs";

/** A log that is longer is put aside as `.1` before a program is started with it. */
const MAX_LOG_BYTES = 16 * 1024 * 1024;
const TAIL_BYTES = 4096;

/** Opens for appending; the caller closes it. */
export function openLog(path: string): number {
  if (sizeOf(path) > MAX_LOG_BYTES) renameSync(path, `${path}.1`);
  return openSync(path, "a", 0o600);
}

/** The last lines, at most `maxLines` of them, for a message; "" when there is nothing to read. */
export function logTail(path: string, maxLines: number): string {
  const size = sizeOf(path);
  if (size === 0) return "";
  const fd = openSync(path, "r");
  try {
    const buffer = Buffer.alloc(Math.min(size, TAIL_BYTES));
    const length = readSync(fd, buffer, 0, buffer.length, size - buffer.length);
    return buffer.toString("utf8", 0, length).trimEnd().split("\n").slice(-maxLines).join("\n");
  } finally {
    closeSync(fd);
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
