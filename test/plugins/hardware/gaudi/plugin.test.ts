import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { hardwarePlugin } from "../../../../plugins/hardware/gaudi/plugin.ts";
import { type FakeHost, fakeHost } from "../fake-host.ts";
import { deviceOf, firstReports } from "../watch-reports.ts";

const file = (name: string): string => join(import.meta.dirname, "recordings", `${name}.out`);
let host: FakeHost;
beforeEach(() => {
  host = fakeHost();
  host.write("sys/bus/pci/devices/0000:3b:00.0/vendor", "0x1da3\n");
  host.write("sys/bus/pci/devices/0000:3b:00.0/class", "0x120000\n");
  host.write("sys/bus/pci/devices/0000:3b:00.0/numa_node", "1\n");
});
afterEach(() => host.remove());

describe("Gaudi accelerators of a host", () => {
  it("are counted by module, and have the driver's files", async () => {
    host.tool("hl-smi", `cat ${file("query-hl325l-1.24.1")}`);
    const found = await hardwarePlugin(host.hardware()).discover();
    expect(found.map((device) => `${device.pci} ${device.vendorIndex} ${device.type}`)).toContain(
      "0000:19:00.0 0 gaudi3",
    );
    expect(found[0]).toEqual({
      name: "gpu",
      type: "gaudi3",
      vendor: "habana",
      model: "HL-325L",
      uuid: "01P4-HL3090A0-18-UAN071-12-03-01",
      pci: "0000:3b:00.0",
      numaNode: 1,
      memoryMib: 131_072,
      vendorIndex: 1,
      files: ["/dev/accel/accel0", "/dev/accel/accel_controlD0"],
    });
  });

  it("are bound by module for frameworks and by the driver's number for containers", async () => {
    host.tool("hl-smi", `cat ${file("query-hl325l-1.24.1")}`);
    const plugin = hardwarePlugin(host.hardware());
    const all = (await plugin.discover()).map((device) => ({ ...device, plugin: "gaudi" }));
    const granted = [3, 4].map((at) => ({ device: all[at]!, thousandths: 1000 }));
    expect(plugin.bind(granted, all, { jobId: 1, uid: 1 })).toMatchObject({
      environment: { HABANA_VISIBLE_MODULES: "0,6", HABANA_VISIBLE_DEVICES: "4,3" },
      cdi: ["habana.com/gaudi=4", "habana.com/gaudi=3"],
    });
  });

  it("fail by name when the table has other fields, or was cut off", async () => {
    host.tool("hl-smi", `cat ${file("query-container")}`);
    await expect(hardwarePlugin(host.hardware()).discover()).rejects.toMatchObject({ fault: "unreadable" });
    host.tool("hl-smi", `head -c 300 ${file("query-hl325l-1.24.1")}`);
    await expect(hardwarePlugin(host.hardware()).discover()).rejects.toMatchObject({ fault: "unreadable" });
  });

  it("are watched by module", async () => {
    host.tool(
      "hl-smi",
      "printf 'module_id, memory.used [MiB], power.draw [W], temperature.aip [C], utilization.aip [%%]\\n1, 672 MiB, 226 W, 36 C, 0 %%\\n'",
    );
    const reports = await firstReports(
      hardwarePlugin(host.hardware()),
      [1, 0].map((vendorIndex) => deviceOf("gaudi", { vendorIndex })),
      1,
    );
    expect(reports[0]).toMatchObject({
      samples: [
        { vendorIndex: 1, busyPercent: 0, memoryUsedMib: 672, powerMilliwatts: 226_000, temperatureC: 36 },
      ],
      events: [{ vendorIndex: 0, code: "missing", severity: "critical" }],
    });
  });
});
