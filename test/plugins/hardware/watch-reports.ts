/** What tests of watches share: a device, and the first reports of a watch. */
import type { DeviceSpec } from "../../../core/model/node.ts";
import type { HardwarePlugin, WatchReport } from "../../../plugins/sdk/hardware.ts";

export const deviceOf = (plugin: string, more: Partial<DeviceSpec>): DeviceSpec => ({
  name: "gpu",
  type: "",
  vendor: plugin,
  model: "",
  uuid: "",
  pci: "",
  numaNode: -1,
  memoryMib: 0,
  vendorIndex: 0,
  files: [],
  ...more,
  plugin,
});

/** As many reports as asked for; `between` runs after each, with how many there were. */
export const firstReports = async (
  plugin: HardwarePlugin,
  devices: readonly DeviceSpec[],
  count: number,
  between: (seen: number) => unknown = () => undefined,
): Promise<readonly WatchReport[]> => {
  const stop = new AbortController();
  const reports: WatchReport[] = [];
  for await (const report of plugin.watch!(devices, { everyMs: 1, signal: stop.signal })) {
    reports.push(report);
    between(reports.length);
    if (reports.length === count) stop.abort();
  }
  return reports;
};
