/**
 * Intel's data centre GPUs by xpu-smi and sysfs. Runs at an agent's start and while it watches; `bind` runs at each start of
 * a job and only sets variables. Runs no tool on a host without such hardware.
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
import { below, type HardwareHost, hostNames } from "../../sdk/host.ts";
import { hasPciVendor, PCI_ROOT, pciNearCpus, pciNumaNode } from "../../sdk/pci.ts";
import { ToolFailure } from "../../sdk/tool.ts";
import { sampleWatch } from "../../sdk/watch.ts";
import { NO_SUCH_DEVICE, PCI_VENDORS } from "../generic-pci/vendors.ts";
import { parseDiscovery, parseDump, parseTopology } from "./parse.ts";

const TOOL = "xpu-smi";
const PCI_VENDOR_INTEL = 0x8086;
const VARIABLES = ["ZE_AFFINITY_MASK", "ZE_FLAT_DEVICE_HIERARCHY"];

export const hardwarePlugin: HardwarePluginFactory = (host) => ({
  contract: HARDWARE_CONTRACT,
  name: "intel",
  describe: () => ({
    aliases: ["xpu", "max", "flex", "arc"],
    gres: "gpu",
    pciVendors: [PCI_VENDOR_INTEL],
    variables: VARIABLES,
  }),
  discover: () => discover(host),
  bind,
  watch: (devices, options) =>
    sampleWatch(
      devices,
      async () => {
        const samples = parseDump(await ask(host, ["dump", "-d", "-1", "-m", "0,1,3,18", "-n", "1"]));
        if (samples === undefined) throw new ToolFailure(TOOL, "unreadable", "dump printed no table");
        return samples;
      },
      options,
    ),
  reset: async (device) => {
    await ask(host, ["config", "-d", device.pci, "--reset"]);
  },
});

const discover = async (host: HardwareHost): Promise<readonly FoundDevice[]> => {
  const sysfs = host.path(PCI_ROOT);
  if (!(await hasPciVendor(sysfs, PCI_VENDOR_INTEL))) return [];
  const output = await host.run(TOOL, ["discovery", "-j"]);
  if (!output.ok && output.fault === "missing") return [];
  if (!output.ok) throw new ToolFailure(TOOL, output.fault, output.message);
  const listed = parseDiscovery(output.stdout);
  if (listed === undefined)
    throw new ToolFailure(TOOL, "unreadable", "discovery -j printed no list of devices");
  const matrix = listed.length < 2 ? undefined : await host.run(TOOL, ["topology", "-m"]);
  const links = matrix?.ok === true ? parseTopology(matrix.stdout) : undefined;
  const found: FoundDevice[] = [];
  for (const device of listed.slice(0, DEVICE_LANES)) {
    const details = await host.run(TOOL, ["discovery", "-d", `${device.index}`, "-j"]);
    const detail = details.ok ? parseDiscovery(details.stdout)?.[0] : undefined;
    const own = links?.get(device.index);
    const drm = (await hostNames(host, below(PCI_ROOT, device.pci, "drm"))).filter((name) =>
      /^(card|renderD)\d+$/.test(name),
    );
    found.push({
      name: "gpu",
      type: TYPES[device.deviceId] ?? "",
      vendor: "intel",
      model: device.name,
      uuid: device.uuid,
      pci: device.pci,
      numaNode: await pciNumaNode(sysfs, device.pci),
      memoryMib: detail?.memoryMib ?? 0,
      vendorIndex: device.index,
      files: drm.map((name) => `/dev/dri/${name}`),
      ...(await pciNearCpus(sysfs, device.pci)),
      ...(own === undefined ? {} : { links: own }),
    });
  }
  return found;
};

/**
 * By index, as Level Zero takes nothing else, and in the counting by cards: in the other one each tile has a number. An
 * empty mask would show all, so none is a number that no device has.
 */
const bind = (granted: readonly GrantedDevice[], _all: readonly DeviceSpec[]): DeviceBinding => {
  const devices = granted.map(({ device }) => device).sort((a, b) => a.vendorIndex - b.vendorIndex);
  const none = devices.length === 0;
  return {
    environment: {
      ZE_AFFINITY_MASK: none ? NO_SUCH_DEVICE : devices.map((device) => device.vendorIndex).join(","),
      ZE_FLAT_DEVICE_HIERARCHY: none ? "" : "COMPOSITE",
    },
    files: devices.flatMap((device) => device.files),
    mounts: [],
    cdi: devices.map((device) => `intel.com/gpu=${device.pci}`),
  };
};

const ask = async (host: HardwareHost, args: readonly string[]): Promise<string> => {
  const output = await host.run(TOOL, args);
  if (!output.ok) throw new ToolFailure(TOOL, output.fault, output.message);
  return output.stdout;
};

const TYPES = PCI_VENDORS.find((vendor) => vendor.name === "intel")?.types ?? {};
