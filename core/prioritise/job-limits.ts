/**
 * Limits on one job: whether what it asks, or how long, is more than its accounts or QOS let any job have. Such a job
 * waits until it or the limit is changed, whatever else runs. Pure.
 */
import { ALL } from "../model/request.ts";
import { UNLIMITED_S } from "../model/time.ts";
import { TRES } from "../model/tres.ts";
import { TRES_PLACES } from "../state/associations.ts";
import type { Constraint } from "../state/limit-sets.ts";
import { MAX_SHAPE_GRES, type PassTables } from "../state/tables.ts";
import { askedAmounts, CPU_BILLING, type WholeNode, type WholeNodes } from "../state/tres-amounts.ts";

/** A limit that the job is over, with what it asks in the unit of the limit. */
export interface JobLimitHit {
  readonly constraint: Constraint;
  readonly asked: number;
}

/**
 * The first limit that the row is over whatever nodes it gets; undefined when it keeps all, or may. Of a job that takes
 * nodes whole the least node counts, or against a minimum the largest.
 */
export function overJobLimit(
  tables: PassTables,
  row: number,
  gresParent: readonly number[],
  { least, most }: WholeNodes,
): JobLimitHit | undefined {
  const { limits, pending, shapes } = tables;
  const set = pending.columns.constraints[row]!;
  if (limits === undefined || set === 0) return undefined;
  const shape = pending.columns.shape[row]!;
  const first = tables.partitionSets[pending.columns.partitionSet[row]!]?.[0];
  const weights = (first === undefined ? undefined : tables.partitions[first]?.billing) ?? CPU_BILLING;
  const part = tables.parts?.counts.get(shape);
  const factors = tables.qosRules?.safeFactor;
  const factor = factors?.[pending.columns.qos[row]!] ?? 1;
  for (const index of limits.constraintSets[set]!) {
    const constraint = limits.constraints[index]!;
    if (constraint.counter >= 0) continue;
    const whole = constraint.kind === "minTresPerJob" ? most : least;
    const amounts = askedAmounts(shapes, shape, gresParent, weights, whole, AMOUNTS, part);
    const asked = askedOf(tables, row, constraint, amounts, gresParent, whole) * factorOf(constraint, factor);
    const isOver = constraint.kind === "minTresPerJob" ? asked < constraint.value : asked > constraint.value;
    if (isOver) return { constraint, asked };
  }
  return undefined;
}

const factorOf = ({ kind }: Constraint, safe: number): number => (kind === "maxTresMinsPerJob" ? safe : 1);

function askedOf(
  tables: PassTables,
  row: number,
  { kind, place }: Constraint,
  amounts: Float64Array,
  gresParent: readonly number[],
  whole: WholeNode,
): number {
  const timeLimitS = tables.pending.columns.timeLimitS[row]!;
  switch (kind) {
    case "maxWall":
      return timeLimitS;
    case "maxTresMinsPerJob":
      return timeLimitS >= UNLIMITED_S ? Number.POSITIVE_INFINITY : (amounts[place]! * timeLimitS) / 60;
    case "maxTresPerNode":
      return perNode(tables, tables.pending.columns.shape[row]!, place, gresParent, whole);
    default:
      return amounts[place]!;
  }
}

/** What the job takes of its fullest node. */
function perNode(
  tables: PassTables,
  shape: number,
  place: number,
  gresParent: readonly number[],
  whole: WholeNode,
): number {
  const { columns, capacity } = tables.shapes;
  if (place === TRES.CPU) {
    const cpus = columns.cpus[shape]!;
    return cpus === ALL || columns.exclusive[shape] === 1 ? whole.cpus : cpus;
  }
  if (place === TRES.MEM) return columns.memMib[shape] === ALL ? whole.memMib : columns.memMib[shape]!;
  if (place < TRES.GRES) return place === TRES.NODE ? 1 : 0;
  const dimension = place - TRES.GRES;
  let count = 0;
  for (let at = shape; at < MAX_SHAPE_GRES * capacity; at += capacity) {
    const asked = columns.gresDimension[at]!;
    if (asked === dimension || gresParent[asked] === dimension) count += columns.gresCount[at]!;
  }
  return count;
}

/** Scratch of single calls. */
const AMOUNTS = new Float64Array(TRES_PLACES);
