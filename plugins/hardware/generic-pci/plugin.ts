/**
 * Finds accelerators of any known vendor by reading sysfs, without a vendor's tool or driver library. Runs once at an
 * agent's start; `bind` runs at each start of a job and only sets variables. Display-only VGA controllers of servers,
 * virtual functions of a device on this host, and devices given to a virtual machine are left out.
 */
import { readdir, readFile, readlink } from "node:fs/promises";
import { basename, join } from "node:path";
import { DEVICE_LANES } from "../../../core/model/ids.ts";
import type { DeviceSpec } from "../../../core/model/node.ts";
import { deviceMib } from "../../sdk/amounts.ts";
import {
  type DeviceBinding,
  type FoundDevice,
  type GrantedDevice,
  HARDWARE_CONTRACT,
  type HardwarePlugin,
  type HardwarePluginFactory,
} from "../../sdk/hardware.ts";
import { MAX_PCI_SCAN, PCI_ROOT, pciNearCpus, pciNumaNode } from "../../sdk/pci.ts";
import { INTEL_INTEGRATED_GRAPHICS, PASSED_THROUGH_DRIVERS, PCI_VENDORS, type PciVendor } from "./vendors.ts";

export interface GenericPciOptions {
  /** Where PCI functions are listed; default `/sys/bus/pci/devices`. */
  readonly sysfsRoot?: string;
  /** Where the NVIDIA driver tells device minors; default `/proc/driver/nvidia/gpus`. */
  readonly nvidiaRoot?: string;
}

export const hardwarePlugin: HardwarePluginFactory = (host) =>
  genericPci({
    sysfsRoot: host.path(PCI_ROOT),
    nvidiaRoot: host.path("/proc/driver/nvidia/gpus"),
  });

/** The plugin over a host's sysfs, or over a recorded tree. */
export const genericPci = (options: GenericPciOptions = {}): HardwarePlugin => {
  const sysfsRoot = options.sysfsRoot ?? PCI_ROOT;
  const nvidiaRoot = options.nvidiaRoot ?? "/proc/driver/nvidia/gpus";
  return {
    contract: HARDWARE_CONTRACT,
    name: "generic-pci",
    describe: () => ({
      aliases: ["pci"],
      gres: "gpu",
      pciVendors: PCI_VENDORS.map((vendor) => vendor.vendorId),
      variables: PCI_VENDORS.flatMap((vendor) => [...vendor.visible, ...Object.keys(vendor.fixed)]),
    }),
    discover: () => discover(sysfsRoot, nvidiaRoot),
    bind,
  };
};

const discover = async (sysfsRoot: string, nvidiaRoot: string): Promise<readonly FoundDevice[]> => {
  // A host without PCI has no such directory and no such devices.
  const addresses = (await readdir(sysfsRoot).catch(() => [])).sort().slice(0, MAX_PCI_SCAN);
  const found: FoundDevice[] = [];
  for (const pci of addresses) {
    if (found.length === DEVICE_LANES) break;
    const folder = join(sysfsRoot, pci);
    const vendor = await acceleratorVendor(folder, pci);
    if (vendor === undefined) continue;
    const deviceId = await hexFile(join(folder, "device"));
    const vramBytes = Number(await textFile(join(folder, "mem_info_vram_total")));
    found.push({
      name: "gpu",
      type: vendor.types[deviceId] ?? "",
      vendor: vendor.name,
      model: `${hex4(vendor.vendorId)}:${hex4(deviceId)}`,
      uuid: "",
      pci,
      numaNode: await pciNumaNode(sysfsRoot, pci),
      memoryMib: deviceMib(vramBytes / 1_048_576),
      vendorIndex: found.filter((other) => other.vendor === vendor.name).length,
      files: await deviceFiles(folder, vendor, join(nvidiaRoot, pci, "information")),
      ...(await pciNearCpus(sysfsRoot, pci)),
    });
  }
  return found;
};

const bind = (granted: readonly GrantedDevice[], all: readonly DeviceSpec[]): DeviceBinding => {
  const environment: Record<string, string> = {};
  // One vendor's variable is set and the others' are emptied: two runtimes must never both see devices by accident.
  const present = PCI_VENDORS.filter((vendor) => all.some((device) => device.vendor === vendor.name));
  for (const vendor of present) for (const name of vendor.visible) environment[name] = vendor.hidden ?? "";
  const chosen = PCI_VENDORS.find((vendor) => vendor.name === granted[0]?.device.vendor);
  const own = granted.filter(({ device }) => device.vendor === chosen?.name).map(({ device }) => device);
  if (chosen !== undefined) {
    const indices = own.map((device) => device.vendorIndex).sort((a, b) => a - b);
    for (const name of chosen.visible) environment[name] = indices.join(",");
    Object.assign(environment, chosen.fixed);
  }
  return { environment, files: own.flatMap((device) => device.files), mounts: [] };
};

const acceleratorVendor = async (folder: string, pci: string): Promise<PciVendor | undefined> => {
  const vendorId = await hexFile(join(folder, "vendor"));
  const vendor = PCI_VENDORS.find((known) => known.vendorId === vendorId);
  if (vendor === undefined || pci === INTEL_INTEGRATED_GRAPHICS) return undefined;
  const pciClass = (await hexFile(join(folder, "class"))) >>> 8;
  const deviceId = await hexFile(join(folder, "device"));
  if (!vendor.classes.includes(pciClass) && !vendor.deviceIds.includes(deviceId)) return undefined;
  if ((await linkName(join(folder, "physfn"))) !== "") return undefined;
  if (PASSED_THROUGH_DRIVERS.includes(await linkName(join(folder, "driver")))) return undefined;
  return vendor;
};

const deviceFiles = async (
  folder: string,
  vendor: PciVendor,
  nvidiaInformation: string,
): Promise<string[]> => {
  if (vendor.name === "nvidia") {
    const minor = /^Device Minor:\s*(\d{1,5})$/m.exec(await textFile(nvidiaInformation))?.[1];
    return minor === undefined ? [] : [`/dev/nvidia${minor}`, "/dev/nvidiactl", "/dev/nvidia-uvm"];
  }
  const drm = (await names(join(folder, "drm"))).filter((name) => /^(card|renderD)\d+$/.test(name));
  const accel = (await names(join(folder, "accel"))).filter((name) => /^accel\d+$/.test(name));
  const files = [...drm.map((name) => `/dev/dri/${name}`), ...accel.map((name) => `/dev/accel/${name}`)];
  return vendor.name === "amd" && drm.length > 0 ? ["/dev/kfd", ...files] : files;
};

const names = async (folder: string): Promise<string[]> => (await readdir(folder).catch(() => [])).sort();
const textFile = async (path: string): Promise<string> =>
  (await readFile(path, "utf8").catch(() => "")).trim();
const linkName = async (path: string): Promise<string> => basename(await readlink(path).catch(() => ""));
const hexFile = async (path: string): Promise<number> => {
  const value = Number.parseInt(await textFile(path), 16);
  return Number.isFinite(value) ? value : 0;
};
const hex4 = (value: number): string => value.toString(16).padStart(4, "0");
