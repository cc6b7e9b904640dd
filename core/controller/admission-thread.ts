/**
 * One worker thread of Piscina with an admission module, and the questions that wait for it. They go over in batches, so
 * that a thousand submissions at once cost a few messages. A question whose call runs over its budget has the thread ended
 * under it; those behind it are asked of the next one.
 */
import { Piscina } from "piscina";
import { workerFile } from "../../plugins/sdk/worker-file.ts";
import type { AdmissionQuestion } from "../model/admission.ts";
import { ActiveModule } from "../wasm/active-module.ts";
import type { ModuleUse } from "../wasm/call-times.ts";
import type {
  AdmissionBatch,
  AdmissionBatchAnswer,
  AdmissionWorkerData,
  Judged,
} from "./admission-messages.ts";
import { watchCalls } from "./call-watch.ts";

/** Questions that cross at once. */
const MAX_BATCH = 64;

interface Waiting {
  readonly question: AdmissionQuestion;
  readonly resolve: (judged: Judged) => void;
  readonly reject: (error: unknown) => void;
}

export class AdmissionThread {
  private readonly pool: Piscina;
  private readonly marker = new ActiveModule();
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
    const { filename, execArgv } = workerFile(import.meta.url, "admission-worker");
    const workerData: AdmissionWorkerData = {
      module,
      fuel,
      marker: this.marker.cells.buffer as SharedArrayBuffer,
      progress: this.progress.buffer as SharedArrayBuffer,
    };
    this.pool = new Piscina({
      filename,
      execArgv: [...execArgv],
      minThreads: 1,
      maxThreads: 1,
      idleTimeout: Number.POSITIVE_INFINITY,
      workerData,
    });
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
    await this.pool.close();
  }

  destroy(): Promise<void> {
    return this.pool.destroy();
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
    const abort = new AbortController();
    let culprit = 0;
    const stopWatch = watchCalls(this.marker, this.callBudgetMs, (module) => {
      culprit = module;
      abort.abort();
    });
    const task: AdmissionBatch = { questions: batch.map(({ question }) => question) };
    try {
      const answer = (await this.pool.run(task, { signal: abort.signal })) as AdmissionBatchAnswer;
      this.onUses(answer.uses);
      return answer.judged;
    } catch (error) {
      if (culprit === 0) throw error;
      this.marker.leave();
    } finally {
      stopWatch();
    }
    const at = this.progress[0]!;
    // What was answered before it was lost with the thread; it was sound, so it is asked again.
    if (at > 0) return this.runBatch(batch.slice(0, at));
    const message = `the module was in one call for more than ${this.callBudgetMs} ms`;
    return [{ fault: { code: "POLICY_OVER_BUDGET", message } }];
  }
}
