/**
 * AMD GPUs by the compute topology that the amdgpu driver shows in sysfs (KFD), in the order in which ROCm's runtime
 * counts them. Runs at an agent's start; `bind` runs at each start of a job and only sets variables. Runs no tool, so it
 * needs no ROCm on the node.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { DEVICE_LANES } from "../../../core/model/ids.ts";
import type { DeviceSpec } from "../../../core/model/node.ts";
import {
  type DeviceBinding,
  type FoundDevice,
  type GrantedDevice,
  HARDWARE_CONTRACT,
  type HardwarePlugin,
} from "../../sdk/hardware.ts";
import { PCI_ROOT, pciNumaNode } from "../../sdk/pci.ts";
import { PCI_VENDORS } from "../generic-pci/vendors.ts";
import { parseKfdNode } from "./parse.ts";

export interface AmdOptions {
  /** Default `/sys/class/kfd/kfd/topology/nodes`. */
  readonly kfdRoot?: string;
  /** Default `/sys/bus/pci/devices`. */
  readonly sysfsRoot?: string;
}

/** Nodes of a topology that are read: processors, and 8 GPUs of 8 partitions each, with room. */
export const MAX_KFD_NODES = 256;

/** The plugin over this host, or over a recorded topology. */
export const amd = (options: AmdOptions = {}): HardwarePlugin => {
  const kfdRoot = options.kfdRoot ?? "/sys/class/kfd/kfd/topology/nodes";
  const sysfsRoot = options.sysfsRoot ?? PCI_ROOT;
  return { contract: HARDWARE_CONTRACT, name: "amd", discover: () => discover(kfdRoot, sysfsRoot), bind };
};

const discover = async (kfdRoot: string, sysfsRoot: string): Promise<readonly FoundDevice[]> => {
  const nodes = (await readdir(kfdRoot).catch(() => []))
    .filter((name) => /^\d{1,4}$/.test(name))
    .map(Number)
    .sort((a, b) => a - b)
    .slice(0, MAX_KFD_NODES);
  const texts = await Promise.all(nodes.map((node) => text(join(kfdRoot, `${node}`, "properties"))));
  const gpus = texts.map(parseKfdNode).filter((gpu) => gpu !== undefined);
  const found = gpus.map(async (gpu, vendorIndex): Promise<FoundDevice> => {
    const vramBytes = Number((await text(join(sysfsRoot, gpu.pci, "mem_info_vram_total"))) || 0);
    return {
      name: "gpu",
      type: TYPES[gpu.deviceId] ?? "",
      vendor: "amd",
      model: `1002:${gpu.deviceId.toString(16).padStart(4, "0")}`,
      // Partitions of one GPU may have the same id, which then names none of them.
      uuid: gpus.filter((other) => other.uuid === gpu.uuid).length === 1 ? gpu.uuid : "",
      pci: gpu.pci,
      numaNode: await pciNumaNode(sysfsRoot, gpu.pci),
      memoryMib: Number.isFinite(vramBytes) ? Math.min(Math.floor(vramBytes / 1_048_576), 2_147_483_647) : 0,
      vendorIndex,
      files: gpu.renderMinor === -1 ? ["/dev/kfd"] : ["/dev/kfd", `/dev/dri/renderD${gpu.renderMinor}`],
    };
  });
  return (await Promise.all(found)).slice(0, DEVICE_LANES);
};

/** By uuid where each of the job's GPUs has one, else by the runtime's index. HIP's own variable would count anew. */
const bind = (granted: readonly GrantedDevice[], _all: readonly DeviceSpec[]): DeviceBinding => {
  const devices = granted.map(({ device }) => device).sort((a, b) => a.vendorIndex - b.vendorIndex);
  const named = devices.every((device) => device.uuid !== "");
  const visible = devices.map((device) => (named ? device.uuid : `${device.vendorIndex}`)).join(",");
  return {
    environment: { ROCR_VISIBLE_DEVICES: visible },
    files: [...new Set(devices.flatMap((device) => device.files))],
    mounts: [],
  };
};

const TYPES = PCI_VENDORS.find((vendor) => vendor.name === "amd")?.types ?? {};
const text = async (path: string): Promise<string> => (await readFile(path, "utf8").catch(() => "")).trim();
