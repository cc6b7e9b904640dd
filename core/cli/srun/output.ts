/**
 * Where the output of a step's tasks goes: srun's own streams or a file, in whole lines where there are several tasks,
 * with the rank before each where asked. Files of single tasks or nodes are the nodes' to open.
 */
import { closeSync, openSync } from "node:fs";
import { resolve } from "node:path";
import { NO_TASK } from "../../../agents/protocol/step-frames.ts";
import { expandPattern, type FilenameContext } from "../../model/filename-pattern.ts";
import { writeAll } from "./write-all.ts";

/** What -o or -e says. */
export type OutputPlace =
  | { readonly kind: "own" }
  | { readonly kind: "none" }
  /** Of one task alone. */
  | { readonly kind: "task"; readonly rank: number }
  /** One file for all, which srun writes. */
  | { readonly kind: "file"; readonly pattern: string }
  /** A file for each task or node, which the nodes write. */
  | { readonly kind: "files"; readonly pattern: string };

export const outputPlace = (value: string | undefined): OutputPlace => {
  if (value === undefined || value === "" || value === "all") return { kind: "own" };
  if (value === "none") return { kind: "none" };
  if (/^\d+$/.test(value)) return { kind: "task", rank: Number(value) };
  return { kind: /%\d*[tnN]/.test(value) && !value.includes("\\") ? "files" : "file", pattern: value };
};

/** The pattern as nodes are told it; "" where srun writes. */
export const nodePattern = (place: OutputPlace, workDir: string): string =>
  place.kind === "files" ? resolvePattern(place.pattern, workDir) : place.kind === "none" ? "/dev/null" : "";

const resolvePattern = (pattern: string, workDir: string): string =>
  pattern.startsWith("/") ? pattern : `${workDir}/${pattern}`;

export interface StepOutputOptions {
  readonly stdout: OutputPlace;
  readonly stderr: OutputPlace;
  readonly label: boolean;
  readonly unbuffered: boolean;
  readonly append: boolean;
  readonly workDir: string;
}

/** Bytes of a line that are held back for its end. */
const MAX_LINE_BYTES = 64 * 1024;
const NEWLINE = 10;

interface Stream {
  readonly place: OutputPlace;
  readonly fd: number;
  /** What tasks have written of lines that have not ended. */
  readonly rests: Map<number, Buffer>;
}

export class StepOutput {
  readonly #options: StepOutputOptions;
  #labelWidth = 1;
  #isWhole = false;
  #streams: { readonly stdout: Stream; readonly stderr: Stream } | undefined;
  readonly #opened: number[] = [];

  constructor(options: StepOutputOptions) {
    this.#options = options;
  }

  /** Opens the files, once the step's id is known. Throws where one cannot be opened. */
  open(context: FilenameContext, ntasks: number): void {
    const { stdout, stderr, label, unbuffered } = this.#options;
    this.#labelWidth = String(Math.max(0, ntasks - 1)).length;
    this.#isWhole = label || (ntasks > 1 && !unbuffered);
    const out = this.#open(stdout, 1, context);
    // One file for both is opened once.
    const isSame = stdout.kind === "file" && stderr.kind === "file" && stdout.pattern === stderr.pattern;
    const err = isSame ? out : this.#open(stderr, 2, context);
    this.#streams = {
      stdout: { place: stdout, fd: out, rests: new Map() },
      stderr: { place: stderr, fd: err, rests: new Map() },
    };
  }

  /** False once nobody reads it. */
  write(name: "stdout" | "stderr", rank: number, bytes: Buffer): boolean {
    const stream = this.#streams?.[name];
    if (stream === undefined || stream.place.kind === "none") return true;
    // A word of a node about the step goes where srun's own go.
    if (rank === NO_TASK) return writeAll(2, bytes);
    if (stream.place.kind === "task" && stream.place.rank !== rank) return true;
    if (!this.#isWhole) return writeAll(stream.fd, bytes);
    const rest = stream.rests.get(rank);
    const all = rest === undefined ? bytes : Buffer.concat([rest, bytes]);
    const end = all.lastIndexOf(NEWLINE) + 1;
    const open = all.subarray(end);
    stream.rests.delete(rank);
    if (open.length > MAX_LINE_BYTES) return this.#lines(stream, rank, all);
    if (open.length > 0) stream.rests.set(rank, Buffer.from(open));
    return end === 0 || this.#lines(stream, rank, all.subarray(0, end));
  }

  /** What is left of lines without an end. */
  flush(): void {
    if (this.#streams === undefined) return;
    for (const stream of [this.#streams.stdout, this.#streams.stderr]) {
      for (const rank of [...stream.rests.keys()].sort((a, b) => a - b)) {
        const rest = stream.rests.get(rank)!;
        stream.rests.delete(rank);
        this.#lines(stream, rank, rest);
      }
    }
    for (const fd of this.#opened.splice(0)) closeSync(fd);
  }

  #lines(stream: Stream, rank: number, bytes: Buffer): boolean {
    if (!this.#options.label) return writeAll(stream.fd, bytes);
    const label = Buffer.from(`${String(rank).padStart(this.#labelWidth)}: `);
    const parts: Buffer[] = [];
    for (let at = 0; at < bytes.length; ) {
      const newline = bytes.indexOf(NEWLINE, at);
      const end = newline < 0 ? bytes.length : newline + 1;
      parts.push(label, bytes.subarray(at, end));
      if (newline < 0) parts.push(Buffer.from("\n"));
      at = end;
    }
    return writeAll(stream.fd, Buffer.concat(parts));
  }

  #open(place: OutputPlace, own: number, context: FilenameContext): number {
    if (place.kind !== "file") return own;
    const { workDir, append } = this.#options;
    const fd = openSync(resolve(workDir, expandPattern(place.pattern, context)), append ? "a" : "w", 0o666);
    this.#opened.push(fd);
    return fd;
  }
}
