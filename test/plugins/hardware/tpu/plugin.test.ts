import { mkdirSync, symlinkSync } from "node:fs";
import { dirname } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { hardwarePlugin } from "../../../../plugins/hardware/tpu/plugin.ts";
import { type FakeHost, fakeHost } from "../fake-host.ts";

let host: FakeHost;
beforeEach(() => {
  host = fakeHost();
});
afterEach(() => host.remove());

const link = (at: string, target: string): void => {
  mkdirSync(dirname(host.path(at)), { recursive: true });
  symlinkSync(target, host.path(at));
};
const accel = (number: number, pci: string, device: string): void => {
  host.write(`dev/accel${number}`, "");
  link(`sys/class/accel/accel${number}/device`, `../../../${pci}`);
  host.write(`sys/bus/pci/devices/${pci}/vendor`, "0x1ae0\n");
  host.write(`sys/bus/pci/devices/${pci}/device`, `${device}\n`);
};
const group = (number: number, pci: string, vendor: string): void => {
  host.write(`dev/vfio/${number}`, "");
  host.write(`sys/kernel/iommu_groups/${number}/devices/${pci}/vendor`, `${vendor}\n`);
  host.write(`sys/bus/pci/devices/${pci}/device`, "0x006f\n");
};
const job = { jobId: 1, uid: 1 };
const share = <T>(device: T) => ({ device, thousandths: 1000 });

describe("TPU chips of a host", () => {
  it("are the files of the driver up to v4, with type and memory by PCI number", async () => {
    for (const at of [0, 1, 2, 3]) accel(at, `0000:00:0${4 + at}.0`, "0x005e");
    host.write("dev/accel/accel0", "");
    const found = await hardwarePlugin(host.hardware()).discover();
    expect(found.map((device) => `${device.files} ${device.type} ${device.memoryMib}`)).toEqual([
      "/dev/accel0 tpuv4 32768",
      "/dev/accel1 tpuv4 32768",
      "/dev/accel2 tpuv4 32768",
      "/dev/accel3 tpuv4 32768",
    ]);
  });

  it("are groups of VFIO later, but not those of others' devices, nor of Google's network cards", async () => {
    for (const at of [0, 1]) group(at, `0000:00:0${4 + at}.0`, "0x1ae0");
    group(96, "0000:01:00.0", "0x15b3");
    group(97, "0000:00:06.0", "0x1ae0");
    host.write("sys/kernel/iommu_groups/97/devices/0000:00:06.0/class", "0x020000\n");
    host.write("dev/vfio/vfio", "");
    const found = await hardwarePlugin(host.hardware()).discover();
    expect(found.map((device) => `${device.files} ${device.type}`)).toEqual([
      "/dev/vfio/0,/dev/vfio/vfio tpuv6e",
      "/dev/vfio/1,/dev/vfio/vfio tpuv6e",
    ]);
  });

  it("have the type of the machine's metadata where their number is not known", async () => {
    accel(0, "0000:00:04.0", "0x9999");
    host.tool("curl", "echo v5litepod-8");
    expect(await hardwarePlugin(host.hardware()).discover()).toMatchObject([
      { type: "tpuv5e", memoryMib: 16_384 },
    ]);
    host.tool("curl", "exit 6");
    expect(await hardwarePlugin(host.hardware()).discover()).toMatchObject([{ type: "", memoryMib: 0 }]);
  });

  it("are bound with their shape when they are a part of all, and without when they are all", async () => {
    for (const at of [0, 1, 2, 3]) accel(at, `0000:00:0${4 + at}.0`, "0x005e");
    const plugin = hardwarePlugin(host.hardware());
    const all = (await plugin.discover()).map((device) => ({ ...device, plugin: "tpu" }));
    expect(plugin.bind([share(all[3]!), share(all[2]!)], all, job).environment).toEqual({
      TPU_VISIBLE_CHIPS: "2,3",
      TPU_VISIBLE_DEVICES: "2,3",
      TPU_CHIPS_PER_PROCESS_BOUNDS: "1,2,1",
      TPU_PROCESS_BOUNDS: "1,1,1",
    });
    expect(plugin.bind(all.map(share), all, job).environment).toEqual({
      TPU_VISIBLE_CHIPS: "0,1,2,3",
      TPU_VISIBLE_DEVICES: "0,1,2,3",
    });
  });

  it("are none on a host without", async () => {
    expect(await hardwarePlugin(host.hardware()).discover()).toEqual([]);
  });
});
