/**
 * The contract between a node agent and the code that knows a vendor's devices, version 2. A plugin is one object, made
 * over a host by its `hardwarePlugin` function. The agent asks it at start what devices there are, at each job how that
 * job gets the devices it was given, and between them how the devices are. No code but the version.
 */
import type { DevicePart } from "../../core/model/device-parts.ts";
import type { DeviceSpec } from "../../core/model/node.ts";
import type { HardwareHost } from "./host.ts";

/** Raised when a plugin of an older contract would do the wrong thing; the agent refuses other versions. */
export const HARDWARE_CONTRACT = 2;

/**
 * How two devices are joined, best first: the vendors' own fabrics, then the words of `nvidia-smi topo -m` in small
 * letters for ways over PCIe.
 */
export const LINK_KINDS = [
  "nvlink",
  "xgmi",
  "xelink",
  "hccs",
  "neuronlink",
  "ici",
  "pix",
  "pxb",
  "phb",
  "node",
  "sys",
] as const;
export type LinkKind = (typeof LINK_KINDS)[number];

/** What joins a device to another of the same plugin. Both ends tell it. */
export interface DeviceLink {
  /** `vendorIndex` of the other device. */
  readonly to: number;
  readonly kind: LinkKind;
  /** How many links are bonded; 1 for what is no bond. */
  readonly width: number;
  /** One way, all bonded links together; absent where the vendor's tool does not tell. */
  readonly mibPerS?: number;
}

/** Which part of a device this is, for a device that is a part. */
export interface DevicePartition {
  /** Uuid of the whole, or its PCI address where it has none. */
  readonly of: string;
  /** `1g.10gb`, `CPX`. */
  readonly profile: string;
}

/** What a plugin finds; the agent adds the plugin's name and gives lanes in the order of the list. */
export interface FoundDevice extends Omit<DeviceSpec, "plugin"> {
  /** Cores near it as Linux lists them, `0-31,64-95`; absent where the host does not say. */
  readonly nearCpus?: string;
  readonly links?: readonly DeviceLink[];
  readonly partition?: DevicePartition;
}

/** A device that a job was given, whole or in part. */
export interface GrantedDevice {
  readonly device: DeviceSpec;
  /** 1 .. 1000. */
  readonly thousandths: number;
  /** What part it is; absent for the whole device. */
  readonly part?: DevicePart;
}

export interface BindJob {
  readonly jobId: number;
  readonly uid: number;
}

/** What makes a job see its devices and no others. */
export interface DeviceBinding {
  /** Variables for the job; an empty value hides every device of the kind. */
  readonly environment: Readonly<Record<string, string>>;
  /** Device files that the job opens. */
  readonly files: readonly string[];
  /** Directories that a container of the job needs mounted. */
  readonly mounts: readonly string[];
  /** Names by the Container Device Interface, `nvidia.com/gpu=GPU-…`; absent where the vendor has none. */
  readonly cdi?: readonly string[];
}

/** How much of a device is used, at one moment. What its tool does not tell is absent. */
export interface UsageSample {
  readonly vendorIndex: number;
  /** Whole percent, 0 .. 100. */
  readonly busyPercent?: number;
  readonly memoryUsedMib?: number;
  readonly powerMilliwatts?: number;
  readonly temperatureC?: number;
  /** Errors that were corrected, and that were not, since the driver was loaded. */
  readonly correctedErrors?: number;
  readonly uncorrectedErrors?: number;
}

/**
 * `warning`: worth a line in the log. `critical`: what runs on the device cannot be trusted, or the device is gone; no
 * job should get it. `recovered`: what was told before is over.
 */
export type HealthSeverity = "warning" | "critical" | "recovered";

/** Something that befell a device, or the tool that tells of all of them. */
export interface HealthEvent {
  /** -1 for all devices of the plugin. */
  readonly vendorIndex: number;
  readonly severity: HealthSeverity;
  /** What it is, for programs: `xid-79`, `ecc`, `missing`, `tool`. */
  readonly code: string;
  /** For people, one line. */
  readonly message: string;
}

/** What a watch tells at a time. */
export interface WatchReport {
  readonly samples: readonly UsageSample[];
  readonly events: readonly HealthEvent[];
}

export interface WatchOptions {
  /** Between two reports; a tool that fails is asked less and less often. */
  readonly everyMs: number;
  /** Ends the watch. */
  readonly signal: AbortSignal;
}

/** What a plugin is called and which GRES it gives. */
export interface HardwareDescription {
  /** Other names under which people look for the vendor. */
  readonly aliases: readonly string[];
  /** GRES name of its devices. */
  readonly gres: string;
  /** PCI vendor numbers whose devices it knows. */
  readonly pciVendors: readonly number[];
  /** Variables that say which devices a job sees; what the job's shell had of them is gone. */
  readonly variables: readonly string[];
}

export interface HardwarePlugin {
  readonly contract: typeof HARDWARE_CONTRACT;
  /** Name in `rota nodes` and logs, `nvidia`; small letters, digits and -. Stored with each device. */
  readonly name: string;
  describe(): HardwareDescription;
  /**
   * The node's devices, in the vendor's own order. Empty on a node without the hardware or its tool; rejects with
   * ToolFailure when a tool that is there says nothing of use.
   */
  discover(): Promise<readonly FoundDevice[]>;
  /**
   * The binding for the granted devices, which this plugin found; none of them means "hide them all". `all` are the
   * devices of this plugin on the node. Pure.
   */
  bind(granted: readonly GrantedDevice[], all: readonly DeviceSpec[], job: BindJob): DeviceBinding;
  /** Tells how the devices are until the signal; never rejects. Left out by plugins that cannot know. */
  watch?(devices: readonly DeviceSpec[], options: WatchOptions): AsyncIterable<WatchReport>;
  /**
   * Cuts a device that nobody uses into parts of these profiles, none of them for the whole device. The agent discovers
   * anew afterwards. Rejects with ToolFailure. Left out where the hardware cannot.
   */
  partition?(device: DeviceSpec, profiles: readonly string[]): Promise<void>;
  /** Brings a device that nobody uses back to how it starts. Rejects with ToolFailure. */
  reset?(device: DeviceSpec): Promise<void>;
}

/** What a plugin's module exports under the name `hardwarePlugin`. */
export type HardwarePluginFactory = (host: HardwareHost) => HardwarePlugin;
