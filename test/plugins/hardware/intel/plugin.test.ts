import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseDiscovery, parseDump, parseTopology } from "../../../../plugins/hardware/intel/parse.ts";
import { hardwarePlugin } from "../../../../plugins/hardware/intel/plugin.ts";
import { type FakeHost, fakeHost } from "../fake-host.ts";
import { deviceOf, firstReports } from "../watch-reports.ts";

const file = (name: string): string => join(import.meta.dirname, "recordings", `${name}.out`);
const recording = (name: string): string => readFileSync(file(name), "utf8");
let host: FakeHost;
beforeEach(() => {
  host = fakeHost();
});
afterEach(() => host.remove());

describe("xpu-smi's discovery", () => {
  it("is read alike from versions with more and with fewer fields", () => {
    const [device] = parseDiscovery(recording("discovery-ats"))!;
    expect(device).toMatchObject({ index: 0, pci: "0000:4d:00.0", deviceId: 0x20a, memoryMib: 0 });
    expect(parseDiscovery(recording("discovery-function-type"))).toEqual([device]);
  });

  it("is undefined when it was cut off, and throws at no text whatever", () => {
    expect(parseDiscovery(recording("discovery-bmg-2026-cut"))).toBeUndefined();
    const text = recording("discovery-ats");
    fc.assert(fc.property(fc.nat(text.length - 3), (at) => parseDiscovery(text.slice(0, at)) === undefined));
    fc.assert(fc.property(fc.jsonValue(), (any) => void parseDiscovery(JSON.stringify(any))));
  });
});

describe("xpu-smi's matrix of tiles", () => {
  it("joins cards by all the lanes of their tiles", () => {
    expect([...parseTopology(recording("topology-two-cards"))]).toEqual([
      [0, [{ to: 1, kind: "xelink", width: 32 }]],
      [1, [{ to: 0, kind: "xelink", width: 32 }]],
    ]);
  });

  it("is nothing without its first line", () => {
    expect(parseTopology(recording("topology-b60-cut")).size).toBe(0);
    fc.assert(fc.property(fc.string({ maxLength: 300 }), (any) => void parseTopology(any)));
  });
});

describe("xpu-smi's dump", () => {
  it("gives the last line of each device, and no number where there is none", () => {
    const samples = parseDump(recording("dump-max1550-1.2.39"))!;
    expect(samples).toHaveLength(6);
    expect(samples[0]).toEqual({ vendorIndex: 0, powerMilliwatts: 409_540, temperatureC: 41 });
    expect(parseDump(recording("dump-a310"))).toEqual([
      { vendorIndex: 0, powerMilliwatts: 15_360, memoryUsedMib: 82 },
    ]);
    expect(parseDump(recording("dump-flex170-2023"))).toEqual([{ vendorIndex: 0, powerMilliwatts: 43_700 }]);
  });

  it("is undefined when it is something else", () => {
    expect(parseDump("Error: Level Zero Initialization Error\n")).toBeUndefined();
    fc.assert(fc.property(fc.string({ maxLength: 300 }), (any) => void parseDump(any)));
  });
});

describe("Intel GPUs of a host", () => {
  const plugin = () => hardwarePlugin(host.hardware());
  it("have files by sysfs and memory by the tool, and are bound by index", async () => {
    host.write("sys/bus/pci/devices/0000:4d:00.0/vendor", "0x8086\n");
    host.write("sys/bus/pci/devices/0000:4d:00.0/class", "0x038000\n");
    host.write("sys/bus/pci/devices/0000:4d:00.0/local_cpulist", "0-23,48-71\n");
    host.write("sys/bus/pci/devices/0000:4d:00.0/drm/card1/dev", "");
    host.write("sys/bus/pci/devices/0000:4d:00.0/drm/renderD129/dev", "");
    host.tool("xpu-smi", `[ "$1" = discovery ] && cat ${file("discovery-ats")}`);
    const found = await plugin().discover();
    expect(found).toEqual([
      {
        name: "gpu",
        type: "",
        vendor: "intel",
        model: "Intel(R) Graphics [0x020a]",
        uuid: "00000000-0000-0000-0000-020a00008086",
        pci: "0000:4d:00.0",
        numaNode: -1,
        memoryMib: 0,
        vendorIndex: 0,
        files: ["/dev/dri/card1", "/dev/dri/renderD129"],
        nearCpus: "0-23,48-71",
      },
    ]);
    const all = [0, 1, 2].map((vendorIndex) => deviceOf("intel", { vendorIndex }));
    const bound = plugin().bind(
      [2, 0].map((at) => ({ device: all[at]!, thousandths: 1000 })),
      all,
      { jobId: 1, uid: 1 },
    );
    expect(bound.environment).toEqual({ ZE_AFFINITY_MASK: "0,2", ZE_FLAT_DEVICE_HIERARCHY: "COMPOSITE" });
    // An empty mask is no mask.
    expect(plugin().bind([], all, { jobId: 1, uid: 1 }).environment["ZE_AFFINITY_MASK"]).toBe("64");
  });

  it("are watched", async () => {
    host.tool("xpu-smi", `cat ${file("dump-a310")}`);
    const [report] = await firstReports(plugin(), [deviceOf("intel", {})], 1);
    expect(report!.samples).toMatchObject([{ powerMilliwatts: 15_360 }]);
  });
});
