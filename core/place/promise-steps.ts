/**
 * The steps of a plan that keep promises: each job that was promised a start gets its place, in the order of the queue,
 * then starts if it fits now beside all the others, else keeps the place. One a pass in the modes that keep promises; in
 * `conservative` places are moved up as well. Pure.
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

/** Of the whole pass. */
export interface PromisePass {
  readonly tables: PassTables;
  readonly builder: PlanBuilder;
  readonly promised: PromisedRows;
  readonly mayPreempt: boolean;
  /** A place is moved up as soon as there is room, not only when its job can start. */
  readonly isMovedUp: boolean;
}

/** Places that a pass looks at for earlier ones; those that were promised later stay where they are. */
const MAX_MOVED_UP = 1_024;

export class PromiseSteps {
  readonly #pass: PromisePass;
  readonly #hooks: PromiseHooks;
  /** Places that were looked at for an earlier one. */
  #moved = 0;

  constructor(pass: PromisePass, hooks: PromiseHooks) {
    this.#pass = pass;
    this.#hooks = hooks;
  }

  /**
   * Plans the rows of a group, in the order of the queue, up to the last that was promised anything; gives how many these
   * are.
   */
  plan(rows: Int32Array, group: KeptParts, isPart: boolean): number {
    const { builder, promised, isMovedUp } = this.#pass;
    const known = promised.known(rows, isPart);
    if (known === 0) {
      builder.endPhase();
      builder.endPhase();
      return 0;
    }
    const places = new KeptPlaces(group, promised);
    return isMovedUp ? this.#planMovedUp(rows, places) : this.#planKept(rows, known, places);
  }

  /** Rows without a promise are planned in their turn among the others: nobody waits for a job behind him. */
  #planKept(rows: Int32Array, known: number, places: KeptPlaces): number {
    const { builder } = this.#pass;
    for (let i = 0; i < known; i++) this.#lay(rows[i]!, places);
    builder.endPhase();
    for (let i = 0; i < known; i++) {
      const place = places.get(rows[i]!);
      if (place !== undefined) this.#startOrKeep(place, places);
    }
    builder.endPhase();
    return known;
  }

  /** Rows without a promise come after all others. The first that was promised is moved up first. */
  #planMovedUp(rows: Int32Array, places: KeptPlaces): number {
    const promised = this.#pass.promised.byStart(rows);
    const isPromised = new Set(promised);
    for (const row of rows) if (isPromised.has(row)) this.#lay(row, places);
    for (const row of promised) {
      const place = places.get(row);
      if (place !== undefined) this.#startOrKeep(place, places);
    }
    for (const row of rows) if (!isPromised.has(row)) this.#hooks.planOne(row);
    return rows.length;
  }

  #lay(row: number, places: KeptPlaces): void {
    if (!this.#hooks.isElsewhere(row) && !this.#hooks.lacksLicences(row)) {
      this.#hooks.findCandidates(row);
      if (places.lay(row)) return;
    }
    this.#hooks.planOne(row);
  }

  #startOrKeep(place: KeptPlace, places: KeptPlaces): void {
    const { row } = place;
    this.#pass.builder.decisions++;
    this.#pass.builder.reason[row] = 0;
    this.#hooks.findCandidates(row);
    if (this.#hooks.lacksLicences(row)) {
      places.lift(place);
      return;
    }
    if (!this.#start(place, places)) {
      const kept = this.#pass.isMovedUp && this.#moved++ < MAX_MOVED_UP ? places.moveUp(place) : place;
      places.usePicks(kept);
      this.#hooks.wait(kept, Math.max(0, kept.startS - this.#pass.tables.nowS));
    }
    this.#hooks.planRest(row);
  }

  /** With its place lifted; it has it again where it does not start and nobody is ended for it. */
  #start(place: KeptPlace, places: KeptPlaces): boolean {
    if (!this.#pass.mayPreempt && !places.mayStart(place)) return false;
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
