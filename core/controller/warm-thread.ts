/** A planner's thread that is being made ready while others run passes. */
import type { PlannerThread } from "./planner-thread.ts";

export class WarmThread {
  readonly thread: PlannerThread;
  /** Of the desk, when the thread was given its modules. */
  readonly generation: number;
  readonly ready: Promise<void>;
  isReady = false;

  constructor(thread: PlannerThread, generation: number) {
    this.thread = thread;
    this.generation = generation;
    this.ready = thread.warm().then(() => {
      this.isReady = true;
    });
  }
}
