/** The picture of a topology as SVG: boxes in boxes, a square for each node, its name as the tip. Pure. */
import type { NodeUse, TopologyUnit } from "./topology-units.ts";

const FILL: Readonly<Record<NodeUse, string>> = {
  idle: "#ffffff",
  part: "#9cc9b0",
  full: "#2e7d57",
  out: "#d9a0a0",
};
const WORDS: Readonly<Record<NodeUse, string>> = {
  idle: "idle",
  part: "in part",
  full: "full",
  out: "takes no jobs",
};
const CELL = 12;
const GAP = 2;
const PAD = 8;
const TITLE = 16;
const LETTER = 6.2;
/** Widest that the whole becomes before its boxes go to the next row. */
const WIDTH = 1_200;
const CELLS_A_ROW = 18;

interface Box {
  readonly width: number;
  readonly height: number;
  /** Its marks, at 0, 0. */
  readonly draw: (x: number, y: number) => string;
}

export function topologySvg(cluster: TopologyUnit, kind: string): string {
  const title = kind === "" ? "cluster" : `cluster, topology of kind ${kind}`;
  const box = boxOf(cluster, title, WIDTH);
  const legend = (["idle", "part", "full", "out"] as const)
    .map((use, i) => {
      const x = PAD + i * 110;
      const y = box.height + PAD;
      return `${square(x, y, use, "")}<text x="${x + CELL + 4}" y="${y + CELL - 2}">${WORDS[use]}</text>`;
    })
    .join("");
  const height = box.height + PAD * 2 + CELL;
  const width = Math.max(box.width, 460);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11">
<rect width="${width}" height="${height}" fill="#fafafa"/>
${box.draw(0, 0)}
${legend}
</svg>
`;
}

function boxOf(unit: TopologyUnit, title: string, widest: number): Box {
  const inner = [
    ...(unit.nodes.length === 0 ? [] : [cells(unit)]),
    ...unit.units.map((each) => boxOf(each, each.name, widest - 2 * PAD)),
  ];
  const free = unit.gpus === 0 ? `${unit.idleNodes}/${unit.nodeCount}` : `${unit.freeGpus}/${unit.gpus} GPUs`;
  const label = `${title} · ${free} free`;
  // Boxes side by side, a new row where the width is used up.
  const at: { readonly box: Box; readonly x: number; readonly y: number }[] = [];
  let x = PAD;
  let y = TITLE + PAD;
  let rowHeight = 0;
  let width = label.length * LETTER + 2 * PAD;
  for (const box of inner) {
    if (x > PAD && x + box.width + PAD > widest) {
      x = PAD;
      y += rowHeight + PAD;
      rowHeight = 0;
    }
    at.push({ box, x, y });
    x += box.width + PAD;
    rowHeight = Math.max(rowHeight, box.height);
    width = Math.max(width, x);
  }
  const height = y + rowHeight + PAD;
  return {
    width,
    height,
    draw: (left, top) =>
      `<g><rect x="${left + 0.5}" y="${top + 0.5}" width="${width - 1}" height="${height - 1}" rx="4" fill="none" stroke="#8a8a8a"/><text x="${left + PAD}" y="${top + TITLE}">${escaped(label)}</text>${at
        .map((one) => one.box.draw(left + one.x, top + one.y))
        .join("")}</g>`,
  };
}

function cells({ nodes }: TopologyUnit): Box {
  const step = CELL + GAP;
  const columns = Math.min(nodes.length, CELLS_A_ROW);
  return {
    width: columns * step - GAP,
    height: Math.ceil(nodes.length / columns) * step - GAP,
    draw: (left, top) =>
      nodes
        .map(({ name, use }, i) =>
          square(
            left + (i % columns) * step,
            top + Math.floor(i / columns) * step,
            use,
            `${name}: ${WORDS[use]}`,
          ),
        )
        .join(""),
  };
}

function square(x: number, y: number, use: NodeUse, tip: string): string {
  const inside = tip === "" ? "" : `<title>${escaped(tip)}</title>`;
  return `<rect x="${x}" y="${y}" width="${CELL}" height="${CELL}" rx="2" fill="${FILL[use]}" stroke="#6b6b6b">${inside}</rect>`;
}

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
