/**
 * What is free on the nodes that one commit touches: the live columns less what the commit has given already, in numbers
 * by node row that are used again by the next commit. The live tables are only read.
 */
import { DEVICE_LANES, WHOLE_DEVICE } from "../model/ids.ts";
import type { DeviceShare } from "../model/job.ts";
import type { NodeTable } from "../state/tables.ts";

const MIN_NODES = 64;

export class FreeBook {
  private nodes: NodeTable | undefined;
  /** Rows whose numbers below are of this commit have its number. */
  private givenIn = new Float64Array(MIN_NODES);
  private cpus = new Int32Array(MIN_NODES);
  private memMib = new Int32Array(MIN_NODES);
  private lanes = new Int32Array(MIN_NODES);
  /** By node, of this commit. */
  private readonly devices = new Map<number, DeviceShare[]>();
  private hasParts = false;
  private commits = 0;

  /** Begins a commit, which has given nothing; `hasParts` where jobs may ask parts of devices. */
  begin(nodes: NodeTable, hasParts: boolean): void {
    this.nodes = nodes;
    this.commits++;
    this.hasParts = hasParts;
    this.devices.clear();
    const needed = nodes.capacity;
    if (needed <= this.givenIn.length) return;
    this.givenIn = new Float64Array(needed);
    this.cpus = new Int32Array(needed);
    this.memMib = new Int32Array(needed);
    this.lanes = new Int32Array(needed);
  }

  freeCpus(node: number): number {
    const free = this.nodes!.columns.freeCpus[node]!;
    return this.givenIn[node] === this.commits ? free - this.cpus[node]! : free;
  }

  freeMemMib(node: number): number {
    const free = this.nodes!.columns.freeMemMib[node]!;
    return this.givenIn[node] === this.commits ? free - this.memMib[node]! : free;
  }

  /** Bit l is set when the device on lane l is wholly free. */
  freeLanes(node: number): number {
    const { columns, capacity } = this.nodes!;
    let lanes = 0;
    for (let lane = 0; lane < DEVICE_LANES; lane++) {
      if (columns.laneFree[lane * capacity + node] === WHOLE_DEVICE) lanes |= 1 << lane;
    }
    return this.givenIn[node] === this.commits ? lanes & ~this.lanes[node]! : lanes;
  }

  give(node: number, cpus: number, memMib: number, devices: readonly DeviceShare[]): void {
    if (this.givenIn[node] !== this.commits) {
      this.givenIn[node] = this.commits;
      this.cpus[node] = this.memMib[node] = this.lanes[node] = 0;
    }
    this.cpus[node]! += cpus;
    this.memMib[node]! += memMib;
    for (const { lane } of devices) this.lanes[node]! |= 1 << lane;
    if (this.hasParts && devices.length > 0) this.givenOf(node).push(...devices);
  }

  /** Devices, and parts of them, that this commit has given on the node; nothing where no job asks parts. */
  devicesGiven(node: number): readonly DeviceShare[] {
    return this.givenIn[node] === this.commits ? (this.devices.get(node) ?? []) : [];
  }

  /** Undoes a `give` of this commit. */
  takeBack(node: number, cpus: number, memMib: number, devices: readonly DeviceShare[]): void {
    this.cpus[node]! -= cpus;
    this.memMib[node]! -= memMib;
    if (!this.hasParts) for (const { lane } of devices) this.lanes[node]! &= ~(1 << lane);
    if (!this.hasParts || devices.length === 0) return;
    // What is given back may be one of several parts of a device.
    const left = this.givenOf(node).filter((share) => !devices.includes(share));
    this.devices.set(node, left);
    this.lanes[node] = 0;
    for (const { lane } of left) this.lanes[node]! |= 1 << lane;
  }

  private givenOf(node: number): DeviceShare[] {
    let given = this.devices.get(node);
    if (given === undefined) {
      given = [];
      this.devices.set(node, given);
    }
    return given;
  }
}
