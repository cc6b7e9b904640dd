/**
 * The worker thread of a shadow, with a watch on it as the planner's threads have. Ended under a module that stays in one
 * call for too long; the next request gets another thread, which knows nothing of the passes before.
 */
import { Piscina } from "piscina";
import { workerFile } from "../../plugins/sdk/worker-file.ts";
import { ActiveModule } from "../wasm/active-module.ts";
import { watchCalls } from "./call-watch.ts";
import type { OverBudget } from "./planner-thread.ts";
import type { ShadowAnswer, ShadowRequest, ShadowWorkerData } from "./shadow-messages.ts";

export class ShadowThread {
  readonly #pool: Piscina;
  readonly #marker = new ActiveModule();
  readonly #callBudgetMs: number;

  constructor(data: Omit<ShadowWorkerData, "marker">, callBudgetMs: number) {
    this.#callBudgetMs = callBudgetMs;
    const { filename, execArgv } = workerFile(import.meta.url, "shadow-worker");
    const workerData: ShadowWorkerData = { ...data, marker: this.#marker.cells.buffer as SharedArrayBuffer };
    this.#pool = new Piscina({
      filename,
      execArgv: [...execArgv],
      minThreads: 1,
      maxThreads: 1,
      idleTimeout: Number.POSITIVE_INFINITY,
      workerData,
    });
  }

  /** Throws only when the thread fails for reasons of its own. */
  async run(request: ShadowRequest): Promise<ShadowAnswer | OverBudget> {
    const abort = new AbortController();
    let culprit = 0;
    const stopWatch = watchCalls(this.#marker, this.#callBudgetMs, (module) => {
      culprit = module;
      abort.abort();
    });
    try {
      return (await this.#pool.run(request, { signal: abort.signal })) as ShadowAnswer;
    } catch (error) {
      if (culprit === 0) throw error;
      this.#marker.leave();
      return { module: culprit };
    } finally {
      stopWatch();
    }
  }

  destroy(): Promise<void> {
    return this.#pool.destroy();
  }
}
