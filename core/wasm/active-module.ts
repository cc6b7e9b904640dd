/**
 * Says on shared memory which module a worker is in, so that a watchdog on another thread knows whom to blame when it
 * must end the worker. Written around every call into a module; costs two atomic stores.
 */

/** What an instance calls around every entry into a module. Module numbers are 1 or more. */
export interface CallMarker {
  enter(moduleNumber: number): void;
  leave(): void;
  /** Milliseconds of a budget that the module has used up with all its calls of this pass; undefined while it has some left. */
  overBudgetMs?(moduleNumber: number): number | undefined;
}

export interface ActiveCall {
  /** 0 when the worker is in no module. */
  readonly module: number;
  /** Counts calls, so that two looks tell one long call from two short ones. Wraps at 2^31. */
  readonly call: number;
}

const MODULE = 0;
const CALLS = 1;

export class ActiveModule implements CallMarker {
  /** Two i32 of shared memory; hand it to the other thread and open it there with `new ActiveModule(cells)`. */
  readonly cells: Int32Array;

  constructor(cells: Int32Array = new Int32Array(new SharedArrayBuffer(8))) {
    if (cells.length < 2) throw new RangeError("the marker needs two cells");
    this.cells = cells;
  }

  enter(moduleNumber: number): void {
    Atomics.add(this.cells, CALLS, 1);
    Atomics.store(this.cells, MODULE, moduleNumber);
  }

  leave(): void {
    Atomics.store(this.cells, MODULE, 0);
  }

  read(): ActiveCall {
    return { module: Atomics.load(this.cells, MODULE), call: Atomics.load(this.cells, CALLS) };
  }
}
