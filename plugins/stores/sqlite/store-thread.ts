/**
 * A thread of the store as the controller's thread sees it: calls and their answers. When the thread ends, every
 * call that still waits is refused, and so is every later one; nothing waits for ever.
 */
import { Worker } from "node:worker_threads";
import { RotaError } from "../../../core/model/errors.ts";
import { workerFile } from "../../sdk/worker-file.ts";
import type { AnswerMessage, CallKind, CallMessage, StoreCalls } from "./calls.ts";
import { errorOf } from "./faults.ts";

interface WaitingCall {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: RotaError) => void;
}

export class StoreThread {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, WaitingCall>();
  private nextId = 1;
  private ended: RotaError | undefined;

  constructor() {
    const { filename, execArgv } = workerFile(import.meta.url, "sqlite-worker");
    this.worker = new Worker(filename, { execArgv: [...execArgv], name: "rota-store" });
    this.worker.on("message", (message: AnswerMessage) => this.answered(message));
    this.worker.on("error", (error: Error) => this.end(error.message));
    this.worker.on("messageerror", (error: Error) => this.end(error.message));
    this.worker.on("exit", () => this.end("it has ended"));
  }

  get running(): boolean {
    return this.ended === undefined;
  }

  /** Answers in the order of the calls. Rejects with a RotaError. */
  call<K extends CallKind>(
    kind: K,
    ask: StoreCalls[K]["ask"],
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<StoreCalls[K]["answer"]> {
    if (this.ended !== undefined) return Promise.reject(this.ended);
    const id = this.nextId;
    this.nextId += 1;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, kind, ask } satisfies CallMessage, transfer);
    });
  }

  /** Closes what the thread has open, and waits for its end; nothing is left to do when it has ended. */
  async close(): Promise<void> {
    if (this.ended !== undefined) return;
    try {
      await this.call("close", null);
    } finally {
      await this.stop();
    }
  }

  /** Ends the thread without more ado. */
  async stop(): Promise<void> {
    await this.worker.terminate();
  }

  private answered(message: AnswerMessage): void {
    const call = this.waiting.get(message.id);
    this.waiting.delete(message.id);
    if ("fault" in message) call?.reject(errorOf(message.fault));
    else call?.resolve(message.answer as never);
  }

  private end(why: string): void {
    this.ended ??= new RotaError("STORE_FAILED", `the store's thread does not run: ${why}`);
    for (const call of this.waiting.values()) call.reject(this.ended);
    this.waiting.clear();
  }
}
