import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseKfdNode } from "../../../../plugins/hardware/amd/parse.ts";
import { amd } from "../../../../plugins/hardware/amd/plugin.ts";
import { type FakeHost, fakeHost } from "../fake-host.ts";

const recording = (name: string): string =>
  readFileSync(join(import.meta.dirname, "recordings", `${name}.txt`), "utf8");
const job = { jobId: 1, uid: 1 };
let host: FakeHost;
beforeEach(() => {
  host = fakeHost();
});
afterEach(() => host.remove());

const topology = (...nodes: string[]) =>
  nodes.forEach((text, node) => {
    host.write(`kfd/${node}/properties`, text);
  });
const plugin = () => amd({ kfdRoot: host.path("kfd"), sysfsRoot: host.sysfsRoot });
const devices = async () => (await plugin().discover()).map((device) => ({ ...device, plugin: "amd" }));

describe("a node of the driver's topology", () => {
  it("is a GPU with its PCI address and the runtime's uuid, of 64 bits", () => {
    expect(parseKfdNode(recording("kfd-rx7900xtx"))).toEqual({
      pci: "0000:03:00.0",
      deviceId: 0x744c,
      renderMinor: 128,
      uuid: `GPU-${11420932837461522459n.toString(16)}`,
    });
    expect(parseKfdNode(recording("kfd-mi300a-second-cut"))).toMatchObject({ pci: "0001:02:00.0", uuid: "" });
  });

  it("is none when it is a processor, and throws at no text whatever", () => {
    expect(parseKfdNode(recording("kfd-cpu"))).toBeUndefined();
    const text = recording("kfd-mi300a");
    fc.assert(fc.property(fc.nat(text.length), (at) => void parseKfdNode(text.slice(0, at))));
    fc.assert(fc.property(fc.string({ maxLength: 300 }), (any) => void parseKfdNode(any)));
  });
});

describe("AMD devices of a host", () => {
  it("have type, memory, NUMA node and the files that a job opens", async () => {
    topology(recording("kfd-cpu"), recording("kfd-mi300a"));
    host.pci("0000:02:00.0", { numa_node: "0", mem_info_vram_total: "137438953472" });
    expect(await plugin().discover()).toEqual([
      {
        name: "gpu",
        type: "mi300a",
        vendor: "amd",
        model: "1002:74a0",
        uuid: `GPU-${7843934696581995200n.toString(16)}`,
        pci: "0000:02:00.0",
        numaNode: 0,
        memoryMib: 131_072,
        vendorIndex: 0,
        files: ["/dev/kfd", "/dev/dri/renderD128"],
      },
    ]);
  });

  it("are none without the driver, and none of garbage", async () => {
    expect(await plugin().discover()).toEqual([]);
    topology("garbage", "", "simd_count 9999999999999999999999");
    expect(await plugin().discover()).toEqual([]);
  });

  it("are bound by uuid, and by index where one of them has none or shares it", async () => {
    topology(recording("kfd-cpu"), recording("kfd-mi300a"), recording("kfd-rx7900xtx"));
    const named = await devices();
    const share = (device: (typeof named)[number]) => ({ device, thousandths: 1000 });
    expect(plugin().bind([share(named[1]!), share(named[0]!)], named, job).environment).toEqual({
      ROCR_VISIBLE_DEVICES: `${named[0]!.uuid},${named[1]!.uuid}`,
    });
    expect(plugin().bind([], named, job).environment).toEqual({ ROCR_VISIBLE_DEVICES: "" });
    topology(recording("kfd-cpu"), recording("kfd-mi300a"), recording("kfd-mi300a"));
    const shared = await devices();
    expect(plugin().bind(shared.map(share), shared, job).environment).toEqual({
      ROCR_VISIBLE_DEVICES: "0,1",
    });
  });
});
