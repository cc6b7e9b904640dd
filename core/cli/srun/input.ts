/**
 * srun's standard input on its way to the tasks: read only as fast as every node takes it, and sent to all tasks or to
 * one. A file, or nothing at all, as -i says.
 */
import { createReadStream, fstatSync, statSync } from "node:fs";
import { resolve } from "node:path";
import type { Readable } from "node:stream";
import { ALL_TASKS } from "../../../agents/protocol/step-frames.ts";

/** What -i says. */
export type InputPlace =
  | { readonly kind: "none" }
  /** srun's own, to all tasks or to one. */
  | { readonly kind: "own"; readonly to: "all" | number }
  | { readonly kind: "file"; readonly path: string }
  /** A file for each task or node, which the nodes open. */
  | { readonly kind: "files"; readonly pattern: string };

export const inputPlace = (value: string | undefined, workDir: string): InputPlace => {
  if (value === undefined || value === "" || value === "all")
    return isNothing() ? { kind: "none" } : { kind: "own", to: "all" };
  if (value === "none") return { kind: "none" };
  if (/^\d+$/.test(value)) return { kind: "own", to: Number(value) };
  if (/%\d*[tnN]/.test(value) && !value.includes("\\"))
    return { kind: "files", pattern: resolve(workDir, value) };
  return { kind: "file", path: resolve(workDir, value) };
};

/** Whether stdin is /dev/null, as that of a batch script is: tasks then need no pipe. */
const isNothing = (): boolean => {
  try {
    const own = fstatSync(0);
    return own.isCharacterDevice() && own.rdev === statSync("/dev/null").rdev;
  } catch {
    return true;
  }
};

/** Bytes on their way to a node that has not taken them. */
const WINDOW_BYTES = 256 * 1024;
const CHUNK_BYTES = 32 * 1024;

export interface InputNode {
  readonly hasTask: (rank: number) => boolean;
  readonly send: (rank: number, bytes: Buffer) => void;
  readonly end: (rank: number) => void;
}

export class StepInput {
  readonly #place: InputPlace;
  readonly #owed = new Map<InputNode, number>();
  #stream: Readable | undefined;
  #nodes: readonly InputNode[] = [];

  constructor(place: InputPlace) {
    this.#place = place;
  }

  /** Begins to read, once all tasks have started. */
  start(nodes: readonly InputNode[], onFault: (why: string) => void): void {
    const place = this.#place;
    if (place.kind === "none" || place.kind === "files") return;
    const rank = place.kind === "own" && place.to !== "all" ? place.to : ALL_TASKS;
    this.#nodes = rank === ALL_TASKS ? nodes : nodes.filter((node) => node.hasTask(rank));
    for (const node of this.#nodes) this.#owed.set(node, 0);
    const stream =
      place.kind === "file" ? createReadStream(place.path, { highWaterMark: CHUNK_BYTES }) : ownStdin();
    this.#stream = stream;
    stream.on("data", (bytes: Buffer) => {
      for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
        const piece = bytes.subarray(at, at + CHUNK_BYTES);
        for (const node of this.#nodes) {
          node.send(rank, piece);
          this.#owed.set(node, (this.#owed.get(node) ?? 0) + piece.length);
        }
      }
      if (this.#isFull()) stream.pause();
    });
    stream.on("end", () => {
      for (const node of this.#nodes) node.end(rank);
    });
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (place.kind === "file") onFault(error.message);
      for (const node of this.#nodes) node.end(rank);
    });
  }

  /** A node's tasks have taken so many bytes. */
  taken(node: InputNode, bytes: number): void {
    this.#owed.set(node, (this.#owed.get(node) ?? 0) - bytes);
    if (this.#stream?.isPaused() === true && !this.#isFull()) this.#stream.resume();
  }

  /** A node is gone: nobody waits for it. */
  drop(node: InputNode): void {
    this.#owed.delete(node);
    this.#nodes = this.#nodes.filter((other) => other !== node);
    if (this.#stream?.isPaused() === true && !this.#isFull()) this.#stream.resume();
  }

  stop(): void {
    this.#stream?.destroy();
  }

  #isFull(): boolean {
    for (const owed of this.#owed.values()) if (owed > WINDOW_BYTES) return true;
    return false;
  }
}

/** Terminals and pipes by the event loop; files as files. */
const ownStdin = (): Readable => process.stdin;
