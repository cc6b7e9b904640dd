/** What `rota explain` says of a job: why it waits, with the numbers behind it. Pure. */
import { printDurationShort, printTimestamp } from "../../model/time.ts";
import type { ExplainView } from "../../model/views.ts";
import { printFacts, printTable } from "./table.ts";
import { printable, type Terminal } from "./terminal.ts";

/** A paragraph, facts and the table of filters for one job. */
export function printExplanation(view: ExplainView, nowS: number, terminal: Terminal): string {
  const { colours } = terminal;
  const title = `Job ${view.displayId} `;
  if (view.state !== "PENDING") {
    const state = view.state === "RUNNING" ? "runs" : `has ended: ${view.state}`;
    return `${colours.bold(title + state)}\n${sentence(view.text)}`;
  }
  return [
    `${colours.bold(`${title}waits: ${view.reason}`)}\n`,
    sentence(view.text),
    printFacts(factsOf(view, nowS), terminal),
    filterTable(view, terminal),
  ].join("");
}

const sentence = (text: string): string => (text === "" ? "" : `${printable(text)}\n`);

const factsOf = (view: ExplainView, nowS: number): (readonly [string, string | number])[] => [
  ["Place in the queue", view.rank > 0 ? view.rank : "not ranked"],
  ["Priority", view.priority],
  ["Nodes needed", view.needNodes],
  ["Nodes free for it now", view.freeNodes >= 0 ? view.freeNodes : "not counted"],
  ["Nodes not available", view.unavailableNodes.join(",")],
  ["Waits behind", view.behindJob > 0 ? `job ${view.behindJob}` : ""],
  ["Expected start", expectedStart(view, nowS)],
];

const expectedStart = ({ expectedStartS }: ExplainView, nowS: number): string => {
  if (expectedStartS === 0) return "not known yet";
  const inS = expectedStartS - nowS;
  return `${printTimestamp(expectedStartS)}, ${inS > 0 ? `in ${printDurationShort(inS)}` : "now"}`;
};

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
