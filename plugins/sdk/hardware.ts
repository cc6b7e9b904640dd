/**
 * The contract between a node agent and the code that knows a vendor's devices. A plugin is one object; the agent asks
 * it once at start what devices there are, and at each job how that job gets the devices it was given. No code.
 */
import type { DevicePart } from "../../core/model/device-parts.ts";
import type { DeviceSpec } from "../../core/model/node.ts";

/** Raised when a plugin of an older contract would do the wrong thing; the agent refuses other versions. */
export const HARDWARE_CONTRACT = 1;

/** What a plugin finds; the agent adds the plugin's name and gives lanes in the order of the list. */
export type FoundDevice = Omit<DeviceSpec, "plugin">;

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
}

/** How two devices are joined, best first; the words of `nvidia-smi topo -m` in small letters, NV# being `nvlink`. */
export const LINK_KINDS = ["nvlink", "pix", "pxb", "phb", "node", "sys"] as const;
export type LinkKind = (typeof LINK_KINDS)[number];

/** One joined pair of devices; each pair is told once. */
export interface DeviceLink {
  /** Uuids as `discover` gives them. */
  readonly from: string;
  readonly to: string;
  readonly kind: LinkKind;
  /** How many links are bonded; 1 for what is no bond. */
  readonly width: number;
}

export interface HardwarePlugin {
  readonly contract: typeof HARDWARE_CONTRACT;
  /** Folder name under plugins/hardware; stored with each device. */
  readonly name: string;
  /** The node's devices, in the vendor's own order. Rejects when the host cannot be read at all. */
  discover(): Promise<readonly FoundDevice[]>;
  /**
   * The binding for the granted devices, which this plugin found; none of them means "hide them all". `all` are the
   * devices of this plugin on the node. Pure.
   */
  bind(granted: readonly GrantedDevice[], all: readonly DeviceSpec[], job: BindJob): DeviceBinding;
  /** What joins the given devices, which this plugin found; left out by plugins that cannot know. */
  links?(devices: readonly FoundDevice[]): Promise<readonly DeviceLink[]>;
}
