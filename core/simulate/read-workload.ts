/** Reads a workload by its file's name: a batch log (`.swf`) or a list of jobs (`.csv`), either of them gzipped or not. */
import { type Result, refuse } from "../model/refusal.ts";
import { readCsv } from "./csv.ts";
import { readSwf } from "./swf.ts";
import type { ReadWorkload } from "./workload.ts";

/** `machineCpus` is the size of the machine that the log will be replayed on, 0 for the log's own. */
export async function readWorkload(path: string, machineCpus: number): Promise<Result<ReadWorkload>> {
  const name = path.replace(/\.gz$/, "");
  const read = name.endsWith(".swf")
    ? await readSwf(path, machineCpus)
    : name.endsWith(".csv")
      ? await readCsv(path)
      : refuse("WORKLOAD_INVALID", `${path}: a workload's name ends in .swf, .swf.gz, .csv or .csv.gz`);
  if (read.ok && read.value.workload.jobs.length === 0)
    return refuse("WORKLOAD_INVALID", `${path}: there is no job in it that can be replayed`);
  return read;
}
