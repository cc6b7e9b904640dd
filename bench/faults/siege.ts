/**
 * A controller under load with thousands of jobs in flight, that hostile modules are loaded into one after the other. Real
 * controller, worker threads and WASM, agents that play at running jobs. Times every pass and looks at every allocation;
 * what is wrong is counted, never thrown.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type FakeAgents, startFakeAgents } from "../../agents/fake/fake-agents.ts";
import { parseConfig } from "../../core/controller/config.ts";
import type { PassRunner } from "../../core/controller/pass-runner.ts";
import type { RunningController } from "../../core/controller/start-controller.ts";
import type { PolicyView } from "../../core/model/policy-views.ts";
import { controllerHere } from "../../test/controller/controller-here.ts";
import { fakeNode } from "../../test/controller/fake-node.ts";
import { specOf, until } from "../../test/e2e/programs.ts";
import type { FaultKind, FaultModule } from "../../test/wasm/faults/fault-modules.ts";
import { postAll } from "../cluster/load.ts";

/** Of a call and of all calls of a module in a pass. */
export const BUDGET_MS = 250;
const NODES = 40;
const CPUS = 8;
const RUN_MS = 1_500;
const DRAIN_RUN_MS = 5;
const DRAIN_LIMIT_MS = 240_000;
/** Passes that a module is given to be struck out in. */
const MAX_PASSES = 12;
/** A module that no pass has a question for is left after so many looks. */
const MAX_LOOKS = 80;
const LOOK_MS = 25;
const CONFIG = `
listen: { host: 127.0.0.1, port: 0 }
preemption: { by: partition, mode: requeue }
partitions:
  - { name: batch, default: true, priority_tier: 1 }
  - { name: urgent, priority_tier: 2, preempt_mode: "off" }
policies: { call_budget: ${BUDGET_MS}ms, pass_budget: ${BUDGET_MS}ms, preemption: cheapest }
timing: { kill_wait: 1s, requeue_delay: 0s }
mail_program: none
`;

export interface Assault {
  readonly kind: FaultKind;
  readonly name: string;
  /** Code that it was refused with when it was loaded. */
  readonly refused?: string;
  /** How it stood in the end. */
  readonly strikes: number;
  readonly out: boolean;
  readonly fault?: { readonly code: string; readonly message: string };
  /** Milliseconds of each pass from asking to plan, from the load on until the one before can serve again. */
  readonly passesMs: readonly number[];
}

export class Siege {
  /** Rows with less than nothing free, over all events. */
  overfull = 0;
  /** Passes that gave no plan. */
  dropped = 0;
  readonly #folder: string;
  readonly #controller: RunningController;
  #agents: FakeAgents | undefined;
  #runMs = RUN_MS;
  /** Kept in flight. */
  #jobs = 0;
  #passesMs: number[] = [];

  private constructor(folder: string, controller: RunningController) {
    this.#folder = folder;
    this.#controller = controller;
  }

