/**
 * Makes a watch of something that can be asked again and again. Runs for as long as an agent watches. Tells that the
 * asking fails once, not each time, and asks less often meanwhile; keeps nothing between two reports but what it needs
 * to tell changes from states.
 */
import type { DeviceSpec } from "../../core/model/node.ts";
import type { HealthEvent, UsageSample, WatchOptions, WatchReport } from "./hardware.ts";
import { ToolFailure } from "./tool.ts";

/** A tool that fails is asked again after at most this, unless reports are wanted less often still. */
export const MAX_WATCH_PAUSE_MS = 300_000;
/** Reports and events of one asking; more are cut. */
export const MAX_WATCH_SAMPLES = 64;
export const MAX_WATCH_EVENTS = 256;

/** Reports of `poll` until the signal. What `poll` rejects with becomes an event with the code `tool`. */
export async function* pollWatch(
  poll: () => Promise<WatchReport>,
  { everyMs, signal }: WatchOptions,
): AsyncGenerator<WatchReport> {
  let failures = 0;
  while (!signal.aborted) {
    let report: WatchReport;
    try {
      report = bounded(await poll());
      if (failures > 0) report = { ...report, events: [recovered, ...report.events] };
      failures = 0;
    } catch (error) {
      failures++;
      // A tool that was taken away while it ran fails by its own name, whatever happens next.
      report = { samples: [], events: failures === 1 ? [toolEvent(error)] : [] };
    }
    if (signal.aborted) return;
    yield report;
    const pause = Math.max(everyMs, Math.min(everyMs * 2 ** Math.min(failures, 20), MAX_WATCH_PAUSE_MS));
    await sleep(failures === 0 ? everyMs : pause, signal);
  }
}

/** A watch over a question that gives all devices' samples at once. */
export const sampleWatch = (
  devices: readonly DeviceSpec[],
  ask: () => Promise<readonly UsageSample[]>,
  options: WatchOptions,
): AsyncIterable<WatchReport> => {
  const health = new SampleHealth();
  const expected = [...new Set(devices.map((device) => device.vendorIndex))];
  return pollWatch(async () => {
    const samples = (await ask()).filter((sample) => expected.includes(sample.vendorIndex));
    return { samples, events: health.events(expected, samples) };
  }, options);
};

/**
 * Turns what samples say into events: errors that were not corrected and became more, devices that are gone, and devices
 * that are back. One for each watch.
 */
export class SampleHealth {
  readonly #errors = new Map<number, number>();
  readonly #missing = new Set<number>();

  /** `expected` are the devices that should have a sample. */
  events(expected: readonly number[], samples: readonly UsageSample[]): HealthEvent[] {
    const events: HealthEvent[] = [];
    for (const index of expected) {
      const sample = samples.find((other) => other.vendorIndex === index);
      if (sample === undefined && !this.#missing.has(index)) {
        this.#missing.add(index);
        events.push({
          vendorIndex: index,
          severity: "critical",
          code: "missing",
          message: "the vendor's tool does not show it any more",
        });
      }
      if (sample === undefined) continue;
      if (this.#missing.delete(index)) {
        events.push({ vendorIndex: index, severity: "recovered", code: "missing", message: "it is back" });
      }
      const before = this.#errors.get(index);
      const now = sample.uncorrectedErrors;
      if (now === undefined) continue;
      this.#errors.set(index, now);
      if (before !== undefined && now > before) {
        const message = `${now - before} memory errors that could not be corrected, ${now} in all`;
        events.push({ vendorIndex: index, severity: "critical", code: "ecc", message });
      }
    }
    return events;
  }
}

const recovered: HealthEvent = {
  vendorIndex: -1,
  severity: "recovered",
  code: "tool",
  message: "the vendor's tool answers again",
};

const toolEvent = (error: unknown): HealthEvent => ({
  vendorIndex: -1,
  severity: "warning",
  code: "tool",
  message: `${error instanceof ToolFailure ? `${error.fault}: ` : ""}${error instanceof Error ? error.message : String(error)}`,
});

const bounded = (report: WatchReport): WatchReport => ({
  samples: report.samples.slice(0, MAX_WATCH_SAMPLES),
  events: report.events.slice(0, MAX_WATCH_EVENTS),
});

const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    if (ms <= 0) return void setImmediate(resolve);
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
