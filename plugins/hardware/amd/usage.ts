/**
 * How AMD GPUs are, by amd-smi, else by rocm-smi where that is what a node has. Runs while an agent watches. Devices are
 * told apart by PCI address, since each tool counts in an order of its own.
 */
import type { DeviceSpec } from "../../../core/model/node.ts";
import {
  jsonObject,
  jsonText,
  known,
  leadingNumber,
  milliwatts,
  percent,
  toolJson,
  whole,
} from "../../sdk/amounts.ts";
import type { UsageSample, WatchOptions, WatchReport } from "../../sdk/hardware.ts";
import { pciAddress } from "../../sdk/pci.ts";
import { type RunTool, ToolFailure } from "../../sdk/tool.ts";
import { pollWatch, SampleHealth } from "../../sdk/watch.ts";

type Json = Readonly<Record<string, unknown>>;
/** A sample without the number of its device, by PCI address. */
export type AmdUsage = ReadonlyMap<string, Omit<UsageSample, "vendorIndex">>;

export const watchAmd = (
  run: RunTool,
  devices: readonly DeviceSpec[],
  options: WatchOptions,
): AsyncIterable<WatchReport> => {
  const health = new SampleHealth();
  const expected = devices.map((device) => device.vendorIndex);
  return pollWatch(async () => {
    const usage = await askUsage(run);
    const samples = devices.flatMap((device): UsageSample[] => {
      const sample = usage.get(device.pci);
      return sample === undefined ? [] : [{ vendorIndex: device.vendorIndex, ...sample }];
    });
    return { samples, events: health.events(expected, samples) };
  }, options);
};

const askUsage = async (run: RunTool): Promise<AmdUsage> => {
  const list = await run("amd-smi", ["list", "--json"]);
  if (list.ok) {
    const metric = await run("amd-smi", ["metric", "--json"]);
    if (!metric.ok) throw new ToolFailure("amd-smi", metric.fault, metric.message);
    const usage = parseAmdSmi(list.stdout, metric.stdout);
    if (usage !== undefined) return usage;
    throw new ToolFailure("amd-smi", "unreadable", "metric --json printed no list of GPUs");
  }
  if (list.fault !== "missing") throw new ToolFailure("amd-smi", list.fault, list.message);
  const old = await run("rocm-smi", ["-u", "-t", "-P", "--showbus", "--showmeminfo", "vram", "--json"]);
  if (!old.ok) throw new ToolFailure("rocm-smi", old.fault, old.message);
  const usage = parseRocmSmi(old.stdout);
  if (usage === undefined) throw new ToolFailure("rocm-smi", "unreadable", "--json printed no cards");
  return usage;
};

/** `amd-smi list --json` and `amd-smi metric --json`, as a list or, since version 26, below `gpu_data`. */
export const parseAmdSmi = (list: string, metric: string): AmdUsage | undefined => {
  const addresses = entries(toolJson(list));
  const metrics = entries(toolJson(metric));
  if (addresses === undefined || metrics === undefined) return undefined;
  const usage = new Map<string, Omit<UsageSample, "vendorIndex">>();
  for (const gpu of metrics) {
    const pci = pciAddress(jsonText(addresses.find((other) => other["gpu"] === gpu["gpu"]) ?? {}, "bdf"));
    if (pci === "") continue;
    const part = (name: string): Json => jsonObject(gpu[name]) ?? {};
    const temperature = part("temperature");
    const power = part("power");
    usage.set(
      pci,
      known<Omit<UsageSample, "vendorIndex">>({
        busyPercent: percent(valued(part("usage"), "gfx_activity")),
        memoryUsedMib: whole(valued(part("mem_usage"), "used_vram")),
        powerMilliwatts: milliwatts(valued(power, "socket_power") ?? valued(power, "current_socket_power")),
        temperatureC: whole(valued(temperature, "hotspot") ?? valued(temperature, "edge")),
        correctedErrors: whole(valued(part("ecc"), "total_correctable_count")),
        uncorrectedErrors: whole(valued(part("ecc"), "total_uncorrectable_count")),
      }),
    );
  }
  return usage;
};

/** `rocm-smi --json`: a record of cards, whose fields have long names that differ from version to version. */
export const parseRocmSmi = (text: string): AmdUsage | undefined => {
  const cards = jsonObject(toolJson(text));
  if (cards === undefined) return undefined;
  const usage = new Map<string, Omit<UsageSample, "vendorIndex">>();
  for (const [name, value] of Object.entries(cards).slice(0, MAX_CARDS)) {
    const card = jsonObject(value);
    const pci = pciAddress(jsonText(card ?? {}, "PCI Bus"));
    if (!/^card\d+$/.test(name) || card === undefined || pci === "") continue;
    const first = (...names: readonly string[]): number | undefined =>
      names.map((field) => leadingNumber(jsonText(card, field))).find((number) => number !== undefined);
    const bytes = first("VRAM Total Used Memory (B)");
    usage.set(
      pci,
      known<Omit<UsageSample, "vendorIndex">>({
        busyPercent: percent(first("GPU use (%)")),
        memoryUsedMib: bytes === undefined ? undefined : Math.floor(bytes / 1_048_576),
        powerMilliwatts: milliwatts(
          first(
            "Average Graphics Package Power (W)",
            "Current Socket Graphics Package Power (W)",
            "Average Socket Power (W)",
          ),
        ),
        temperatureC: whole(first("Temperature (Sensor junction) (C)", "Temperature (Sensor edge) (C)")),
      }),
    );
  }
  return usage.size === 0 ? undefined : usage;
};

/** 8 GPUs of 8 partitions each, and the rest of the machine. */
const MAX_CARDS = 256;

const entries = (json: unknown): readonly Json[] | undefined => {
  const list: unknown = Array.isArray(json) ? json : jsonObject(json)?.["gpu_data"];
  if (!Array.isArray(list)) return undefined;
  return list
    .slice(0, MAX_CARDS)
    .map(jsonObject)
    .filter((entry) => entry !== undefined);
};

/** `{"value": 42, "unit": "%"}` and bare numbers; `"N/A"` is undefined. */
const valued = (object: Json, name: string): number | undefined => {
  const inner = jsonObject(object[name]);
  return leadingNumber(jsonText(inner ?? object, inner === undefined ? name : "value"));
};
