/**
 * What factors and limits are measured against: the size of the cluster and of each partition, and the greatest job
 * factor. Nodes are looked at only when their version is another one. Pure; kept by a Prioritiser across passes.
 */
import type { PartitionLimits, PassTables } from "../state/tables.ts";
import { type WholeNode, type WholeNodes, wholeNodes } from "../state/tres-amounts.ts";

/** Sums over the nodes of one partition, or of all, whatever their state. */
export interface Totals {
  readonly nodes: number;
  readonly cpus: number;
  readonly memMib: number;
  readonly gpus: number;
}

const NO_TOTALS: Totals = { nodes: 0, cpus: 0, memMib: 0, gpus: 0 };

const areSame = (a: WholeNode, b: WholeNode): boolean => a.cpus === b.cpus && a.memMib === b.memMib;

export class Norms {
  cluster: Totals = NO_TOTALS;
  /** By partition index. */
  partitions: readonly Totals[] = [];
  /** Greatest PriorityJobFactor of all partitions, at least 1. */
  topFactor = 1;
  /** The least and the most CPUs and memory that any node has. */
  whole: WholeNodes = { least: { cpus: 0, memMib: 0 }, most: { cpus: 0, memMib: 0 }, differ: false };
  #limits: readonly PartitionLimits[] = [];
  #sets: readonly (readonly number[])[] = [];
  #gresParent: readonly number[] = [];
  #nodesVersion = -1;
  #nodeCount = -1;

  /** Takes over what holds now; whether any of it, the limits of partitions included, is not what it was. */
  update(tables: PassTables, gresParent: readonly number[]): boolean {
    const isOther = this.#takeConfiguration(tables, gresParent);
    const { nodesVersion, nodes } = tables;
    if (!isOther && nodesVersion === this.#nodesVersion && nodes.count === this.#nodeCount) return false;
    this.#nodesVersion = nodesVersion;
    this.#nodeCount = nodes.count;
    const before = [this.cluster, ...this.partitions];
    const wasWhole = this.whole;
    this.cluster = clusterTotals(tables);
    this.partitions = partitionTotals(tables);
    this.whole = wholeNodes(tables);
    const isOtherWhole =
      !areSame(wasWhole.most, this.whole.most) || !areSame(wasWhole.least, this.whole.least);
    return isOther || isOtherWhole || !hasEqualTotals(before, [this.cluster, ...this.partitions]);
  }

  /** By GRES dimension: the untyped one that counts the same devices. */
  get gresParent(): readonly number[] {
    return this.#gresParent;
  }

  /** Whether the dimension counts GPUs of any type or of one. */
  isGpu(dimension: number): boolean {
    return dimension === 0 || this.#gresParent[dimension] === 0;
  }

  #takeConfiguration(tables: PassTables, gresParent: readonly number[]): boolean {
    const { partitions, partitionSets } = tables;
    const isSame =
      hasEqualLimits(this.#limits, partitions) &&
      isExtended(this.#sets, partitionSets) &&
      isSameList(this.#gresParent, gresParent);
    this.#limits = partitions;
    this.#sets = partitionSets;
    this.#gresParent = gresParent;
    if (isSame) return false;
    this.topFactor = partitions.reduce((top, { priorityJobFactor }) => Math.max(top, priorityJobFactor), 1);
    return true;
  }
}

function clusterTotals({ nodes: { columns, count } }: PassTables): Totals {
  let cpus = 0;
  let memMib = 0;
  let gpus = 0;
  for (let row = 0; row < count; row++) {
    cpus += columns.totalCpus[row]!;
    memMib += columns.totalMemMib[row]!;
    gpus += columns.totalGres[row]!; // plane 0 is `gpu`
  }
  return { nodes: count, cpus, memMib, gpus };
}

/** Totals of each partition, by its index. */
export function partitionTotals({ nodes: { columns, count }, partitions }: PassTables): Totals[] {
  const totals = partitions.map(() => ({ nodes: 0, cpus: 0, memMib: 0, gpus: 0 }));
  const add = (row: number, partition: number): void => {
    const of = totals[partition];
    if (of === undefined) return;
    of.nodes++;
    of.cpus += columns.totalCpus[row]!;
    of.memMib += columns.totalMemMib[row]!;
    of.gpus += columns.totalGres[row]!;
  };
  for (let row = 0; row < count; row++) {
    for (let bits = columns.partitionLo[row]!; bits !== 0; bits &= bits - 1)
      add(row, 31 - Math.clz32(bits & -bits));
    for (let bits = columns.partitionHi[row]!; bits !== 0; bits &= bits - 1)
      add(row, 63 - Math.clz32(bits & -bits));
  }
  return totals;
}

function hasEqualTotals(before: readonly Totals[], now: readonly Totals[]): boolean {
  return (
    before.length === now.length &&
    now.every((of, i) => {
      const was = before[i]!;
      return (
        was.nodes === of.nodes && was.cpus === of.cpus && was.memMib === of.memMib && was.gpus === of.gpus
      );
    })
  );
}

/** By identity first, as a pass mostly gets the array of the last one. */
function hasEqualLimits(before: readonly PartitionLimits[], now: readonly PartitionLimits[]): boolean {
  if (before === now) return true;
  return before.length === now.length && now.every((limits, i) => isSameLimits(before[i]!, limits));
}

function isSameLimits(a: PartitionLimits, b: PartitionLimits): boolean {
  return (
    a === b ||
    (a.name === b.name &&
      a.maxTimeS === b.maxTimeS &&
      a.maxNodes === b.maxNodes &&
      a.minNodes === b.minNodes &&
      a.priorityJobFactor === b.priorityJobFactor &&
      a.priorityTier === b.priorityTier &&
      a.up === b.up)
  );
}

/** Whether the sets known before are as they were; rows that name a new one are new or written again. */
function isExtended(before: readonly (readonly number[])[], now: readonly (readonly number[])[]): boolean {
  return (
    before === now || (before.length <= now.length && before.every((set, i) => isSameList(set, now[i]!)))
  );
}

function isSameList(a: readonly number[], b: readonly number[]): boolean {
  return a === b || (a.length === b.length && a.every((value, i) => value === b[i]));
}
