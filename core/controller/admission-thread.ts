/**
 * The worker thread of an admission module, and the questions that wait for it. They go over in batches, so
 * that a thousand submissions at once cost a few messages. A question whose call runs over its budget has the thread ended
 * under it; those behind it are asked of the next one.
 */
import type { AdmissionQuestion } from "../model/admission.ts";
import type { ModuleUse } from "../wasm/call-times.ts";
import type {
  AdmissionBatch,
  AdmissionBatchAnswer,
  AdmissionWorkerData,
  Judged,
} from "./admission-messages.ts";
import { WatchedThread } from "./watched-thread.ts";

/** Questions that cross at once. */
const MAX_BATCH = 64;

interface Waiting {
  readonly question: AdmissionQuestion;
  readonly resolve: (judged: Judged) => void;
  readonly reject: (error: unknown) => void;
}

export class AdmissionThread {
  private readonly thread: WatchedThread<AdmissionBatch, AdmissionBatchAnswer>;
  private readonly progress = new Int32Array(new SharedArrayBuffer(4));
  private readonly callBudgetMs: number;
  private readonly onUses: (uses: readonly ModuleUse[]) => void;
  private waiting: Waiting[] = [];
  private running: Promise<void> | undefined;

  constructor(
    { module, fuel }: Pick<AdmissionWorkerData, "module" | "fuel">,
    callBudgetMs: number,
    onUses: (uses: readonly ModuleUse[]) => void,
  ) {
    this.callBudgetMs = callBudgetMs;
    this.onUses = onUses;
    const data: Omit<AdmissionWorkerData, "marker"> = {
      module,
      fuel,
      progress: this.progress.buffer as SharedArrayBuffer,
    };
    this.thread = new WatchedThread("admission-worker", data, callBudgetMs);
  }

  /** Questions that wait or are being answered. */
  get length(): number {
    return this.waiting.length;
  }

  /** Rejects only when the thread fails for reasons of its own. */
  ask(question: AdmissionQuestion): Promise<Judged> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ question, resolve, reject });
      this.running ??= this.run().finally(() => {
        this.running = undefined;
      });
    });
  }

  /** Answers what waits first. */
  async close(): Promise<void> {
    while (this.running !== undefined) await this.running;
    await this.thread.close();
  }

  destroy(): Promise<void> {
    return this.thread.destroy();
  }

  private async run(): Promise<void> {
    while (this.waiting.length > 0) {
      const batch = this.waiting.slice(0, MAX_BATCH);
      const judged = await this.runBatch(batch).catch((error: unknown) => {
        for (const { reject } of batch) reject(error);
        return batch.map(() => undefined);
      });
      this.waiting = this.waiting.slice(judged.length);
      for (const [index, one] of judged.entries()) if (one !== undefined) batch[index]!.resolve(one);
    }
  }

  /** Answers of the batch, or of its first questions where a call ran over its budget: that one's is the fault. */
  private async runBatch(batch: readonly Waiting[]): Promise<readonly Judged[]> {
    const answer = await this.thread.run({ questions: batch.map(({ question }) => question) });
    if (!("module" in answer)) {
      this.onUses(answer.uses);
      return answer.judged;
    }
    const at = this.progress[0]!;
    // What was answered before it was lost with the thread; it was sound, so it is asked again.
    if (at > 0) return this.runBatch(batch.slice(0, at));
    const message = `the module was in one call for more than ${this.callBudgetMs} ms`;
    return [{ fault: { code: "POLICY_OVER_BUDGET", message } }];
  }
}
