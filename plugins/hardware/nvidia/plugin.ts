/**
 * NVIDIA GPUs and their MIG instances, by nvidia-smi, sysfs and the driver's procfs. Runs at an agent's start; `bind` runs
 * at each start of a job and only sets variables, by uuid. Runs no tool on a host without NVIDIA hardware.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { DEVICE_LANES } from "../../../core/model/ids.ts";
import type { DeviceSpec } from "../../../core/model/node.ts";
import {
  type DeviceBinding,
  type DeviceLink,
  type FoundDevice,
  type GrantedDevice,
  HARDWARE_CONTRACT,
  type HardwarePlugin,
  type HardwarePluginFactory,
} from "../../sdk/hardware.ts";
import { hasPciVendor, PCI_ROOT, pciAddress, pciNearCpus, pciNumaNode } from "../../sdk/pci.ts";
import { type RunTool, ToolFailure, type ToolOutput, toolRunner } from "../../sdk/tool.ts";
import {
  gresType,
  parseList,
  parseQuery,
  parseTopology,
  profileMemoryMib,
  type QueriedGpu,
} from "./parse.ts";
import { partitionNvidia, resetNvidia } from "./partition.ts";
import { watchNvidia } from "./usage.ts";

export interface NvidiaOptions {
  readonly run?: RunTool;
  /** Default `/sys/bus/pci/devices`. */
  readonly sysfsRoot?: string;
  /** Where the driver tells device minors; default `/proc/driver/nvidia/gpus`. */
  readonly driverRoot?: string;
}

export const hardwarePlugin: HardwarePluginFactory = (host) =>
  nvidia({ run: host.run, sysfsRoot: host.path(PCI_ROOT), driverRoot: host.path(DRIVER_ROOT) });

/** The plugin over this host, or over recorded output and trees. */
export const nvidia = (options: NvidiaOptions = {}): HardwarePlugin => {
  const host: Host = {
    run: options.run ?? toolRunner(),
    sysfsRoot: options.sysfsRoot ?? PCI_ROOT,
    driverRoot: options.driverRoot ?? DRIVER_ROOT,
  };
  return {
    contract: HARDWARE_CONTRACT,
    name: "nvidia",
    describe: () => ({
      aliases: ["cuda", "geforce", "tesla"],
      gres: "gpu",
      pciVendors: [PCI_VENDOR_NVIDIA],
      variables: ["CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES"],
    }),
    discover: () => discover(host),
    bind,
    watch: (devices, watching) => watchNvidia(host.run, devices, watching),
    partition: (device, profiles) => partitionNvidia(host.run, device, profiles),
    reset: (device) => resetNvidia(host.run, device),
  };
};

interface Host {
  readonly run: RunTool;
  readonly sysfsRoot: string;
  readonly driverRoot: string;
}

const TOOL = "nvidia-smi";
const DRIVER_ROOT = "/proc/driver/nvidia/gpus";
const PCI_VENDOR_NVIDIA = 0x10de;
const FIELDS = ["index", "uuid", "pci.bus_id", "name", "memory.total"];
const MIG_FIELD = "mig.mode.current";

const discover = async (host: Host): Promise<readonly FoundDevice[]> => {
  if (!(await hasPciVendor(host.sysfsRoot, PCI_VENDOR_NVIDIA))) return [];
  const gpus = await queriedGpus(host.run);
  const sliced = gpus.some((gpu) => gpu.get(MIG_FIELD) === "Enabled");
  const listed = sliced ? parseList(printed(await host.run(TOOL, ["-L"]))) : [];
  const found: FoundDevice[] = [];
  for (const gpu of gpus) {
    const whole = await wholeGpu(host, gpu);
    if (gpu.get(MIG_FIELD) !== "Enabled") {
      found.push(whole);
      continue;
    }
    // A GPU in MIG mode runs nothing but in its instances; one that has none yet is no device.
    const instances = listed.find((other) => other.uuid === whole.uuid)?.instances;
    if (instances === undefined) throw unreadable(`-L does not list ${whole.uuid}`);
    for (const { uuid, profile } of instances) {
      const type = whole.type === "" ? profile : `${whole.type}_${profile}`;
      const partition = { of: whole.uuid, profile };
      found.push({ ...whole, uuid, type, memoryMib: profileMemoryMib(profile), partition });
    }
  }
  return withLinks(host, found.slice(0, DEVICE_LANES));
};

