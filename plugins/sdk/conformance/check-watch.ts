/** Checks of `watch`: samples in range, 10,000 of them, a tool that crashes meanwhile, and a prompt end. */
import type { DeviceSpec } from "../../../core/model/node.ts";
import type { HardwarePlugin, HardwarePluginFactory, UsageSample, WatchReport } from "../hardware.ts";
import { MAX_WATCH_EVENTS, MAX_WATCH_SAMPLES } from "../watch.ts";
import { type CheckResult, check, differs, outcomeOf, specsOf } from "./check.ts";
import { RecordedHost, type Recording } from "./recorded-host.ts";

export const MANY_SAMPLES = 10_000;
/** What 10,000 samples may leave behind, with room for what is not collected yet. */
const MAX_GROWTH_BYTES = 64 * 1_048_576;
/** An aborted watch ends within this, on a loaded machine. */
const END_MS = 5_000;

interface Watched {
  readonly recording: Recording;
  readonly host: RecordedHost;
  readonly plugin: HardwarePlugin;
  readonly devices: readonly DeviceSpec[];
}

export const checkWatches = async (
  make: HardwarePluginFactory,
  recordings: readonly Recording[],
): Promise<readonly CheckResult[]> => {
  const hosts: Watched[] = [];
  for (const recording of recordings) {
    const host = new RecordedHost(recording);
    const plugin = make(host);
    const outcome = await outcomeOf(plugin);
    if (outcome.kind === "found" && outcome.devices.length > 0)
      hosts.push({ recording, host, plugin, devices: specsOf(plugin, outcome.devices) });
  }
  const [largest] = [...hosts].sort((a, b) => b.devices.length - a.devices.length);
  if (largest?.plugin.watch === undefined)
    return [
      await check("watches", () =>
        largest === undefined ? "no recording has a device" : "it has no watch()",
      ),
    ];
  return [
    await check("watches what is recorded", async (tell) => {
      for (const watched of hosts)
        await checkSamples(watched, (fault) => tell(`${watched.recording.name}: ${fault}`));
      return undefined;
    }),
    await check(`gives ${MANY_SAMPLES.toLocaleString("en")} samples in bounded memory`, (tell) =>
      checkMany(largest, tell),
    ),
    await check("outlives a tool that crashes while it is watched", (tell) => checkCrash(largest, tell)),
  ];
};

const checkSamples = async (watched: Watched, tell: (fault: string) => void): Promise<void> => {
  const [report] = await reportsOf(watched, 1);
  if (report === undefined) return tell("the watch ended by itself");
  for (const sample of report.samples) {
    if (!watched.devices.some((device) => device.vendorIndex === sample.vendorIndex))
      tell(`a sample is of device ${sample.vendorIndex}, which was not found`);
    for (const [name, [low, high]] of Object.entries(RANGES)) {
      const value = sample[name as keyof UsageSample];
      if (value !== undefined && !(Number.isInteger(value) && value >= low && value <= high))
        tell(`device ${sample.vendorIndex}: ${name} is ${value}, no whole number from ${low} to ${high}`);
    }
  }
  watched.recording.expect.samples?.forEach((expected, at) => {
    const difference = differs(expected, report.samples[at]);
    if (difference !== undefined) tell(`sample ${at}: ${difference}`);
  });
};

const RANGES: Readonly<Record<string, readonly [number, number]>> = {
  busyPercent: [0, 100],
  memoryUsedMib: [0, 2_147_483_647],
  powerMilliwatts: [0, 10_000_000],
  temperatureC: [-50, 200],
  correctedErrors: [0, Number.MAX_SAFE_INTEGER],
  uncorrectedErrors: [0, Number.MAX_SAFE_INTEGER],
};

const checkMany = async (watched: Watched, tell: (fault: string) => void): Promise<string | undefined> => {
  const before = process.memoryUsage().heapUsed;
  let samples = 0;
  for await (const report of watch(watched)) {
    if (report.samples.length === 0) return "the first report has no samples";
    if (report.samples.length > MAX_WATCH_SAMPLES || report.events.length > MAX_WATCH_EVENTS)
      tell(`a report has ${report.samples.length} samples and ${report.events.length} events`);
    samples += report.samples.length;
    if (samples >= MANY_SAMPLES) break;
  }
  const growth = process.memoryUsage().heapUsed - before;
  if (growth > MAX_GROWTH_BYTES) tell(`memory grew by ${Math.round(growth / 1_048_576)} MiB`);
  if (samples < MANY_SAMPLES) tell(`the watch ended by itself after ${samples} samples`);
  return undefined;
};

const checkCrash = async (watched: Watched, tell: (fault: string) => void): Promise<undefined> => {
  const { host } = watched;
  let seen = 0;
  let told = 0;
  const stop = new AbortController();
  for await (const report of watch(watched, stop)) {
    seen++;
    if (seen === 1) host.mode = "failed";
    if (seen > 1 && seen <= 3) told += report.events.length;
    if (seen === 3) host.mode = "well";
    if (seen === 4) {
      if (report.samples.length === 0) tell("it gives no samples when the tool is well again");
      stop.abort();
    }
  }
  host.mode = "well";
  if (seen < 4) tell(`the watch ended by itself after ${seen} reports`);
  if (told === 0) tell("it says nothing of a tool that fails");
  if (told > 1) tell("it says more than once that the tool fails");
  return undefined;
};

const watch = (watched: Watched, stop = new AbortController()): AsyncIterable<WatchReport> =>
  watched.plugin.watch!(watched.devices, { everyMs: 0, signal: stop.signal });

/** The first reports; an end that does not come is an error. */
const reportsOf = async (watched: Watched, count: number): Promise<readonly WatchReport[]> => {
  const stop = new AbortController();
  const reports: WatchReport[] = [];
  const all = (async () => {
    for await (const report of watch(watched, stop)) {
      reports.push(report);
      if (reports.length >= count) stop.abort();
    }
  })();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("the watch does not end when it is told to")), END_MS);
  });
  await Promise.race([all, late]).finally(() => clearTimeout(timer));
  return reports;
};
