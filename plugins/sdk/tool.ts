/**
 * Runs a vendor's command-line tool for a hardware plugin and gives what it printed, or why there is nothing. Runs at an
 * agent's start. Never goes through a shell, never waits longer than its limit and never keeps more output than its limit.
 */
import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";

/** Why a tool gave nothing: not there, ended badly, took too long, printed too much, printed what cannot be read. */
export type ToolFault = "missing" | "failed" | "slow" | "endless" | "unreadable";

export type ToolOutput =
  | { readonly ok: true; readonly stdout: string }
  | { readonly ok: false; readonly fault: Exclude<ToolFault, "unreadable">; readonly message: string };

/** One run of a tool by its name; never rejects. */
export type RunTool = (name: string, args: readonly string[]) => Promise<ToolOutput>;

export interface ToolOptions {
  /** Directories to look in, as in PATH; default: the agent's PATH, then where vendors install. */
  readonly path?: string;
  /** Default MAX_TOOL_MS. */
  readonly timeoutMs?: number;
  /** Default MAX_TOOL_BYTES. */
  readonly maxBytes?: number;
}

/** What `discover` rejects with when a tool that is there says nothing of use. */
export class ToolFailure extends Error {
  readonly tool: string;
  readonly fault: ToolFault;

  constructor(tool: string, fault: ToolFault, message: string) {
    super(`${tool}: ${message}`);
    this.name = "ToolFailure";
    this.tool = tool;
    this.fault = fault;
  }
}

/** A cold NVIDIA driver without its daemon takes some seconds for each of 8 devices. */
export const MAX_TOOL_MS = 30_000;
export const MAX_TOOL_BYTES = 4_194_304;
/** Characters of a tool's own words that are told further. */
export const MAX_TOOL_WORDS = 200;

const VENDOR_DIRECTORIES = ["/usr/bin", "/usr/local/bin", "/usr/local/nvidia/bin", "/opt/rocm/bin"];

/** A runner over the host's tools, or over a directory of others. */
export const toolRunner = (options: ToolOptions = {}): RunTool => {
  const path =
    options.path ?? [process.env.PATH ?? "", ...VENDOR_DIRECTORIES].filter((at) => at !== "").join(delimiter);
  return async (name, args) => {
    const file = await findTool(name, path);
    if (file === undefined) return { ok: false, fault: "missing", message: "no such tool in PATH" };
    return runFile(file, args, path, options.timeoutMs ?? MAX_TOOL_MS, options.maxBytes ?? MAX_TOOL_BYTES);
  };
};

const findTool = async (name: string, path: string): Promise<string | undefined> => {
  for (const directory of path.split(delimiter)) {
    if (!isAbsolute(directory)) continue;
    const file = join(directory, name);
    const usable = await access(file, constants.X_OK)
      .then(() => stat(file))
      .then((found) => found.isFile())
      .catch(() => false);
    if (usable) return file;
  }
  return undefined;
};

const runFile = (
  file: string,
  args: readonly string[],
  path: string,
  timeoutMs: number,
  maxBytes: number,
): Promise<ToolOutput> =>
  new Promise((resolve) => {
    const started = (): void => {
      execFile(
        file,
        [...args],
        {
          timeout: timeoutMs,
          killSignal: "SIGKILL",
          maxBuffer: maxBytes,
          encoding: "utf8",
          env: toolEnvironment(path),
        },
        (error, stdout, stderr) => {
          if (error === null) return resolve({ ok: true, stdout });
          if (error.code === ("ERR_CHILD_PROCESS_STDIO_MAXBUFFER" as unknown))
            return resolve({ ok: false, fault: "endless", message: `printed more than ${maxBytes} bytes` });
          if (error.killed === true)
            return resolve({ ok: false, fault: "slow", message: `took longer than ${timeoutMs} ms` });
          if (error.code === ("ENOENT" as unknown))
            return resolve({ ok: false, fault: "missing", message: "went away before it ran" });
          const words = (stderr.trim() || stdout.trim()).replace(/\s+/g, " ").slice(0, MAX_TOOL_WORDS);
          const end = error.signal ? `ended by ${error.signal}` : `ended with ${error.code ?? "an error"}`;
          return resolve({ ok: false, fault: "failed", message: words === "" ? end : `${end}: ${words}` });
        },
      );
    };
    try {
      started();
    } catch (error) {
      resolve({
        ok: false,
        fault: "failed",
        message: error instanceof Error ? error.message : String(error),
      });
    }
  });

/** Without the variables that would hide devices from the tool, and with the output that is documented. */
const toolEnvironment = (path: string): Record<string, string> => {
  const libraries = process.env.LD_LIBRARY_PATH;
  return { PATH: path, LC_ALL: "C", ...(libraries === undefined ? {} : { LD_LIBRARY_PATH: libraries }) };
};
