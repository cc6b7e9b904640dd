/**
 * AMD GPUs by the compute topology that the amdgpu driver shows in sysfs (KFD), in the order in which ROCm's runtime
 * counts them. Runs at an agent's start; `bind` runs at each start of a job and only sets variables. Finding and binding
 * run no tool, so they need no ROCm on the node.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { DEVICE_LANES } from "../../../core/model/ids.ts";
import type { DeviceSpec } from "../../../core/model/node.ts";
import { deviceMib } from "../../sdk/amounts.ts";
import {
  type DeviceBinding,
  type DeviceLink,
  type FoundDevice,
  type GrantedDevice,
  HARDWARE_CONTRACT,
  type HardwarePlugin,
  type HardwarePluginFactory,
} from "../../sdk/hardware.ts";
import { PCI_ROOT, pciNearCpus, pciNumaNode } from "../../sdk/pci.ts";
import { type RunTool, toolRunner } from "../../sdk/tool.ts";
import { PCI_VENDORS } from "../generic-pci/vendors.ts";
import { type KfdGpu, type KfdLink, parseKfdLink, parseKfdNode } from "./parse.ts";
import { partitionAmd, resetAmd } from "./partition.ts";
import { watchAmd } from "./usage.ts";

export interface AmdOptions {
  readonly run?: RunTool;
  /** Default `/sys/class/kfd/kfd/topology/nodes`. */
  readonly kfdRoot?: string;
  /** Default `/sys/bus/pci/devices`. */
  readonly sysfsRoot?: string;
}

/** Nodes of a topology that are read: processors, and 8 GPUs of 8 partitions each, with room. */
export const MAX_KFD_NODES = 256;
const KFD_ROOT = "/sys/class/kfd/kfd/topology/nodes";

export const hardwarePlugin: HardwarePluginFactory = (host) =>
  amd({ run: host.run, kfdRoot: host.path(KFD_ROOT), sysfsRoot: host.path(PCI_ROOT) });

/** The plugin over this host, or over a recorded topology. */
export const amd = (options: AmdOptions = {}): HardwarePlugin => {
  const kfdRoot = options.kfdRoot ?? KFD_ROOT;
  const sysfsRoot = options.sysfsRoot ?? PCI_ROOT;
  const run = options.run ?? toolRunner();
  return {
    contract: HARDWARE_CONTRACT,
    name: "amd",
    describe: () => ({
      aliases: ["rocm", "radeon", "instinct"],
      gres: "gpu",
      pciVendors: [0x1002],
      variables: ["ROCR_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "GPU_DEVICE_ORDINAL"],
    }),
    discover: () => discover(kfdRoot, sysfsRoot),
    bind,
    watch: (devices, watching) => watchAmd(run, devices, watching),
    partition: (device, profiles) => partitionAmd(run, device, profiles),
    reset: (device) => resetAmd(run, device),
  };
};

/** A GPU, the number of its node and what it is joined to. */
interface NodeGpu extends KfdGpu {
  readonly node: number;
  readonly joined: readonly KfdLink[];
}

const discover = async (kfdRoot: string, sysfsRoot: string): Promise<readonly FoundDevice[]> => {
  const gpus = (await kfdGpus(kfdRoot)).slice(0, DEVICE_LANES);
  const found = gpus.map(async (gpu, vendorIndex): Promise<FoundDevice> => {
    const vramBytes = Number(await text(join(sysfsRoot, gpu.pci, "mem_info_vram_total")));
    const mode = await text(join(sysfsRoot, gpu.pci, "current_compute_partition"));
    const links = linksOf(gpu, gpus);
    return {
      name: "gpu",
      type: TYPES[gpu.deviceId] ?? "",
      vendor: "amd",
      model: `1002:${gpu.deviceId.toString(16).padStart(4, "0")}`,
      // Partitions of one GPU may have the same id, which then names none of them.
      uuid: gpus.filter((other) => other.uuid === gpu.uuid).length === 1 ? gpu.uuid : "",
      pci: gpu.pci,
      numaNode: await pciNumaNode(sysfsRoot, gpu.pci),
      memoryMib: deviceMib(vramBytes / 1_048_576),
      vendorIndex,
      files: gpu.renderMinor === -1 ? ["/dev/kfd"] : ["/dev/kfd", `/dev/dri/renderD${gpu.renderMinor}`],
      ...(await pciNearCpus(sysfsRoot, gpu.pci)),
      ...(links.length === 0 ? {} : { links }),
      ...(/^[DTQC]PX$/.test(mode) ? { partition: { of: gpu.pci, profile: mode } } : {}),
    };
  });
  return Promise.all(found);
};

const kfdGpus = async (kfdRoot: string): Promise<readonly NodeGpu[]> => {
  const nodes = (await readdir(kfdRoot).catch(() => []))
    .filter((name) => /^\d{1,4}$/.test(name))
    .map(Number)
    .sort((a, b) => a - b)
    .slice(0, MAX_KFD_NODES);
  const gpus = nodes.map(async (node): Promise<NodeGpu | undefined> => {
    const gpu = parseKfdNode(await text(join(kfdRoot, `${node}`, "properties")));
    return gpu === undefined ? undefined : { ...gpu, node, joined: await kfdLinks(join(kfdRoot, `${node}`)) };
  });
  return (await Promise.all(gpus)).filter((gpu) => gpu !== undefined);
};

/** Direct links of a node; those that pass the processor are in a folder of their own and are no fabric. */
const kfdLinks = async (folder: string): Promise<readonly KfdLink[]> => {
  const names = (await readdir(join(folder, "io_links")).catch(() => [])).slice(0, MAX_KFD_NODES);
  const links = names.map(async (name) =>
    parseKfdLink(await text(join(folder, "io_links", name, "properties"))),
  );
  return (await Promise.all(links)).filter((link) => link !== undefined);
};

const linksOf = (gpu: NodeGpu, gpus: readonly NodeGpu[]): readonly DeviceLink[] =>
  gpu.joined.flatMap(({ node, mibPerS }): DeviceLink[] => {
    const to = gpus.findIndex((other) => other.node === node);
    if (to === -1 || node === gpu.node) return [];
    return [{ to, kind: "xgmi", width: 1, ...(mibPerS === 0 ? {} : { mibPerS }) }];
  });

/** By uuid where each of the job's GPUs has one, else by the runtime's index. HIP's own variable would count anew. */
const bind = (granted: readonly GrantedDevice[], _all: readonly DeviceSpec[]): DeviceBinding => {
  const devices = granted.map(({ device }) => device).sort((a, b) => a.vendorIndex - b.vendorIndex);
  const named = devices.every((device) => device.uuid !== "");
  const visible = devices.map((device) => (named ? device.uuid : `${device.vendorIndex}`)).join(",");
  return {
    environment: { ROCR_VISIBLE_DEVICES: visible },
    files: [...new Set(devices.flatMap((device) => device.files))],
    mounts: [],
    cdi: devices.map((device) => `amd.com/gpu=${device.vendorIndex}`),
  };
};

const TYPES = PCI_VENDORS.find((vendor) => vendor.name === "amd")?.types ?? {};
const text = async (path: string): Promise<string> => (await readFile(path, "utf8").catch(() => "")).trim();
