/**
 * A host that was recorded: a folder with `host.json`, the tools' outputs, and a tree `root/` of the kernel's files. Used by
 * the conformance suite, which has the tools do wrong and swaps recordings below a plugin. Runs no tool.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve, sep } from "node:path";
import { ok, type Result, refuse } from "../../../core/model/refusal.ts";
import { type HardwareHost, hardwareSdk } from "../host.ts";
import type { ToolOutput } from "../tool.ts";

/** One run of a tool as it was. */
export interface RecordedRun {
  readonly tool: string;
  /** First words of its command line; absent for any. */
  readonly args?: readonly string[];
  /** File with what it printed, in the recording's folder. */
  readonly output?: string;
  /** Absent for 0. */
  readonly exit?: number;
}

/** What a recording should give. Records name the fields that matter; lists have all entries. */
export interface Expectation {
  readonly devices?: readonly Readonly<Record<string, unknown>>[];
  readonly bind?: readonly {
    /** Places in the list of devices. */
    readonly grant: readonly number[];
    readonly environment?: Readonly<Record<string, string>>;
    readonly files?: readonly string[];
  }[];
  readonly samples?: readonly Readonly<Record<string, unknown>>[];
}

export interface Recording {
  readonly name: string;
  readonly folder: string;
  readonly runs: readonly RecordedRun[];
  readonly expect: Expectation;
}

/** How the tools do: as recorded, or wrong in one way. `cut` gives the first part of each output, 0 .. 1. */
export type ToolMode =
  | "well"
  | "missing"
  | "failed"
  | "slow"
  | "endless"
  | "garbage"
  | { readonly cut: number };

export const MAX_RECORDINGS = 64;
const MAX_HOST_JSON = 1_048_576;

/** Recordings below a folder, by name; refused with what is wrong with the first that is. */
export const readRecordings = (folder: string): Result<readonly Recording[]> => {
  if (!existsSync(folder))
    return refuse("PLUGIN_REFUSED", `there is no ${folder}; make a folder in it for each recorded host`);
  const names = readdirSync(folder)
    .filter((name) => statSync(join(folder, name)).isDirectory())
    .sort();
  const recordings: Recording[] = [];
  for (const name of names.slice(0, MAX_RECORDINGS)) {
    const recording = readRecording(name, join(folder, name));
    if (!recording.ok) return recording;
    recordings.push(recording.value);
  }
  if (recordings.length === 0)
    return refuse(
      "PLUGIN_REFUSED",
      `${folder} has no recordings; make a folder in it for each recorded host`,
    );
  return ok(recordings);
};

const readRecording = (name: string, folder: string): Result<Recording> => {
  const path = join(folder, "host.json");
  const no = (message: string): ReturnType<typeof refuse> => refuse("PLUGIN_REFUSED", `${path}: ${message}`);
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return no("there is no such file");
  if (stat.size > MAX_HOST_JSON) return no(`it is larger than ${MAX_HOST_JSON} bytes`);
  let json: Partial<{ tools: unknown; expect: Expectation }> | null;
  try {
    json = JSON.parse(readFileSync(path, "utf8")) as typeof json;
  } catch (error) {
    return no((error as Error).message);
  }
  const runs = json?.tools ?? [];
  if (!Array.isArray(runs)) return no('"tools" is a list of runs: {"tool", "args", "output", "exit"}');
  for (const run of runs as RecordedRun[]) {
    if (typeof run?.tool !== "string") return no('a run has no "tool"');
    if (run.output === undefined) continue;
    if (typeof run.output !== "string") return no('"output" of a run is the name of a file');
    const file = resolve(folder, run.output);
    if (!file.startsWith(folder + sep) || !existsSync(file))
      return no(`there is no file ${run.output} beside it`);
  }
  return ok({ name, folder, runs: runs as RecordedRun[], expect: json?.expect ?? {} });
};

/** A host whose recording and whose tools' ways can be changed while a plugin has it. */
export class RecordedHost implements HardwareHost {
  readonly sdk = hardwareSdk;
  recording: Recording | undefined;
  mode: ToolMode = "well";
  /** Whether an output was cut off within a line since this was last set to false. */
  wasTorn = false;

  constructor(recording?: Recording) {
    this.recording = recording;
  }

  readonly run = async (tool: string, args: readonly string[]): Promise<ToolOutput> => {
    const runs = this.recording?.runs.filter((run) => run.tool === tool) ?? [];
    if (runs.length === 0 || this.mode === "missing")
      return { ok: false, fault: "missing", message: "no such tool in PATH" };
    const found = runs.find(({ args: words }) => (words ?? []).every((word, at) => args[at] === word));
    if (found === undefined)
      return { ok: false, fault: "failed", message: `not recorded: ${tool} ${args.join(" ")}` };
    const text =
      found.output === undefined ? "" : readFileSync(join(this.recording!.folder, found.output), "utf8");
    if (typeof this.mode === "object") {
      const end = Math.floor(text.length * this.mode.cut);
      this.wasTorn ||= end > 0 && end < text.length && text[end - 1] !== "\n";
    }
    return spoil(this.mode, text, found.exit ?? 0);
  };

  readonly path = (absolute: string): string =>
    this.recording === undefined ? "/nonexistent" : join(this.recording.folder, "root", absolute);
}

const spoil = (mode: ToolMode, text: string, exit: number): ToolOutput => {
  if (typeof mode === "object")
    return { ok: true, stdout: text.slice(0, Math.floor(text.length * mode.cut)) };
  if (mode === "slow") return { ok: false, fault: "slow", message: "took longer than 30000 ms" };
  if (mode === "endless") return { ok: false, fault: "endless", message: "printed more than 4194304 bytes" };
  if (mode === "garbage") return { ok: true, stdout: "\u0000\ufffd{[|,,\n;;; \u001b[31mERROR\n" };
  if (mode === "failed" || exit !== 0)
    return { ok: false, fault: "failed", message: `ended with ${exit === 0 ? 9 : exit}` };
  return { ok: true, stdout: text };
};
