import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { nvidia } from "../../../../plugins/hardware/nvidia/plugin.ts";
import { parseUsage, parseXids } from "../../../../plugins/hardware/nvidia/usage.ts";
import { type FakeHost, fakeHost } from "../fake-host.ts";
import { deviceOf, firstReports } from "../watch-reports.ts";

const recording = (name: string): string =>
  readFileSync(join(import.meta.dirname, "recordings", name), "utf8");
let host: FakeHost;
beforeEach(() => {
  host = fakeHost();
});
afterEach(() => host.remove());

describe("Xid lines of the kernel's log", () => {
  it("are read as drivers wrote them, without the lines about other things", () => {
    expect(parseXids(recording("dmesg-xid-32.txt"))).toEqual([
      { atS: 1399.140323, pci: "0000:01:00", xid: 32, text: "Channel ID 00000009 intr 00800000" },
      { atS: 1399.140655, pci: "0000:01:00", xid: 32, text: "Channel ID 00000009 intr 00800000" },
    ]);
    expect(
      parseXids("[   12.5] NVRM: Xid (PCI:0000:3b:00): 79, GPU has fallen off the bus.\r\n"),
    ).toMatchObject([{ pci: "0000:3b:00", xid: 79 }]);
    fc.assert(fc.property(fc.string({ maxLength: 300 }), (any) => void parseXids(any)));
  });
});

describe("usage of a question", () => {
  it("has no numbers where the tool has none", () => {
    const fields = ["index", "utilization.gpu", "memory.used", "power.draw", "temperature.gpu"];
    expect(parseUsage("0, 86, 120, 176.98, 45\n1, [N/A], [N/A], N/A, 40\n", fields)).toEqual([
      { vendorIndex: 0, busyPercent: 86, memoryUsedMib: 120, powerMilliwatts: 176_980, temperatureC: 45 },
      { vendorIndex: 1, temperatureC: 40 },
    ]);
    expect(parseUsage("0, 86\n", fields)).toBeUndefined();
  });
});

describe("a watch over NVIDIA GPUs", () => {
  const devices = [
    deviceOf("nvidia", { pci: "0000:17:00.0", vendorIndex: 0 }),
    deviceOf("nvidia", { pci: "0000:3b:00.0", vendorIndex: 1 }),
  ];
  const smi = (...lines: string[]) => host.tool("nvidia-smi", `printf '%s\\n' '${lines.join("\n")}'`);
  const log = (...lines: string[]) => host.tool("dmesg", `printf '%s\\n' '${lines.join("\n")}'`);
  const A = "0, 86, 1200, 176.98, 45, 0, 0";
  const B = "1, 0, 2, 55.00, 30, 0, 0";
  const old = "[ 10.5] NVRM: Xid (PCI:0000:17:00): 31, pid=1, name=python";
  const watch = (count: number, between?: (seen: number) => void) =>
    firstReports(nvidia({ run: host.run() }), devices, count, between);

  it("tells Xids that came since it began, each once, and whose they are", async () => {
    smi(A, B);
    log(old);
    const reports = await watch(3, (seen) => {
      if (seen === 1) log(old, "[ 99.5] NVRM: Xid (PCI:0000:3b:00): 79, GPU has fallen off the bus.");
    });
    expect(reports[0]!.events).toEqual([]);
    expect(reports[1]!.events).toEqual([
      { vendorIndex: 1, severity: "critical", code: "xid-79", message: "GPU has fallen off the bus." },
    ]);
    expect(reports[2]!.events).toEqual([]);
  });

  it("tells a GPU that is not shown any more once, and that it is back, without the kernel's log", async () => {
    smi(A, B);
    host.tool("dmesg", "echo 'dmesg: read kernel buffer failed: Operation not permitted' >&2; exit 1");
    const reports = await watch(4, (seen) => (seen === 1 ? smi(A) : seen === 3 ? smi(A, B) : undefined));
    expect(
      reports.map(({ events }) => events.map((event) => `${event.vendorIndex} ${event.severity}`)),
    ).toEqual([[], ["1 critical"], [], ["1 recovered"]]);
  });

  it("tells nothing old when the kernel's log can be read only later", async () => {
    smi(A, B);
    host.tool("dmesg", "exit 1");
    const reports = await watch(3, (seen) => {
      if (seen === 1) log(old);
      if (seen === 2) log(old, "[ 99.5] NVRM: Xid (PCI:0000:3b:00): 79, GPU has fallen off the bus.");
    });
    expect(reports.map(({ events }) => events.map(({ code }) => code))).toEqual([[], [], ["xid-79"]]);
  });

  it("goes on over a tool that fails, prints garbage and vanishes", async () => {
    host.tool("nvidia-smi", "exit 9");
    log();
    const reports = await watch(4, (seen) => {
      if (seen === 1) host.tool("nvidia-smi", "head -c 100 /dev/urandom; echo");
      if (seen === 2) smi(A, B);
    });
    expect(reports.map(({ events }) => events.map(({ code }) => code))).toEqual([["tool"], [], ["tool"], []]);
    expect(reports[2]!.samples).toHaveLength(2);
  });
});

describe("an order to an NVIDIA GPU", () => {
  const device = deviceOf("nvidia", { vendorIndex: 2 });
  it("takes its instances away, then makes those that are asked for", async () => {
    host.tool(
      "nvidia-smi",
      `echo "$@" >> ${host.path("orders")}; case "$*" in *-dci) echo 'No compute instances found.' >&2; exit 6;; esac`,
    );
    const plugin = nvidia({ run: host.run() });
    await plugin.partition!(device, ["3g.40gb", "1g.10gb"]);
    await plugin.reset!(device);
    await expect(plugin.partition!(device, ["1g.10gb;id"])).rejects.toThrow(/no MIG profile/);
    await expect(
      plugin.partition!(
        device,
        Array.from({ length: 8 }, () => "1g.10gb"),
      ),
    ).rejects.toThrow(/at most 7/);
    expect(readFileSync(host.path("orders"), "utf8").trim().split("\n")).toEqual([
      "mig -i 2 -dci",
      "mig -i 2 -dgi",
      "-i 2 -mig 1",
      "mig -i 2 -cgi 3g.40gb,1g.10gb -C",
      "--gpu-reset -i 2",
    ]);
  });
});
