/** CPUs, memory and devices of a job: what it holds, or held, and before it has started what it asks. Pure. */
import { FRACTION_KIND, isShareKind, type PartDemand } from "../model/device-parts.ts";
import type { GresItem } from "../model/gres.ts";
import type { Job, NodeAllocation } from "../model/job.ts";
import { ALL, cpusAsked, type Request } from "../model/request.ts";
import type { ClusterState } from "../state/cluster-state.ts";

export interface Amounts {
  readonly nodes: number;
  readonly cpus: number;
  /** 0 where all of a node's memory was asked and the job has not started. */
  readonly memMib: number;
  /** Devices of GRES `gpu`, whole or a part other than shares. */
  readonly gpus: number;
}

export const amountsOf = (state: ClusterState, job: Job): Amounts =>
  allocatedTo(state, job) ?? askedBy(state, job.request);

/** undefined for a job that has no nodes. */
export function allocatedTo(state: ClusterState, job: Job): Amounts | undefined {
  const shares = job.allocation?.nodes;
  if (shares === undefined) return undefined;
  let cpus = 0;
  let memMib = 0;
  let gpus = 0;
  for (const share of shares) {
    cpus += share.cpus;
    memMib += share.memMib;
    gpus += devicesNamed(state, share, "gpu");
  }
  return { nodes: shares.length, cpus, memMib, gpus };
}

export function askedBy(state: ClusterState, request: Request): Amounts {
  const cpus = Math.max(cpusAsked(request), request.minNodes);
  const gpusPerNode = gresPerNode(state, request)
    .filter(({ name }) => name === "gpu")
    .reduce((sum, { count, thousandths }) => sum + count + (thousandths === undefined ? 0 : 1), 0);
  const gpus = gpusPerNode * request.minNodes;
  return { nodes: request.minNodes, cpus, memMib: memoryAsked(request, cpus, gpus), gpus };
}

/** The GRES of each node as asked. */
export const gresPerNode = (state: ClusterState, request: Request): readonly GresItem[] =>
  request.part === undefined
    ? request.gres.map(({ dimension, count }) => {
        const [name = "", type] = state.dimensions.nameOf(dimension).split(":");
        return type === undefined ? { name, count } : { name, type, count };
      })
    : [partItem(request.part)];

/** Parts as an item of the grammar that they are asked in. */
function partItem({ kind, type, units, count }: PartDemand): GresItem {
  const typed = type === "" ? {} : { type };
  if (isShareKind(kind)) return { name: kind, ...typed, count: units };
  if (kind === FRACTION_KIND) return { name: kind, ...typed, count: 0, thousandths: units };
  return { name: FRACTION_KIND, type: kind, count };
}

/** Shares of devices, `shard` or `mps`, that a job asks of all its nodes, or has there. */
export function sharesOf(job: Job): { readonly kind: string; readonly count: number } | undefined {
  const { part, minNodes } = job.request;
  if (part === undefined || !isShareKind(part.kind)) return undefined;
  return { kind: part.kind, count: part.units * (job.allocation?.nodes.length ?? minNodes) };
}

const devicesNamed = (state: ClusterState, share: NodeAllocation, name: string): number => {
  const devices = state.nodeRecords[share.node]?.spec.devices ?? [];
  return share.devices.filter(
    ({ lane, part }) => devices[lane]?.name === name && (part === undefined || !isShareKind(part.kind)),
  ).length;
};

const memoryAsked = (request: Request, cpus: number, gpus: number): number => {
  switch (request.memPer) {
    case "cpu":
      return request.memPerMib * cpus;
    case "gpu":
      return request.memPerMib * gpus;
    default:
      return request.memMib === ALL ? 0 : request.memPerMib * request.minNodes;
  }
};
