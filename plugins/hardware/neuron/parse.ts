/**
 * Reads what neuron-ls prints: the JSON of `--json-output`, and the table, which newer versions print where that option is
 * gone. Pure.
 */
import { deviceMib, jsonObject, jsonText, leadingNumber, toolJson } from "../../sdk/amounts.ts";
import { pciAddress } from "../../sdk/pci.ts";
import { boxRows, isWholeBox } from "../../sdk/table.ts";

export interface NeuronDevice {
  readonly index: number;
  readonly pci: string;
  /** NeuronCores as the runtime numbers them. */
  readonly firstCore: number;
  readonly cores: number;
  readonly memoryMib: number;
  readonly connected: readonly number[];
  readonly cpus: string;
}

const MAX_NEURON_DEVICES = 256;
const MAX_CORES = 64;

/** Devices of the JSON; undefined for what is no list of them. */
export const parseJson = (text: string): readonly NeuronDevice[] | undefined => {
  const list = toolJson(text);
  if (!Array.isArray(list)) return undefined;
  const devices: NeuronDevice[] = [];
  for (const entry of list.slice(0, MAX_NEURON_DEVICES)) {
    const device = jsonObject(entry) ?? {};
    const index = leadingNumber(jsonText(device, "neuron_device"));
    const cores = leadingNumber(jsonText(device, "nc_count"));
    if (index === undefined || cores === undefined || cores < 1 || cores > MAX_CORES) return undefined;
    const ids = Array.isArray(device["neuroncore_ids"]) ? (device["neuroncore_ids"] as unknown[]) : [];
    const connected = Array.isArray(device["connected_to"]) ? (device["connected_to"] as unknown[]) : [];
    const cpus = jsonText(device, "cpu_affinity");
    devices.push({
      index,
      pci: pciAddress(jsonText(device, "bdf")),
      firstCore: typeof ids[0] === "number" ? ids[0] : index * cores,
      // Two physical cores may be one for the runtime, which is what its numbers count.
      cores: ids.length > 0 && ids.length <= MAX_CORES ? ids.length : cores,
      memoryMib: deviceMib((leadingNumber(jsonText(device, "memory_size")) ?? 0) / 1_048_576),
      connected: connected.filter((other): other is number => typeof other === "number"),
      cpus: /^\d[\d,-]{0,255}$/.test(cpus) ? cpus : "",
    });
  }
  return devices;
};

/** Devices of the table; undefined when it has none of the known columns, or was cut off. */
export const parseTable = (text: string): readonly NeuronDevice[] | undefined => {
  const rows = boxRows(text);
  const at = rows.findIndex((cells) => cells[0] === "NEURON");
  const [upper, lower] = [rows[at], rows[at + 1]];
  if (!isWholeBox(text) || at === -1 || upper === undefined || lower === undefined) return undefined;
  const names = upper.map((word, column) => `${word} ${lower[column] ?? ""}`.trim());
  const column = (name: string): number => names.indexOf(name);
  if (column("NEURON DEVICE") !== 0 || column("NEURON CORES") === -1) return undefined;
  const devices: NeuronDevice[] = [];
  for (const cells of rows.slice(at + 2, at + 2 + MAX_NEURON_DEVICES * 8)) {
    const cell = (name: string): string => cells[column(name)] ?? "";
    const index = leadingNumber(cell("NEURON DEVICE"));
    // A further process of the device above it.
    if (index === undefined) continue;
    const cores = leadingNumber(cell("NEURON CORES"));
    if (cores === undefined || cores < 1 || cores > MAX_CORES) return undefined;
    const ids = /^(\d{1,4})-(\d{1,4})$/.exec(cell("NEURON CORE IDS"));
    const logical = leadingNumber(cell("LOGICAL NC")) ?? cores;
    const own = ids === null ? logical : Number(ids[2]) - Number(ids[1]) + 1;
    devices.push({
      index,
      pci: pciAddress(cell("PCI BDF")),
      firstCore: ids === null ? index * own : Number(ids[1]),
      cores: own,
      memoryMib: deviceMib((leadingNumber(cell("NEURON MEMORY")) ?? 0) * 1024),
      connected: (cell("CONNECTED DEVICES").match(/\d+/g) ?? []).map(Number),
      cpus: /^\d[\d,-]{0,255}$/.test(cell("CPU AFFINITY")) ? cell("CPU AFFINITY") : "",
    });
  }
  return devices;
};
