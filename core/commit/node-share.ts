/**
 * What one node of a starting job gets: CPUs and memory by its tasks, and the devices, lowest free lanes first. Pure.
 */
import { DEVICE_LANES } from "../model/ids.ts";
import { ALL, type GresDemand, type Request } from "../model/request.ts";

export interface NodeShare {
  readonly cpus: number;
  readonly memMib: number;
}

/** CPUs and memory of a node that holds `tasks` of the job's tasks. */
export function shareOf(
  request: Request,
  tasks: number,
  totalCpus: number,
  totalMemMib: number,
  threadsPerCore: number,
): NodeShare {
  const taskCpus = tasks * request.cpusPerTask;
  const isWhole = request.exclusive || request.cpus === ALL;
  // The fullest node may hold more CPUs than its tasks ask for; the others are smaller by the tasks that they lack.
  const asked = isWhole
    ? Math.max(1, taskCpus)
    : Math.max(1, request.cpus - (request.tasksPerNode - tasks) * request.cpusPerTask);
  const cpus = isWhole ? totalCpus : asked * (request.oneThreadPerCore === 1 ? threadsPerCore : 1);
  if (request.memMib === ALL) return { cpus, memMib: totalMemMib };
  // Every node has the same devices, so only memory by CPU differs from that of the fullest node.
  const byCpu = request.memPerMib * (isWhole ? asked : cpus);
  return { cpus, memMib: request.memPer === "cpu" ? Math.min(request.memMib, byCpu) : request.memMib };
}

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
  return lanes.sort((a, b) => a - b);
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
