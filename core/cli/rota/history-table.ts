/** The table of `rota history`. Pure. */
import { printDurationShort } from "../../model/time.ts";
import type { HistoryView } from "../../model/views.ts";
import { exitWords, momentWords, paintState } from "./job-words.ts";
import { type Column, printTable } from "./table.ts";
import type { Terminal } from "./terminal.ts";

/** Ended jobs in the given order, or one sentence where there are none. */
export function printHistory(jobs: readonly HistoryView[], terminal: Terminal): string {
  if (jobs.length === 0) return "No ended jobs.\n";
  const columns: readonly Column<HistoryView>[] = [
    { title: "JOB", cell: (job) => job.displayId },
    { title: "NAME", cell: (job) => job.name },
    { title: "USER", cell: (job) => job.user },
    { title: "PARTITION", cell: (job) => job.partition },
    {
      title: "STATE",
      cell: (job) => job.state,
      paint: (text, job) => paintState(text, job.state, terminal.colours),
    },
    { title: "EXIT", align: "right", cell: (job) => exitWords(job.exitCode, job.exitSignal) },
    { title: "RAN", align: "right", cell: ranWords },
    { title: "CPUS", align: "right", cell: (job) => job.numCpus },
    { title: "GPUS", align: "right", cell: (job) => (job.numGpus > 0 ? job.numGpus : "") },
    { title: "NODES", cell: (job) => job.nodes },
    { title: "ENDED", cell: (job) => momentWords(job.endS) },
    { title: "WHY", cell: (job) => (job.endReason === "None" ? "" : job.endReason) },
  ];
  return printTable(columns, jobs, terminal);
}

/** Without what it stood still. */
const ranWords = (job: HistoryView): string =>
  job.startS > 0 ? printDurationShort(Math.max(0, job.endS - job.startS - (job.suspendedS ?? 0))) : "-";
