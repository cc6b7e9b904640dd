/**
 * What a policy under test is asked: rows and scalars as the ABI names them, completed where a case leaves fields out
 * and made up from a seed for random inputs. Pure.
 */
import { ABI, type AbiField } from "../../../../policies/sdk/abi.schema.ts";
import type { Declaration, ParameterDeclaration } from "../../../../policies/sdk/declaration.ts";
import type { SeededRandom } from "../../../wasm/random.ts";

/**
 * Kinds that give numbers: a topology that chooses whole sets is asked of nodes, the others of leaves; admission policies
 * have cases and inputs of their own.
 */
export type TestedKind = Exclude<Declaration["kind"], "admission"> | "set-topology";
export type Ranges = readonly Pick<ParameterDeclaration, "name" | "type" | "min" | "max">[];
export type Fields = Readonly<Record<string, number>>;

export interface PolicyInput {
  readonly parameters: Fields;
  /** Of placement and topology: the job at hand. Of priority: the cluster. */
  readonly head: Fields;
  readonly rows: readonly Fields[];
  /** Nodes that the job is to get; placement and topology. */
  readonly want: number;
  readonly seed: number;
}

interface Shape {
  readonly head: readonly AbiField[];
  readonly rows: readonly AbiField[];
  /** What a case calls them. */
  readonly headWord: string;
  readonly rowsWord: string;
}

const LEAF_FIELDS: readonly AbiField[] = ["id", "nodes", "feasible"].map((name) => ({
  name,
  type: "i32",
  since: 0,
  doc: "",
}));

/** Of a node of a set topology, beside its columns: what the placement thinks of it. */
const SCORE: AbiField = { name: "score", type: "f32", since: 0, doc: "" };

export const SHAPES: Readonly<Record<TestedKind, Shape>> = {
  priority: { head: ABI.batchFields, rows: ABI.batchColumns, headWord: "cluster", rowsWord: "jobs" },
  placement: { head: ABI.jobFields, rows: ABI.nodeColumns, headWord: "job", rowsWord: "nodes" },
  topology: { head: ABI.jobFields, rows: LEAF_FIELDS, headWord: "job", rowsWord: "leaves" },
  "set-topology": {
    head: ABI.jobFields,
    rows: [...ABI.nodeColumns, SCORE],
    headWord: "job",
    rowsWord: "nodes",
  },
  preemption: { head: [], rows: ABI.victimColumns, headWord: "cluster", rowsWord: "jobs" },
};

const MAX_ROWS = 40;
const MAX_LEAF_NODES = 9;
/** Of fields that a case leaves out; others are 0. */
const DEFAULTS: Fields = {
  nodes: 1,
  cpus: 1,
  tasksPerNode: 1,
  timeLimitS: 3600,
  topologyLeaf: -1,
  level0: -1,
  level1: -1,
  level2: -1,
};
const NODE_DEFAULTS: Fields = { totalCpus: 16, totalMemMib: 65_536, totalGpus: 0 };
/** Where random numbers lie; others are 0 to 1 in floats and 0 to 16 in integers. */
const RANGES: Readonly<Record<string, readonly [number, number]>> = {
  jobId: [1, 100_000],
  nodes: [1, 64],
  cpus: [1, 128],
  memMib: [0, 131_072],
  timeLimitS: [1, 604_800],
  ageS: [0, 1_000_000],
  runS: [0, 604_800],
  leftS: [1, 604_800],
  submitS: [1_600_000_000, 1_900_000_000],
  priority: [0, 4_294_967_295],
  qosPriority: [0, 1000],
  siteFactor: [-1000, 1000],
  nice: [-1000, 1000],
  tier: [0, 10],
  requeued: [0, 1],
  topologyLeaf: [-1, 6],
  freeLanes: [0, 65_535],
  totalCpus: [1, 256],
  totalMemMib: [1024, 1_048_576],
  totalGpus: [0, 16],
};

