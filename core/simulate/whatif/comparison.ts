/** The answer of `rota whatif`: when each waiting job starts as things are, and when after the change. Pure. */
import { displayId } from "../../account/display-id.ts";
import { printTable } from "../../cli/rota/table.ts";
import type { Terminal } from "../../cli/rota/terminal.ts";
import { printDurationShort, printTimestamp } from "../../model/time.ts";
import type { ClusterState } from "../../state/cluster-state.ts";
import type { Forecast } from "./forecast.ts";

/** One waiting record, as `--json` prints it. Times are epoch seconds, 0 for one that is not foreseen. */
export interface ComparedJob {
  readonly jobId: number;
  /** `12`, `12_[3-5]`. */
  readonly displayId: string;
  readonly name: string;
  readonly user: string;
  /** It is the one that --submit adds. */
  readonly submitted: boolean;
  readonly held: boolean;
  /** Start of the job, of an array's first task, as things are. */
  readonly nowStartS: number;
  /** Of an array's last task, else the same. */
  readonly nowLastStartS: number;
  /** After the change; absent where nothing was changed. */
  readonly thenStartS?: number;
  readonly thenLastStartS?: number;
  /** Then less now, seconds; null where either is not foreseen. */
  readonly differenceS?: number | null;
}

export interface Compared {
  readonly nowS: number;
  readonly untilS: number;
  readonly jobs: readonly ComparedJob[];
}

/** A record that waits when the question is asked. */
export type WaitingRecord = Pick<ComparedJob, "jobId" | "displayId" | "name" | "user" | "submitted" | "held">;

/** Ascending by id. `submitted` is the id of the job that the question adds, 0 for none. */
export const waitingRecords = (state: ClusterState, submitted: number): readonly WaitingRecord[] =>
  [...state.jobs.values()]
    .filter((job) => job.state === "PENDING")
    .sort((a, b) => a.id - b.id)
    .map((job) => ({
      jobId: job.id,
      displayId: displayId(job),
      name: job.name,
      user: job.spec.user,
      submitted: job.id === submitted,
      held: job.held !== "",
    }));

/** `then` is absent where nothing was changed. */
export function compare(
  records: readonly WaitingRecord[],
  now: Forecast,
  then: Forecast | undefined,
): readonly ComparedJob[] {
  return records.map((record) => {
    const before = record.submitted ? undefined : now.starts.get(record.jobId);
    const nowStartS = before?.firstS ?? 0;
    const job = { ...record, nowStartS, nowLastStartS: before?.lastS ?? 0 };
    if (then === undefined) return job;
    const after = then.starts.get(record.jobId);
    const thenStartS = after?.firstS ?? 0;
    const differenceS = nowStartS === 0 || thenStartS === 0 ? null : thenStartS - nowStartS;
    return { ...job, thenStartS, thenLastStartS: after?.lastS ?? 0, differenceS };
  });
}

export function comparisonText({ nowS, jobs }: Compared, terminal: Terminal): string {
  if (jobs.length === 0) return "No job waits.\n";
  const isChanged = jobs.some(({ thenStartS }) => thenStartS !== undefined);
  const start = (startS: number, { held }: ComparedJob): string => {
    if (startS === 0) return held ? "held" : "not foreseen";
    return startS <= nowS ? "now" : `${printTimestamp(startS)}, in ${printDurationShort(startS - nowS)}`;
  };
  return printTable(
    [
      { title: "JOB", align: "right", cell: (job) => (job.submitted ? "new" : job.displayId) },
      { title: "NAME", cell: ({ name }) => name },
      { title: "USER", cell: ({ user }) => user },
      {
        title: isChanged ? "NOW EXPECTED" : "EXPECTED",
        cell: (job) => (job.submitted ? "-" : start(job.nowStartS, job)),
      },
      { title: "THEN EXPECTED", cell: (job) => (isChanged ? start(job.thenStartS ?? 0, job) : "") },
      { title: "DIFFERENCE", align: "right", cell: (job) => (isChanged ? difference(job) : "") },
    ],
    jobs,
    terminal,
  );
}

function difference({ differenceS, nowStartS, thenStartS, submitted }: ComparedJob): string {
  if (submitted) return "-";
  if (differenceS === null || differenceS === undefined)
    return nowStartS === thenStartS ? "none" : nowStartS === 0 ? "starts" : "starts no more";
  if (differenceS === 0) return "none";
  return `${printDurationShort(Math.abs(differenceS))} ${differenceS < 0 ? "earlier" : "later"}`;
}
