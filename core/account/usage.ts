/** What ended jobs have used, added up: the numbers of reports. Pure. */
import type { HistoryView } from "../model/views.ts";

export interface Usage {
  readonly jobs: number;
  /** Amount times seconds of wall clock that it was held. */
  readonly cpuS: number;
  readonly gpuS: number;
  readonly nodeS: number;
  readonly memMibS: number;
}

export const NO_USAGE: Usage = { jobs: 0, cpuS: 0, gpuS: 0, nodeS: 0, memMibS: 0 };

/** Jobs that never started count as jobs, and used nothing. */
export function usageOf(records: Iterable<HistoryView>): Usage {
  let usage = NO_USAGE;
  for (const record of records) {
    const heldS =
      record.startS === 0 ? 0 : Math.max(0, record.endS - record.startS - (record.suspendedS ?? 0));
    usage = {
      jobs: usage.jobs + 1,
      cpuS: usage.cpuS + record.numCpus * heldS,
      gpuS: usage.gpuS + record.numGpus * heldS,
      nodeS: usage.nodeS + record.numNodes * heldS,
      memMibS: usage.memMibS + record.memMib * heldS,
    };
  }
  return usage;
}