/** By uuid: indices change when a card is lost or another order is set, and containers count anew. */
const bind = (granted: readonly GrantedDevice[], all: readonly DeviceSpec[]): DeviceBinding => {
  const lane = (device: DeviceSpec): number => all.findIndex((other) => other.uuid === device.uuid);
  const devices = granted.map(({ device }) => device).sort((a, b) => lane(a) - lane(b));
  const uuids = devices.map((device) => device.uuid).join(",");
  return {
    environment: { CUDA_VISIBLE_DEVICES: uuids, NVIDIA_VISIBLE_DEVICES: uuids },
    files: [...new Set(devices.flatMap((device) => device.files))],
    mounts: [],
    cdi: devices.map((device) => `nvidia.com/gpu=${device.uuid}`),
  };
};

/** Whole GPUs only: MIG instances are not joined. Without links where the tool does not know them. */
const withLinks = async (host: Host, found: readonly FoundDevice[]): Promise<readonly FoundDevice[]> => {
  const whole = found.filter((device) => device.partition === undefined).map((device) => device.vendorIndex);
  if (whole.length < 2) return found;
  const output = await host.run(TOOL, ["topo", "-m"]);
  const pairs = output.ok ? parseTopology(output.stdout) : [];
  return found.map((device) => {
    const links = pairs.flatMap(({ from, to, kind, width }): DeviceLink[] => {
      const other = from === device.vendorIndex ? to : to === device.vendorIndex ? from : -1;
      return whole.includes(other) ? [{ to: other, kind, width }] : [];
    });
    return links.length === 0 || device.partition !== undefined ? device : { ...device, links };
  });
};

/** Drivers before 450 know nothing of MIG and refuse the field; the rest of the question is asked again without it. */
const queriedGpus = async (run: RunTool): Promise<readonly QueriedGpu[]> => {
  for (const fields of [[...FIELDS, MIG_FIELD], FIELDS]) {
    const output = await run(TOOL, [`--query-gpu=${fields.join(",")}`, "--format=csv,noheader,nounits"]);
    if (!output.ok && output.fault === "missing") return [];
    if (!output.ok && /not a valid field to query/i.test(output.message) && fields !== FIELDS) continue;
    const gpus = parseQuery(printed(output), fields);
    if (gpus === undefined) throw unreadable(`--query-gpu printed other than ${fields.length} fields a line`);
    return gpus;
  }
  return [];
};

const wholeGpu = async (host: Host, gpu: QueriedGpu): Promise<FoundDevice> => {
  const [index, uuid, pci, model, memory] = FIELDS.map((field) => gpu.get(field) ?? "");
  const address = pciAddress(pci!);
  if (!/^\d{1,4}$/.test(index!) || !/^GPU-[0-9a-f-]{36}$/.test(uuid!) || address === "") {
    throw unreadable(`--query-gpu printed no index, uuid and bus id: "${index}", "${uuid}", "${pci}"`);
  }
  return {
    name: "gpu",
    type: gresType(model!),
    vendor: "nvidia",
    model: model!,
    uuid: uuid!,
    pci: address,
    numaNode: await pciNumaNode(host.sysfsRoot, address),
    // Where memory is the host's own, as on GB10, there is no number.
    memoryMib: /^\d{1,9}$/.test(memory!) ? Number(memory) : 0,
    vendorIndex: Number(index),
    files: await deviceFiles(join(host.driverRoot, address, "information")),
    ...(await pciNearCpus(host.sysfsRoot, address)),
  };
};

const deviceFiles = async (information: string): Promise<readonly string[]> => {
  const minor = deviceMinor(await readFile(information, "utf8").catch(() => ""));
  return minor === undefined ? [] : [`/dev/nvidia${minor}`, "/dev/nvidiactl", "/dev/nvidia-uvm"];
};

/** The number in a GPU's `information`; drivers before 390 do not tell it. */
const deviceMinor = (text: string): string | undefined => /^Device Minor:\s*(\d{1,5})\s*$/m.exec(text)?.[1];

const printed = (output: ToolOutput): string => {
  if (!output.ok) throw new ToolFailure(TOOL, output.fault, output.message);
  return output.stdout;
};

const unreadable = (message: string): ToolFailure =>
  new ToolFailure(TOOL, "unreadable", message.slice(0, 300));
