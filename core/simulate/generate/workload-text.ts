/**
 * A generated workload as the text of a file: CSV with Rota's columns, or SWF, the Standard Workload Format. Gives it
 * in pieces, so that a writer holds one at a time; writes nothing itself.
 */
import { ok, type Result, refuse } from "../../model/refusal.ts";
import type { WorkloadJob } from "../workload.ts";
import type { WorkloadSource } from "./generate-workload.ts";

export const WORKLOAD_FORMATS = ["csv", "swf"] as const;
export type WorkloadFormat = (typeof WORKLOAD_FORMATS)[number];

export const CSV_HEADER = "id,submit_s,nodes,gpus_per_node,cpus,time_limit_s,run_s";

/** Jobs of one piece of text. */
const JOBS_A_PIECE = 4096;

/** The pieces, each of whole lines. SWF knows no GPUs, so it is refused for a workload that asks for them. */
export function workloadText(
  source: WorkloadSource,
  format: WorkloadFormat,
): Result<IterableIterator<string>> {
  if (format === "csv") return ok(pieces(source, `${CSV_HEADER}\n`, csvLine));
  if (source.options.model === "gpu") {
    return refuse("INVALID_SPEC", "--format swf has no place for GPUs; use --format csv with --model gpu");
  }
  return ok(pieces(source, swfHeader(source), swfLine));
}

function* pieces(
  source: WorkloadSource,
  header: string,
  lineOf: (job: WorkloadJob) => string,
): IterableIterator<string> {
  let text = header;
  let count = 0;
  for (const job of source.jobs()) {
    text += lineOf(job);
    if (++count % JOBS_A_PIECE !== 0) continue;
    yield text;
    text = "";
  }
  if (text !== "") yield text;
}

const csvLine = (job: WorkloadJob): string =>
  `${job.id},${job.submitS},${job.nodes},${job.gpusPerNode},${job.cpus},${job.timeLimitS},${job.runS}\n`;

/** The header fields that readers of logs look for, and where the log comes from. */
function swfHeader({ name, options, spanS, load }: WorkloadSource): string {
  return [
    "; Version: 2.2",
    `; Computer: generated, ${name}`,
    "; Note: not a log of a real machine; made by rota generate, after Lublin and Feitelson (JPDC 2003)",
    `; Note: load ${load.toFixed(4)} over ${spanS} s`,
    `; MaxJobs: ${options.jobs}`,
    `; MaxRecords: ${options.jobs}`,
    "; UnixStartTime: 0",
    `; MaxNodes: ${options.nodes}`,
    `; MaxProcs: ${options.nodes * options.cpusPerNode}`,
    "",
  ].join("\n");
}

/** Fields that a generated job has not are -1: wait, CPU time, memory, group and so on; status 1 is "completed". */
function swfLine(job: WorkloadJob): string {
  const cpus = job.nodes * job.cpus;
  return `${job.id} ${job.submitS} -1 ${job.runS} ${cpus} -1 -1 ${cpus} ${job.timeLimitS} -1 1 ${job.user} -1 -1 -1 -1 -1 -1\n`;
}
