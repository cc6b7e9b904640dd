/**
 * Writes the report of simulations as one HTML file that needs nothing else: no network, no other file. Called when a
 * simulation has ended and a report was asked for.
 */
import { writeFile } from "node:fs/promises";
import type { Simulation } from "../simulation.ts";
import { pageCode } from "./page-code.ts";
import { reportPage } from "./report-page.ts";

/** Runs of one page. */
export const MAX_REPORT_RUNS = 24;

export interface ReportOptions {
  /** The command line that made it, shown on the page. */
  readonly command?: string;
}

/**
 * The runs stand side by side in this order, on the same scales. `jobs.cpus` and `jobs.gpus` are those of the whole
 * job; starts and ends are on the clock of the workload's submissions, and a job without a start (negative or NaN) did
 * not run. Throws when there is no run or more than MAX_REPORT_RUNS, when the page's script is not built, and when the
 * file cannot be written.
 */
export async function writeReport(
  simulations: readonly Simulation[],
  path: string,
  { command = "" }: ReportOptions = {},
): Promise<void> {
  if (simulations.length === 0 || simulations.length > MAX_REPORT_RUNS) {
    throw new RangeError(`a report is of 1 to ${MAX_REPORT_RUNS} runs, not of ${simulations.length}`);
  }
  await writeFile(path, reportPage(simulations, command, pageCode()));
}
