/**
 * The process that forks shepherds. A fork of the agent itself copies the page tables of all its memory and stops it
 * for milliseconds a job, tens of them when it shares a process with a controller; a fork of this shell takes none of
 * the agent's time. One for an agent; shepherds outlive it. It also carries what shepherds say back to the agent, and what
 * the agent says to a spare shepherd.
 */
import { type ChildProcess, spawn } from "node:child_process";
import type { Writable } from "node:stream";
import type { HostPrograms } from "./shepherd.ts";
import { installText, SHEPHERD_TEXT, SPARE_TEXT } from "./shepherd.ts";

/** What names of spare shepherds' folders begin with. */
export const SPARE_PREFIX = "spare.";

/**
 * Reads names of job folders, one a line, until the agent closes its end. A shell's own `&` would leave SIGINT ignored
 * in the job for good, so setsid(1) does the forking; `&` is for hosts whose setsid cannot. Descriptor 3 is the line
 * from the agent to the spare shepherd: nobody else reads it, and it ends when the agent does.
 */
export const NURSERY_TEXT = `#!/bin/sh
# Written by rota's agent at its start; do not edit.
shell=$1 shepherd=$2 spare=$3 jobs=$4 spares=$5 setsid=$6
[ -z "$setsid" ] || "$setsid" -f true 2>/dev/null || setsid=
while IFS= read -r name; do
  case $name in
    ${SPARE_PREFIX}*)
      if [ -n "$setsid" ]; then
        "$setsid" -f "$shell" "$spare" "$spares/$name" <&3 3<&-
      else
        "$shell" "$spare" "$spares/$name" <&3 3<&- &
      fi ;;
    *)
      if [ -n "$setsid" ]; then
        "$setsid" -f "$shell" "$shepherd" "$jobs/$name" </dev/null 3<&-
      else
        "$shell" "$shepherd" "$jobs/$name" </dev/null 3<&- &
      fi ;;
  esac
done
`;

export interface NurseryOptions {
  readonly programs: HostPrograms;
  readonly stateDir: string;
  readonly jobsDir: string;
  readonly sparesDir: string;
  /** A spare shepherd has joined its groups: the /proc stat lines of its shell and of the child that waits. */
  readonly onReady: (name: string, shell: string, child: string) => void;
  /** It goes without having had a run. */
  readonly onGone: (name: string) => void;
  /** A shepherd's word: `started` with the script's /proc stat line, or `ended`. */
  readonly onWord: (name: string, word: "started" | "ended", rest: string) => void;
  /** The process ended unasked and another is there: starts that were under way may be lost. */
  readonly onRestart: (why: string) => void;
}

/** Longest wait before a nursery that ended is replaced. */
const RESTART_MS = 200;
const MAX_WORD_LENGTH = 4096;

export class Nursery {
  readonly #options: NurseryOptions;
  readonly #nursery: string;
  readonly #shepherd: string;
  readonly #spare: string;
  #child: ChildProcess | undefined;
  #closed = false;
  #retry: NodeJS.Timeout | undefined;

  constructor(options: NurseryOptions) {
    this.#options = options;
    this.#nursery = installText(options.stateDir, "nursery.sh", NURSERY_TEXT);
    this.#shepherd = installText(options.stateDir, "shepherd.sh", SHEPHERD_TEXT);
    this.#spare = installText(options.stateDir, "spare.sh", SPARE_TEXT);
    this.#child = this.#spawn();
  }

  /**
   * Starts the shepherd of a job folder, or a spare one in its own. Without a nursery just now, onRestart tells when to
   * try again.
   */
  start(name: string): void {
    this.#child?.stdin?.write(`${name}\n`);
  }

  /** Tells the spare shepherd which run it has. */
  tellSpare(name: string): void {
    if (this.#child !== undefined) lineToSpare(this.#child).write(`${name}\n`);
  }

  /** Ends the nursery and a spare shepherd. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    if (this.#child !== undefined) lineToSpare(this.#child).destroy();
    this.#child?.stdin?.destroy();
    this.#child?.stdout?.destroy();
    this.#child?.unref();
  }

  #spawn(): ChildProcess {
    const { programs, jobsDir, sparesDir } = this.#options;
    const words = [
      this.#nursery,
      programs.shell,
      this.#shepherd,
      this.#spare,
      jobsDir,
      sparesDir,
      programs.setsid,
    ];
    const child = spawn(programs.shell, words, {
      cwd: "/",
      detached: true,
      stdio: ["pipe", "pipe", "ignore", "pipe"],
      env: { PATH: "/usr/bin:/bin:/usr/sbin:/sbin", LC_ALL: "C" },
    });
    let heard = "";
    // Shepherds of a nursery that has ended go on writing here.
    child.stdout!.on("data", (text: Buffer) => {
      const lines = (heard + text.toString("latin1")).split("\n");
      heard = lines.pop()!.slice(-MAX_WORD_LENGTH);
      for (const line of lines) this.#hear(line);
    });
    child.stdin!.on("error", () => undefined);
    lineToSpare(child).on("error", () => undefined);
    let gone = false;
    const onGone = (why: string) => {
      if (gone || this.#closed) return;
      gone = true;
      this.#child = undefined;
      lineToSpare(child).destroy();
      this.#retry = setTimeout(() => {
        this.#child = this.#spawn();
        this.#options.onRestart(why);
      }, RESTART_MS);
    };
    child.on("error", (error) => onGone(error.message));
    child.on("exit", (code, signal) => onGone(`it ended (${signal ?? code})`));
    return child;
  }

  #hear(line: string): void {
    const [word, name, ...rest] = line.split(" ");
    if (this.#closed || name === undefined) return;
    if (word === "started" || word === "ended") this.#options.onWord(name, word, rest.join(" "));
    else if (word === "gone") this.#options.onGone(name);
    else if (word === "ready") {
      const [shell, child] = rest.join(" ").split("|");
      this.#options.onReady(name, shell!, child ?? "");
    }
  }
}

const lineToSpare = (nursery: ChildProcess): Writable => nursery.stdio[3] as Writable;
