/**
 * From what a job asks to its `Request`: how many nodes of a partition it takes, and what the fullest of them holds.
 * Looks at classes of nodes, empty, whether they are up or not: what could never run is refused, with numbers; what
 * only the partition's size or limits forbid is accepted and waits, as in Slurm. Pure.
 *
 * Where `--nodes` leaves a choice, the job gets the fewest nodes that hold its tasks spread evenly. Slurm may give it
 * more nodes, up to the most asked, and may spread tasks unevenly over nodes of different sizes.
 */
import { MAX_MEMORY_MIB } from "../model/memory.ts";
import { type Refusal, type Result, refuse } from "../model/refusal.ts";
import { ALL, type Request } from "../model/request.ts";
import { type Ask, defaultMemory, MAX_TASKS_OF_JOB } from "./ask.ts";
import type { AdmitCluster, AdmitPartition, NodeClass } from "./cluster.ts";
import { countedOnce } from "./devices.ts";
import { demandAt, dividesEvenly, memoryAt, type SizedAsk, shortageOf, tasksThatFit } from "./node-demand.ts";
import { whyNot } from "./why-not.ts";

/** Eligible nodes of a partition that are alike. */
export interface Candidates {
  readonly nodeClass: NodeClass;
  readonly classIndex: number;
  readonly count: number;
}

export type Sizing =
  /** Some set of its nodes holds the job. */
  | { readonly kind: "fits"; readonly request: Request }
  /** The partition has too few nodes for it: accepted, and waits with PartitionConfig. */
  | { readonly kind: "waits"; readonly request: Request }
  | { readonly kind: "never"; readonly refusal: Refusal };

/**
 * The request of a job that may run in any of the partitions: of the first where it fits, else of the first that is
 * only too small.
 */
export function requestOf(
  ask: Ask,
  partitions: readonly AdmitPartition[],
  cluster: AdmitCluster,
): Result<Request> {
  let waits: Request | undefined;
  let never: Refusal | undefined;
  for (const partition of partitions) {
    const sizing = sizeFor(ask, partition, cluster);
    if (sizing.kind === "fits") return bounded(sizing.request);
    if (sizing.kind === "waits") waits ??= sizing.request;
    else never ??= sizing.refusal;
  }
  if (waits !== undefined) return bounded(waits);
  return { ok: false, refusal: never ?? { code: "INVALID_PARTITION", message: "no partition is named" } };
}

export function sizeFor(ask: Ask, partition: AdmitPartition, cluster: AdmitCluster): Sizing {
  const candidates = candidatesOf(ask, partition, cluster);
  const threads = ask.oneThreadPerCore ? candidates.map(({ nodeClass }) => nodeClass.threadsPerCore) : [];
  const sized: SizedAsk = {
    ...ask,
    memory: ask.memory ?? defaultMemory(partition.spec),
    memoryThreads: Math.max(1, ...threads),
  };
  const least = leastNodes(sized, candidates);
  const { maxNodes } = sized;
  // Each node has a task, so a job of fewer tasks than that would not run in a larger partition either.
  const isTooSmall = least > partition.size && least <= (sized.tasks ?? least);
  if (isTooSmall && (maxNodes === undefined || maxNodes >= least || sized.minNodes > partition.size)) {
    return { kind: "waits", request: build(sized, Math.max(1, clamp(least, maxNodes)), cluster) };
  }
  const nodes = fewestNodes(sized, least, partition, candidates, cluster);
  if (nodes !== undefined) return { kind: "fits", request: build(sized, nodes, cluster) };
  return { kind: "never", refusal: whyNot(sized, least, partition, candidates, cluster) };
}

function candidatesOf(ask: Ask, partition: AdmitPartition, cluster: AdmitCluster): Candidates[] {
  const shunned = new Map<number, number>();
  for (const node of ask.excluded) {
    if (!partition.has(node)) continue;
    const nodeClass = cluster.classOf(node);
    shunned.set(nodeClass, (shunned.get(nodeClass) ?? 0) + 1);
  }
  const candidates: Candidates[] = [];
  for (const member of partition.members) {
    const nodeClass = cluster.classes[member.class];
    const count = member.count - (shunned.get(member.class) ?? 0);
    if (nodeClass === undefined || count <= 0) continue;
    if (!ask.features.every((feature) => nodeClass.features.has(feature))) continue;
    candidates.push({ nodeClass, classIndex: member.class, count });
  }
  return candidates;
}

