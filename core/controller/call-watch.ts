/**
 * Watches a worker thread from outside: a module that has been in the same call for longer than its budget is named. Used
 * by whoever runs modules in a thread of its own, and who then ends that thread.
 */
import type { ActiveModule } from "../wasm/active-module.ts";

/** Calls back once with the module's number. The function that comes back ends the watch. */
export function watchCalls(
  marker: ActiveModule,
  budgetMs: number,
  onOverBudget: (module: number) => void,
): () => void {
  let seen = { module: 0, call: 0 };
  // The clock is the main thread's own: a stall of it must not count against a module.
  let looks = 0;
  const everyMs = Math.max(1, Math.floor(budgetMs / 4));
  const timer = setInterval(() => {
    const now = marker.read();
    if (now.module === 0 || now.call !== seen.call) {
      seen = now;
      looks = 0;
      return;
    }
    looks++;
    if (looks * everyMs >= budgetMs) {
      clearInterval(timer);
      onOverBudget(now.module);
    }
  }, everyMs);
  return () => clearInterval(timer);
}
