/**
 * Google TPUs by their device files and sysfs: `/dev/accel<n>` up to v4, groups of VFIO later. Runs at an agent's start; `bind`
 * runs at each start of a job and only sets variables. Runs no tool but curl, for the type of a chip whose PCI number is
 * not known, from the machine's metadata. There is nothing that tells usage without taking the chip.
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
import { below, type HardwareHost, hostLink, hostNames, hostNumber } from "../../sdk/host.ts";
import { PCI_ROOT, pciAddress, pciNearCpus, pciNumaNode } from "../../sdk/pci.ts";
import { PCI_VENDORS } from "../generic-pci/vendors.ts";

const PCI_VENDOR_GOOGLE = 0x1ae0;
const IOMMU_GROUPS = "/sys/kernel/iommu_groups";
/** PCI classes (upper 8 bits) of Google's devices that are no chips: storage and network. */
const OTHER_CLASSES: readonly number[] = [0x01, 0x02];
const TYPE_URL = "http://metadata.google.internal/computeMetadata/v1/instance/attributes/accelerator-type";

export const hardwarePlugin: HardwarePluginFactory = (host) => ({
  contract: HARDWARE_CONTRACT,
  name: "tpu",
  describe: () => ({
    aliases: ["google"],
    gres: "gpu",
    pciVendors: [PCI_VENDOR_GOOGLE],
    variables: [
      "TPU_VISIBLE_CHIPS",
      "TPU_VISIBLE_DEVICES",
      "TPU_CHIPS_PER_PROCESS_BOUNDS",
      "TPU_PROCESS_BOUNDS",
    ],
  }),
  discover: () => discover(host),
  bind,
});

interface Chip {
  readonly pci: string;
  readonly files: readonly string[];
}

const discover = async (host: HardwareHost): Promise<readonly FoundDevice[]> => {
  const accel = await accelChips(host);
  const chips = (accel.length > 0 ? accel : await vfioChips(host)).slice(0, DEVICE_LANES);
  const sysfs = host.path(PCI_ROOT);
  let metadata: string | undefined;
  const found: FoundDevice[] = [];
  for (const [vendorIndex, chip] of chips.entries()) {
    const deviceId =
      chip.pci === "" ? undefined : await hostNumber(host, below(PCI_ROOT, chip.pci, "device"));
    let type = TYPES[deviceId ?? 0] ?? "";
    if (type === "") {
      metadata ??= await metadataType(host);
      type = metadata;
    }
    found.push({
      name: "gpu",
      type,
      vendor: "google",
      model: deviceId === undefined ? "" : `1ae0:${deviceId.toString(16).padStart(4, "0")}`,
      uuid: "",
      pci: chip.pci,
      numaNode: await pciNumaNode(sysfs, chip.pci),
      memoryMib: MEMORY_MIB[type] ?? 0,
      vendorIndex,
      files: chip.files,
      ...(await pciNearCpus(sysfs, chip.pci)),
    });
  }
  return found;
};

/** Gaudi's files have like names in a folder of their own, so those are no chips of Google's. */
const accelChips = async (host: HardwareHost): Promise<readonly Chip[]> => {
  const names = (await hostNames(host, "/dev")).filter((name) => /^accel\d{1,3}$/.test(name));
  const chips: Chip[] = [];
  for (const name of names) {
    const pci = pciAddress(await hostLink(host, `/sys/class/accel/${name}/device`));
    const vendor = pci === "" ? undefined : await hostNumber(host, below(PCI_ROOT, pci, "vendor"));
    if (vendor === undefined || vendor === PCI_VENDOR_GOOGLE) chips.push({ pci, files: [`/dev/${name}`] });
  }
  return chips;
};

/** A group of VFIO may be any device that was given away; of Google's there are network cards and disks as well. */
const vfioChips = async (host: HardwareHost): Promise<readonly Chip[]> => {
  const groups = (await hostNames(host, "/dev/vfio")).filter((name) => /^\d{1,4}$/.test(name));
  const chips: Chip[] = [];
  for (const group of groups) {
    for (const pci of await hostNames(host, below(IOMMU_GROUPS, group, "devices"))) {
      const vendor = await hostNumber(host, below(IOMMU_GROUPS, group, "devices", pci, "vendor"));
      const pciClass = await hostNumber(host, below(IOMMU_GROUPS, group, "devices", pci, "class"));
      if (vendor !== PCI_VENDOR_GOOGLE || OTHER_CLASSES.includes((pciClass ?? 0) >>> 16)) continue;
      chips.push({ pci, files: [`/dev/vfio/${group}`, "/dev/vfio/vfio"] });
      break;
    }
  }
  return chips;
};

/** `v5litepod-8` is `tpuv5e`; "" where the machine says nothing. */
const metadataType = async (host: HardwareHost): Promise<string> => {
  const output = await host.run("curl", ["-sf", "-m", "2", "-H", "Metadata-Flavor: Google", TYPE_URL]);
  const family = /^(v\d{1,2}[a-z]*)-\d{1,5}$/.exec(output.ok ? output.stdout.trim() : "")?.[1];
  if (family === undefined) return "";
  return `tpu${family.replace("v5litepod", "v5e")}`;
};

/** Two variables, as the runtime's versions read one or the other; a part of the chips needs their shape as well. */
const bind = (granted: readonly GrantedDevice[], all: readonly DeviceSpec[]): DeviceBinding => {
  const devices = granted.map(({ device }) => device).sort((a, b) => a.vendorIndex - b.vendorIndex);
  const visible = devices.map((device) => device.vendorIndex).join(",");
  const shape = devices.length < all.length ? SHAPES[devices.length] : undefined;
  return {
    environment: {
      TPU_VISIBLE_CHIPS: visible,
      TPU_VISIBLE_DEVICES: visible,
      ...(shape === undefined ? {} : { TPU_CHIPS_PER_PROCESS_BOUNDS: shape, TPU_PROCESS_BOUNDS: "1,1,1" }),
    },
    files: [...new Set(devices.flatMap((device) => device.files))],
    mounts: [],
    cdi: devices.map((device) => `google.com/tpu=${device.vendorIndex}`),
  };
};

/** Chips that one process can have besides all of them. */
const SHAPES: Readonly<Record<number, string>> = { 1: "1,1,1", 2: "1,2,1", 4: "2,2,1" };
/** By the vendor's documentation; no file tells it. */
const MEMORY_MIB: Readonly<Record<string, number>> = {
  tpuv4: 32_768,
  tpuv5e: 16_384,
  tpuv5p: 97_280,
  tpuv6e: 32_768,
};
const TYPES = PCI_VENDORS.find((vendor) => vendor.name === "google")?.types ?? {};
