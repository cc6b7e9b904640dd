/**
 * One worker thread that runs modules of policies, with a watch on it: a module that stays in one call for longer than its
 * budget has the thread ended under it; the next request gets another, which knows nothing of those before. One request at
 * a time.
 */
import { Piscina } from "piscina";
import { workerFile } from "../../plugins/sdk/worker-file.ts";
import { ActiveModule } from "../wasm/active-module.ts";
import { watchCalls } from "./call-watch.ts";

/** The module was in one call for too long. */
export interface OverBudget {
  readonly module: number;
}

export class WatchedThread<Request, Answer> {
  private readonly pool: Piscina;
  /** Which module the thread is in. */
  private readonly marker = new ActiveModule();
  private readonly callBudgetMs: number;

  /** `worker` names the thread's file in this folder; it gets `data`, and the cells of the marker beside it. */
  constructor(worker: string, data: object, callBudgetMs: number) {
    this.callBudgetMs = callBudgetMs;
    const { filename, execArgv } = workerFile(import.meta.url, worker);
    this.pool = new Piscina({
      filename,
      execArgv: [...execArgv],
      minThreads: 1,
      maxThreads: 1,
      idleTimeout: Number.POSITIVE_INFINITY,
      workerData: { ...data, marker: this.marker.cells.buffer },
    });
  }

  /** Throws only when the thread fails for reasons of its own. */
  async run(request: Request): Promise<Answer | OverBudget> {
    const abort = new AbortController();
    let culprit = 0;
    const stopWatch = watchCalls(this.marker, this.callBudgetMs, (module) => {
      culprit = module;
      abort.abort();
    });
    try {
      return (await this.pool.run(request, { signal: abort.signal })) as Answer;
    } catch (error) {
      if (culprit === 0) throw error;
      this.marker.leave();
      return { module: culprit };
    } finally {
      stopWatch();
    }
  }

  /** A request in which no module is called, or none of whose calls are watched. */
  async runUnwatched(request: unknown): Promise<void> {
    await this.pool.run(request);
  }

  /** Ends what it has begun first. */
  close(): Promise<void> {
    return this.pool.close();
  }

  destroy(): Promise<void> {
    return this.pool.destroy();
  }
}
