/**
 * Huawei Ascend NPUs by npu-smi. Runs at an agent's start and while it watches; `bind` runs at each start of a job and only
 * sets variables. Runs no tool on a host without such hardware.
 */
import { DEVICE_LANES } from "../../../core/model/ids.ts";
import type { DeviceSpec } from "../../../core/model/node.ts";
import {
  type DeviceBinding,
  type FoundDevice,
  type GrantedDevice,
  HARDWARE_CONTRACT,
  type HardwarePluginFactory,
  type HealthEvent,
  type WatchOptions,
  type WatchReport,
} from "../../sdk/hardware.ts";
import type { HardwareHost } from "../../sdk/host.ts";
import { hasPciVendor, PCI_ROOT, pciNearCpus, pciNumaNode } from "../../sdk/pci.ts";
import { ToolFailure } from "../../sdk/tool.ts";
import { pollWatch, SampleHealth } from "../../sdk/watch.ts";
import { type NpuChip, parseInfo } from "./parse.ts";

const TOOL = "npu-smi";
const PCI_VENDOR_HUAWEI = 0x19e5;
/** Files that every job with a chip opens beside the chip's own. */
const SHARED_FILES = ["/dev/davinci_manager", "/dev/devmm_svm", "/dev/hisi_hdc"];

export const hardwarePlugin: HardwarePluginFactory = (host) => ({
  contract: HARDWARE_CONTRACT,
  name: "ascend",
  describe: () => ({
    aliases: ["huawei", "npu", "davinci"],
    gres: "gpu",
    pciVendors: [PCI_VENDOR_HUAWEI],
    variables: ["ASCEND_RT_VISIBLE_DEVICES", "ASCEND_VISIBLE_DEVICES"],
  }),
  discover: () => discover(host),
  bind,
  watch: (devices, options) => watch(host, devices, options),
});

const discover = async (host: HardwareHost): Promise<readonly FoundDevice[]> => {
  const sysfs = host.path(PCI_ROOT);
  if (!(await hasPciVendor(sysfs, PCI_VENDOR_HUAWEI, [0x12]))) return [];
  const chips = await info(host).catch((error: unknown) => {
    if (error instanceof ToolFailure && error.fault === "missing") return [];
    throw error;
  });
  const found = chips.slice(0, DEVICE_LANES).map(
    async (chip): Promise<FoundDevice> => ({
      name: "gpu",
      type: `ascend${chip.name.toLowerCase().replace(/^ascend/, "")}`.replace(/[^a-z0-9_.]/g, "_"),
      vendor: "huawei",
      model: chip.name,
      uuid: "",
      pci: chip.pci,
      numaNode: await pciNumaNode(sysfs, chip.pci),
      memoryMib: chip.memoryMib,
      vendorIndex: chip.id,
      files: [`/dev/davinci${chip.id}`, ...SHARED_FILES],
      ...(await pciNearCpus(sysfs, chip.pci)),
    }),
  );
  return Promise.all(found);
};

/**
 * The runtime counts the chips that it sees from 0, which differs from the chips' own numbers where one is missing; the
 * container runtime goes by the chips' numbers.
 */
const bind = (granted: readonly GrantedDevice[], all: readonly DeviceSpec[]): DeviceBinding => {
  const order = all.map((device) => device.vendorIndex).sort((a, b) => a - b);
  const devices = granted.map(({ device }) => device).sort((a, b) => a.vendorIndex - b.vendorIndex);
  return {
    environment: {
      ASCEND_RT_VISIBLE_DEVICES: devices.map((device) => order.indexOf(device.vendorIndex)).join(","),
      ASCEND_VISIBLE_DEVICES: devices.map((device) => device.vendorIndex).join(","),
    },
    files: [...new Set(devices.flatMap((device) => device.files))],
    mounts: [],
    cdi: devices.map((device) => `huawei.com/npu=${device.vendorIndex}`),
  };
};

const watch = (
  host: HardwareHost,
  devices: readonly DeviceSpec[],
  options: WatchOptions,
): AsyncIterable<WatchReport> => {
  const health = new SampleHealth();
  const ill = new Map<number, string>();
  const expected = devices.map((device) => device.vendorIndex);
  return pollWatch(async () => {
    const chips = (await info(host)).filter((chip) => expected.includes(chip.id));
    const samples = chips.map((chip) => chip.usage);
    return {
      samples,
      events: [...health.events(expected, samples), ...chips.flatMap((chip) => changes(ill, chip))],
    };
  }, options);
};

/** What the tool says of a chip's health, when it says something else than before. */
const changes = (ill: Map<number, string>, { id, health }: NpuChip): HealthEvent[] => {
  const before = ill.get(id) ?? "OK";
  if (health === before) return [];
  ill.set(id, health);
  const severity = health === "OK" ? "recovered" : health === "Warning" ? "warning" : "critical";
  return [{ vendorIndex: id, severity, code: "health", message: `npu-smi says ${health.slice(0, 80)}` }];
};

const info = async (host: HardwareHost): Promise<readonly NpuChip[]> => {
  const output = await host.run(TOOL, ["info"]);
  if (!output.ok) throw new ToolFailure(TOOL, output.fault, output.message);
  const chips = parseInfo(output.stdout);
  if (chips === undefined) throw new ToolFailure(TOOL, "unreadable", "info printed no whole table of chips");
  return chips;
};
