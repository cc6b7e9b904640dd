/**
 * How NVIDIA GPUs are: usage by nvidia-smi, and Xid errors by the kernel's log. Runs while an agent watches; changes
 * nothing.
 */
import type { DeviceSpec } from "../../../core/model/node.ts";
import { known, leadingNumber, milliwatts, percent, whole } from "../../sdk/amounts.ts";
import type { HealthEvent, UsageSample, WatchOptions, WatchReport } from "../../sdk/hardware.ts";
import { type RunTool, ToolFailure } from "../../sdk/tool.ts";
import { pollWatch, SampleHealth } from "../../sdk/watch.ts";
import { parseQuery } from "./parse.ts";

const FIELDS = [
  "index",
  "utilization.gpu",
  "memory.used",
  "power.draw",
  "temperature.gpu",
  "ecc.errors.corrected.volatile.total",
  "ecc.errors.uncorrected.volatile.total",
] as const;
const TOOL = "nvidia-smi";

export const watchNvidia = (
  run: RunTool,
  devices: readonly DeviceSpec[],
  options: WatchOptions,
): AsyncIterable<WatchReport> => {
  const health = new SampleHealth();
  const expected = [...new Set(devices.map((device) => device.vendorIndex))];
  let sinceS: number | undefined;
  return pollWatch(async () => {
    const samples = (await askUsage(run)).filter((sample) => expected.includes(sample.vendorIndex));
    const log = await run("dmesg", []);
    // Who may not read the kernel's log has no Xid events, and all else.
    const lines = log.ok ? parseXids(log.stdout) : [];
    // What was there before the watch began is old news.
    const fresh = sinceS === undefined ? [] : lines.filter((line) => line.atS > sinceS!);
    if (log.ok) sinceS = lines.reduce((latest, line) => Math.max(latest, line.atS), sinceS ?? 0);
    return {
      samples,
      events: [...health.events(expected, samples), ...fresh.map((line) => xidEvent(line, devices))],
    };
  }, options);
};

const askUsage = async (run: RunTool): Promise<readonly UsageSample[]> => {
  const output = await run(TOOL, [`--query-gpu=${FIELDS.join(",")}`, "--format=csv,noheader,nounits"]);
  if (!output.ok) throw new ToolFailure(TOOL, output.fault, output.message);
  const samples = parseUsage(output.stdout, FIELDS);
  if (samples === undefined) throw new ToolFailure(TOOL, "unreadable", "--query-gpu printed other fields");
  return samples;
};

/** Samples of a `--query-gpu` with these fields; undefined when a line is not of them. */
export const parseUsage = (text: string, fields: readonly string[]): readonly UsageSample[] | undefined =>
  parseQuery(text, fields)?.flatMap((gpu): UsageSample[] => {
    const number = (field: string): number | undefined => leadingNumber(gpu.get(field));
    const vendorIndex = number("index");
    if (vendorIndex === undefined) return [];
    return [
      known<UsageSample>({
        vendorIndex,
        busyPercent: percent(number("utilization.gpu")),
        memoryUsedMib: whole(number("memory.used")),
        powerMilliwatts: milliwatts(number("power.draw")),
        temperatureC: whole(number("temperature.gpu")),
        correctedErrors: whole(number("ecc.errors.corrected.volatile.total")),
        uncorrectedErrors: whole(number("ecc.errors.uncorrected.volatile.total")),
      }),
    ];
  });

/** An error that the driver wrote into the kernel's log. */
export interface XidLine {
  /** Seconds since boot, as dmesg tells them. */
  readonly atS: number;
  /** `0000:3b:00`, without the function. */
  readonly pci: string;
  readonly xid: number;
  readonly text: string;
}

const MAX_LOG_LINES = 65_536;
const MAX_XID_TEXT = 200;

/** The Xid lines of dmesg's output that have a time. */
export const parseXids = (log: string): readonly XidLine[] =>
  log
    .split("\n")
    .slice(-MAX_LOG_LINES)
    .flatMap((line): XidLine[] => {
      const parts =
        /^\[\s*(\d{1,12}\.\d{1,9})\]\s+NVRM: Xid \(PCI:([0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2})(?:\.\d)?\): (\d{1,4})(?:, ?(.*))?$/i.exec(
          line.trimEnd(),
        );
      if (parts === null) return [];
      const [, at, pci, xid, text = ""] = parts;
      return [
        { atS: Number(at), pci: pci!.toLowerCase(), xid: Number(xid), text: text.slice(0, MAX_XID_TEXT) },
      ];
    });

/**
 * Xids after which the device, not the program on it, is at fault (NVIDIA's Xid catalogue): double-bit ECC, failed row
 * remapping, NVLink, off the bus, uncontained ECC, GSP timeouts, unrecovered ECC.
 */
const CRITICAL_XIDS: readonly number[] = [48, 62, 64, 74, 79, 95, 109, 119, 120, 136, 140, 143];

const xidEvent = (line: XidLine, devices: readonly DeviceSpec[]): HealthEvent => ({
  vendorIndex: devices.find((device) => device.pci.startsWith(line.pci))?.vendorIndex ?? -1,
  severity: CRITICAL_XIDS.includes(line.xid) ? "critical" : "warning",
  code: `xid-${line.xid}`,
  message: line.text === "" ? `Xid ${line.xid}` : line.text,
});
