/**
 * The steps of a plan that keep promises: each job that was promised a start gets its place, in the order of the queue,
 * then starts if it fits now beside all the others, else keeps the place. One a pass in the mode `planned`. Pure.
 */
import type { PassTables } from "../state/tables.ts";
import { type KeptParts, type KeptPlace, KeptPlaces } from "./kept-places.ts";
import type { PlanBuilder } from "./plan-builder.ts";
import type { PromisedRows } from "./promised-rows.ts";

/** What the pass does for a row; the row's candidates are at hand where `lay`, `startNow`, `preempt` and `wait` are called. */
export interface PromiseHooks {
  /** Whether its place is not for promises to say: a heterogeneous job's component, or one that others are ended for. */
  readonly isElsewhere: (row: number) => boolean;
  readonly findCandidates: (row: number) => void;
  /** Plans all its tasks as if nothing had been promised. */
  readonly planOne: (row: number) => void;
  /** Plans its tasks from the second on. */
  readonly planRest: (row: number) => void;
  /** Whether licences are short, which is then its reason: while they are, it has no place. */
  readonly lacksLicences: (row: number) => boolean;
  /** Starts a job whose place was lifted: what others of its class have learnt does not hold for it. */
  readonly startNow: (row: number) => boolean;
  /** Starts it on its place in the first slot, whose nodes are the kernel's picks. */
  readonly startOn: (place: KeptPlace) => void;
  readonly preempt: (row: number) => boolean;
  /** Writes down that it waits for its place, whose nodes are the kernel's picks, in so many seconds. */
  readonly wait: (place: KeptPlace, leftS: number) => void;
}

export class PromiseSteps {
  readonly #tables: PassTables;
  readonly #builder: PlanBuilder;
  readonly #promised: PromisedRows;
  readonly #mayPreempt: boolean;
  readonly #hooks: PromiseHooks;

  constructor(
    tables: PassTables,
    builder: PlanBuilder,
    promised: PromisedRows,
    mayPreempt: boolean,
    hooks: PromiseHooks,
  ) {
    this.#tables = tables;
    this.#builder = builder;
    this.#promised = promised;
    this.#mayPreempt = mayPreempt;
    this.#hooks = hooks;
  }

  /**
   * Plans the rows of a group, in the order of the queue, up to the last that was promised anything; gives how many these
   * are. Rows among them without a promise are planned in their turn: nobody waits for a job behind him.
   */
  plan(rows: Int32Array, group: KeptParts, isPart: boolean): number {
    const known = this.#promised.known(rows, isPart);
    if (known === 0) {
      this.#builder.endPhase();
      this.#builder.endPhase();
      return 0;
    }
    const places = new KeptPlaces(group, this.#promised);
    for (let i = 0; i < known; i++) this.#lay(rows[i]!, places);
    this.#builder.endPhase();
    for (let i = 0; i < known; i++) {
      const place = places.get(rows[i]!);
      if (place !== undefined) this.#startOrKeep(place, places);
    }
    this.#builder.endPhase();
    return known;
  }

  #lay(row: number, places: KeptPlaces): void {
    if (!this.#hooks.isElsewhere(row) && !this.#hooks.lacksLicences(row)) {
      this.#hooks.findCandidates(row);
      if (places.lay(row)) return;
    }
    this.#hooks.planOne(row);
  }

  #startOrKeep(place: KeptPlace, places: KeptPlaces): void {
    const { row, startS } = place;
    this.#builder.decisions++;
    this.#builder.reason[row] = 0;
    this.#hooks.findCandidates(row);
    if (this.#hooks.lacksLicences(row)) {
      places.lift(place);
      return;
    }
    if (!this.#start(place, places)) {
      places.usePicks(place);
      this.#hooks.wait(place, Math.max(0, startS - this.#tables.nowS));
    }
    this.#hooks.planRest(row);
  }

  /** With its place lifted; it has it again where it does not start and nobody is ended for it. */
  #start(place: KeptPlace, places: KeptPlaces): boolean {
    if (!this.#mayPreempt && !places.mayStart(place)) return false;
    places.lift(place);
    if (this.#hooks.startNow(place.row)) return true;
    if (place.slot === 0) {
      // Nodes are looked for by the largest share of a node; what the last one gets is less, and may be all it has.
      places.usePicks(place);
      this.#hooks.startOn(place);
      return true;
    }
    if (this.#hooks.preempt(place.row)) return true;
    places.putBack(place);
    return false;
  }
}
