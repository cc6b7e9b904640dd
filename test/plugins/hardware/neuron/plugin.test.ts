import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseJson, parseTable } from "../../../../plugins/hardware/neuron/parse.ts";
import { hardwarePlugin } from "../../../../plugins/hardware/neuron/plugin.ts";
import { type FakeHost, fakeHost } from "../fake-host.ts";

const file = (name: string): string => join(import.meta.dirname, "recordings", `${name}.out`);
const recording = (name: string): string => readFileSync(file(name), "utf8");
let host: FakeHost;
beforeEach(() => {
  host = fakeHost();
  host.write("sys/bus/pci/devices/0000:00:1e.0/vendor", "0x1d0f\n");
  host.write("sys/bus/pci/devices/0000:00:1e.0/device", "0x7164\n");
  host.write("sys/bus/pci/devices/0000:00:1e.0/class", "0x088000\n");
});
afterEach(() => host.remove());

describe("neuron-ls", () => {
  it("is read as JSON", () => {
    const text = recording("json-trn1.2xlarge");
    expect(parseJson(text)).toEqual([
      {
        index: 0,
        pci: "0000:00:1e.0",
        firstCore: 0,
        cores: 2,
        memoryMib: 32_768,
        connected: [],
        cpus: "0-7",
      },
    ]);
    fc.assert(fc.property(fc.nat(text.length - 1), (at) => parseJson(text.slice(0, at)) === undefined));
    fc.assert(fc.property(fc.jsonValue(), (any) => void parseJson(JSON.stringify(any))));
  });

  it("is read as a table of each version, with links, and not when it was cut off", () => {
    expect(parseTable(recording("table-inf1-1.16"))).toMatchObject([
      { index: 0, pci: "0000:00:1f.0", cores: 4, memoryMib: 8192 },
    ]);
    expect(parseTable(recording("table-inf1.6xlarge"))!.map((at) => [at.firstCore, at.connected])).toEqual([
      [0, [1]],
      [4, [2, 0]],
      [8, [3, 1]],
      [12, [2]],
    ]);
    const cut = recording("table-trn2n-2.21-cut");
    expect(parseTable(cut)).toBeUndefined();
    const rule = cut.slice(0, cut.indexOf("\n") + 1);
    const whole = parseTable(cut.slice(0, cut.lastIndexOf("\n") + 1) + rule)!;
    expect(whole.map((at) => [at.pci, at.firstCore, at.cores])).toEqual([
      ["0000:cc:00.0", 0, 4],
      ["0000:b5:00.0", 4, 4],
      ["0000:b6:00.0", 8, 4],
    ]);
    fc.assert(fc.property(fc.string({ maxLength: 300 }), (any) => void parseTable(any)));
  });
});

describe("Neuron devices of a host", () => {
  it("are bound by NeuronCore for the runtime and by device for containers", async () => {
    host.tool(
      "neuron-ls",
      `[ $# = 0 ] && cat ${file("table-inf1.6xlarge")} || { echo 'unknown flag' >&2; exit 1; }`,
    );
    const plugin = hardwarePlugin(host.hardware());
    const all = (await plugin.discover()).map((device) => ({ ...device, plugin: "neuron" }));
    expect(all[1]).toMatchObject({
      files: ["/dev/neuron1"],
      links: [
        { to: 2, kind: "neuronlink", width: 1 },
        { to: 0, kind: "neuronlink", width: 1 },
      ],
    });
    const granted = [2, 1].map((at) => ({ device: all[at]!, thousandths: 1000 }));
    expect(plugin.bind(granted, all, { jobId: 1, uid: 1 }).environment).toEqual({
      NEURON_RT_VISIBLE_CORES: "4-7,8-11",
      AWS_NEURON_VISIBLE_DEVICES: "1,2",
    });
  });

  it("have their type by PCI number and the cores near them by the tool", async () => {
    host.tool("neuron-ls", `cat ${file("json-trn1.2xlarge")}`);
    expect(await hardwarePlugin(host.hardware()).discover()).toMatchObject([
      { type: "trainium", nearCpus: "0-7", memoryMib: 32_768, model: "NeuronCores 0-1" },
    ]);
  });
});
