/**
 * What a command is given to work with: its name and arguments, the environment and the three standard streams, and
 * the clock. Commands use nothing else of the process, so a test can run one and read what it wrote.
 */
import { readFileSync, readSync, writeSync } from "node:fs";

/** One run of a command. */
export interface Invocation {
  /** Name that messages begin with: `sbatch`. */
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute. */
  readonly cwd: string;
  /** Writes to standard output; the text is whole lines. */
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** All of standard input. */
  readonly readAll: () => Buffer;
  /** The next line of standard input without its end; undefined at the end of it. */
  readonly readLine: () => string | undefined;
  /** Epoch seconds, whole. */
  readonly nowS: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

/** Runs to its end and answers the exit status, 0 .. 255. */
export type Command = (invocation: Invocation) => Promise<number>;

/** The invocation of this process. Output is written at once and whole, so that the process may end right after. */
export const processInvocation = (command: string, args: readonly string[]): Invocation => ({
  command,
  args,
  env: process.env,
  cwd: process.cwd(),
  out: (text) => writeAll(1, text),
  err: (text) => writeAll(2, text),
  readAll: () => readFileSync(0),
  readLine: readStdinLine,
  nowS: () => Math.floor(Date.now() / 1000),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
});

/** Exit status of a process that SIGPIPE ends, as `squeue | head` expects. */
const SIGPIPE_STATUS = 141;

const writeAll = (fd: number, text: string): void => {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === "EPIPE") process.exit(SIGPIPE_STATUS);
      if (code !== "EAGAIN") throw error;
      // A pipe that does not block and is full: give its reader a moment.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
    }
  }
};

/** Longest line that is read as an answer. */
const MAX_LINE_BYTES = 4096;

const readStdinLine = (): string | undefined => {
  const line = Buffer.alloc(MAX_LINE_BYTES);
  let length = 0;
  while (length < MAX_LINE_BYTES) {
    if (readSync(0, line, length, 1, null) === 0) break;
    if (line[length] === 10) return line.toString("utf8", 0, length);
    length++;
  }
  return length === 0 ? undefined : line.toString("utf8", 0, length);
};
