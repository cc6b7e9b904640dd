/**
 * One worker thread of Piscina that plans, with a watch on it: a module that stays in one call for longer than its budget
 * has the thread ended under it; the next request gets another. A thread holds a kernel, of at most MAX_KERNEL_PAGES, and
 * the modules that it was started with.
 */
import { Piscina } from "piscina";
import { workerFile } from "../../plugins/sdk/worker-file.ts";
import { ActiveModule } from "../wasm/active-module.ts";
import type {
  PartAnswer,
  PartRequest,
  PassAnswer,
  PassRequest,
  PassWorkerData,
  SplitAnswer,
} from "./pass-messages.ts";

/** The module was in one call for too long. */
export interface OverBudget {
  readonly module: number;
}

export class PlannerThread {
  private readonly pool: Piscina;
  /** Which module the thread is in. */
  private readonly marker = new ActiveModule();
  private readonly callBudgetMs: number;

  constructor(data: Omit<PassWorkerData, "marker">, callBudgetMs: number) {
    this.callBudgetMs = callBudgetMs;
    const { filename, execArgv } = workerFile(import.meta.url, "pass-worker");
    const workerData: PassWorkerData = { ...data, marker: this.marker.cells.buffer as SharedArrayBuffer };
    this.pool = new Piscina({
      filename,
      execArgv: [...execArgv],
      minThreads: 1,
      maxThreads: 1,
      idleTimeout: Number.POSITIVE_INFINITY,
      workerData,
    });
  }

  /** Throws only when the thread fails for reasons of its own. */
  run(request: PassRequest): Promise<PassAnswer | SplitAnswer | OverBudget>;
  run(request: PartRequest): Promise<PartAnswer | OverBudget>;
  async run(request: PassRequest | PartRequest): Promise<PassAnswer | SplitAnswer | PartAnswer | OverBudget> {
    const abort = new AbortController();
    let culprit = 0;
    const stopWatch = this.watch((module) => {
      culprit = module;
      abort.abort();
    });
    try {
      return (await this.pool.run(request, { signal: abort.signal })) as
        | PassAnswer
        | SplitAnswer
        | PartAnswer;
    } catch (error) {
      if (culprit === 0) throw error;
      this.marker.leave();
      return { module: culprit };
    } finally {
      stopWatch();
    }
  }

  /** Ends what it has begun first. */
  close(): Promise<void> {
    return this.pool.close();
  }

  destroy(): Promise<void> {
    return this.pool.destroy();
  }

  /** Calls back once with the number of a module that has been in the same call for longer than its budget. */
  private watch(onOverBudget: (module: number) => void): () => void {
    const { callBudgetMs, marker } = this;
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
}
