/**
 * AWS Inferentia and Trainium by neuron-ls. Runs at an agent's start; `bind` runs at each start of a job and only sets
 * variables. Runs no tool on a host without such hardware. Usage is known to the runtime of each process alone, so
 * there is no watch.
 */
import { DEVICE_LANES } from "../../../core/model/ids.ts";
import type { DeviceSpec } from "../../../core/model/node.ts";
import {
  type DeviceBinding,
  type FoundDevice,
  type GrantedDevice,
  HARDWARE_CONTRACT,
  type HardwarePluginFactory,
} from "../../sdk/hardware.ts";
import { below, type HardwareHost, hostNumber } from "../../sdk/host.ts";
import { hasPciVendor, PCI_ROOT, pciNearCpus, pciNumaNode } from "../../sdk/pci.ts";
import { ToolFailure } from "../../sdk/tool.ts";
import { PCI_VENDORS } from "../generic-pci/vendors.ts";
import { type NeuronDevice, parseJson, parseTable } from "./parse.ts";

const TOOL = "neuron-ls";
const PCI_VENDOR_AMAZON = 0x1d0f;
/** Classes of the devices over the years: processing, system peripheral, none. */
const CLASSES = [0x12, 0x08, 0xff];

export const hardwarePlugin: HardwarePluginFactory = (host) => ({
  contract: HARDWARE_CONTRACT,
  name: "neuron",
  describe: () => ({
    aliases: ["trainium", "inferentia", "aws"],
    gres: "gpu",
    pciVendors: [PCI_VENDOR_AMAZON],
    variables: ["NEURON_RT_VISIBLE_CORES", "NEURON_RT_NUM_CORES", "AWS_NEURON_VISIBLE_DEVICES"],
  }),
  discover: () => discover(host),
  bind,
});

const discover = async (host: HardwareHost): Promise<readonly FoundDevice[]> => {
  const sysfs = host.path(PCI_ROOT);
  if (!(await hasPciVendor(sysfs, PCI_VENDOR_AMAZON, CLASSES))) return [];
  const listed = await list(host);
  const found: FoundDevice[] = [];
  for (const device of listed.slice(0, DEVICE_LANES)) {
    const deviceId =
      device.pci === "" ? undefined : await hostNumber(host, below(PCI_ROOT, device.pci, "device"));
    const type = TYPES[deviceId ?? 0] ?? "";
    const near = device.cpus === "" ? await pciNearCpus(sysfs, device.pci) : { nearCpus: device.cpus };
    found.push({
      name: "gpu",
      type,
      vendor: "aws",
      // A binding names cores, and has nothing of a device but what is here.
      model: `NeuronCores ${device.firstCore}-${device.firstCore + device.cores - 1}`,
      uuid: "",
      pci: device.pci,
      numaNode: await pciNumaNode(sysfs, device.pci),
      memoryMib: device.memoryMib,
      vendorIndex: device.index,
      files: [`/dev/neuron${device.index}`],
      ...near,
      ...(device.connected.length === 0
        ? {}
        : { links: device.connected.map((to) => ({ to, kind: "neuronlink" as const, width: 1 })) }),
    });
  }
  return found;
};

/** The JSON, else the table, where a version has no such option. */
const list = async (host: HardwareHost): Promise<readonly NeuronDevice[]> => {
  const json = await host.run(TOOL, ["--json-output"]);
  if (!json.ok && json.fault === "missing") return [];
  const devices = json.ok ? parseJson(json.stdout) : undefined;
  if (devices !== undefined) return devices;
  if (!json.ok && json.fault !== "failed") throw new ToolFailure(TOOL, json.fault, json.message);
  const table = await host.run(TOOL, []);
  if (!table.ok) throw new ToolFailure(TOOL, table.fault, table.message);
  const read = parseTable(table.stdout);
  if (read === undefined) throw new ToolFailure(TOOL, "unreadable", "neither JSON nor a table of devices");
  return read;
};

/** The runtime goes by core, the container runtime by device. */
const bind = (granted: readonly GrantedDevice[], _all: readonly DeviceSpec[]): DeviceBinding => {
  const devices = granted.map(({ device }) => device).sort((a, b) => a.vendorIndex - b.vendorIndex);
  const cores = devices.map((device) => /^NeuronCores (\d+-\d+)$/.exec(device.model)?.[1] ?? "");
  return {
    environment: {
      NEURON_RT_VISIBLE_CORES: cores.filter((range) => range !== "").join(","),
      AWS_NEURON_VISIBLE_DEVICES: devices.map((device) => device.vendorIndex).join(","),
    },
    files: devices.flatMap((device) => device.files),
    mounts: [],
    cdi: devices.map((device) => `aws.amazon.com/neurondevice=${device.vendorIndex}`),
  };
};

const TYPES = PCI_VENDORS.find((vendor) => vendor.name === "aws")?.types ?? {};
