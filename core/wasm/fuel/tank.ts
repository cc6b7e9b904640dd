/**
 * The fuel of one running module: what a call may use, what is left of a pass, and what was used. A module that no fuel
 * was injected into, as those that come with Rota, is never stopped by it. In a pass worker, around every call.
 */

/** Units of fuel; one is about an instruction. */
export interface FuelBudget {
  /** Of one call, at most 2^31 - 1. */
  readonly callUnits: number;
  /** Of all calls from one seeding to the next, which is a pass. */
  readonly passUnits: number;
}

/**
 * The built-in modules use 0.1 to 9 million units for a call over 12,500 nodes, at 8 to 18 units a nanosecond. An endless
 * loop runs as the engine's first, slow code and uses the budget of a call in some 50 ms.
 */
export const DEFAULT_FUEL: FuelBudget = { callUnits: 50_000_000, passUnits: 10_000_000_000 };
export const MAX_CALL_UNITS = 2_147_483_647;
export const MAX_PASS_UNITS = 1_000_000_000_000;

export class FuelTank {
  readonly budget: FuelBudget;
  #gauge: WebAssembly.Global | undefined;
  #given = 0;
  #left: number;

  constructor(budget: FuelBudget) {
    this.budget = budget;
    this.#left = budget.passUnits;
  }

  /** The module's own count; undefined for one without. */
  connect(gauge: WebAssembly.Global | undefined): void {
    this.#gauge = gauge;
  }

  /** A new pass. */
  refill(): void {
    this.#left = this.budget.passUnits;
  }

  /** Before a call. False: the pass has used up what it may. */
  open(): boolean {
    const gauge = this.#gauge;
    if (gauge === undefined) return true;
    if (this.#left <= 0) return false;
    this.#given = Math.min(this.budget.callUnits, this.#left);
    gauge.value = this.#given;
    return true;
  }

  /** After a call that came back. */
  close(): void {
    const gauge = this.#gauge;
    if (gauge !== undefined) this.#left -= this.#given - gauge.value;
  }

  /** After a trap: whether it was for want of fuel. */
  get isDry(): boolean {
    return this.#gauge !== undefined && this.#gauge.value < 0;
  }

  /** Whether a call had less than the budget of a call, as the pass had no more. */
  get endedPass(): boolean {
    return this.#given < this.budget.callUnits;
  }

  /** Units used since the last refill, those of a call that trapped not among them. */
  get used(): number {
    return this.budget.passUnits - this.#left;
  }
}
