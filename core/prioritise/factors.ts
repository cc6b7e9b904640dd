/**
 * The factors of multifactor priority, one by one, as `sprio` shows them: what the module `multifactor` adds up, with
 * the same arithmetic. Pure; runs when somebody asks, never in a pass.
 */
import type { PassTables } from "../state/tables.ts";
import { BatchColumns } from "./batch.ts";
import { Eligibility } from "./eligibility.ts";
import { Norms } from "./norms.ts";

/** Parameters of the module, by their names in its manifest. */
export interface MultifactorParameters {
  readonly ageWeight: number;
  readonly assocWeight: number;
  readonly fairshareWeight: number;
  readonly sizeWeight: number;
  readonly partitionWeight: number;
  readonly qosWeight: number;
  readonly tresCpuWeight: number;
  readonly tresMemWeight: number;
  readonly tresGpuWeight: number;
  /** Seconds. */
  readonly maxAgeS: number;
  /** 0 or 1. */
  readonly favorSmall: number;
  readonly sizePerTime: number;
}

/** What the module has where the configuration says nothing. */
export const MULTIFACTOR_DEFAULTS: MultifactorParameters = {
  ageWeight: 1000,
  assocWeight: 0,
  fairshareWeight: 10_000,
  sizeWeight: 1000,
  partitionWeight: 10_000,
  qosWeight: 10_000,
  tresCpuWeight: 0,
  tresMemWeight: 0,
  tresGpuWeight: 0,
  maxAgeS: 604_800,
  favorSmall: 0,
  sizePerTime: 0,
};

const FACTORS = [
  "age",
  "assoc",
  "fairshare",
  "size",
  "partition",
  "qos",
  "tresCpu",
  "tresMem",
  "tresGpu",
] as const;
export type FactorName = (typeof FACTORS)[number];

export interface Factors {
  /** 0..1 each. */
  readonly normal: Readonly<Record<FactorName, number>>;
  /** Factor times weight. */
  readonly weighted: Readonly<Record<FactorName, number>>;
  /** Points as they are: added, and taken off. */
  readonly site: number;
  readonly nice: number;
  /** The priority, whole and at least 1. */
  readonly priority: number;
}

/** What factors are measured by; made once for any number of rows of the same tables. */
export interface FactorScale {
  readonly norms: Norms;
  readonly topQos: number;
}

export function factorScale(tables: PassTables, gresParent: readonly number[] = []): FactorScale {
  const norms = new Norms();
  norms.update(tables, gresParent);
  let topQos = 1;
  for (let row = 0; row < tables.pending.count; row++)
    topQos = Math.max(topQos, tables.pending.columns.qosPriority[row]!);
  return { norms, topQos };
}

/** The factors of a pending row; an operator's own priority is not looked at. */
export function priorityFactors(
  tables: PassTables,
  row: number,
  parameters: MultifactorParameters,
  scale: FactorScale = factorScale(tables),
): Factors {
  const { norms, topQos } = scale;
  const eligible = new Eligibility();
  eligible.grow(row + 1);
  eligible.judge(tables, norms, row);
  const job = new BatchColumns();
  job.grow(1);
  job.fill(tables, norms, eligible, topQos, row, 0);
  job.count = 1;
  job.refresh(tables);
  const { nodes, cpus } = norms.cluster;
  const big =
    parameters.sizePerTime === 1
      ? sharePerMinute(job.cpus[0]!, cpus, job.timeLimitS[0]!)
      : (share(job.nodes[0]!, nodes) + share(job.cpus[0]!, cpus)) / 2;
  const normal = {
    age: Math.min(Math.max(job.ageS[0]!, 0) / parameters.maxAgeS, 1),
    assoc: job.assocFactor[0]!,
    fairshare: job.fairshare[0]!,
    size: parameters.favorSmall === 1 ? 1 - big : big,
    partition: job.partitionFactor[0]!,
    qos: job.qosFactor[0]!,
    tresCpu: job.tresCpu[0]!,
    tresMem: job.tresMem[0]!,
    tresGpu: job.tresGpu[0]!,
  };
  const weighted = { ...normal };
  // In the module's order, as a sum of doubles depends on it.
  let sum = 0;
  for (const name of FACTORS) {
    weighted[name] = normal[name] * parameters[`${name}Weight`];
    sum += weighted[name];
  }
  const site = job.siteFactor[0]!;
  const nice = job.nice[0]!;
  return { normal, weighted, site, nice, priority: Math.max(Math.floor(sum + site - nice), 1) };
}

const share = (part: number, whole: number): number => (whole > 0 ? Math.min(part / whole, 1) : 0);

/** The job's CPUs over its limit in minutes, over the cluster's CPUs. */
function sharePerMinute(cpus: number, clusterCpus: number, timeLimitS: number): number {
  const minutes = Math.max(timeLimitS / 60, 1);
  return clusterCpus > 0 ? Math.min(cpus / minutes / clusterCpus, 1) : 0;
}
