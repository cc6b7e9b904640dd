/** The picture of a topology in a terminal: a line for each switch, block or group, a letter for each node. Pure. */
import type { Colours, Terminal } from "./terminal.ts";
import { printable, UNKNOWN_WIDTH } from "./terminal.ts";
import type { NodeUse, TopologyUnit } from "./topology-units.ts";

const LETTERS: Readonly<Record<NodeUse, string>> = { idle: ".", part: "o", full: "#", out: "x" };
const LEGEND = ". idle   o in part   # full   x takes no jobs";
const USUAL_WIDTH = 100;
/** Letters of a node strip that still make a line. */
const LEAST_STRIP = 16;
/** Lines of one picture; the rest is counted below it. */
export const MAX_PICTURE_LINES = 2_000;

export function printTopology(cluster: TopologyUnit, kind: string, terminal: Terminal): string {
  if (cluster.nodeCount === 0)
    return "No nodes yet: start an agent with `rota agent`, or all with `rota up`.\n";
  const lines: { readonly label: string; readonly unit: TopologyUnit; readonly strip: boolean }[] = [];
  const visit = (unit: TopologyUnit, indent: number): void => {
    const label = `${"  ".repeat(indent)}${unit.name === "" ? "cluster" : printable(unit.name)}`;
    lines.push({ label, unit, strip: unit.nodes.length > 0 });
    for (const each of unit.units) visit(each, indent + 1);
  };
  visit(cluster, 0);
  const shown = lines.slice(0, MAX_PICTURE_LINES);
  const labelWidth = Math.max(...shown.map(({ label }) => label.length));
  const factsWidth = Math.max(...shown.map(({ unit }) => facts(unit).length));
  const width = terminal.width === UNKNOWN_WIDTH ? USUAL_WIDTH : terminal.width;
  const room = Math.max(LEAST_STRIP, width - labelWidth - factsWidth - 6);
  const { colours } = terminal;
  const head = kind === "" ? "" : `topology of kind ${kind}; `;
  const text = shown.flatMap(({ label, unit, strip }) => {
    const start = `${label.padEnd(labelWidth)}  ${facts(unit).padEnd(factsWidth)}`;
    if (!strip) return [start.trimEnd()];
    return strips(unit, room, colours).map((letters, i) =>
      i === 0 ? `${start}  ${letters}` : `${" ".repeat(labelWidth + factsWidth + 4)}${letters}`,
    );
  });
  const more = lines.length - shown.length;
  return [
    `${head}${colours.dim(LEGEND)}`,
    ...text,
    ...(more > 0 ? [`and ${more} more; --json has all`] : []),
    "",
  ].join("\n");
}

function facts(unit: TopologyUnit): string {
  const gpus = unit.gpus === 0 ? "" : `, ${unit.freeGpus}/${unit.gpus} GPUs`;
  return `${unit.idleNodes}/${unit.nodeCount} nodes${gpus} free`;
}

function strips(unit: TopologyUnit, room: number, colours: Colours): readonly string[] {
  const rows: string[] = [];
  for (let from = 0; from < unit.nodes.length; from += room) {
    const letters = unit.nodes.slice(from, from + room).map(({ use }) => paint(use, colours));
    rows.push(letters.join(""));
  }
  return rows;
}

function paint(use: NodeUse, colours: Colours): string {
  const letter = LETTERS[use];
  if (use === "idle") return colours.dim(letter);
  return use === "out" ? colours.red(letter) : colours.green(letter);
}
