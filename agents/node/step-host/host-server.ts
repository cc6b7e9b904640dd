/**
 * The step host: one process beside an agent that holds the tasks of all steps on the node, their streams and their
 * connections to srun. It outlives its agent, as steps do, and ends when it has had nothing to do for a while. Takes
 * orders from one agent at a time.
 */
import { chmodSync, closeSync, mkdirSync, openSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import type { StepEndedReport, StepKey } from "../../protocol/frames.ts";
import { MAX_STEPS_PER_AGENT } from "../../protocol/schema.ts";
import { findProgram, findPrograms } from "../shepherd.ts";
import { type FromHost, type HostStep, line, lineReader, stepName, type ToHost } from "./control.ts";
import { PipePool } from "./pipe-pool.ts";
import { StepRun } from "./step-run.ts";

/** Without a step and without an agent for this long, it ends. */
const IDLE_MS = 60_000;

export class StepHost {
  readonly #folder: string;
  readonly #pool: PipePool;
  readonly #programs: ReturnType<typeof findPrograms> & { readonly script: string };
  readonly #runs = new Map<string, StepRun>();
  readonly #ended = new Map<string, StepEndedReport>();
  readonly #server: Server;
  readonly #onIdle: () => void;
  #agent: Socket | undefined;
  #idle: NodeJS.Timeout | undefined;

  /** `folder` is the agent's own for steps. */
  constructor(folder: string, onIdle: () => void) {
    this.#folder = folder;
    this.#onIdle = onIdle;
    this.#programs = { ...findPrograms(), script: findProgram("script") };
    const launches = join(folder, "launch");
    rmSync(launches, { recursive: true, force: true });
    mkdirSync(launches, { recursive: true });
    chmodSync(launches, 0o711);
    this.#pool = new PipePool(this.#programs.shell);
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** Listens on `<folder>/socket`; resolves once it does. A name of any length works, since the folder is opened first. */
  async open(): Promise<void> {
    const folder = openSync(this.#folder, "r");
    const path = join("/proc/self/fd", String(folder), "socket");
    rmSync(join(this.#folder, "socket"), { force: true });
    await new Promise<void>((done, fail) => {
      this.#server.once("error", fail);
      this.#server.listen(path, () => done());
    });
    chmodSync(join(this.#folder, "socket"), 0o600);
    closeSync(folder);
    this.#lookIdle();
  }

  #accept(socket: Socket): void {
    // A later agent takes the place of one that is not known to be gone.
    this.#agent?.destroy();
    this.#agent = socket;
    clearTimeout(this.#idle);
    const read = lineReader<ToHost>((order) => this.#take(order));
    socket.on("data", read);
    socket.on("error", () => undefined);
    socket.on("close", () => {
      if (this.#agent !== socket) return;
      this.#agent = undefined;
      this.#lookIdle();
    });
    const running = [...this.#runs.values()].map(({ step }) => ({ step: keyOf(step) }));
    const ended = [...this.#ended.values()].map((report) => ({ step: keyOf(report), ended: report }));
    this.#say({ say: "steps", steps: [...running, ...ended] });
  }

  #take(order: ToHost): void {
    if (order.do === "launch") {
      this.#launch(order.step);
      return;
    }
    const name = stepName(order.step);
    if (order.do === "forget") this.#ended.delete(name);
    else if (order.do === "end") this.#runs.get(name)?.end(order.cause, order.graceMs);
    else this.#runs.get(name)?.signal(order.signal);
  }

  #launch(step: HostStep): void {
    const name = stepName(step);
    if (this.#runs.has(name) || this.#ended.has(name)) return;
    if (this.#runs.size + this.#ended.size >= MAX_STEPS_PER_AGENT) return;
    const run = new StepRun({
      step,
      pool: this.#pool,
      programs: this.#programs,
      folder: join(this.#folder, "launch"),
      onEnded: (report) => {
        this.#runs.delete(name);
        this.#ended.set(name, report);
        this.#say({ say: "ended", report });
        this.#lookIdle();
      },
    });
    this.#runs.set(name, run);
  }

  #say(word: FromHost): void {
    this.#agent?.write(line(word));
  }

  #lookIdle(): void {
    clearTimeout(this.#idle);
    if (this.#agent !== undefined || this.#runs.size > 0) return;
    this.#idle = setTimeout(() => {
      this.#server.close();
      this.#onIdle();
    }, IDLE_MS);
  }
}

const keyOf = ({ jobId, restarts, stepId }: StepKey): StepKey => ({ jobId, restarts, stepId });
