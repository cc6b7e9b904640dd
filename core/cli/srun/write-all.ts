/**
 * Bytes to a descriptor, at once and whole. While a reader is slow nothing else is done, so nothing is read from the
 * nodes either, and tasks that write too much wait.
 */
import { writeSync } from "node:fs";

/** False once nobody reads any more. */
export const writeAll = (fd: number, bytes: Uint8Array): boolean => {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EPIPE" || code === "EIO" || code === "ENOSPC") return false;
      if (code !== "EAGAIN") throw error;
      Atomics.wait(PAUSE, 0, 0, PAUSE_MS);
    }
  }
  return true;
};

const PAUSE = new Int32Array(new SharedArrayBuffer(4));
const PAUSE_MS = 2;
