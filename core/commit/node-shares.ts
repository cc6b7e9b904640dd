/**
 * What each node of one starting job gives it, from what the commit has left free there; or why it cannot. Made for one
 * start. Reads and never gives.
 */
import { nodeIndex, WHOLE_DEVICE } from "../model/ids.ts";
import type { DeviceShare, NodeAllocation } from "../model/job.ts";
import type { Request } from "../model/request.ts";
import type { PassTables } from "../state/tables.ts";
import type { Refused } from "./conflict.ts";
import type { FreeBook } from "./free-book.ts";
import { cpusOf, demandsOf, memMibOf, pickLanes } from "./node-share.ts";
import { type PartLookup, partsOn } from "./part-shares.ts";

export interface LaneLookup {
  /** GRES dimensions that the device of a lane counts in. */
  laneDimensions(node: number, lane: number): readonly number[];
  /** Absent where no job asks parts of devices. */
  readonly parts?: PartLookup;
}

const NO_DEVICES: readonly DeviceShare[] = [];
const ALL_LANES = -1;

export class NodeShares {
  readonly #free: FreeBook;
  readonly #live: PassTables;
  readonly #lookup: LaneLookup;
  /** Lanes that are taken first. */
  #common = ALL_LANES;

  constructor(free: FreeBook, live: PassTables, lookup: LaneLookup) {
    this.#free = free;
    this.#live = live;
    this.#lookup = lookup;
  }

  /** Where the devices of all nodes hang together by lane, those that are free on every node of the gang go first. */
  align(request: Request, nodes: Int32Array): void {
    if (this.#live.hasRails !== true || nodes.length < 2 || request.gres.length === 0) return;
    for (const node of nodes) this.#common &= this.#free.freeLanes(node);
  }

  of(jobId: number, request: Request, node: number, tasks: number): NodeAllocation | Refused {
    const { columns } = this.#live.nodes;
    const cpus = cpusOf(request, tasks, columns.totalCpus[node]!, columns.threadsPerCore[node]!);
    const freeCpus = this.#free.freeCpus(node);
    if (cpus > freeCpus || cpus <= 0) {
      const where = whereOf(node, jobId);
      return { code: "CPUS_TAKEN", text: `${freeCpus} CPUs are free ${where}, which needs ${cpus}` };
    }
    if (request.exclusive && columns.runningJobs[node]! > 0) {
      const where = whereOf(node, jobId);
      return {
        code: "CPUS_TAKEN",
        text: `${columns.runningJobs[node]} jobs run ${where}, which needs it whole`,
      };
    }
    const memMib = memMibOf(request, tasks, cpus, columns.totalMemMib[node]!);
    const freeMemMib = this.#free.freeMemMib(node);
    if (memMib > freeMemMib) {
      const where = whereOf(node, jobId);
      return { code: "MEMORY_TAKEN", text: `${freeMemMib} MiB are free ${where}, which needs ${memMib}` };
    }
    const devices = this.#devicesOf(request, node, tasks);
    if (devices === undefined) {
      return { code: "DEVICES_TAKEN", text: `too few devices are free ${whereOf(node, jobId)}` };
    }
    return { node: nodeIndex(node), tasks, cpus, memMib, devices };
  }

  #devicesOf(request: Request, node: number, tasks: number): readonly DeviceShare[] | undefined {
    const { part } = request;
    if (part !== undefined) {
      const { parts } = this.#lookup;
      return parts === undefined ? undefined : partsOn(parts, part, node, this.#free.devicesGiven(node));
    }
    if (request.gres.length === 0) return NO_DEVICES;
    const demands = demandsOf(request, tasks);
    const of = (lane: number): readonly number[] => this.#lookup.laneDimensions(node, lane);
    const lanesFree = this.#free.freeLanes(node);
    const lanes = pickLanes(demands, lanesFree & this.#common, of) ?? pickLanes(demands, lanesFree, of);
    return lanes?.map((lane) => ({ lane, thousandths: WHOLE_DEVICE }));
  }
}

const whereOf = (node: number, jobId: number): string => `on node row ${node} for job ${jobId}`;
