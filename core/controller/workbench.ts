/**
 * The author's workshop over the API: builds, tests and simulates policies by running `rota policy` itself, each time in a
 * process of its own, of low priority, with a time limit and an empty folder. One at a time; a few may wait. What an author
 * sends is compiled and run as a sandboxed module, and never as a program of this machine.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { constants, setPriority, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { rotaCommand } from "../cli/rota/program-file.ts";
import { ERRORS, type ErrorCode } from "../model/errors.ts";
import { ok, type Result, refuse } from "../model/refusal.ts";
import type {
  BesideView,
  PolicyBuildView,
  PolicySimulateRequest,
  PolicySource,
  PolicyTestRequest,
  PolicyTestView,
} from "../model/workbench.ts";

const MAX_WAITING = 8;
const LIMIT_MS = 120_000;
const MAX_ANSWER_CHARS = 16 * 1024 * 1024;
const CLOSING = refuse("BUSY", "the controller is stopping");

type Files = Readonly<Record<string, string | Uint8Array>>;

interface Ran {
  readonly out: string;
  readonly err: string;
  readonly problem: string;
}

export class Workbench {
  readonly #stateDir: string;
  readonly #limitMs: number;
  readonly #scratch: string;
  readonly #ends = new Set<() => void>();
  /** Settles when nothing runs or waits; never rejects. */
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #isClosed = false;

  /** `stateDir` says to a simulation where its controller is. */
  constructor(stateDir: string, { limitMs = LIMIT_MS, scratch = tmpdir() } = {}) {
    this.#stateDir = stateDir;
    this.#scratch = scratch;
    this.#limitMs = limitMs;
  }

  build({ name, source }: PolicySource): Promise<Result<PolicyBuildView>> {
    return this.#inFolder({ [`${name}/assembly/${name}.ts`]: source }, async (folder) => {
      const built = await this.#rota<{ readonly warnings: string }>(folder, ["policy", "build", name]);
      if (!built.ok) return built;
      const binary = readFileSync(join(folder, name, "build", `${name}.wasm`));
      return ok({
        name,
        wasm: binary.toString("base64"),
        bytes: binary.length,
        sha256: createHash("sha256").update(binary).digest("hex"),
        warnings: built.value.warnings,
      });
    });
  }

  test({ name, source, cases = [], seed, rounds }: PolicyTestRequest): Promise<Result<PolicyTestView>> {
    const files = {
      [`${name}/assembly/${name}.ts`]: source,
      [`${name}/test/${name}.test.ts`]: `export const cases = ${JSON.stringify(cases)};\n`,
    };
    const flags = [
      ...(seed === undefined ? [] : ["--seed", String(seed)]),
      ...(rounds === undefined ? [] : ["--rounds", String(rounds)]),
    ];
    return this.#inFolder(files, async (folder) => {
      const tested = await this.#rota<Omit<PolicyTestView, "isGreen">>(folder, [
        "policy",
        "test",
        name,
        ...flags,
      ]);
      if (!tested.ok) return tested;
      const { cases: ran, random } = tested.value;
      const isGreen = random.faults.length === 0 && ran.every(({ faults }) => faults.length === 0);
      return ok({ ...tested.value, isGreen });
    });
  }

  /** On what this controller has recorded. */
  simulate(kind: string, request: PolicySimulateRequest): Promise<Result<BesideView>> {
    const { module, wasm, parameters = {}, partitions = {}, backfill, estimates, seed } = request;
    const files: Files = wasm === undefined ? {} : { "candidate.wasm": Buffer.from(wasm, "base64") };
    const flags = Object.entries({ backfill, estimates, seed }).flatMap(([flag, value]) =>
      value === undefined ? [] : [`--${flag}`, String(value)],
    );
    const own = Object.entries(partitions).map(([partition, values]) => [`${partition}:`, values] as const);
    const settings = [["", parameters] as const, ...own].flatMap(([of, values]) =>
      Object.entries(values).flatMap(([name, value]) => ["--set", `${of}${name}=${value}`]),
    );
    const word = wasm === undefined ? `${kind}/${module}` : "candidate.wasm";
    return this.#inFolder(files, async (folder) => {
      const made = await this.#rota<BesideView>(folder, ["policy", "simulate", word, ...flags, ...settings]);
      if (made.ok && made.value.kind !== kind)
        return refuse(
          "POLICY_WRONG_KIND",
          `${made.value.name} is a ${made.value.kind} policy, not one of kind ${kind}`,
        );
      return made;
    });
  }

  /** Ends what runs, and begins none of what waits. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const end of this.#ends) end();
    await this.#last;
  }

  /** When those before have ended; the folder is gone afterwards. */
  async #inFolder<Value>(
    files: Files,
    work: (folder: string) => Promise<Result<Value>>,
  ): Promise<Result<Value>> {
    if (this.#waiting >= MAX_WAITING)
      return refuse("BUSY", `${MAX_WAITING} policies are being built, tested or simulated already`);
    this.#waiting++;
    const mine = this.#last
      .then(() => (this.#isClosed ? CLOSING : this.#inNewFolder(files, work)))
      .finally(() => this.#waiting--);
    this.#last = mine.catch(() => undefined);
    return mine;
  }

  async #inNewFolder<Value>(
    files: Files,
    work: (folder: string) => Promise<Result<Value>>,
  ): Promise<Result<Value>> {
    const folder = mkdtempSync(join(this.#scratch, "rota-workbench-"));
    try {
      for (const [path, content] of Object.entries(files)) {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), content);
      }
      return await work(folder);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  async #rota<Value>(folder: string, args: readonly string[]): Promise<Result<Value>> {
    const { out, err, problem } = await this.#run(folder, [...args, "--json"]);
    // A test that is red has an answer and an exit code.
    const answer = parsed(out);
    if (answer !== undefined) return ok(answer as Value);
    const said = parsed(err.trim().split("\n").at(-1) ?? "") as
      | { code?: string; message?: string }
      | undefined;
    if (said?.code !== undefined && said.code in ERRORS)
      return refuse(said.code as ErrorCode, said.message ?? said.code);
    return refuse(
      "INTERNAL",
      `rota ${args.slice(0, 2).join(" ")}: ${problem === "" ? "gave no answer" : problem}`,
    );
  }

  #run(folder: string, args: readonly string[]): Promise<Ran> {
    const [program = "", ...first] = rotaCommand();
    const { PATH = "" } = process.env;
    const child = spawn(program, [...first, ...args], {
      cwd: folder,
      // Nothing of the controller's own environment.
      env: { PATH, HOME: folder, ROTA_STATE_DIR: this.#stateDir },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const texts = { out: "", err: "" };
    const keep = (name: keyof typeof texts) => (text: string) => {
      if (texts[name].length < MAX_ANSWER_CHARS) texts[name] += text;
    };
    child.stdout.setEncoding("utf8").on("data", keep("out"));
    child.stderr.setEncoding("utf8").on("data", keep("err"));
    return new Promise((resolve) => {
      let why = "";
      const end = (): void => void child.kill("SIGKILL");
      const timer = setTimeout(() => {
        why = `it took more than ${this.#limitMs / 1000} s`;
        end();
      }, this.#limitMs);
      this.#ends.add(end);
      const over = (problem: string): void => {
        clearTimeout(timer);
        this.#ends.delete(end);
        resolve({ ...texts, problem: why || problem });
      };
      child.on("spawn", () => lower(child.pid));
      child.on("error", (error) => over(error.message));
      child.on("close", (code, signal) => over(code === 0 ? "" : `ended with ${signal ?? code}`));
    });
  }
}

function lower(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It has ended, or may not be lowered.
  }
}

function parsed(text: string): unknown {
  if (!text.startsWith("{")) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
