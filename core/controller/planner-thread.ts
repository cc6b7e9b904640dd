/**
 * One worker thread that plans, watched. It holds a kernel, of at most MAX_KERNEL_PAGES, and the modules that it was started
 * with.
 */
import type {
  PartAnswer,
  PartRequest,
  PassAnswer,
  PassRequest,
  PassWorkerData,
  SplitAnswer,
  WarmRequest,
} from "./pass-messages.ts";
import { type OverBudget, WatchedThread } from "./watched-thread.ts";

export class PlannerThread {
  private readonly thread: WatchedThread<PassRequest | PartRequest, PassAnswer | SplitAnswer | PartAnswer>;

  constructor(data: Omit<PassWorkerData, "marker">, callBudgetMs: number) {
    this.thread = new WatchedThread("pass-worker", data, callBudgetMs);
  }

  /** Throws only when the thread fails for reasons of its own. */
  run(request: PassRequest): Promise<PassAnswer | SplitAnswer | OverBudget>;
  run(request: PartRequest): Promise<PartAnswer | OverBudget>;
  run(request: PassRequest | PartRequest): Promise<PassAnswer | SplitAnswer | PartAnswer | OverBudget> {
    return this.thread.run(request);
  }

  /** Resolves once the thread has its modules and its kernel, or could not get them: then its first pass says why. */
  async warm(): Promise<void> {
    const request: WarmRequest = { warm: true };
    await this.thread.runUnwatched(request).catch(() => undefined);
  }

  /** Ends what it has begun first. */
  close(): Promise<void> {
    return this.thread.close();
  }

  destroy(): Promise<void> {
    return this.thread.destroy();
  }
}
