/**
 * Counts calls into modules and the time in them, around another marker, and says when a module has used up its budget
 * of time for a pass. In a pass worker; read after each pass.
 */
import type { CallMarker } from "./active-module.ts";

export interface ModuleUse {
  readonly number: number;
  readonly calls: number;
  readonly usedUs: number;
}

export class CallTimes implements CallMarker {
  readonly #marker: CallMarker;
  readonly #uses = new Map<number, { calls: number; usedMs: number }>();
  #use: { calls: number; usedMs: number } | undefined;
  #beganMs = 0;

  readonly #passBudgetMs: number;

  /** `passBudgetMs` is for each module; what comes with Rota has the same. */
  constructor(marker: CallMarker, passBudgetMs = Number.POSITIVE_INFINITY) {
    this.#marker = marker;
    this.#passBudgetMs = passBudgetMs;
  }

  overBudgetMs(moduleNumber: number): number | undefined {
    const usedMs = this.#uses.get(moduleNumber)?.usedMs ?? 0;
    return usedMs > this.#passBudgetMs ? this.#passBudgetMs : undefined;
  }

  enter(moduleNumber: number): void {
    let use = this.#uses.get(moduleNumber);
    if (use === undefined) {
      use = { calls: 0, usedMs: 0 };
      this.#uses.set(moduleNumber, use);
    }
    use.calls++;
    this.#use = use;
    this.#marker.enter(moduleNumber);
    this.#beganMs = performance.now();
  }

  leave(): void {
    if (this.#use !== undefined) this.#use.usedMs += performance.now() - this.#beganMs;
    this.#use = undefined;
    this.#marker.leave();
  }

  /** What was used since the last time that this was asked. */
  take(): readonly ModuleUse[] {
    const uses = [...this.#uses].map(([number, { calls, usedMs }]) => ({
      number,
      calls,
      usedUs: Math.round(usedMs * 1000),
    }));
    this.#uses.clear();
    return uses;
  }
}
