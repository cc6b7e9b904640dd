/**
 * Named pipes for the standard streams of tasks. Node's own pipes to children are sockets, which a task cannot open a
 * second time (`echo x >/dev/stderr` fails), so each stream is a FIFO, made in advance by mkfifo(1) a batch at a time and
 * used again once nobody has it open.
 */
import { spawn } from "node:child_process";
import { chownSync, closeSync, constants, mkdirSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";

/** Pipes made at once, and how few are left when the next ones are made. */
const BATCH = 64;
const LOW = 16;
/** Pipes kept for use again. */
const MAX_FREE = 1024;

export interface OpenPipe {
  readonly path: string;
  /** Does not block. */
  readonly reader: number;
  readonly writer: number;
}

export class FifoPool {
  readonly #folder: string;
  readonly #free: string[] = [];
  readonly #waiting: { count: number; done: (paths: string[]) => void; fail: (error: Error) => void }[] = [];
  #made = 0;
  #making = false;

  constructor(folder: string) {
    this.#folder = folder;
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#refill();
  }

  /** So many pipes, now or once they are made; rejects where the host cannot make any. */
  take(count: number): Promise<string[]> {
    if (count === 0) return Promise.resolve([]);
    return new Promise((done, fail) => {
      this.#waiting.push({ count, done, fail });
      this.#serve();
    });
  }

  /** A pipe that nobody has open any more. */
  giveBack(path: string): void {
    if (this.#free.length < MAX_FREE) this.#free.push(path);
    else rmSync(path, { force: true });
    this.#serve();
  }

  /** A pipe that somebody may still have open. */
  drop(path: string): void {
    rmSync(path, { force: true });
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
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
    const names = Array.from({ length: BATCH }, () => join(this.#folder, `${this.#made++}`));
    const child = spawn("mkfifo", ["-m", "600", ...names], { stdio: "ignore", cwd: "/", env: MKFIFO_ENV });
    const failed = (why: string): void => {
      this.#making = false;
      for (const { fail } of this.#waiting.splice(0)) fail(new Error(`no pipe could be made: mkfifo ${why}`));
    };
    child.once("error", (error) => failed(error.message));
    child.once("exit", (code) => {
      if (code !== 0) return failed(`ended with ${code}`);
      this.#making = false;
      this.#free.push(...names);
      this.#serve();
    });
  }
}

const MKFIFO_ENV = { PATH: "/usr/bin:/bin:/usr/sbin:/sbin" };

/** For a task's output: the task writes. `owner` may open it again by /dev/stdout. */
export const openOutput = (path: string, owner: { uid: number; gid: number } | undefined): OpenPipe => {
  own(path, owner);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return { path, reader, writer: openSync(path, constants.O_WRONLY) };
  } catch (error) {
    closeSync(reader);
    throw error;
  }
};

/** For a task's input: the task reads, from a descriptor that blocks; ours is `writer`, and does not. */
export const openInput = (path: string, owner: { uid: number; gid: number } | undefined): OpenPipe => {
  own(path, owner);
  // Opened both ways, since a pipe without a reader cannot be opened for writing.
  const writer = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  try {
    return { path, reader: openSync(path, constants.O_RDONLY), writer };
  } catch (error) {
    closeSync(writer);
    throw error;
  }
};

const own = (path: string, owner: { uid: number; gid: number } | undefined): void => {
  if (process.getuid?.() === 0) chownSync(path, owner?.uid ?? 0, owner?.gid ?? 0);
};
