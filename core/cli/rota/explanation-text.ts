/** What `rota explain` says of a job: why it waits, with the numbers behind it. Pure. */

import type { WaitChange } from "../../model/reasons.ts";
import { printDurationShort, printTimestamp } from "../../model/time.ts";
import type { ExplainView } from "../../model/views.ts";
import { printFacts, printTable } from "./table.ts";
import { printable, type Terminal } from "./terminal.ts";

/** A paragraph, facts and the table of filters for one job. */
export function printExplanation(view: ExplainView, nowS: number, terminal: Terminal): string {
  const { colours } = terminal;
  const title = `Job ${view.displayId} `;
  if (view.state !== "PENDING") {
    const state = NOT_ENDED[view.state] ?? `has ended: ${view.state}`;
    return `${colours.bold(title + state)}\n${sentence(view.text)}`;
  }
  return [
    `${colours.bold(`${title}waits: ${view.reason}`)}\n`,
    sentence(view.text),
    printFacts(factsOf(view, nowS), terminal),
    rulesTable(view, terminal),
    changesText(view),
    filterTable(view, terminal),
  ].join("");
}

const NOT_ENDED: Readonly<Record<string, string>> = { RUNNING: "runs", SUSPENDED: "is suspended" };

const sentence = (text: string): string => (text === "" ? "" : `${printable(text)}\n`);

const factsOf = (view: ExplainView, nowS: number): (readonly [string, string | number])[] => [
  ["Place in the queue", view.rank > 0 ? view.rank : "not ranked"],
  ["Priority", view.priority],
  ["Nodes needed", view.needNodes],
  ["Nodes free for it now", view.freeNodes >= 0 ? view.freeNodes : "not counted"],
  ["Nodes not available", view.unavailableNodes.join(",")],
  ["Waits behind", view.behindJob > 0 ? `job ${view.behindJob}` : ""],
  ["Kept from starting by", keeper(view, nowS)],
  ["Held back by a limit", limitWords(view)],
  ["Expected start", expectedStart(view, nowS)],
];

const expectedStart = ({ expectedStartS }: ExplainView, nowS: number): string => {
  if (expectedStartS === 0) return "not known yet";
  const inS = expectedStartS - nowS;
  return `${printTimestamp(expectedStartS)}, ${inS > 0 ? `in ${printDurationShort(inS)}` : "now"}`;
};

/** The job whose start or reservation keeps this one from nodes that are free. */
const keeper = ({ tried }: ExplainView, nowS: number): string => {
  if (tried === undefined || tried.keptByJob === 0) return "";
  const { keptByJob, keptByStartS } = tried;
  if (keptByStartS === 0) return `job ${keptByJob}`;
  if (keptByStartS <= nowS) return `job ${keptByJob}, which starts now`;
  const inS = printDurationShort(keptByStartS - nowS);
  return `the reservation of job ${keptByJob}, for ${printTimestamp(keptByStartS)}, in ${inS}`;
};

const limitWords = ({ limit }: ExplainView): string =>
  limit === undefined
    ? ""
    : `${limit.name}: ${limit.value}, of which ${Math.round(limit.used)} in use; it asks ${Math.round(limit.asked)}`;

/** What would start it at once, a line each. */
const changesText = ({ tried }: ExplainView): string => {
  if (tried === undefined) return "";
  const lines = tried.changes.map((change) => `  ${changeWords(change)}\n`);
  const rest = tried.isWhole ? "" : "The queue ahead is too long to try everything.\n";
  return lines.length === 0 ? rest : `\nIt would start now\n${lines.join("")}${rest}`;
};

function changeWords({ change, to }: WaitChange): string {
  const value = printable(to);
  switch (change) {
    case "nodes":
      return `on ${value} ${to === "1" ? "node" : "nodes"}`;
    case "time limit":
      return `with a time limit of ${printDurationShort(Number(to))}`;
    case "partition":
      return `in partition ${value}`;
    case "features":
      return "without its features";
    case "contiguous":
      return "on nodes that need not follow each other";
    case "switches":
      return "on any number of leaf switches";
    case "gres":
      return `with devices of any type, ${value}`;
  }
}

/** What it asks of its nodes together, a line each. */
const rulesTable = ({ rules = [] }: ExplainView, terminal: Terminal): string =>
  rules.length === 0
    ? ""
    : `\n${printTable(
        [
          {
            title: "NODES TOGETHER",
            cell: ({ rule, of }) => (of === "" ? `--${rule}` : `--${rule} ${printable(of)}`),
          },
          { title: "ASKED", align: "right", cell: (row) => row.asked },
          { title: "FREE", align: "right", cell: (row) => row.most },
          { title: "KEEPS IT", cell: (row) => (row.isKeeping ? "yes" : "no") },
        ],
        rules,
        terminal,
      )}`;

const filterTable = (view: ExplainView, terminal: Terminal): string =>
  view.filters.length === 0
    ? ""
    : `\n${printTable(
        [
          { title: "NODES BY", cell: (row) => row.filter },
          { title: "REMOVED", align: "right", cell: (row) => row.removed },
          { title: "LEFT", align: "right", cell: (row) => row.left },
        ],
        view.filters,
        terminal,
      )}`;
