/**
 * The two sides of a policy under test: its module, run by the host that the controller runs it with, and its source as
 * TypeScript with the SDK's loop written out plainly. Each says what it makes of an input.
 */
import type { AbiField } from "../../../../policies/sdk/abi.schema.ts";
import type { Portable, PortableView } from "../../../../policies/sdk/portable.ts";
import { PortableSet } from "../../../../policies/sdk/portable-set.ts";
import type {
  PolicyFault,
  PolicyJob,
  PolicyNodeColumns,
  PriorityBatch,
  VictimBatch,
} from "../../../model/policy.ts";
import type { InstanceOptions } from "../../../wasm/instance.ts";
import type { PolicyModule } from "../../../wasm/module.ts";
import { instantiatePlacement } from "../../../wasm/placement.ts";
import { instantiatePreemption } from "../../../wasm/preemption.ts";
import { instantiatePriority } from "../../../wasm/priority.ts";
import { seededRandom } from "../../../wasm/random.ts";
import { instantiateTopology } from "../../../wasm/topology.ts";
import { type Fields, type PolicyInput, SHAPES, type TestedKind } from "./inputs.ts";

export interface Verdict {
  /** A score or cost a row; null for a node that does not hold the job, and for every leaf that a module was asked of. */
  readonly scores: readonly (number | null)[];
  /** Rows, first come first: jobs as they run or are ended, nodes or leaves as they are taken. */
  readonly order: readonly number[];
  /** Of topology: the nodes that were taken. */
  readonly nodes?: readonly number[];
  /** Why there is no verdict. */
  readonly fault?: string;
}

const failed = (fault: string): Verdict => ({ scores: [], order: [], fault });

/** What the module says. */
export function moduleVerdict(kind: TestedKind, module: PolicyModule, input: PolicyInput): Verdict {
  const options: InstanceOptions = { number: 1, seed: input.seed };
  const { parameters, rows, head } = input;
  if (kind === "priority" || kind === "preemption") {
    const made =
      kind === "priority"
        ? instantiatePriority(module, parameters, options)
        : instantiatePreemption(module, parameters, options);
    if (!made.ok) return failed(made.refusal.message);
    const columns = columnsOf(SHAPES[kind].rows, rows);
    const out = new Float64Array(rows.length);
    const policy = made.value;
    const fault =
      "rank" in policy
        ? policy.rank(
            {
              ...columns,
              clusterNodes: head["nodes"],
              clusterCpus: head["cpus"],
            } as unknown as PriorityBatch,
            out,
          )
        : policy.weigh(columns as unknown as VictimBatch, out);
    return fault === undefined ? ranked(kind, [...out], rows) : failed(fault.message);
  }
  if (kind === "set-topology") return setChosen(module, input, options);
  return kind === "placement" ? placed(module, input, options) : chosen(module, input, options);
}

/** What the source says as TypeScript. */
export function sourceVerdict(kind: TestedKind, source: Portable, input: PolicyInput): Verdict {
  const random = seededRandom(input.seed);
  const { head, rows } = input;
  try {
    if (kind === "set-topology") return setTaken(source, input, () => random.next());
    const policy = source.create(input.parameters, () => random.next());
    if (kind === "topology") return takeLeaves(input, (leaf, want) => policy.judge(head, leaf, want));
    const judge = (row: Fields, index: number): number | null => {
      if (kind === "priority") return policy.judge(row, head);
      if (kind === "preemption") return policy.judge(row);
      return holds(head, row) ? policy.judge(head, { ...row, row: index }) : null;
    };
    const scores = rows.map(judge);
    const wrong = scores.findIndex((score) => score !== null && !Number.isFinite(score));
    if (wrong >= 0) return failed(`gave row ${wrong} the score ${scores[wrong]}`);
    if (kind === "placement") return bestNodes(input, scores);
    return ranked(kind, scores as number[], rows);
  } catch (error) {
    return failed((error as Error).message);
  }
}

/** Nodes of an input that hold its job. */
export const feasible = ({ head, rows }: PolicyInput): number =>
  rows.filter((row) => holds(head, row)).length;

/** Higher runs first and ties by id; of costs the least is taken first and ties by the greater id. */
function ranked(kind: TestedKind, scores: readonly number[], rows: readonly Fields[]): Verdict {
  const sign = kind === "priority" ? -1 : 1;
  const order = rows.map((_, row) => row);
  order.sort((a, b) => sign * (scores[a]! - scores[b]!) || -sign * (rows[a]!["jobId"]! - rows[b]!["jobId"]!));
  return { scores, order };
}

function bestNodes({ rows, want }: PolicyInput, scores: readonly (number | null)[]): Verdict {
  const order = rows.map((_, row) => row).filter((row) => scores[row] !== null);
  order.sort((a, b) => scores[b]! - scores[a]! || a - b);
  return { scores, order: order.slice(0, want) };
}

function takeLeaves(
  { rows, want }: PolicyInput,
  score: (leaf: PortableView, want: number) => number,
): Verdict {
  const left = rows.map((leaf) => leaf["feasible"]!);
  const order: number[] = [];
  const nodes: number[] = [];
  while (nodes.length < want) {
    let best = Number.NEGATIVE_INFINITY;
    let taken = -1;
    for (const [row, leaf] of rows.entries()) {
      if (left[row] === 0) continue;
      const given = score({ ...leaf, feasible: left[row]! }, want - nodes.length);
      if (given > best) {
        best = given;
        taken = row;
      }
    }
    if (taken < 0) return failed(`gave ${nodes.length} nodes of ${want}`);
    const count = Math.min(left[taken]!, want - nodes.length);
    for (let i = 0; i < count; i++) nodes.push(firstNode(rows, taken) + i);
    left[taken] = 0;
    order.push(taken);
  }
  return { scores: rows.map(() => null), order, nodes };
}

