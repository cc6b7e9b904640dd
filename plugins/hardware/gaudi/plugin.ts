/**
 * Intel Gaudi accelerators by hl-smi. Runs at an agent's start and while it watches; `bind` runs at each start of a job and
 * only sets variables. Runs no tool on a host without such hardware.
 */
import { DEVICE_LANES } from "../../../core/model/ids.ts";
import type { DeviceSpec } from "../../../core/model/node.ts";
import { deviceMib, known, leadingNumber, milliwatts, percent, whole } from "../../sdk/amounts.ts";
import {
  type DeviceBinding,
  type FoundDevice,
  type GrantedDevice,
  HARDWARE_CONTRACT,
  type HardwarePluginFactory,
  type UsageSample,
} from "../../sdk/hardware.ts";
import type { HardwareHost } from "../../sdk/host.ts";
import { hasPciVendor, PCI_ROOT, pciAddress, pciNearCpus, pciNumaNode } from "../../sdk/pci.ts";
import { csvNames, csvRows } from "../../sdk/table.ts";
import { ToolFailure } from "../../sdk/tool.ts";
import { sampleWatch } from "../../sdk/watch.ts";

const TOOL = "hl-smi";
const PCI_VENDOR_HABANA = 0x1da3;
const DISCOVERED = ["index", "name", "bus_id", "driver_version", "uuid", "module_id", "memory.total"];
const WATCHED = ["module_id", "memory.used", "power.draw", "temperature.aip", "utilization.aip"];

export const hardwarePlugin: HardwarePluginFactory = (host) => ({
  contract: HARDWARE_CONTRACT,
  name: "gaudi",
  describe: () => ({
    aliases: ["habana", "hpu"],
    gres: "gpu",
    pciVendors: [PCI_VENDOR_HABANA],
    variables: ["HABANA_VISIBLE_MODULES", "HABANA_VISIBLE_DEVICES"],
  }),
  discover: () => discover(host),
  bind,
  watch: (devices, options) =>
    sampleWatch(devices, async () => parseUsage(await query(host, WATCHED)), options),
  reset: async (device) => {
    const output = await host.run(TOOL, ["-r", "-i", device.pci]);
    if (!output.ok) throw new ToolFailure(TOOL, output.fault, output.message);
  },
});

const discover = async (host: HardwareHost): Promise<readonly FoundDevice[]> => {
  const sysfs = host.path(PCI_ROOT);
  if (!(await hasPciVendor(sysfs, PCI_VENDOR_HABANA))) return [];
  const rows = await query(host, DISCOVERED).catch((error: unknown) => {
    if (error instanceof ToolFailure && error.fault === "missing") return [];
    throw error;
  });
  const found: FoundDevice[] = [];
  for (const row of rows.slice(0, DEVICE_LANES)) {
    const cell = (name: string): string => row.get(name) ?? "";
    const index = leadingNumber(cell("index"));
    const pci = pciAddress(cell("bus_id"));
    if (index === undefined || pci === "")
      throw new ToolFailure(
        TOOL,
        "unreadable",
        `-Q printed no index and bus_id: "${[...row.values()].join(", ")}"`,
      );
    found.push({
      name: "gpu",
      type: TYPES.find(([prefix]) => cell("name").startsWith(prefix))?.[1] ?? "",
      vendor: "habana",
      model: cell("name"),
      uuid: cell("uuid"),
      pci,
      numaNode: await pciNumaNode(sysfs, pci),
      memoryMib: deviceMib(leadingNumber(cell("memory.total"))),
      // The frameworks count by slot on the board; the driver's own number is in the files' names.
      vendorIndex: leadingNumber(cell("module_id")) ?? index,
      files: [`/dev/accel/accel${index}`, `/dev/accel/accel_controlD${index}`],
      ...(await pciNearCpus(sysfs, pci)),
    });
  }
  return found;
};

/** Frameworks go by module, the container runtime by the driver's number. */
const bind = (granted: readonly GrantedDevice[], _all: readonly DeviceSpec[]): DeviceBinding => {
  const devices = granted.map(({ device }) => device).sort((a, b) => a.vendorIndex - b.vendorIndex);
  const drivers = devices.map((device) => /accel(\d+)$/.exec(device.files[0] ?? "")?.[1] ?? "");
  return {
    environment: {
      HABANA_VISIBLE_MODULES: devices.map((device) => device.vendorIndex).join(","),
      HABANA_VISIBLE_DEVICES: drivers.filter((number) => number !== "").join(","),
    },
    files: devices.flatMap((device) => device.files),
    mounts: [],
    cdi: drivers.map((number) => `habana.com/gaudi=${number}`),
  };
};

/** Rows of `-Q` by field; rejects when the tool prints no such table. */
const query = async (
  host: HardwareHost,
  fields: readonly string[],
): Promise<readonly ReadonlyMap<string, string>[]> => {
  const output = await host.run(TOOL, ["-Q", fields.join(","), "-f", "csv"]);
  if (!output.ok) throw new ToolFailure(TOOL, output.fault, output.message);
  const lines = output.stdout.split("\n").filter((line) => line.trim() !== "");
  const rows = csvRows(output.stdout);
  const names = csvNames(output.stdout);
  if (lines.length === 0) return [];
  // A line that was cut off in its last value looks whole.
  const isTorn = !output.stdout.endsWith("\n");
  if (isTorn || rows.length !== lines.length - 1 || fields.some((field) => !names.includes(field)))
    throw new ToolFailure(TOOL, "unreadable", `-Q printed other than ${fields.length} fields a line`);
  return rows;
};

/** Samples by module. */
export const parseUsage = (rows: readonly ReadonlyMap<string, string>[]): readonly UsageSample[] =>
  rows.flatMap((row): UsageSample[] => {
    const number = (name: string): number | undefined => leadingNumber(row.get(name));
    const vendorIndex = number("module_id");
    if (vendorIndex === undefined) return [];
    return [
      known<UsageSample>({
        vendorIndex,
        busyPercent: percent(number("utilization.aip")),
        memoryUsedMib: whole(number("memory.used")),
        powerMilliwatts: milliwatts(number("power.draw")),
        temperatureC: whole(number("temperature.aip")),
      }),
    ];
  });

/** Product names' beginnings. */
const TYPES: readonly (readonly [string, string])[] = [
  ["HL-20", "gaudi"],
  ["HL-2", "gaudi2"],
  ["HL-3", "gaudi3"],
  ["HL-1", "gaudi"],
];
