/**
 * What one node of a starting job gets: CPUs, memory and numbers of devices by its tasks, and the devices, lowest free
 * lanes first. Pure.
 */
import { DEVICE_LANES } from "../model/ids.ts";
import { ALL, type GresDemand, type Request } from "../model/request.ts";

/** CPUs that the tasks ask for, before threads are counted. */
const askedCpus = (request: Request, tasks: number): number => {
  if (request.overcommit === true) return request.cpusPerTask;
  if (isWhole(request)) return Math.max(1, tasks * request.cpusPerTask);
  // The fullest node may hold more CPUs than its tasks ask for; the others are smaller by the tasks that they lack.
  return Math.max(1, request.cpus - (request.tasksPerNode - tasks) * request.cpusPerTask);
};

const isWhole = (request: Request): boolean => request.exclusive || request.cpus === ALL;

/** CPUs of a node that holds `tasks` of the job's tasks. */
export const cpusOf = (request: Request, tasks: number, totalCpus: number, threadsPerCore: number): number =>
  isWhole(request)
    ? totalCpus
    : askedCpus(request, tasks) * (request.oneThreadPerCore === 1 ? threadsPerCore : 1);

/** MiB of a node that holds `tasks` of the job's tasks and gets `cpus`. */
export function memMibOf(request: Request, tasks: number, cpus: number, totalMemMib: number): number {
  const { memMib, memPer, memPerMib } = request;
  if (memMib === ALL) return totalMemMib;
  if (memPer === "cpu") {
    return Math.min(memMib, memPerMib * (isWhole(request) ? askedCpus(request, tasks) : cpus));
  }
  // Where every device goes by task, so does the memory that goes by device; else every node has it all.
  const isByTask =
    memPer === "gpu" && request.uneven && request.gres.every(({ perTask }) => perTask === true);
  return isByTask ? Math.floor((memMib * tasks) / request.tasksPerNode) : memMib;
}

/** The demands of a node that holds `tasks` of the job's tasks. */
export const demandsOf = (request: Request, tasks: number): readonly GresDemand[] =>
  tasks === request.tasksPerNode
    ? request.gres
    : request.gres.map((demand) =>
        demand.perTask === true
          ? { ...demand, count: Math.floor((demand.count * tasks) / request.tasksPerNode) }
          : demand,
      );

/**
 * Lanes for the demands out of the wholly free ones, typed demands first, since those have less to choose from; undefined
 * when there are too few. Bit l of `freeLanes` is lane l; `dimensionsOf` gives the dimensions that its device counts in.
 */
export function pickLanes(
  gres: readonly GresDemand[],
  freeLanes: number,
  dimensionsOf: (lane: number) => readonly number[],
): number[] | undefined {
  let left = freeLanes;
  const lanes: number[] = [];
  for (const demand of narrowestFirst(gres, freeLanes, dimensionsOf)) {
    let missing = demand.count;
    for (let lane = 0; lane < DEVICE_LANES && missing > 0; lane++) {
      if ((left & (1 << lane)) === 0 || !dimensionsOf(lane).includes(demand.dimension)) continue;
      left &= ~(1 << lane);
      lanes.push(lane);
      missing--;
    }
    if (missing > 0) return undefined;
  }
  return gres.length < 2 ? lanes : lanes.sort((a, b) => a - b);
}

function narrowestFirst(
  gres: readonly GresDemand[],
  freeLanes: number,
  dimensionsOf: (lane: number) => readonly number[],
): readonly GresDemand[] {
  if (gres.length < 2) return gres;
  const matching = (dimension: number): number => {
    let count = 0;
    for (let lane = 0; lane < DEVICE_LANES; lane++) {
      if ((freeLanes & (1 << lane)) !== 0 && dimensionsOf(lane).includes(dimension)) count++;
    }
    return count;
  };
  return [...gres].sort((a, b) => matching(a.dimension) - matching(b.dimension));
}
