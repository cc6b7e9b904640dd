/**
 * One task of a step: its process, in a session of its own, and its three streams. Says what it writes and how it ended;
 * the step decides everything else.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { Socket } from "node:net";
import { constants as osConstants } from "node:os";
import type { Duplex } from "node:stream";
import { OUTPUT_CHUNK_BYTES } from "../../protocol/step-frames.ts";
import { tryKill } from "../job-processes.ts";
import { type OpenPipe, openInput, openOutput, type PipePool } from "./pipe-pool.ts";

export interface TaskStart {
  readonly rank: number;
  /** The program and its arguments that become the task. */
  readonly command: readonly string[];
  /** Pipes for stdin, stdout and stderr; undefined for /dev/null, which the task may replace by a file. */
  readonly stdin: number | undefined;
  readonly stdout: number | undefined;
  readonly stderr: number | undefined;
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
  /** Whether it has a socket to the agent at descriptor 3. */
  readonly pmi: boolean;
}

export interface TaskEvents {
  readonly onOutput: (rank: number, stream: "stdout" | "stderr", bytes: Buffer) => void;
  readonly onExit: (rank: number, code: number, signal: number) => void;
  /** Nobody writes to its streams any more. */
  readonly onClosed: (rank: number) => void;
}

const NULL = "/dev/null";
/** Of a process that could not be made. */
const NO_PROCESS = 1;

export class Task {
  readonly rank: number;
  readonly pid: number;
  /** Of a task with PMI. */
  readonly socket: Duplex | undefined;
  ended = false;
  readonly #events: TaskEvents;
  readonly #pool: PipePool;
  readonly #outputs: Socket[] = [];
  #input: Socket | undefined;
  #open = 0;

  /** Starts it. A process that cannot be made ends at once with code 1. */
  constructor(start: TaskStart, pool: PipePool, events: TaskEvents) {
    this.rank = start.rank;
    this.#events = events;
    this.#pool = pool;
    const input = start.stdin === undefined ? undefined : openInput(start.stdin, start.owner);
    const output = start.stdout === undefined ? undefined : openOutput(start.stdout, start.owner);
    const error = start.stderr === undefined ? undefined : openOutput(start.stderr, start.owner);
    const nothing = openSync(NULL, "r+");
    const [program, ...args] = start.command;
    let child: ChildProcess | undefined;
    try {
      child = spawn(program!, args, {
        cwd: "/",
        env: {},
        detached: true,
        stdio: [
          input?.reader ?? nothing,
          output?.writer ?? nothing,
          error?.writer ?? nothing,
          ...(start.pmi ? (["pipe"] as const) : []),
        ],
      });
    } catch {
      // Too many processes or files: told below as an end.
    }
    for (const fd of [input?.reader, output?.writer, error?.writer, nothing])
      if (fd !== undefined) closeSync(fd);
    this.pid = child?.pid ?? 0;
    this.socket = start.pmi ? (child?.stdio[3] as Duplex | undefined) : undefined;
    this.socket?.on("error", () => undefined);
    if (output !== undefined) this.#read(output, "stdout");
    if (error !== undefined) this.#read(error, "stderr");
    if (input !== undefined) this.#openInput(input);
    child?.on("error", () => undefined);
    child?.once("exit", (code, signal) =>
      this.#exit(code ?? 0, signal === null ? 0 : (osConstants.signals[signal] ?? 0)),
    );
    if (child?.pid === undefined) setImmediate(() => this.#exit(NO_PROCESS, 0));
  }

  /** Its own process group, or with a negative answer of the kernel the process alone. */
  signal(signal: number): void {
    if (this.pid > 0 && !this.ended && !tryKill(-this.pid, signal)) tryKill(this.pid, signal);
  }

  /** What its group still has, after its end. */
  killGroup(): void {
    if (this.pid > 0) tryKill(-this.pid, osConstants.signals.SIGKILL);
  }

  /** Bytes for its stdin; those that it does not read any more are counted as taken. */
  write(bytes: Buffer, taken: () => void): void {
    if (this.#input === undefined || this.#input.destroyed || this.ended) taken();
    else this.#input.write(bytes, taken);
  }

  endInput(): void {
    this.#input?.end();
  }

  pause(): void {
    for (const output of this.#outputs) output.pause();
  }

  resume(): void {
    for (const output of this.#outputs) output.resume();
  }

  /** Stops to read what somebody still holds open. */
  closeStreams(): void {
    for (const output of this.#outputs) output.destroy();
    this.#input?.destroy();
  }

  get isClosed(): boolean {
    return this.#open === 0;
  }

  #read(pipe: OpenPipe, stream: "stdout" | "stderr"): void {
    const socket = new Socket({ fd: pipe.reader, readable: true, writable: false });
    this.#open++;
    this.#outputs.push(socket);
    let whole = false;
    socket.on("data", (bytes) => {
      for (let at = 0; at < bytes.length; at += OUTPUT_CHUNK_BYTES)
        this.#events.onOutput(this.rank, stream, bytes.subarray(at, at + OUTPUT_CHUNK_BYTES));
    });
    socket.on("end", () => {
      whole = true;
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      if (whole) this.#pool.giveBack(pipe.pipe);
      else this.#pool.drop(pipe.pipe);
      if (--this.#open === 0) this.#events.onClosed(this.rank);
    });
  }

  #openInput(pipe: OpenPipe): void {
    this.#input = new Socket({ fd: pipe.writer, readable: false, writable: true });
    this.#input.on("error", () => undefined);
    // Somebody whom the task has left behind may still read it, so it is not used again.
    this.#input.on("close", () => this.#pool.drop(pipe.pipe));
  }

  #exit(code: number, signal: number): void {
    if (this.ended) return;
    this.ended = true;
    this.#input?.destroy();
    this.#events.onExit(this.rank, code, signal);
  }
}
