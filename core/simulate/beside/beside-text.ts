/** What `rota policy simulate` prints: the figures of both replays beside each other, and the jobs that moved. Pure. */
import { printFacts, printTable } from "../../cli/rota/table.ts";
import type { Terminal } from "../../cli/rota/terminal.ts";
import type { BesideView, MovedJob } from "../../model/workbench.ts";
import type { Schedule } from "../figures.ts";

interface Line {
  readonly what: string;
  readonly of: (figures: Schedule) => number;
  readonly digits: number;
}

const LINES: readonly Line[] = [
  { what: "jobs that ran", of: ({ jobs }) => jobs, digits: 0 },
  { what: "wait mean s", of: ({ waitMeanS }) => waitMeanS, digits: 2 },
  { what: "wait p50 s", of: ({ waitP50S }) => waitP50S, digits: 0 },
  { what: "wait p99 s", of: ({ waitP99S }) => waitP99S, digits: 0 },
  { what: "bounded slowdown", of: ({ boundedSlowdownMean }) => boundedSlowdownMean, digits: 3 },
  { what: "utilisation %", of: ({ utilization }) => 100 * utilization, digits: 2 },
  { what: "makespan s", of: ({ makespanS }) => makespanS, digits: 0 },
];

export function besideText(beside: BesideView, terminal: Terminal): string {
  const { kind, name, version, against, workload, nodes, cpus, gpus, live, candidate, real, moved } = beside;
  const facts = printFacts(
    [
      ["policy", `${name} ${version} (${kind}, sha256 ${beside.sha256.slice(0, 12)})`],
      ["beside", against],
      ["workload", workload],
      [
        "cluster",
        `${nodes} nodes, ${cpus} CPUs${gpus === 0 ? "" : `, ${gpus} GPUs`}, backfill ${beside.backfill}`,
      ],
      ["moved jobs", `${moved.jobs}: ${moved.earlier} earlier, ${moved.later} later`],
    ],
    terminal,
  );
  const figures = printTable(
    [
      { title: "MEASURE", cell: ({ what }: Line) => what },
      { title: "REAL", align: "right", cell: (line) => (real === undefined ? "" : shown(line, real)) },
      { title: against.toUpperCase(), align: "right", cell: (line) => shown(line, live) },
      { title: name.toUpperCase(), align: "right", cell: (line) => shown(line, candidate) },
      { title: "CHANGE", align: "right", cell: (line) => changeOf(line, live, candidate) },
    ],
    LINES,
    terminal,
  );
  if (moved.jobs === 0) return `${facts}\n${figures}`;
  return `${facts}\n${figures}\n${movedTable(moved.farthest, against, name, terminal)}`;
}

const shown = ({ of, digits }: Line, figures: Schedule): string => of(figures).toFixed(digits);

function changeOf({ of, digits }: Line, live: Schedule, candidate: Schedule): string {
  const change = of(candidate) - of(live);
  return `${change > 0 ? "+" : ""}${change.toFixed(digits)}`;
}

const movedTable = (jobs: readonly MovedJob[], against: string, name: string, terminal: Terminal): string =>
  printTable(
    [
      { title: "MOVED FARTHEST", align: "right", cell: ({ id }) => id },
      {
        title: `START, ${against.toUpperCase()}`,
        align: "right",
        cell: ({ liveStartS }) => startText(liveStartS),
      },
      { title: `START, ${name.toUpperCase()}`, align: "right", cell: ({ startS }) => startText(startS) },
      {
        title: "BY S",
        align: "right",
        cell: ({ liveStartS, startS }) =>
          liveStartS < 0 || startS < 0 ? "" : `${startS > liveStartS ? "+" : ""}${startS - liveStartS}`,
      },
    ],
    jobs,
    terminal,
  );

const startText = (startS: number): string => (startS < 0 ? "never" : String(startS));
