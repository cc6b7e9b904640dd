import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { amd } from "../../../../plugins/hardware/amd/plugin.ts";
import { parseAmdSmi, parseRocmSmi } from "../../../../plugins/hardware/amd/usage.ts";
import { type FakeHost, fakeHost } from "../fake-host.ts";
import { deviceOf, firstReports } from "../watch-reports.ts";

const recording = (name: string): string =>
  readFileSync(join(import.meta.dirname, "recordings", `${name}.out`), "utf8");
let host: FakeHost;
beforeEach(() => {
  host = fakeHost();
});
afterEach(() => host.remove());

/** Put together in the form of the recordings, with fields that none of them has. */
const metric = (uncorrected: number) => ({
  gpu: 0,
  usage: { gfx_activity: { value: 42, unit: "%" }, vcn_activity: ["N/A"] },
  power: { socket_power: { value: 120, unit: "W" } },
  temperature: { edge: "N/A", hotspot: { value: 36, unit: "C" } },
  mem_usage: { used_vram: { value: 283, unit: "MB" } },
  ecc: { total_correctable_count: 3, total_uncorrectable_count: uncorrected },
});
const SAMPLE = {
  busyPercent: 42,
  memoryUsedMib: 283,
  powerMilliwatts: 120_000,
  temperatureC: 36,
  correctedErrors: 3,
  uncorrectedErrors: 0,
};
const LIST = recording("amd-smi-list-strix-halo-6.3.1");

describe("usage by amd-smi", () => {
  it("is read of a list and, since version 26, of a record with a list", () => {
    for (const shape of [[metric(0)], { gpu_data: [metric(0)] }])
      expect(parseAmdSmi(LIST, JSON.stringify(shape))?.get("0000:c4:00.0")).toEqual(SAMPLE);
  });

  it("is none when the output was cut off, and throws at no text whatever", () => {
    expect(parseAmdSmi(LIST, recording("amd-smi-metric-r9700-26.2.1-cut"))).toBeUndefined();
    expect(parseAmdSmi(LIST.slice(0, 60), "[]")).toBeUndefined();
    expect(parseAmdSmi(LIST, "")).toBeUndefined();
    const text = JSON.stringify({ gpu_data: [metric(0)] });
    fc.assert(fc.property(fc.nat(text.length), (at) => void parseAmdSmi(LIST, text.slice(0, at))));
    fc.assert(fc.property(fc.jsonValue(), (any) => void parseAmdSmi(LIST, JSON.stringify(any))));
  });
});

describe("usage by rocm-smi", () => {
  it("is read of each card, by PCI address", () => {
    const usage = parseRocmSmi(recording("rocm-smi-mi100-6.0.2"))!;
    expect([...usage.keys()]).toEqual(["0000:83:00.0", "0000:a3:00.0", "0000:c3:00.0", "0000:e3:00.0"]);
    expect(usage.get("0000:a3:00.0")).toEqual({
      busyPercent: 0,
      memoryUsedMib: 6,
      powerMilliwatts: 44_000,
      temperatureC: 58,
    });
  });

  it("is none when the output was cut off", () => {
    expect(parseRocmSmi(recording("rocm-smi-mi50-5.9.17-cut"))).toBeUndefined();
    expect(parseRocmSmi('{"system": {"Driver version": "6.3.6"}}')).toBeUndefined();
    fc.assert(fc.property(fc.jsonValue(), (any) => void parseRocmSmi(JSON.stringify(any))));
  });
});

describe("a watch over AMD GPUs", () => {
  const device = deviceOf("amd", { pci: "0000:c4:00.0" });
  const tool = (uncorrected: number): void => {
    host.write("list.json", LIST);
    host.write("metric.json", JSON.stringify([metric(uncorrected)]));
    host.tool(
      "amd-smi",
      `case "$1" in list) cat ${host.path("list.json")};; *) cat ${host.path("metric.json")};; esac`,
    );
  };
  const watch = (count: number, between?: (seen: number) => void) =>
    firstReports(amd({ run: host.run() }), [device], count, between);

  it("tells usage, and errors that could not be corrected once they become more", async () => {
    tool(0);
    const reports = await watch(3, (seen) => seen === 1 && tool(2));
    expect(reports[0]).toEqual({ samples: [{ vendorIndex: 0, ...SAMPLE }], events: [] });
    expect(reports[1]!.events).toMatchObject([{ vendorIndex: 0, severity: "critical", code: "ecc" }]);
    expect(reports[2]!.events).toEqual([]);
  });

  it("asks rocm-smi where there is no amd-smi", async () => {
    host.write("cards.json", recording("rocm-smi-mi100-6.0.2"));
    host.tool("rocm-smi", `cat ${host.path("cards.json")}`);
    const [report] = await firstReports(
      amd({ run: host.run() }),
      [deviceOf("amd", { pci: "0000:e3:00.0", vendorIndex: 3 })],
      1,
    );
    expect(report!.samples).toMatchObject([{ vendorIndex: 3, powerMilliwatts: 39_000 }]);
  });

  it("says once that the tool is gone, and that it is back", async () => {
    tool(0);
    const reports = await watch(5, (seen) => {
      if (seen === 1) rmSync(host.path("bin/amd-smi"));
      if (seen === 3) tool(0);
    });
    expect(reports.map(({ events }) => events.map(({ code, severity }) => `${code} ${severity}`))).toEqual([
      [],
      ["tool warning"],
      [],
      ["tool recovered"],
      [],
    ]);
  });
});

describe("an order to an AMD GPU", () => {
  const device = deviceOf("amd", { pci: "0000:c4:00.0" });
  it("names the GPU by its address, and only modes that there are", async () => {
    host.tool("amd-smi", `echo "$@" >> ${host.path("orders")}`);
    const plugin = amd({ run: host.run() });
    await plugin.partition!(device, ["CPX"]);
    await plugin.partition!(device, []);
    await plugin.reset!(device);
    await expect(plugin.partition!(device, ["$(id)"])).rejects.toThrow(/one mode of SPX/);
    expect(readFileSync(host.path("orders"), "utf8").split("\n")).toEqual([
      "set -g 0000:c4:00.0 -C CPX",
      "set -g 0000:c4:00.0 -C SPX",
      "reset -g 0000:c4:00.0 --gpureset",
      "",
    ]);
  });
});
