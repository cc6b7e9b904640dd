/** What running jobs give back, and when, as the kernel reads it. Columns, without a copy. Pure. */
import { MAX_GRES_DIMENSIONS, type PassTables } from "../state/tables.ts";

/** An end of running work as the kernel reads it; `endS` in epoch seconds. */
export interface EndColumns {
  readonly count: number;
  readonly endS: Uint32Array;
  readonly node: Int32Array;
  readonly cpus: Int32Array;
  readonly memMib: Int32Array;
  /** One column a GRES dimension in use, in the order of `dimensions`. */
  readonly gres: readonly Uint8Array[];
  /** Whose the work is, as owner-planes.ts has it; absent where nobody asks. */
  readonly owner?: Int32Array;
}

/** The running table as ends, without a copy. */
export function runningEnds(tables: PassTables, dimensions: readonly number[]): EndColumns {
  const { columns, capacity, count } = tables.running;
  return {
    count,
    endS: columns.endS,
    node: columns.node,
    cpus: columns.cpus,
    memMib: columns.memMib,
    ...(tables.owners === undefined ? {} : { owner: tables.owners.running }),
    gres: dimensions.map((d) =>
      columns.gres.subarray(Math.min(d, MAX_GRES_DIMENSIONS - 1) * capacity).subarray(0, count),
    ),
  };
}
