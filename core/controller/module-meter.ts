/**
 * Gives modules the fuel that their budgets are counted in, each once in a process: what was made of a module is kept by
 * the digest of its bytes, and pass workers are handed it, so that none makes it again. Runs when a module is chosen,
 * never in a pass.
 */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { workerFile } from "../../plugins/sdk/worker-file.ts";
import { ok, type Result, refuse } from "../model/refusal.ts";

/** Modules that are kept with their fuel. */
const MAX_KEPT = 64;
/** Of one module; the largest take a second. */
const MAX_METERING_MS = 20_000;
/** Of the thread's start. */
const MAX_START_MS = 120_000;
/** The thread holds a compiler: it ends when no module has come for so long. */
const IDLE_MS = 10_000;
const MAX_THREAD_MIB = 512;

const kept = new Map<string, Uint8Array>();
let thread: Promise<Worker> | undefined;
let idle: NodeJS.Timeout | undefined;
/** One module at a time. */
let last: Promise<unknown> = Promise.resolve();

/** The module with fuel; POLICY_NOT_METERED where it has instructions that fuel cannot be counted for. */
export async function meterModule(bytes: Uint8Array): Promise<Result<Uint8Array>> {
  const digest = digestOf(bytes);
  const before = kept.get(digest);
  if (before !== undefined) return ok(before);
  const turn = last.then(() => inject(bytes));
  last = turn;
  const made = await turn;
  if (typeof made === "string") return refuse("POLICY_NOT_METERED", made);
  const [oldest] = kept.keys();
  if (kept.size >= MAX_KEPT && oldest !== undefined) kept.delete(oldest);
  kept.set(digest, made);
  return ok(made);
}

/** What was made of these bytes before, where that is kept. */
export const meteredBefore = (bytes: Uint8Array): Uint8Array | undefined => kept.get(digestOf(bytes));

const digestOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** The module with fuel, or a sentence why not; never rejects. */
async function inject(bytes: Uint8Array): Promise<Uint8Array | string> {
  clearTimeout(idle);
  try {
    thread ??= openThread();
    const worker = await thread;
    worker.ref();
    worker.postMessage(bytes);
    const [made] = (await once(worker, "message", { signal: AbortSignal.timeout(MAX_METERING_MS) })) as [
      Uint8Array | string,
    ];
    worker.unref();
    idle = setTimeout(endThread, IDLE_MS).unref();
    return made;
  } catch (error) {
    endThread();
    const why = error instanceof Error ? error.message.slice(0, 200) : "the thread ended";
    return `the module could not be given fuel: ${why}`;
  }
}

function openThread(): Promise<Worker> {
  const opened = startThread();
  opened.then(
    (worker) =>
      worker.on("exit", () => {
        // One that was ended is followed by another before it is gone.
        if (thread === opened) thread = undefined;
      }),
    () => {},
  );
  return opened;
}

async function startThread(): Promise<Worker> {
  const { filename, execArgv } = workerFile(import.meta.url, "fuel-worker");
  // Its own output is not ours to print: binaryen writes there what it does not like.
  const worker = new Worker(filename, {
    execArgv: [...(execArgv.length > 0 ? ["--import", binaryenUrl()] : []), ...execArgv],
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: MAX_THREAD_MIB },
  });
  // Between modules nobody waits for it, and its end is met by the next one.
  worker.on("error", () => {});
  try {
    await once(worker, "message", { signal: AbortSignal.timeout(MAX_START_MS) });
  } catch (error) {
    void worker.terminate();
    throw error;
  }
  return worker;
}

/** Of the package: run from sources it is loaded before TypeScript's loader, which would spend ten seconds on its 13 MB. */
const binaryenUrl = (): string => {
  const entry = createRequire(import.meta.url).resolve("binaryen/package.json");
  return new URL("index.js", pathToFileURL(entry)).href;
};

function endThread(): void {
  clearTimeout(idle);
  void thread?.then(
    (worker) => worker.terminate(),
    () => {},
  );
  thread = undefined;
}
