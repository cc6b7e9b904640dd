/**
 * Reads what nvidia-smi prints: the CSV of `--query-gpu`, the list of `-L`, the matrix of `topo -m`. Pure. What cannot be
 * read is told as undefined or left out, never guessed.
 */
import type { LinkKind } from "../../sdk/hardware.ts";

/** One GPU by field name; `[N/A]`, `[Not Supported]` and their kin are "". */
export type QueriedGpu = ReadonlyMap<string, string>;

/** A MIG instance in the list of `-L`. */
export interface MigInstance {
  readonly uuid: string;
  /** `1g.10gb`. */
  readonly profile: string;
}

export interface ListedGpu {
  readonly index: number;
  readonly uuid: string;
  readonly instances: readonly MigInstance[];
}

/** Two GPUs by index, the lower first. */
export interface IndexLink {
  readonly from: number;
  readonly to: number;
  readonly kind: LinkKind;
  readonly width: number;
}

export const MAX_NVIDIA_LINES = 4096;

/** The GPUs of a `--query-gpu` in CSV without header, or undefined when a line is not of these fields. */
export const parseQuery = (text: string, fields: readonly string[]): readonly QueriedGpu[] | undefined => {
  const rows = lines(text).filter((line) => line.trim() !== "");
  if (/^No devices were found/i.test(rows[0]?.trim() ?? "")) return [];
  const gpus: QueriedGpu[] = [];
  for (const row of rows) {
    const cells = row.split(",").map((cell) => cell.trim());
    if (cells.length !== fields.length) return undefined;
    gpus.push(
      new Map(fields.map((field, at) => [field, /^\[.*\]$|^N\/A$/.test(cells[at]!) ? "" : cells[at]!])),
    );
  }
  return gpus;
};

/** The GPUs of `-L` with their MIG instances; lines of other kinds are passed over. */
export const parseList = (text: string): readonly ListedGpu[] => {
  const gpus: { index: number; uuid: string; instances: MigInstance[] }[] = [];
  for (const line of lines(text)) {
    const gpu = /^GPU (\d{1,4}): .*\(UUID: (GPU-[0-9a-f-]{36})\)\s*$/.exec(line);
    if (gpu !== null) gpus.push({ index: Number(gpu[1]), uuid: gpu[2]!, instances: [] });
    const instance = /^\s+MIG (\S+)\s+Device\s+\d+:\s+\(UUID: (MIG-[0-9A-Za-z/-]{1,80})\)\s*$/.exec(line);
    if (instance !== null) gpus.at(-1)?.instances.push({ profile: instance[1]!, uuid: instance[2]! });
  }
  return gpus;
};

/**
 * The links between GPUs of `topo -m`, columns apart by tabs or blanks. A row that was cut off or has a cell of no known
 * kind is left out whole; the pair may still be known from the other GPU's row.
 */
export const parseTopology = (text: string): readonly IndexLink[] => {
  const rows = lines(text).map((line) => line.replace(ANSI, "").trim().split(/\s+/));
  const header = rows.find((words) => /^GPU\d+$/.test(words[0] ?? "") && words[1] !== "X" && isHeader(words));
  if (header === undefined) return [];
  const end = header.indexOf("CPU");
  const columns = header.slice(0, end === -1 ? header.length : end);
  const links = new Map<string, IndexLink>();
  for (const row of rows) {
    const self = gpuIndex(row[0]);
    const cells = row.slice(1, columns.length + 1);
    if (row === header || self === undefined || cells.length < columns.length) continue;
    const kinds = cells.map(cellLink);
    if (kinds.includes(undefined)) continue;
    columns.forEach((column, at) => {
      const other = gpuIndex(column);
      const link = kinds[at];
      if (other === undefined || other === self || link === undefined || link === "self") return;
      const [from, to] = self < other ? [self, other] : [other, self];
      links.set(`${from} ${to}`, { from, to, ...link });
    });
  }
  return [...links.values()].sort((a, b) => a.from - b.from || a.to - b.to);
};

/**
 * The GRES type of a product name, the same that a PCI scan gives: `NVIDIA A100-SXM4-80GB` is `a100`, `GeForce RTX 2080`
 * is `rtx_2080`; "" when there is no name.
 */
export const gresType = (product: string): string => {
  const words = product
    .toLowerCase()
    .replace(/^(nvidia|graphics device)\s*/, "")
    .replace(/^(tesla|geforce|quadro)\s+/, "")
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "");
  if (!/^(rtx|gtx|titan)$/.test(words[0] ?? "")) return words[0] ?? "";
  const kept = words.slice(0, /^(ti|super)$/.test(words[2] ?? "") ? 3 : 2);
  return kept.join("_");
};

/** What a profile says of its memory: `1g.10gb` is 10 GiB, of which the driver keeps some; 0 when it does not say. */
export const profileMemoryMib = (profile: string): number => {
  const gib = /\.(\d{1,4})gb/.exec(profile)?.[1];
  return gib === undefined ? 0 : Number(gib) * 1024;
};

const lines = (text: string): string[] => text.split(/\r?\n/).slice(0, MAX_NVIDIA_LINES);

// biome-ignore lint/suspicious/noControlCharactersInRegex: some versions underline the header even into a pipe.
const ANSI = /\u001b\[[0-9;]*m/g;

const isHeader = (words: readonly string[]): boolean => words.every((word) => cellLink(word) === undefined);

const gpuIndex = (word: string | undefined): number | undefined => {
  const digits = /^GPU(\d{1,4})$/.exec(word ?? "")?.[1];
  return digits === undefined ? undefined : Number(digits);
};

const cellLink = (cell: string): { kind: LinkKind; width: number } | "self" | undefined => {
  if (cell === "X") return "self";
  const bonded = /^NV(\d{1,3})$/.exec(cell)?.[1];
  if (bonded !== undefined) return { kind: "nvlink", width: Number(bonded) };
  // Drivers before 384 say SOC for what is SYS since.
  const kind = ({ PIX: "pix", PXB: "pxb", PHB: "phb", NODE: "node", SYS: "sys", SOC: "sys" } as const)[
    cell as "PIX"
  ];
  return kind === undefined ? undefined : { kind, width: 1 };
};