/** A row or head of a case, with what it leaves out. */
export function completed(kind: TestedKind, fields: readonly AbiField[], given: Fields, row: number): Fields {
  const full: Record<string, number> = {};
  for (const { name } of fields) full[name] = given[name] ?? DEFAULTS[name] ?? 0;
  if (kind === "topology" && fields === LEAF_FIELDS) {
    full["id"] = given["id"] ?? row + 1;
    full["feasible"] = given["feasible"] ?? full["nodes"]!;
  }
  if ("jobId" in full && given["jobId"] === undefined) full["jobId"] = row + 1;
  for (const [name, value] of Object.entries(NODE_DEFAULTS)) {
    if (!(name in full)) continue;
    const free = name.replace("total", "free");
    full[name] = given[name] ?? Math.max(value, given[free] ?? 0);
    full[free] = given[free] ?? full[name];
  }
  return full;
}

/** Made up from the random numbers, parameters as well. */
export function randomInput(kind: TestedKind, parameters: Ranges, random: SeededRandom): PolicyInput {
  const shape = SHAPES[kind];
  const count = whole(random, 1, MAX_ROWS);
  const levels = whole(random, 0, 3);
  const rows = Array.from({ length: count }, (_, row) => {
    if (kind === "topology") return randomLeaf(random, row);
    const made = randomRow(shape.rows, random, row);
    return kind === "set-topology" ? { ...made, ...randomPlace(levels, random) } : made;
  });
  const head = randomRow(shape.head, random, 0);
  const isOfNodes = kind === "placement" || kind === "topology" || kind === "set-topology";
  const most = kind === "topology" ? rows.reduce((sum, leaf) => sum + leaf["feasible"]!, 0) : count;
  return {
    parameters: randomParameters(parameters, random),
    head: isOfNodes ? modest(head, random) : head,
    rows,
    want: isOfNodes ? whole(random, 1, Math.max(most, 1)) : 0,
    seed: whole(random, 0, 1_000_000),
  };
}

function randomLeaf(random: SeededRandom, row: number): Fields {
  const nodes = whole(random, 1, MAX_LEAF_NODES);
  return { id: row + 1, nodes, feasible: whole(random, 0, nodes) };
}

/** Places at so many levels, few enough that nodes share them; now and then a node has none. */
function randomPlace(levels: number, random: SeededRandom): Fields {
  const place: Record<string, number> = {};
  for (let level = 0; level < 3; level++)
    place[`level${level}`] = level >= levels || random.next() < 0.05 ? -1 : whole(random, 0, 3);
  return place;
}

function randomRow(fields: readonly AbiField[], random: SeededRandom, row: number): Fields {
  const full: Record<string, number> = {};
  for (const { name, type } of fields) {
    const range = RANGES[name];
    const isWhole = type === "i32" || type === "u8";
    const [low, high] = range ?? (isWhole ? [0, 16] : [0, 1]);
    full[name] = isWhole || high > 1 ? whole(random, low, high) : random.next();
  }
  for (const name of Object.keys(NODE_DEFAULTS)) {
    if (name in full) full[name.replace("total", "free")] = whole(random, 0, full[name]!);
  }
  // Ids differ, as those of jobs do, and say nothing of the order of rows.
  if ("jobId" in full) full["jobId"] = full["jobId"]! * 64 + row;
  return full;
}

/** A job that some of the nodes hold: small, or now and then one that wants the whole of a node. */
function modest(head: Fields, random: SeededRandom): Fields {
  const some = (most: number): number => (random.next() < 0.05 ? -1 : whole(random, 0, most));
  return { ...head, cpus: some(32), memMib: some(65_536), gpus: some(2) };
}

/** Some at their bounds, some between, some left at their defaults. */
export function randomParameters(parameters: Ranges, random: SeededRandom): Fields {
  const given: Record<string, number> = {};
  for (const { name, type, min, max } of parameters) {
    if (type === "string") continue;
    const dice = random.next();
    if (dice < 0.4) continue;
    const value = dice < 0.5 ? min : dice < 0.6 ? max : min + random.next() * (max - min);
    given[name] = type === "i32" || type === "bool" ? Math.round(value) : value;
  }
  return given;
}

export const whole = (random: SeededRandom, low: number, high: number): number =>
  low + Math.floor(random.next() * (high - low + 1));
