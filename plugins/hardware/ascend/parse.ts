/** Reads the table of `npu-smi info`, two lines a chip, of all the versions that were found. Pure. */
import { deviceMib, known, leadingNumber, milliwatts, percent, whole } from "../../sdk/amounts.ts";
import type { UsageSample } from "../../sdk/hardware.ts";
import { pciAddress } from "../../sdk/pci.ts";
import { boxRows } from "../../sdk/table.ts";

export interface NpuChip {
  /** Number of the chip on the machine, as the runtime and the device file have it. */
  readonly id: number;
  readonly name: string;
  /** `OK`, or how ill it is. */
  readonly health: string;
  readonly pci: string;
  readonly memoryMib: number;
  readonly usage: UsageSample;
}

/** Chips of the table; undefined when there is no such table, or a chip without its second line. */
export const parseInfo = (text: string): readonly NpuChip[] | undefined => {
  const rows = boxRows(text);
  if (!rows.some((cells) => /^NPU\s+Name$/.test(cells[0] ?? ""))) return undefined;
  const hasPhysical = rows.some((cells) => /^Chip\s+Phy-ID$/.test(cells[0] ?? ""));
  const chips: NpuChip[] = [];
  for (let at = 0; at < rows.length; at++) {
    const [upper, lower] = [rows[at]!, rows[at + 1]];
    const head = /^(\d{1,4})\s+(\S.*)$/.exec(upper[0] ?? "");
    // The table of processes follows, in which the second cell is a number.
    if (head === null || upper.length !== 3 || /^\d*$/.test(upper[1] ?? "")) continue;
    const pci = pciAddress(lower?.[1] ?? "");
    if (pci === "" || lower?.length !== 3) return undefined;
    const physical = /^\d+\s+(\d{1,4})$/.exec(lower[0] ?? "")?.[1];
    const id = hasPhysical && physical !== undefined ? Number(physical) : Number(head[1]);
    const [power, temperature] = upper[2]!.split(/\s+/);
    const [busy] = lower[2]!.split(/\s+/);
    const amounts = [...lower[2]!.matchAll(/(\d+)\s*\/\s*(\d+)/g)].map(([, used, total]) => [
      Number(used),
      Number(total),
    ]);
    // On-package memory comes last; older chips have but their board's.
    const [used, total] = amounts.at(-1) ?? [0, 0];
    chips.push({
      id,
      name: head[2]!.trim(),
      health: upper[1]!,
      pci,
      memoryMib: deviceMib(total),
      usage: known<UsageSample>({
        vendorIndex: id,
        busyPercent: percent(leadingNumber(busy)),
        memoryUsedMib: used,
        powerMilliwatts: milliwatts(leadingNumber(power)),
        temperatureC: whole(leadingNumber(temperature)),
      }),
    });
    at++;
  }
  // All lines of the box are as wide; an output that was cut off ends in a shorter one, or in a chip without a rule below.
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  const isRule = (line: string | undefined): boolean => /^\s*\+[-+=]+\+\s*$/.test(line ?? "");
  const width = lines.find(isRule)?.trim().length ?? 0;
  const last = chips.at(-1);
  const end = lines.findLastIndex(
    (line) => last !== undefined && pciAddress(line.split("|")[2] ?? "") === last.pci,
  );
  return end !== -1 && isRule(lines[end + 1]) && lines.at(-1)!.trim().length >= width ? chips : undefined;
};
