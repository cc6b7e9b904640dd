/**
 * Pipes for the standard streams of tasks. Node's own pipes to children are sockets, which a task cannot open a second
 * time (`echo x >/dev/stderr` fails), and it cannot make others; named ones block who opens /dev/stdin when the writer has
 * gone. So a shell makes them, a pipeline's worth at a time, and this process keeps a descriptor of each, by which it opens
 * both ends again and again: a pipe that nobody else has open any more is used for the next task.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, constants, fchownSync, openSync, readSync } from "node:fs";
import type { Readable } from "node:stream";

/** Pipes made at once, and how few are left when the next ones are made. */
const BATCH = 32;
const LOW = 8;
/** Pipes kept for use again. */
const MAX_FREE = 512;
const DRAIN_BYTES = 65_536;

export interface OpenPipe {
  /** The pool's descriptor of it. */
  readonly pipe: number;
  readonly reader: number;
  readonly writer: number;
}

type Owner = { readonly uid: number; readonly gid: number } | undefined;

export class PipePool {
  readonly #shell: string;
  readonly #free: number[] = [];
  readonly #waiting: {
    count: number;
    done: (pipes: number[]) => void;
    fail: (error: Error) => void;
  }[] = [];
  #making = false;

  constructor(shell: string) {
    this.#shell = shell;
    this.#refill();
  }

  /** So many pipes, now or once they are made; rejects where the host cannot make any. */
  take(count: number): Promise<number[]> {
    if (count === 0) return Promise.resolve([]);
    return new Promise((done, fail) => {
      this.#waiting.push({ count, done, fail });
      this.#serve();
    });
  }

  /** A pipe that nobody else has open any more. */
  giveBack(pipe: number): void {
    if (this.#free.length < MAX_FREE && isDrained(pipe)) this.#free.push(pipe);
    else closeSync(pipe);
    this.#serve();
  }

  /** A pipe that somebody may still have open. */
  drop(pipe: number): void {
    closeSync(pipe);
  }

  #serve(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (this.#free.length < next.count) break;
      this.#waiting.shift();
      next.done(this.#free.splice(this.#free.length - next.count));
    }
    if (this.#waiting.length > 0 || this.#free.length < LOW) this.#refill();
  }

  #refill(): void {
    if (this.#making) return;
    this.#making = true;
    makePipes(this.#shell).then(
      (pipes) => {
        this.#making = false;
        this.#free.push(...pipes);
        this.#serve();
      },
      (error: unknown) => {
        this.#making = false;
        const why = error instanceof Error ? error : new Error(String(error));
        for (const { fail } of this.#waiting.splice(0)) fail(why);
      },
    );
  }
}

/** For a task's output: the task writes, this process reads without blocking. The owner may open it again. */
export const openOutput = (pipe: number, owner: Owner): OpenPipe => {
  own(pipe, owner);
  return openEnds(pipe, constants.O_RDONLY | constants.O_NONBLOCK, constants.O_WRONLY);
};

/** For a task's input: the task reads, this process writes without blocking. */
export const openInput = (pipe: number, owner: Owner): OpenPipe => {
  own(pipe, owner);
  return openEnds(pipe, constants.O_RDONLY, constants.O_WRONLY | constants.O_NONBLOCK);
};

const openEnds = (pipe: number, read: number, write: number): OpenPipe => {
  const path = `/proc/self/fd/${pipe}`;
  const reader = openSync(path, read);
  try {
    return { pipe, reader, writer: openSync(path, write) };
  } catch (error) {
    closeSync(reader);
    throw error;
  }
};

const own = (pipe: number, owner: Owner): void => {
  if (process.getuid?.() === 0) fchownSync(pipe, owner?.uid ?? 0, owner?.gid ?? 0);
};

/** Reads what is left in it; false where that does not end. */
const isDrained = (pipe: number): boolean => {
  const bytes = Buffer.allocUnsafe(DRAIN_BYTES);
  for (let tries = 0; tries < 2; tries++) {
    try {
      if (readSync(pipe, bytes) === 0) return true;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === "EAGAIN";
    }
  }
  return false;
};

/**
 * Each of a pipeline's shells waits for the one before it, the first one for this process, and each but the first says its
 * process id: the pipe is its standard input, since its output is descriptor 3 for as long as it speaks.
 */
const PIPELINE = [
  "read -r end",
  ...Array.from(
    { length: BATCH },
    () => "{ read -r pid rest </proc/self/stat; echo $pid >&3; read -r end; }",
  ),
].join(" | ");

const makePipes = async (shell: string): Promise<number[]> => {
  const child: ChildProcess = spawn(shell, ["-c", PIPELINE], {
    stdio: ["pipe", "ignore", "ignore", "pipe"],
    cwd: "/",
    env: {},
  });
  const pipes: number[] = [];
  const gone = new Promise<void>((done) => {
    child.once("exit", () => done());
    child.once("error", () => done());
  });
  try {
    for (const pid of await linesOf(child, BATCH))
      pipes.push(openSync(`/proc/${pid}/fd/0`, constants.O_RDONLY | constants.O_NONBLOCK));
  } catch (error) {
    for (const pipe of pipes) closeSync(pipe);
    throw error;
  } finally {
    child.stdin?.on("error", () => undefined);
    child.stdin?.end();
  }
  // Each shell still reads from the pipe before it: until all have gone they would take what a task writes.
  await gone;
  return pipes;
};

const linesOf = (child: ChildProcess, count: number): Promise<string[]> =>
  new Promise((done, fail) => {
    let text = "";
    const said = child.stdio[3] as Readable;
    said.setEncoding("latin1");
    said.on("data", (piece: string) => {
      text += piece;
      const lines = text.split("\n");
      if (lines.length > count) done(lines.slice(0, count));
    });
    child.once("error", fail);
    child.once("exit", (code) => fail(new Error(`no pipes could be made: the shell ended with ${code}`)));
  });