/** Nodes that it takes at the very least, going by the largest of the candidates. */
function leastNodes(ask: SizedAsk, candidates: readonly Candidates[]): number {
  let least = ask.minNodes;
  if (ask.tasks !== undefined) {
    if (ask.tasksPerNode !== undefined) least = Math.max(least, Math.ceil(ask.tasks / ask.tasksPerNode));
    const best = Math.max(0, ...candidates.map(({ nodeClass }) => tasksThatFit(nodeClass, ask)));
    if (best > 0) least = Math.max(least, Math.ceil(ask.tasks / best));
  }
  for (const { dimension, count } of ask.devices.total) {
    const best = Math.max(
      0,
      ...candidates.map(
        ({ nodeClass }) => nodeClass.gres?.[dimension] ?? (nodeClass.gres === undefined ? count : 0),
      ),
    );
    if (best > 0) least = Math.max(least, Math.ceil(count / best));
  }
  return least;
}

/** The smallest number of nodes, from `least` on, so many of which hold their share; undefined when there is none. */
function fewestNodes(
  ask: SizedAsk,
  least: number,
  partition: AdmitPartition,
  candidates: readonly Candidates[],
  cluster: AdmitCluster,
): number | undefined {
  const eligible = candidates.reduce((sum, { count }) => sum + count, 0);
  const isFixed = ask.tasks === undefined && ask.devices.total.length === 0;
  const most = Math.min(isFixed ? least : (ask.maxNodes ?? eligible), ask.maxNodes ?? eligible, eligible);
  let failedTasks = -1;
  for (let nodes = least; nodes <= Math.min(most, ask.tasks ?? most); nodes++) {
    if (!dividesEvenly(ask, nodes)) continue;
    const demand = demandAt(ask, nodes);
    // With the same share of tasks more nodes are no easier to find.
    if (ask.devices.total.length === 0 && demand.tasks === failedTasks) continue;
    failedTasks = demand.tasks;
    let fit = 0;
    const fitting = new Set<number>();
    for (const { nodeClass, classIndex, count } of candidates) {
      if (shortageOf(nodeClass, ask, demand) !== undefined) continue;
      fit += count;
      fitting.add(classIndex);
    }
    const requiredFit = ask.required.every(
      (node) => partition.has(node) && fitting.has(cluster.classOf(node)),
    );
    if (fit >= nodes && requiredFit) return nodes;
  }
  return undefined;
}

function build(ask: SizedAsk, nodes: number, cluster: AdmitCluster): Request {
  const demand = demandAt(ask, nodes);
  // All CPUs of a node that is the job's alone have their memory with them.
  const isWholeMemory = ask.exclusive && ask.memory.per === "cpu";
  return {
    minNodes: nodes,
    maxNodes: Math.max(nodes, ask.maxNodes ?? nodes),
    tasks: ask.tasks ?? nodes * demand.tasks,
    tasksPerNode: demand.tasks,
    cpusPerTask: demand.cpusPerTask,
    cpus: ask.exclusive ? ALL : demand.cpus,
    memMib: isWholeMemory ? ALL : memoryAt(ask, demand),
    memPer: ask.memory.per,
    memPerMib: ask.memory.mib,
    gres: countedOnce(demand.gres, cluster),
    exclusive: ask.exclusive,
    oneThreadPerCore: ask.oneThreadPerCore ? 1 : 0,
    features: ask.features.join("&"),
    requiredNodes: ask.required,
    excludedNodes: ask.excluded,
  };
}

/** Columns are 32 bits wide; a job that waits for a larger partition may ask past them. */
function bounded(request: Request): Result<Request> {
  const cpus = request.tasks * request.cpusPerTask;
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

const clamp = (nodes: number, most: number | undefined): number => Math.min(nodes, most ?? nodes);
