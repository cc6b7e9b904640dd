/** Writes what became of each job of a replay as CSV, in the order of the workload. */
import { closeSync, openSync, writeSync } from "node:fs";
import { ok, type Result, refuse } from "../model/refusal.ts";
import type { Simulation } from "./simulation.ts";

const PIECE = 8192;

/** `id,submit,start,end,nodes`: seconds of the log's clock, and on how many nodes; start and end are -1 for a job that never ran. */
export function writeJobs({ workload, jobs }: Simulation, path: string): Result<void> {
  let file: number | undefined;
  try {
    file = openSync(path, "w");
    writeSync(file, "id,submit,start,end,nodes\n");
    for (let from = 0; from < workload.jobs.length; from += PIECE) {
      const lines: string[] = [];
      for (let i = from; i < Math.min(from + PIECE, workload.jobs.length); i++) {
        const { id, submitS } = workload.jobs[i]!;
        lines.push(`${id},${submitS},${jobs.startS[i]},${jobs.endS[i]},${jobs.nodes[i]}\n`);
      }
      writeSync(file, lines.join(""));
    }
    return ok(undefined);
  } catch (error) {
    return refuse("INVALID_SPEC", `--jobs ${path} cannot be written: ${(error as Error).message}`);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
