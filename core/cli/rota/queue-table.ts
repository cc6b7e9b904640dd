/** The table of `rota queue`. Pure. */
import type { JobView } from "../../model/views.ts";
import { exitWords, paintState, stateWord, timeWords, whereOrWhy } from "./job-words.ts";
import { type Column, printTable } from "./table.ts";
import type { Terminal } from "./terminal.ts";

/** Jobs in the given order, or one sentence where there are none. */
export function printQueue(jobs: readonly JobView[], nowS: number, terminal: Terminal): string {
  if (jobs.length === 0) return "No jobs.\n";
  const columns: readonly Column<JobView>[] = [
    { title: "JOB", cell: (job) => job.displayId },
    { title: "NAME", cell: (job) => job.name },
    { title: "USER", cell: (job) => job.user },
    { title: "PARTITION", cell: (job) => job.partition },
    {
      title: "STATE",
      cell: stateWord,
      paint: (text, job) => paintState(text, job.state, terminal.colours),
    },
    { title: "TIME", align: "right", cell: (job) => timeWords(job, nowS) },
    { title: "NODES", align: "right", cell: (job) => job.numNodes },
    { title: "CPUS", align: "right", cell: (job) => job.numCpus },
    { title: "GPUS", align: "right", cell: (job) => (job.numGpus > 0 ? job.numGpus : "") },
    { title: "EXIT", align: "right", cell: exitOf },
    { title: "WHERE OR WHY", cell: (job) => whereOrWhy(job, nowS) },
  ];
  return printTable(columns, jobs, terminal);
}

const exitOf = (job: JobView): string =>
  job.exitCode === 0 && job.exitSignal === 0 ? "" : exitWords(job.exitCode, job.exitSignal);