function placed(module: PolicyModule, input: PolicyInput, options: InstanceOptions): Verdict {
  const { head, rows, parameters, want } = input;
  const made = instantiatePlacement(module, parameters, options);
  if (!made.ok) return failed(made.refusal.message);
  const policy = made.value;
  const mask = Uint8Array.from(rows, (row) => (holds(head, row) ? 1 : 0));
  const scores = new Float32Array(rows.length);
  const out = new Int32Array(Math.max(want, 1));
  const job = head as unknown as PolicyJob;
  let fault: PolicyFault | undefined = policy.begin(
    columnsOf(SHAPES.placement.rows, rows) as unknown as PolicyNodeColumns,
  );
  fault ??= policy.score(job, mask, scores);
  policy.reseed(input.seed);
  if (want > 0) fault ??= policy.place(job, mask, want, out);
  if (fault !== undefined) return failed(fault.message);
  return {
    scores: rows.map((_, row) => (mask[row] === 0 ? null : scores[row]!)),
    order: [...out.subarray(0, want)],
  };
}

/** Leaves become nodes that follow each other, the feasible ones first. */
function chosen(module: PolicyModule, input: PolicyInput, options: InstanceOptions): Verdict {
  const { head, rows, parameters, want } = input;
  const made = instantiateTopology(module, parameters, options);
  if (!made.ok) return failed(made.refusal.message);
  const mask: number[] = [];
  const nodes: Fields[] = [];
  const leafOf: number[] = [];
  for (const [row, leaf] of rows.entries()) {
    for (let i = 0; i < leaf["nodes"]!; i++) {
      mask.push(i < leaf["feasible"]! ? 1 : 0);
      nodes.push({ topologyLeaf: leaf["id"]! });
      leafOf.push(row);
    }
  }
  const out = new Int32Array(Math.max(want, 1));
  const fault =
    made.value.begin(columnsOf(SHAPES.placement.rows, nodes) as unknown as PolicyNodeColumns) ??
    made.value.choose(
      head as unknown as PolicyJob,
      Uint8Array.from(mask),
      new Float32Array(nodes.length),
      want,
      out,
    );
  if (fault !== undefined) return failed(fault.message);
  const taken = [...out.subarray(0, want)];
  return {
    scores: rows.map(() => null),
    order: [...new Set(taken.map((node) => leafOf[node]!))],
    nodes: taken,
  };
}

/** A topology of whole sets: rows are nodes, and the order is that in which they were taken. */
function setChosen(module: PolicyModule, input: PolicyInput, options: InstanceOptions): Verdict {
  const { head, rows, parameters, want } = input;
  const made = instantiateTopology(module, parameters, options);
  if (!made.ok) return failed(made.refusal.message);
  if (want === 0) return { scores: [], order: [] };
  const out = new Int32Array(want);
  const columns = columnsOf(SHAPES.placement.rows, rows) as unknown as PolicyNodeColumns;
  const fault =
    made.value.begin(columns) ??
    made.value.choose(head as unknown as PolicyJob, maskOf(input), scoresOf(rows), want, out);
  return fault === undefined ? { scores: [], order: [...out] } : failed(fault.message);
}

function setTaken(source: Portable, input: PolicyInput, random: () => number): Verdict {
  const { head, rows, parameters, want } = input;
  if (want === 0) return { scores: [], order: [] };
  const set = new PortableSet(rows, [...maskOf(input)].map(Boolean), [...scoresOf(rows)], want);
  source.create(parameters, random, set).choose(head, rows.length, want);
  return set.taken === want
    ? { scores: [], order: set.chosen }
    : failed(`gave ${set.taken} nodes of ${want}`);
}

const maskOf = ({ head, rows }: PolicyInput): Uint8Array =>
  Uint8Array.from(rows, (row) => (holds(head, row) ? 1 : 0));
const scoresOf = (rows: readonly Fields[]): Float32Array => Float32Array.from(rows, (row) => row["score"]!);

const firstNode = (rows: readonly Fields[], leaf: number): number =>
  rows.slice(0, leaf).reduce((sum, { nodes }) => sum + nodes!, 0);

/** As the SDK's loop tests it: -1 is the whole of the node. */
function holds(job: Fields, node: Fields): boolean {
  const fits = (wanted: number, free: number, total: number): boolean =>
    wanted < 0 ? free >= total : free >= wanted;
  return (
    fits(job["cpus"]!, node["freeCpus"]!, node["totalCpus"]!) &&
    fits(job["memMib"]!, node["freeMemMib"]!, node["totalMemMib"]!) &&
    fits(job["gpus"]!, node["freeGpus"]!, node["totalGpus"]!)
  );
}

const ARRAYS = { i32: Int32Array, u8: Uint8Array, f32: Float32Array, f64: Float64Array } as const;

function columnsOf(fields: readonly AbiField[], rows: readonly Fields[]): Readonly<Record<string, unknown>> {
  const columns: Record<string, unknown> = { count: rows.length };
  for (const { name, type } of fields)
    columns[name] = new ARRAYS[type as keyof typeof ARRAYS](rows.map((row) => row[name] ?? 0));
  return columns;
}
