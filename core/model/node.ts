/** A node as the controller knows it: what its agent registered and what state it is in. Plain records, no I/O. */
import type { DeviceParts } from "./device-parts.ts";
import type { NodeIndex } from "./ids.ts";
import type { NodePower } from "./node-power.ts";

/** One device on a lane of its node. */
export interface DeviceSpec {
  /** GRES name, `gpu` for accelerators. */
  readonly name: string;
  /** GRES type, `tesla`; "" when unknown. */
  readonly type: string;
  readonly vendor: string;
  readonly model: string;
  /** Stable identity; "" when the hardware gives none. */
  readonly uuid: string;
  /** PCI address `0000:3b:00.0`, or "". */
  readonly pci: string;
  /** -1 when unknown. */
  readonly numaNode: number;
  readonly memoryMib: number;
  /** Name of the plugin that binds it: `generic-pci`, `by-hand`. */
  readonly plugin: string;
  /** Index that the vendor's runtime uses for it (CUDA_VISIBLE_DEVICES). */
  readonly vendorIndex: number;
  /** Device files that a job with this device opens. */
  readonly files: readonly string[];
  /** What it can be given in beside whole; absent for nothing more. */
  readonly parts?: DeviceParts;
}

/** What an agent says of its node when it registers. */
export interface NodeSpec {
  readonly name: string;
  readonly hostname: string;
  readonly address: string;
  readonly cpus: number;
  readonly sockets: number;
  readonly coresPerSocket: number;
  readonly threadsPerCore: number;
  readonly memoryMib: number;
  /** At most DEVICE_LANES; the position is the lane. */
  readonly devices: readonly DeviceSpec[];
  readonly features: readonly string[];
  readonly arch: string;
  readonly os: string;
  readonly version: string;
  readonly bootS: number;
  readonly agentStartS: number;
  /** Leaf switch or block name, "" for none. */
  readonly topologyLeaf: string;
}

export interface NodeRecord {
  readonly index: NodeIndex;
  spec: NodeSpec;
  /** Whether the agent answers. */
  responding: boolean;
  /** Set down by an operator or after a missed heartbeat. */
  down: boolean;
  /** No new jobs. */
  drain: boolean;
  /** Why down or drained; prefixed by the owner, `operator: disk`, `health: fan`. "" when neither. */
  reason: string;
  reasonUid: number;
  reasonS: number;
  registeredS: number;
  lastBusyS: number;
  /** Among nodes that fit, the lightest are given out first; absent for DEFAULT_NODE_WEIGHT. */
  weight?: number;
  /** Absent for a node that is awake and is to stay so. */
  power?: NodePower;
}

export const DEFAULT_NODE_WEIGHT = 1;
/** As in Slurm, whose two highest numbers have meanings of their own. */
export const MAX_NODE_WEIGHT = 4_294_967_279;

export const MAX_CPUS_PER_NODE = 1_048_576;
export const MAX_FEATURES_PER_NODE = 64;
