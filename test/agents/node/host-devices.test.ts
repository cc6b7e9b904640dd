import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findHostDevices } from "../../../agents/node/host-devices.ts";
import { amd } from "../../../plugins/hardware/amd/plugin.ts";
import { genericPci } from "../../../plugins/hardware/generic-pci/plugin.ts";
import { nvidia } from "../../../plugins/hardware/nvidia/plugin.ts";
import { type FakeHost, fakeHost } from "../../plugins/hardware/fake-host.ts";

const UUID = "GPU-513536b6-7d19-9063-b049-1e69664bb298";
let host: FakeHost;
let told: string[];

/** One AMD card before and one after two NVIDIA cards. */
beforeEach(() => {
  host = fakeHost();
  told = [];
  host.pci("0000:05:00.0", { vendor: "0x1002", device: "0x740f", class: "0x038000" });
  host.pci("0000:17:00.0", { vendor: "0x10de", device: "0x20b2", class: "0x030200" });
  host.pci("0000:3b:00.0", { vendor: "0x10de", device: "0x20b2", class: "0x030200" });
  host.pci("0000:85:00.0", { vendor: "0x1002", device: "0x740f", class: "0x038000" });
});
afterEach(() => host.remove());

const find = () =>
  findHostDevices(
    [
      nvidia({ run: host.run(), sysfsRoot: host.sysfsRoot, driverRoot: host.driverRoot }),
      amd({ kfdRoot: host.path("kfd"), sysfsRoot: host.sysfsRoot }),
    ],
    genericPci({ sysfsRoot: host.sysfsRoot, nvidiaRoot: host.driverRoot }),
    (_fields, message) => told.push(message),
  );
const line = (index: number, pci: string) =>
  `${index}, ${UUID.slice(0, -1)}${index}, 0000${pci}, NVIDIA A100-SXM4-80GB, 81920, Disabled`;
const smi = (...lines: string[]) => host.tool("nvidia-smi", `printf '%s\\n' '${lines.join("\n")}'`);
const both = () => smi(line(0, "0000:17:00.0"), line(1, "0000:3B:00.0"));
/** The recorded GPU at the host's two AMD addresses. */
const kfd = () => {
  const node = readFileSync(
    join(import.meta.dirname, "../../plugins/hardware/amd/recordings/kfd-mi300a.txt"),
    "utf8",
  );
  for (const [at, location] of [0x0500, 0x8500].entries()) {
    const moved = node.replace("location_id 512", `location_id ${location}`);
    host.write(`kfd/${at}/properties`, moved.replace(/^unique_id \d+/m, `unique_id ${1000 + at}`));
  }
};
const share = (lane: number) => ({ lane, thousandths: 1000 });
const VENDOR_VARIABLES: Readonly<Record<string, string>> = {
  CUDA_VISIBLE_DEVICES: "nvidia",
  NVIDIA_VISIBLE_DEVICES: "nvidia",
  CUDA_DEVICE_ORDER: "nvidia",
  ROCR_VISIBLE_DEVICES: "amd",
  HIP_VISIBLE_DEVICES: "amd",
  GPU_DEVICE_ORDINAL: "amd",
};

describe("the devices of a host", () => {
  it("are the vendor's plugin's where it knows them and the PCI scan's else, in the order of PCI addresses", async () => {
    both();
    const { specs } = await find();
    expect(specs.map(({ pci, plugin }) => `${pci} ${plugin}`)).toEqual([
      "0000:05:00.0 generic-pci",
      "0000:17:00.0 nvidia",
      "0000:3b:00.0 nvidia",
      "0000:85:00.0 generic-pci",
    ]);
    expect(told).toEqual([]);
  });

  it("keep lane and type when the vendor's tool fails, and the log says so", async () => {
    both();
    const shape = (specs: readonly { pci: string; type: string }[]) =>
      specs.map((at) => `${at.pci} ${at.type}`);
    const well = shape((await find()).specs);
    host.tool("nvidia-smi", "exit 9");
    const { specs } = await find();
    expect(shape(specs)).toEqual(well);
    expect(specs.every((device) => device.plugin === "generic-pci")).toBe(true);
    expect(told).toHaveLength(1);
  });

  it("are without a card that its vendor's tool does not show", async () => {
    smi(line(0, "0000:17:00.0"));
    expect((await find()).specs.map((device) => device.pci)).not.toContain("0000:3b:00.0");
    expect(told).toHaveLength(1);
  });
});

describe("a host of two vendors", () => {
  it("has each vendor's devices from its own plugin", async () => {
    both();
    kfd();
    const { specs } = await find();
    expect(specs.map(({ plugin }) => plugin)).toEqual(["amd", "nvidia", "nvidia", "amd"]);
    expect(specs.every((device) => device.uuid !== "")).toBe(true);
  });
});

describe("a job's variables", () => {
  it("name devices of one vendor only, whatever plugin has them", async () => {
    for (const prepare of [both, kfd, () => host.tool("nvidia-smi", "exit 9")]) {
      prepare();
      const devices = await find();
      for (const lanes of [[], [0], [1], [1, 2], [0, 3]]) {
        const bound = devices.bind(lanes.map(share), { jobId: 1, uid: 1 });
        if (!bound.ok) throw new Error(bound.refusal.message);
        const filled = Object.entries(bound.value.environment).filter(([, value]) => value !== "");
        const vendors = new Set(filled.map(([name]) => VENDOR_VARIABLES[name] ?? `unknown ${name}`));
        const granted = new Set(lanes.map((lane) => devices.specs[lane]!.vendor));
        expect(vendors).toEqual(granted);
        for (const name of ["CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES"]) {
          expect(bound.value.environment).toHaveProperty(name);
        }
      }
    }
  });
});
