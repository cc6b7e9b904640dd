/** Reads what xpu-smi prints: the JSON of `discovery`, the matrix of `topology -m`, the CSV of `dump`. Pure. */
import {
  deviceMib,
  jsonObject,
  jsonText,
  known,
  leadingNumber,
  milliwatts,
  percent,
  toolJson,
  whole,
} from "../../sdk/amounts.ts";
import type { DeviceLink, LinkKind, UsageSample } from "../../sdk/hardware.ts";
import { pciAddress } from "../../sdk/pci.ts";
import { csvRows, MAX_TABLE_LINES } from "../../sdk/table.ts";

export interface XpuDevice {
  readonly index: number;
  readonly name: string;
  readonly pci: string;
  readonly uuid: string;
  readonly deviceId: number;
  /** MiB; 0 where the output has none. */
  readonly memoryMib: number;
}

/** Devices of `discovery -j`, or the one of `discovery -d N -j`; undefined for what is neither. */
export const parseDiscovery = (text: string): readonly XpuDevice[] | undefined => {
  const json = jsonObject(toolJson(text));
  if (json === undefined) return undefined;
  const list = Array.isArray(json["device_list"]) ? (json["device_list"] as unknown[]) : [json];
  const devices = list.slice(0, MAX_TABLE_LINES).map((entry): XpuDevice | undefined => {
    const device = jsonObject(entry) ?? {};
    const index = leadingNumber(jsonText(device, "device_id"));
    const pci = pciAddress(jsonText(device, "pci_bdf_address"));
    if (index === undefined || pci === "") return undefined;
    const bytes = leadingNumber(jsonText(device, "memory_physical_size_byte")) ?? 0;
    return {
      index,
      name: jsonText(device, "device_name"),
      pci,
      uuid: jsonText(device, "uuid"),
      deviceId: Number(jsonText(device, "pci_device_id")) || 0,
      memoryMib: deviceMib(bytes / 1_048_576),
    };
  });
  return devices.includes(undefined) ? undefined : devices.filter((device) => device !== undefined);
};

/**
 * Links of devices by index, of a matrix of tiles. Of several between two cards the best kind counts, and its widths add
 * up. `MDF` joins tiles of one card.
 */
export const parseTopology = (text: string): ReadonlyMap<number, readonly DeviceLink[]> => {
  const lines = text.split(/\r?\n/).slice(0, MAX_TABLE_LINES);
  const head = lines.find((line) => /^\s+GPU \d+\/\d+/.test(line));
  const columns = [...(head ?? "").matchAll(/GPU (\d+)\/\d+/g)].map((match) => Number(match[1]));
  const joined = new Map<number, Map<number, { kind: LinkKind; width: number }>>();
  for (const line of lines) {
    const row = /^GPU (\d+)\/\d+\s*\|?(.*)$/.exec(line);
    if (row === null) continue;
    const from = Number(row[1]);
    const cells = row[2]!.split(/[|\s]+/).filter((cell) => cell !== "");
    columns.forEach((to, at) => {
      const link = cellLink(cells[at]);
      if (to === from || link === undefined) return;
      const links = joined.get(from) ?? new Map<number, { kind: LinkKind; width: number }>();
      joined.set(from, links);
      const before = links.get(to);
      if (before === undefined || RANK.indexOf(link.kind) < RANK.indexOf(before.kind)) links.set(to, link);
      else if (before.kind === link.kind && link.kind === "xelink")
        links.set(to, { kind: link.kind, width: before.width + link.width });
    });
  }
  return new Map(
    [...joined].map(([from, links]) => [from, [...links].map(([to, link]) => ({ to, ...link }))]),
  );
};

const RANK: readonly LinkKind[] = ["xelink", "pix", "pxb", "phb", "node", "sys"];

/** `XL16` are 16 lanes; `XL*` passes a third tile, and counts for nothing beside the tile that has the lanes. */
const cellLink = (cell: string | undefined): { kind: LinkKind; width: number } | undefined => {
  const lanes = /^XL(\d{1,3})$/.exec(cell ?? "")?.[1];
  if (lanes !== undefined) return { kind: "xelink", width: Number(lanes) };
  if (cell === "NODE") return { kind: "node", width: 1 };
  return cell === "SYS" ? { kind: "sys", width: 1 } : undefined;
};

/** The last line of each device in a `dump`; undefined when there is no header. */
export const parseDump = (text: string): readonly UsageSample[] | undefined => {
  if (!/^Timestamp, *DeviceId/m.test(text)) return undefined;
  const samples = new Map<number, UsageSample>();
  for (const row of csvRows(text.slice(text.search(/^Timestamp/m)))) {
    const vendorIndex = leadingNumber(row.get("DeviceId"));
    if (vendorIndex === undefined) continue;
    const number = (name: string): number | undefined => leadingNumber(row.get(name));
    samples.set(
      vendorIndex,
      known<UsageSample>({
        vendorIndex,
        busyPercent: percent(number("GPU Utilization")),
        memoryUsedMib: whole(number("GPU Memory Used")),
        powerMilliwatts: milliwatts(number("GPU Power")),
        temperatureC: whole(number("GPU Core Temperature")),
      }),
    );
  }
  return [...samples.values()];
};
