/**
 * From what a job asks to its `Request`: how many nodes of a partition it takes, and what the fullest of them holds.
 * Looks at classes of nodes, empty, whether they are up or not: what could never run is refused, with numbers; what
 * only the partition's size or limits forbid is accepted and waits, as in Slurm. Pure.
 */
import { printFeatures } from "../model/constraint.ts";
import { areCovered, hasFeatures } from "../model/constraint-nodes.ts";
import { MAX_MEMORY_MIB } from "../model/memory.ts";
import { type Refusal, type Result, refuse } from "../model/refusal.ts";
import { cpusAsked, type Request } from "../model/request.ts";
import { type Ask, defaultMemory, MAX_TASKS_OF_JOB } from "./ask.ts";
import { type Candidates, candidatesOf, type OptionAsk, optionsOf } from "./candidates.ts";
import type { AdmitCluster, AdmitPartition } from "./cluster.ts";
import { leastNodes, sizeEven } from "./even.ts";
import { dividesEvenly, type SizedAsk } from "./node-demand.ts";
import { mostTasks, sizeUneven, taskForEachGpu, unevenOf } from "./uneven.ts";

export type Sizing =
  /** Some set of its nodes holds the job. */
  | { readonly kind: "fits"; readonly request: Request }
  /** The partition has too few nodes for it: accepted, and waits with PartitionConfig. */
  | { readonly kind: "waits"; readonly request: Request }
  | { readonly kind: "never"; readonly refusal: Refusal };

/** All that a job may run in: a request has one cap of tasks a node for all of it. */
interface Choices {
  readonly options: readonly OptionAsk[];
  readonly partitions: readonly AdmitPartition[];
  readonly cluster: AdmitCluster;
}

/**
 * The request of a job that may run in any of the partitions: of the first where it fits, else of the first that is
 * only too small; by the option of its constraint that needs the fewest nodes.
 */
export function requestOf(
  ask: Ask,
  partitions: readonly AdmitPartition[],
  cluster: AdmitCluster,
): Result<Request> {
  const choices: Choices = { options: optionsOf(onCores(ask, partitions, cluster)), partitions, cluster };
  let waits: Request | undefined;
  let never: Refusal | undefined;
  for (const partition of partitions) {
    let fits: Request | undefined;
    for (const option of choices.options) {
      const sizing = sizeFor(option, partition, choices);
      if (sizing.kind === "waits") waits ??= sizing.request;
      else if (sizing.kind === "never") never ??= sizing.refusal;
      else if (fits === undefined || sizing.request.minNodes < fits.minNodes) fits = sizing.request;
    }
    if (fits !== undefined) return bounded(fits);
  }
  if (waits !== undefined) return bounded(waits);
  return { ok: false, refusal: never ?? { code: "INVALID_PARTITION", message: "no partition is named" } };
}

/**
 * With --ntasks-per-core below the threads of a core: tasks so large that no more of them fit on one. One task a core counts
 * in cores, which is exact on nodes of all kinds; more tasks count in threads of the cores with the most.
 */
function onCores(ask: Ask, partitions: readonly AdmitPartition[], { classes }: AdmitCluster): Ask {
  const { tasksPerCore, cpusPerTask } = ask;
  if (tasksPerCore === undefined || ask.oneThreadPerCore) return ask;
  const threads = partitions.flatMap(({ members }) =>
    members.map((one) => classes[one.class]!.threadsPerCore),
  );
  const most = Math.max(1, ...threads);
  if (tasksPerCore >= most) return ask;
  if (tasksPerCore === 1)
    return { ...ask, oneThreadPerCore: true, cpusPerTask: Math.ceil(cpusPerTask / Math.min(...threads)) };
  return { ...ask, cpusPerTask: Math.max(cpusPerTask, Math.ceil(most / tasksPerCore)) };
}

function sizeFor(ask: OptionAsk, partition: AdmitPartition, choices: Choices): Sizing {
  const { cluster } = choices;
  const candidates = candidatesOf(ask, partition, cluster);
  const threads = ask.oneThreadPerCore ? candidates.map(({ nodeClass }) => nodeClass.threadsPerCore) : [];
  const sized: SizedAsk = {
    ...ask,
    memory: ask.memory ?? defaultMemory(partition.spec),
    memoryThreads: Math.max(1, ...threads),
    tasksPerNode: tasksPerNodeOf(ask, candidates),
  };
  const few = tooFewCounted(ask, partition, candidates);
  if (few !== undefined) return { kind: "never", refusal: few };
  const uneven = sizeIfUneven(sized, partition, candidates, choices);
  if (uneven !== undefined) return uneven;
  const even = sizeEven(sized, partition, candidates, cluster);
  if (sized.devices.total.length === 0 || isOnFewest(even, sized, candidates)) return even;
  const byGpu = taskForEachGpu(sized, cluster);
  return (byGpu && sizeIfUneven(byGpu, partition, candidates, choices)) ?? even;
}

