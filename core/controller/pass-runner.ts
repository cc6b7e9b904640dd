/**
 * Runs passes in a worker thread of Piscina and keeps a watch on it. A module that stays in one call for longer than
 * its budget has its worker ended under it, gets a strike, and the pass is run again with the built-in in its place,
 * so that every request for a pass is answered by a plan.
 */
import { readFileSync } from "node:fs";
import type { Logger } from "pino";
import { Piscina } from "piscina";
import { workerFile } from "../../plugins/sdk/worker-file.ts";
import type { PolicyKind } from "../model/policy.ts";
import { ActiveModule } from "../wasm/active-module.ts";
import { kernelPath } from "./built-file.ts";
import type { PassAnswer, PassRequest, PassWorkerData } from "./pass-messages.ts";
import type { PolicyDesk } from "./policy-desk.ts";

export interface PassRunnerOptions {
  readonly desk: PolicyDesk;
  readonly callBudgetMs: number;
  readonly log: Logger;
}

interface OpenedPool {
  readonly pool: Piscina;
  /** Which module its worker is in. */
  readonly marker: ActiveModule;
  /** Of the desk, when its worker was given the modules. */
  readonly generation: number;
}

/** Runs of one pass: each may lose one module, and four kinds are served. */
const MAX_RUNS = 5;

export class PassRunner {
  private readonly options: PassRunnerOptions;
  private readonly kernel = readFileSync(kernelPath());
  private opened: OpenedPool | undefined;
  /** Pools of modules that serve no more, ending what they have begun. */
  private readonly retired = new Set<Promise<void>>();

  constructor(options: PassRunnerOptions) {
    this.options = options;
  }

  /** A plan, whatever the modules do. Throws only when the worker fails for reasons of its own. */
  async run(request: Omit<PassRequest, "withoutChosen">): Promise<PassAnswer> {
    const { desk } = this.options;
    const struck = new Set<PolicyKind>();
    for (let run = 0; run < MAX_RUNS; run++) {
      const withoutChosen = [...new Set([...desk.out, ...struck])];
      const answer = await this.runOnce({ ...request, withoutChosen });
      if (answer.kind === "plan") {
        for (const { number, fault } of answer.answer.faults) desk.strike(number, fault);
        desk.used(answer.answer.uses);
        return answer.answer;
      }
      const kind = desk.kindOf(answer.module);
      const message = `the module was in one call for more than ${this.options.callBudgetMs} ms`;
      desk.strike(answer.module, { code: "POLICY_OVER_BUDGET", message });
      if (kind === undefined)
        throw new Error(`a built-in policy ran over its budget (module ${answer.module})`);
      struck.add(kind);
    }
    throw new Error(`a pass was ended ${MAX_RUNS} times`);
  }

  async close(): Promise<void> {
    await this.opened?.pool.destroy();
    await Promise.allSettled(this.retired);
  }

  private async runOnce(
    request: PassRequest,
  ): Promise<
    | { readonly kind: "plan"; readonly answer: PassAnswer }
    | { readonly kind: "over-budget"; readonly module: number }
  > {
    const { pool, marker } = this.openPool();
    const abort = new AbortController();
    let culprit = 0;
    const stopWatch = this.watch(marker, (module) => {
      culprit = module;
      abort.abort();
    });
    try {
      const answer = (await pool.run(request, { signal: abort.signal })) as PassAnswer;
      return { kind: "plan", answer };
    } catch (error) {
      if (culprit === 0) throw error;
      marker.leave();
      return { kind: "over-budget", module: culprit };
    } finally {
      stopWatch();
    }
  }

  /** Calls back once with the number of a module that has been in the same call for longer than its budget. */
  private watch(marker: ActiveModule, onOverBudget: (module: number) => void): () => void {
    const { callBudgetMs } = this.options;
    let seen = { module: 0, call: 0 };
    // The clock is the main thread's own: a stall of it must not count against a module.
    let looks = 0;
    const everyMs = Math.max(1, Math.floor(callBudgetMs / 4));
    const timer = setInterval(() => {
      const now = marker.read();
      if (now.module === 0 || now.call !== seen.call) {
        seen = now;
        looks = 0;
        return;
      }
      looks++;
      if (looks * everyMs >= callBudgetMs) {
        clearInterval(timer);
        onOverBudget(now.module);
      }
    }, everyMs);
    return () => clearInterval(timer);
  }

  /** A worker holds the modules that it was started with: another serves once others do, and the old one ends its pass. */
  private openPool(): OpenedPool {
    const { desk } = this.options;
    const { generation } = desk;
    if (this.opened?.generation === generation) return this.opened;
    if (this.opened !== undefined) this.retire(this.opened.pool);
    const marker = new ActiveModule();
    const { filename, execArgv } = workerFile(import.meta.url, "pass-worker");
    const workerData: PassWorkerData = {
      policies: desk.spec,
      kernel: new Uint8Array(this.kernel),
      marker: marker.cells.buffer as SharedArrayBuffer,
    };
    const pool = new Piscina({
      filename,
      execArgv: [...execArgv],
      minThreads: 1,
      maxThreads: 1,
      idleTimeout: Number.POSITIVE_INFINITY,
      workerData,
    });
    this.opened = { pool, marker, generation };
    return this.opened;
  }

  private retire(pool: Piscina): void {
    const ended = pool.close().finally(() => this.retired.delete(ended));
    this.retired.add(ended);
  }
}
