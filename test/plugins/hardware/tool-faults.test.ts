/** What every vendor's tool may do wrong, over all plugins that run one. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { vendorPlugins } from "../../../plugins/hardware/built-in.ts";
import type { HardwarePlugin } from "../../../plugins/sdk/hardware.ts";
import { ToolFailure } from "../../../plugins/sdk/tool.ts";
import { type FakeHost, fakeHost } from "./fake-host.ts";
import { deviceOf, firstReports } from "./watch-reports.ts";

/** PCI vendor, tool, and the output to cut off. */
const VENDORS: readonly (readonly [string, string, string, string])[] = [
  ["intel", "0x8086", "xpu-smi", "intel/recordings/discovery-ats.out"],
  ["gaudi", "0x1da3", "hl-smi", "gaudi/recordings/query-hl325l-1.24.1.out"],
  ["neuron", "0x1d0f", "neuron-ls", "neuron/recordings/json-trn1.2xlarge.out"],
  ["ascend", "0x19e5", "npu-smi", "ascend/recordings/info-910b4-25.5.2-cut.out"],
];
let host: FakeHost;
beforeEach(() => {
  host = fakeHost();
});
afterEach(() => host.remove());

const pluginOf = (name: string, limits: { timeoutMs?: number; maxBytes?: number } = {}): HardwarePlugin =>
  vendorPlugins(host.hardware(limits)).find((plugin) => plugin.name === name)!;
const outcome = (plugin: HardwarePlugin): Promise<string> =>
  plugin.discover().then(
    (found) => `${found.length} devices`,
    (error: unknown) => (error instanceof ToolFailure ? error.fault : String(error)),
  );

describe.each(VENDORS)("the plugin %s", (name, pciVendor, tool, recording) => {
  beforeEach(() => {
    host.write("sys/bus/pci/devices/0000:4d:00.0/vendor", `${pciVendor}\n`);
    host.write("sys/bus/pci/devices/0000:4d:00.0/class", "0x120000\n");
  });

  it("finds nothing without its tool, and runs none without its hardware", async () => {
    expect(await outcome(pluginOf(name))).toBe("0 devices");
    host.tool(tool, `touch ${host.path("ran")}; exit 9`);
    host.write("sys/bus/pci/devices/0000:4d:00.0/vendor", "0x1234\n");
    expect(await outcome(pluginOf(name))).toBe("0 devices");
    expect(() => rmSync(host.path("ran"))).toThrow(/ENOENT/);
  });

  it("fails by name when the tool fails, hangs, prints for ever, garbage, or half of it", async () => {
    host.tool(tool, "echo 'no driver' >&2; exit 9");
    expect(await outcome(pluginOf(name))).toBe("failed");
    host.tool(tool, "kill -9 $$");
    expect(await outcome(pluginOf(name))).toBe("failed");
    host.tool(tool, "sleep 10");
    expect(await outcome(pluginOf(name, { timeoutMs: 100 }))).toBe("slow");
    host.tool(tool, "while :; do echo 0123456789; done");
    expect(await outcome(pluginOf(name, { maxBytes: 10_000 }))).toBe("endless");
    host.tool(tool, "head -c 300 /dev/urandom; echo");
    expect(await outcome(pluginOf(name))).toBe("unreadable");
    host.tool(tool, `head -c 150 ${join(import.meta.dirname, recording)}`);
    expect(await outcome(pluginOf(name))).toBe("unreadable");
  });

  it("tells a tool that vanishes while it is watched, and goes on", async () => {
    const plugin = pluginOf(name);
    if (plugin.watch === undefined) return;
    host.tool(tool, "exit 9");
    const reports = await firstReports(plugin, [deviceOf(name, {})], 3, (seen) => {
      if (seen === 1) rmSync(host.path(`bin/${tool}`));
    });
    expect(reports.map(({ events }) => events.map(({ code }) => code))).toEqual([["tool"], [], []]);
  });
});

describe("the variables of all plugins", () => {
  it("are each one vendor's", () => {
    const names = vendorPlugins(host.hardware()).flatMap((plugin) => plugin.describe().variables);
    expect(new Set(names).size).toBe(names.length);
  });
});