/** With --ntasks-per-socket as many as the node with the fewest sockets has room for. */
function tasksPerNodeOf(ask: OptionAsk, candidates: readonly Candidates[]): number | undefined {
  const { tasks, tasksPerNode, tasksPerSocket } = ask;
  if (tasksPerSocket === undefined || tasks === undefined) return tasksPerNode;
  const sockets = candidates.map(({ nodeClass }) => nodeClass.sockets).filter((count) => count > 0);
  if (sockets.length === 0) return tasksPerNode;
  return Math.min(tasksPerNode ?? tasks, Math.min(...sockets) * tasksPerSocket);
}

function sizeIfUneven(
  sized: SizedAsk,
  partition: AdmitPartition,
  candidates: readonly Candidates[],
  { options, partitions, cluster }: Choices,
): Sizing | undefined {
  if (sized.tasks === undefined) return undefined;
  let best = 0;
  for (const { option } of options) {
    for (const other of partitions) {
      const isThis = other === partition && option === sized.option;
      const others = isThis ? candidates : candidatesOf({ ...sized, option }, other, cluster);
      best = Math.max(best, mostTasks(sized, others));
    }
  }
  const uneven = unevenOf(sized, best);
  return uneven && sizeUneven(uneven, best, partition, candidates, cluster);
}

/** Whether no other spreading of the GPUs would take fewer nodes. */
const isOnFewest = (sizing: Sizing, ask: SizedAsk, candidates: readonly Candidates[]): boolean => {
  if (sizing.kind === "never") return false;
  const { minNodes } = sizing.request;
  return minNodes === leastNodes(ask, candidates) && dividesEvenly(ask, minNodes);
};

/** A feature that is asked of more nodes than have it, in a partition that is large enough. */
function tooFewCounted(
  { option, minNodes }: OptionAsk,
  partition: AdmitPartition,
  candidates: readonly Candidates[],
): Refusal | undefined {
  if (minNodes > partition.size || option.counts.length === 0) return undefined;
  const nodes = candidates.map(({ nodeClass, count }) => {
    let terms = 0;
    option.counts.forEach(({ expr }, term) => {
      if (hasFeatures(expr, (name) => nodeClass.features.has(name))) terms |= 1 << term;
    });
    return { terms, count };
  });
  const wanted = option.counts.map(({ count }) => count);
  if (areCovered(wanted, nodes)) return undefined;
  for (const { expr, count: asked } of option.counts) {
    let most = 0;
    for (const { nodeClass, count } of candidates) {
      if (hasFeatures(expr, (name) => nodeClass.features.has(name))) most += count;
    }
    if (most >= asked) continue;
    const name = partition.spec.name;
    const features = printFeatures(expr);
    const message = `${asked} nodes with ${features} are asked, and partition ${name} has ${most}`;
    return { code: "NODE_CONFIG_UNAVAILABLE", message, details: { partition: name, features, asked, most } };
  }
  const { name } = partition.spec;
  const asked = wanted.reduce((sum, count) => sum + count, 0);
  const message = `partition ${name} has too few nodes for the counts of the constraint, each node counted once`;
  return { code: "NODE_CONFIG_UNAVAILABLE", message, details: { partition: name, asked } };
}

/** Columns are 32 bits wide; a job that waits for a larger partition may ask past them. */
function bounded(request: Request): Result<Request> {
  const cpus = cpusAsked(request);
  if (cpus > MAX_TASKS_OF_JOB || request.tasks > MAX_TASKS_OF_JOB) {
    const details = { asked: cpus, most: MAX_TASKS_OF_JOB };
    return refuse("INVALID_CPU_COUNT", `a job has at most ${MAX_TASKS_OF_JOB} CPUs`, details);
  }
  if (request.memMib > MAX_MEMORY_MIB) {
    const details = { asked: request.memMib, most: MAX_MEMORY_MIB };
    return refuse("MEMORY_NOT_SATISFIABLE", `a node of a job has at most ${MAX_MEMORY_MIB} MiB`, details);
  }
  return { ok: true, value: request };
}
