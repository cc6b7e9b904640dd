import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseInfo } from "../../../../plugins/hardware/ascend/parse.ts";
import { hardwarePlugin } from "../../../../plugins/hardware/ascend/plugin.ts";
import { type FakeHost, fakeHost } from "../fake-host.ts";
import { deviceOf, firstReports } from "../watch-reports.ts";

const file = (name: string): string => join(import.meta.dirname, "recordings", `${name}.out`);
const recording = (name: string): string => readFileSync(file(name), "utf8");
let host: FakeHost;
beforeEach(() => {
  host = fakeHost();
  host.write("sys/bus/pci/devices/0000:9d:00.0/vendor", "0x19e5\n");
  host.write("sys/bus/pci/devices/0000:9d:00.0/class", "0x120000\n");
});
afterEach(() => host.remove());

describe("npu-smi info", () => {
  it("is read in the forms of 22.0.0, 24.1 with two chips a card, and 25.5.2", () => {
    expect(parseInfo(recording("info-310p3-22.0.0"))).toEqual([
      {
        id: 0,
        name: "310P3",
        health: "OK",
        pci: "0000:86:00.0",
        memoryMib: 21_534,
        usage: {
          vendorIndex: 0,
          busyPercent: 0,
          memoryUsedMib: 994,
          powerMilliwatts: 16_200,
          temperatureC: 42,
        },
      },
    ]);
    const sixteen = parseInfo(recording("info-ascend910-16-24.1.rc3.7"))!;
    expect(sixteen.map(({ id }) => id)).toEqual(Array.from({ length: 16 }, (_, id) => id));
    expect(sixteen[15]).toMatchObject({
      pci: "0000:83:00.0",
      memoryMib: 65_536,
      usage: { temperatureC: 37 },
    });
    expect(sixteen[1]!.usage).not.toHaveProperty("powerMilliwatts");
    expect(parseInfo(recording("info-910b4-25.5.2-cut"))).toMatchObject([{ id: 5, memoryMib: 32_768 }]);
  });

  it("is undefined when a chip was cut off, and throws at no text whatever", () => {
    expect(parseInfo(recording("info-910b2c-23.0.3-cut"))).toBeUndefined();
    const text = recording("info-310p3-22.0.0");
    const end = text.trimEnd().lastIndexOf("\n");
    fc.assert(fc.property(fc.nat(end), (at) => (parseInfo(text.slice(0, at)) ?? []).length === 0));
    fc.assert(fc.property(fc.string({ maxLength: 300 }), (any) => void parseInfo(any)));
  });
});

describe("Ascend NPUs of a host", () => {
  it("are sixteen on eight cards, and bound as the runtime counts those that it sees", async () => {
    host.tool("npu-smi", `cat ${file("info-ascend910-16-24.1.rc3.7")}`);
    const plugin = hardwarePlugin(host.hardware());
    const all = (await plugin.discover()).map((device) => ({ ...device, plugin: "ascend" }));
    expect(all).toHaveLength(16);
    expect(all[3]).toMatchObject({ type: "ascend910", vendorIndex: 3, pci: "0000:9b:00.0" });
    const left = all.filter(({ vendorIndex }) => vendorIndex !== 1);
    const granted = [{ device: all[3]!, thousandths: 1000 }];
    expect(plugin.bind(granted, left, { jobId: 1, uid: 1 })).toMatchObject({
      environment: { ASCEND_RT_VISIBLE_DEVICES: "2", ASCEND_VISIBLE_DEVICES: "3" },
      files: ["/dev/davinci3", "/dev/davinci_manager", "/dev/devmm_svm", "/dev/hisi_hdc"],
    });
  });

  it("tell when their health changes, once each time", async () => {
    host.tool("npu-smi", `cat ${file("info-310p3-22.0.0")}`);
    const ill = () => host.tool("npu-smi", `sed 's/| OK   /| Alarm/' ${file("info-310p3-22.0.0")}`);
    const reports = await firstReports(
      hardwarePlugin(host.hardware()),
      [deviceOf("ascend", {})],
      4,
      (seen) =>
        seen === 1
          ? ill()
          : seen === 3
            ? host.tool("npu-smi", `cat ${file("info-310p3-22.0.0")}`)
            : undefined,
    );
    expect(
      reports.map(({ events }) => events.map(({ severity, message }) => `${severity} ${message}`)),
    ).toEqual([[], ["critical npu-smi says Alarm"], [], ["recovered npu-smi says OK"]]);
  });
});
