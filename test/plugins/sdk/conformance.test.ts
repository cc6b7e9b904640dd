import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deviceFiles } from "../../../core/cli/rota/device/scaffold.ts";
import { VENDOR_FACTORIES } from "../../../plugins/hardware/built-in.ts";
import type { CheckResult } from "../../../plugins/sdk/conformance/check.ts";
import { readRecordings } from "../../../plugins/sdk/conformance/recorded-host.ts";
import { runConformance } from "../../../plugins/sdk/conformance/suite.ts";
import type { HardwarePluginFactory } from "../../../plugins/sdk/hardware.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rota-conformance-"));
  for (const [path, text] of Object.entries(deviceFiles("acme"))) write(join("acme", path), text);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
};
let variants = 0;
/** The plugin of the scaffold with a part of its text replaced. */
const variant = async (from: string, to: string): Promise<HardwarePluginFactory> => {
  const text = deviceFiles("acme")["plugin.mjs"]!;
  expect(text).toContain(from);
  const path = `variant-${++variants}.mjs`;
  write(path, text.replace(from, to));
  const module = (await import(pathToFileURL(join(folder, path)).href)) as {
    hardwarePlugin: HardwarePluginFactory;
  };
  return module.hardwarePlugin;
};
const run = async (make: HardwarePluginFactory, recordings: string): Promise<readonly CheckResult[]> => {
  const read = readRecordings(join(folder, recordings));
  if (!read.ok) throw new Error(read.refusal.message);
  return runConformance(make, read.value);
};
const failed = (checks: readonly CheckResult[]) =>
  checks.filter(({ faults }) => faults.length > 0).map(({ name, faults }) => `${name}: ${faults[0]}`);

describe("the conformance suite", () => {
  it("is green on a new plugin, with nothing left out", async () => {
    const checks = await run(await variant("made-up", "made-up"), "acme/recordings");
    expect(failed(checks)).toEqual([]);
    expect(checks.filter(({ skipped }) => skipped !== undefined)).toEqual([]);
    expect(checks.length).toBeGreaterThanOrEqual(16);
  });

  it.each([
    ["hides what", 'devices.map((device) => device.uuid).join(",")', '"all"'],
    ["keeps its head", "const isWhole = ", "const isWhole = true || "],
    ["keeps its head", "if (!output.ok) throw new ToolFailure(", "if (!output.ok) throw new RangeError("],
    ["finds nothing", "return [];", 'throw new host.sdk.ToolFailure(TOOL, "missing", "no tool");'],
    [
      "follows devices",
      "async discover() {",
      "async discover() { return (this.kept ??= await this.find()); },\n async find() {",
    ],
    ["finds the same twice", "numaNode: -1", "numaNode: (globalThis.turns = (globalThis.turns ?? 0) + 1)"],
    ["binds the same twice", ".sort((a, b) => a.vendorIndex - b.vendorIndex)", ""],
    [
      "binds the same twice",
      "granted.map(({ device }) => device)",
      "granted.reverse().map(({ device }) => device)",
    ],
    ["hides what", "devices.flatMap((device) => device.files)", '["/dev/acme0", "/dev/acme1"]'],
    ["sets but variables", "environment: {", "environment: { LD_PRELOAD: '/x',"],
    ["watches what", 'Math.round(number("celsius"))', 'number("watts")'],
    [
      "outlives",
      "host.sdk.sampleWatch(",
      "(async function* (_, ask) { yield { samples: await ask(), events: [] }; })(",
    ],
    ["describes itself", 'gres: "gpu"', 'gres: "GPU card"'],
    ["finds what is", "`/dev/acme", "`acme"],
  ])("%s: %s is found", async (name, from, to) => {
    const checks = await run(await variant(from, to), "acme/recordings");
    expect(failed(checks).map((words) => words.slice(0, name.length))).toContain(name);
  });

  it("says what is wrong with a recording", () => {
    const message = (path: string): string => {
      const read = readRecordings(join(folder, path));
      return read.ok ? "read" : read.refusal.message;
    };
    expect(message("nothing")).toMatch(/there is no .*nothing/);
    mkdirSync(join(folder, "empty"));
    expect(message("empty")).toMatch(/has no recordings/);
    write("torn/one/host.json", '{"tools": [');
    expect(message("torn")).toMatch(/host\.json: .*JSON/);
    write("outside/one/host.json", '{"tools": [{"tool": "x", "output": "../../../etc/passwd"}]}');
    expect(message("outside")).toMatch(/there is no file .*passwd beside it/);
  });
});

describe("the conformance suite on Rota's own plugins", () => {
  const recording = (path: string): string =>
    readFileSync(join(import.meta.dirname, "../hardware", path), "utf8");
  const host = (
    name: string,
    vendor: string,
    runs: readonly (readonly [string, string[], string])[],
  ): void => {
    const tools = runs.map(([tool, args, text], at) => {
      write(`${name}/${at}.out`, text);
      return { tool, args, output: `${at}.out` };
    });
    write(`${name}/host.json`, JSON.stringify({ tools }));
    write(`${name}/root/sys/bus/pci/devices/0000:4d:00.0/vendor`, `${vendor}\n`);
    write(`${name}/root/sys/bus/pci/devices/0000:4d:00.0/class`, "0x120000\n");
  };

  it("has Gaudi, Neuron, Ascend and Intel pass", async () => {
    const eight = recording("gaudi/recordings/query-hl325l-1.24.1.out");
    const usage = (modules: number): string =>
      `module_id, memory.used [MiB], power.draw [W], temperature.aip [C], utilization.aip [%]\n${Array.from(
        { length: modules },
        (_, at) => `${at}, 672 MiB, 226 W, 36 C, 0 %\n`,
      ).join("")}`;
    host("gaudi/eight", "0x1da3", [
      ["hl-smi", ["-Q", "index,name,bus_id,driver_version,uuid,module_id,memory.total"], eight],
      ["hl-smi", ["-Q"], usage(8)],
    ]);
    host("gaudi/one", "0x1da3", [
      [
        "hl-smi",
        ["-Q", "index,name,bus_id,driver_version,uuid,module_id,memory.total"],
        `${eight.split("\n").slice(0, 2).join("\n")}\n`,
      ],
      ["hl-smi", ["-Q"], `${usage(0)}1, 672 MiB, 226 W, 36 C, 0 %\n`],
    ]);
    host("neuron/trn1", "0x1d0f", [
      ["neuron-ls", ["--json-output"], recording("neuron/recordings/json-trn1.2xlarge.out")],
    ]);
    host("neuron/inf1", "0x1d0f", [["neuron-ls", [], recording("neuron/recordings/table-inf1.6xlarge.out")]]);
    host("ascend/sixteen", "0x19e5", [
      ["npu-smi", ["info"], recording("ascend/recordings/info-ascend910-16-24.1.rc3.7.out")],
    ]);
    host("ascend/one", "0x19e5", [
      ["npu-smi", ["info"], recording("ascend/recordings/info-310p3-22.0.0.out")],
    ]);
    host("intel/one", "0x8086", [
      ["xpu-smi", ["discovery"], recording("intel/recordings/discovery-ats.out")],
      ["xpu-smi", ["dump"], recording("intel/recordings/dump-a310.out")],
    ]);
    for (const name of ["gaudi", "neuron", "ascend", "intel"])
      expect([name, failed(await run(VENDOR_FACTORIES[name]!, name))]).toEqual([name, []]);
  });
});
