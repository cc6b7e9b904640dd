import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  gresType,
  parseList,
  parseQuery,
  parseTopology,
  profileMemoryMib,
} from "../../../../plugins/hardware/nvidia/parse.ts";

const recording = (name: string): string =>
  readFileSync(join(import.meta.dirname, "recordings", name), "utf8");
const body = (name: string): string => recording(name).split("\n").slice(1).join("\n");
const kinds = (name: string): string[] => [
  ...new Set(parseTopology(recording(name)).map(({ kind, width }) => `${kind} ${width}`)),
];

describe("the matrix of nvidia-smi topo -m", () => {
  it("joins four GPUs by four NVLinks each, whatever network cards stand beside them", () => {
    expect(parseTopology(recording("topo-4-nv4.txt"))).toHaveLength(6);
    expect(kinds("topo-4-nv4.txt")).toEqual(["nvlink 4"]);
  });

  it("joins the GPUs of an HGX A100 and of NVSwitch machines with as many links as it says", () => {
    expect(parseTopology(recording("topo-8-a100-cut.txt"))).toHaveLength(28);
    expect(kinds("topo-8-a100-cut.txt")).toEqual(["nvlink 12"]);
    expect(kinds("topo-4-nv18-hidden-cpus.txt")).toEqual(["nvlink 18"]);
  });

  it("knows GPUs that share nothing but the sockets' link", () => {
    expect(parseTopology(recording("topo-8-rtx4090.txt"))).toHaveLength(28);
    expect(kinds("topo-8-rtx4090.txt")).toEqual(["sys 1"]);
  });

  it("tells bridges apart on a PCIe machine, padded by blanks, and loses only what was cut off", () => {
    const links = parseTopology(recording("topo-8-pix-phb-2017-cut.txt"));
    expect(links[0]).toEqual({ from: 0, to: 1, kind: "pix", width: 1 });
    expect(links.find(({ from, to }) => from === 1 && to === 2)?.kind).toBe("phb");
    expect(links.find(({ from, to }) => from === 0 && to === 7)?.kind).toBe("sys");
    expect(links.some(({ from, to }) => from === 6 && to === 7)).toBe(false);
  });

  it("gives no link for one GPU, for nothing, and for an underlined header the same links", () => {
    expect(parseTopology(recording("topo-1-mlx5.txt"))).toEqual([]);
    expect(parseTopology("")).toEqual([]);
    const plain = recording("topo-4-nv4.txt");
    expect(parseTopology(plain.replace(/^\t(.*)$/m, "\t\u001b[4m$1\u001b[0m"))).toEqual(parseTopology(plain));
  });

  it("gives links that are in the whole matrix, wherever the output is cut", () => {
    const text = recording("topo-8-pix-phb-2017-cut.txt");
    const whole = new Set(parseTopology(text).map((link) => JSON.stringify(link)));
    fc.assert(
      fc.property(fc.nat(text.length), (at) =>
        parseTopology(text.slice(0, at)).every((link) => whole.has(JSON.stringify(link))),
      ),
    );
  });
});

describe("the list of nvidia-smi -L", () => {
  it("gives GPUs and, under those that are sliced, their instances", () => {
    expect(parseList(recording("list-mig-mixed.txt")).map((gpu) => gpu.instances.length)).toEqual([
      4, 0, 0, 0,
    ]);
    expect(parseList(recording("list-535.129.03.txt")).map((gpu) => gpu.index)).toEqual([0, 1]);
    const sliced = parseList(recording("list-mig-535.216.01.txt"));
    expect(sliced[0]!.instances[6]).toEqual({
      profile: "1g.10gb",
      uuid: "MIG-1aae4990-b962-574e-8375-119d6d9b9687",
    });
    expect(profileMemoryMib("1g.10gb")).toBe(10_240);
  });
});

describe("the CSV of nvidia-smi --query-gpu", () => {
  it("reads recorded lines by their fields, and what is not known as empty", () => {
    const fields =
      "power.limit,power.min_limit,power.max_limit,memory.total,vbios_version,driver_version,name,gpu_uuid,power.draw,temperature.gpu,temperature.memory,clocks.current.graphics,clocks.sm,clocks.mem,utilization.gpu,utilization.memory,fan.speed,pcie.link.width.current,pstate".split(
        ",",
      );
    const [gpu] = parseQuery(recording("query-rtx2080-440.64.csv"), fields)!;
    expect(gpu!.get("memory.total")).toBe("7979");
    expect(gpu!.get("gpu_uuid")).toBe("GPU-22b2c6ac-2d49-4863-197c-9c469071178a");
    expect(gpu!.get("temperature.memory")).toBe("");
    const modes = parseQuery(body("query-mig-mode.csv"), ["uuid", "mig.mode.current", "mig.mode.pending"])!;
    expect(modes.map((row) => row.get("mig.mode.current"))).toEqual([
      "Enabled",
      "Disabled",
      "Disabled",
      "Disabled",
    ]);
    expect(
      parseQuery(body("query-mig-mode-rtx.csv"), ["mig.mode.current"])![0]!.get("mig.mode.current"),
    ).toBe("");
  });

  it("is undefined when a line was cut off, and empty when there are no devices", () => {
    const text = body("query-mig-mode.csv");
    expect(parseQuery(text.slice(0, 100), ["uuid", "mig.mode.current", "mig.mode.pending"])).toBeUndefined();
    expect(parseQuery("No devices were found\n", ["uuid"])).toEqual([]);
    expect(parseQuery("", ["uuid"])).toEqual([]);
  });

  it("names types as a PCI scan does", () => {
    const recorded = parseQuery(body("query-a100-580.126.16.csv"), ["index", "name", "memory", "driver"])!;
    expect(gresType(recorded[0]!.get("name")!)).toBe("a100");
    expect(gresType("NVIDIA H100 80GB HBM3")).toBe("h100");
    expect(gresType("Tesla V100-SXM2-32GB")).toBe("v100");
    expect(gresType("NVIDIA L40S")).toBe("l40s");
    expect(gresType("GeForce RTX 2080")).toBe("rtx_2080");
    expect(gresType("NVIDIA GeForce RTX 3090 Ti")).toBe("rtx_3090_ti");
    expect(gresType("")).toBe("");
  });

  it("throws at no text whatever", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 400 }), (text) => {
        parseQuery(text, ["a", "b"]);
        parseList(text);
        parseTopology(text);
        gresType(text);
      }),
    );
  });
});