  /** Resolves with so many jobs in flight. */
  static async begin(jobs: number): Promise<Siege> {
    const folder = mkdtempSync(join(tmpdir(), "rota-siege-"));
    const config = parseConfig(CONFIG, join(folder, "rota.yaml"));
    if (!config.ok) throw new Error(config.refusal.message);
    const controller = await controllerHere(join(folder, "state"), config.value);
    const siege = new Siege(folder, controller);
    siege.#watch();
    siege.#agents = await startFakeAgents({
      controllerUrl: controller.url,
      token: controller.token,
      count: NODES,
      nodeSpec: (i) => fakeNode(`f${i}`, CPUS),
      runMs: () => siege.#runMs,
    });
    siege.#jobs = jobs;
    await siege.submit(jobs);
    // What a first pass costs is not of the siege.
    await siege.quiet(3);
    return siege;
  }

  get inFlight(): number {
    const { tally } = this.#controller.parts;
    return tally.submitted - tally.completed - tally.failed - tally.cancelled;
  }

  get counts(): { readonly submitted: number; readonly completed: number; readonly failed: number } {
    const { submitted, completed, failed } = this.#controller.parts.tally;
    return { submitted, completed, failed };
  }

  /** Passes with what comes with Rota alone, at least so many; milliseconds each. */
  async quiet(passes: number): Promise<readonly number[]> {
    this.#passesMs = [];
    while (this.#passesMs.length < passes) await this.#look(false);
    return this.#passesMs;
  }

  async assault({ kind, name, bytes }: FaultModule): Promise<Assault> {
    const { desk, runner, scheduler } = this.#controller.parts;
    this.#passesMs = [];
    const choice = { kind, module: `/siege/${kind}/${name}.wasm`, parameters: {} };
    const loaded = await desk.load(choice, bytes, 0);
    if (!loaded.ok)
      return {
        kind,
        name,
        refused: loaded.refusal.code,
        strikes: 0,
        out: false,
        fault: loaded.refusal,
        passesMs: [],
      };
    await runner.prepare();
    const before = this.#passesMs.length;
    for (let look = 0; look < MAX_LOOKS && this.#passesMs.length < before + MAX_PASSES; look++) {
      if (this.#serving(kind)?.out) break;
      await this.#look(kind === "preemption");
    }
    await scheduler.caughtUp();
    const { strikes = 0, out = false, lastFault } = this.#serving(kind) ?? {};
    desk.rollback(kind, 0);
    await runner.prepare();
    const passesMs = this.#passesMs;
    return { kind, name, strikes, out, passesMs, ...(lastFault === undefined ? {} : { fault: lastFault }) };
  }

  /** All jobs end; whether they did, and whether all is free again. */
  async drain(): Promise<boolean> {
    this.#runMs = DRAIN_RUN_MS;
    const { ledger } = this.#controller.parts;
    await until("all jobs ended", () => (this.inFlight === 0 ? true : undefined), DRAIN_LIMIT_MS);
    const { columns, count } = ledger.state.nodes;
    for (let row = 0; row < count; row++) if (columns.freeCpus[row] !== columns.totalCpus[row]) return false;
    return true;
  }

  async end(): Promise<void> {
    this.#agents?.close();
    await this.#controller.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Every fourth on two nodes, for topologies; urgent ones preempt. */
  async submit(count: number, partition = "batch"): Promise<void> {
    const body = (i: number): unknown => {
      const shape = i % 4 === 0 ? { minNodes: 2, ntasks: 4 } : { ntasks: 1 + (i % 3) };
      return specOf("#!/bin/sh\ntrue\n", this.#folder, {
        ...shape,
        partition,
        timeLimitS: 60 * (1 + (i % 9)),
      });
    };
    const { url, token } = this.#controller;
    await postAll({ url, path: "/v1/jobs", token, inFlight: 32, count, body });
  }

  #serving(kind: FaultKind): PolicyView | undefined {
    return this.#controller.parts.desk.details().find((view) => view.kind === kind);
  }

  /** Keeps the number of jobs, and passes going. */
  async #look(isUrgent: boolean): Promise<void> {
    const missing = this.#jobs - this.inFlight;
    if (missing > 0) await this.submit(missing);
    if (isUrgent) await this.submit(2, "urgent");
    this.#controller.parts.scheduler.wake();
    await wait(LOOK_MS);
  }

  #watch(): void {
    const { ledger, runner } = this.#controller.parts;
    ledger.onApplied(() => {
      const { columns, count } = ledger.state.nodes;
      for (let row = 0; row < count; row++)
        if (columns.freeCpus[row]! < 0 || columns.freeMemMib[row]! < 0) this.overfull++;
    });
    const run = runner.run.bind(runner);
    runner.run = async (order): ReturnType<PassRunner["run"]> => {
      const beganMs = performance.now();
      try {
        return await run(order);
      } catch (error) {
        this.dropped++;
        throw error;
      } finally {
        this.#passesMs.push(performance.now() - beganMs);
      }
    };
  }
}
