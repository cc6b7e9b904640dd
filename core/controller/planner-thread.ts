/**
 * One worker thread of Piscina that plans, with a watch on it: a module that stays in one call for longer than its budget
 * has the thread ended under it; the next request gets another. A thread holds a kernel, of at most MAX_KERNEL_PAGES, and
 * the modules that it was started with.
 */
import { Piscina } from "piscina";
import { workerFile } from "../../plugins/sdk/worker-file.ts";
import { ActiveModule } from "../wasm/active-module.ts";
import { watchCalls } from "./call-watch.ts";
import type {
  PartAnswer,
  PartRequest,
  PassAnswer,
  PassRequest,
  PassWorkerData,
  SplitAnswer,
  WarmRequest,
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
    const stopWatch = watchCalls(this.marker, this.callBudgetMs, (module) => {
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

  /** Resolves once the thread has its modules and its kernel, or could not get them: then its first pass says why. */
  async warm(): Promise<void> {
    const request: WarmRequest = { warm: true };
    await this.pool.run(request).catch(() => undefined);
  }

  /** Ends what it has begun first. */
  close(): Promise<void> {
    return this.pool.close();
  }

  destroy(): Promise<void> {
    return this.pool.destroy();
  }
}
