/**
 * Real programs for end-to-end tests: controllers and agents as processes of their own, from the build in `dist/`
 * (`npm test` builds first). Ports are taken free; everything that was started is ended by `stopAll`.
 */
import { type ChildProcess, spawn } from "node:child_process";
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
export const ROTA = join(ROOT, "dist", "rota.cjs");
export const BIN = join(ROOT, "dist", "bin");
export const HAS_BUILD = existsSync(ROTA);

const running = new Set<ChildProcess>();
const folders = new Set<string>();

/** A folder that `stopAll` removes. */
export function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "rota-e2e-"));
  folders.add(folder);
  return folder;
}

/** A port that was free a moment ago; the controller keeps it through its restarts. */
export function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer();
    server.on("error", fail);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => done(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

export interface Started {
  readonly process: ChildProcess;
  readonly exited: Promise<number | null>;
  /** The URL of a controller once it says that it is ready; rejects when it ends before. */
  readonly ready: Promise<string>;
}

/** `rota ARGS` with its output in `<folder>/<name>.log`. */
export function startRota(
  folder: string,
  name: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Started {
  mkdirSync(folder, { recursive: true });
  const log = createWriteStream(join(folder, `${name}.log`), { flags: "a" });
  const child = spawn(process.execPath, [ROTA, ...args], {
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    env: { ...process.env, ...env },
  });
  child.stdout?.pipe(log, { end: false });
  child.stderr?.pipe(log, { end: false });
  running.add(child);
  const exited = new Promise<number | null>((done) => {
    child.on("exit", (code) => {
      running.delete(child);
      done(code);
    });
  });
  const ready = new Promise<string>((done, fail) => {
    child.on("message", (message) => {
      const said = message as { readonly ready?: boolean; readonly url?: string };
      if (said.ready === true) done(said.url ?? "");
    });
    exited.then((code) => fail(new Error(`${name} ended with ${code} before it was ready`)));
  });
  // Most programs are ended without anybody having asked.
  ready.catch(() => undefined);
  return { process: child, exited, ready };
}

export interface Client {
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: unknown): Promise<T>;
}

/** A REST client with the token of a state directory. Throws with the answer's text when the status is not 2xx. */
export function clientOf(url: string, stateDir: string): Client {
  const token = readFileSync(join(stateDir, "token"), "utf8").trim();
  const call = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        "x-rota-user": "tester",
        "x-rota-uid": String(process.getuid?.() ?? 0),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return (text === "" ? null : JSON.parse(text)) as T;
  };
  return { get: (path) => call("GET", path), post: (path, body) => call("POST", path, body) };
}

/** Looks every 50 ms until `look` gives a value; throws with `what` after the limit. */
export async function until<T>(
  what: string | (() => string),
  look: () => Promise<T | undefined> | T | undefined,
  limitMs = 30_000,
): Promise<T> {
  const endMs = Date.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > endMs)
      throw new Error(`not within ${limitMs} ms: ${typeof what === "string" ? what : what()}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

export async function stopAll(): Promise<void> {
  const ends = [...running].map((child) => new Promise((done) => child.once("exit", done)));
  for (const child of running) child.kill("SIGKILL");
  await Promise.all(ends);
  for (const folder of folders) {
    endJobs(folder);
    // A process that is just ending may still write a file there.
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }
  folders.clear();
}

/** Jobs outlive their agents, so those of agents with a state directory in the folder are ended here. */
function endJobs(folder: string): void {
  // The shepherd first, so that nobody writes down the end of what is then killed.
  for (const name of ["shepherd", "pid"]) {
    for (const path of globSync(folder, new RegExp(`/jobs/\\d+\\.\\d+/${name}$`))) {
      const pid = Number(readFileSync(path, "utf8").split(" ")[0]);
      try {
        if (pid > 1) process.kill(name === "pid" ? -pid : pid, "SIGKILL");
      } catch {
        // It has ended.
      }
    }
  }
}

const globSync = (folder: string, pattern: RegExp): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => pattern.test(path) && existsSync(path));

/** A submission of `script` in `workDir` with the least that a spec needs. */
export function specOf(
  script: string,
  workDir: string,
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    script,
    workDir,
    user: "tester",
    uid: process.getuid?.() ?? 0,
    group: "tester",
    gid: process.getgid?.() ?? 0,
    environment: { PATH: process.env["PATH"] ?? "/usr/bin:/bin" },
    ...more,
  };
}
