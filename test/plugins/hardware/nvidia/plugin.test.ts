import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { nvidia } from "../../../../plugins/hardware/nvidia/plugin.ts";
import { ToolFailure } from "../../../../plugins/sdk/tool.ts";
import { type FakeHost, fakeHost } from "../fake-host.ts";

let host: FakeHost;
beforeEach(() => {
  host = fakeHost();
  for (const [pci, numa, minor] of [
    ["0000:17:00.0", "0", "0"],
    ["0000:3b:00.0", "1", "3"],
  ] as const) {
    host.pci(pci, { vendor: "0x10de", class: "0x030200", numa_node: numa });
    host.write(`driver/${pci}/information`, `Model: \t\t NVIDIA A100\nDevice Minor: \t ${minor}\n`);
  }
});
afterEach(() => host.remove());

const plugin = (limits: { timeoutMs?: number; maxBytes?: number } = {}) =>
  nvidia({ run: host.run(limits), sysfsRoot: host.sysfsRoot, driverRoot: host.driverRoot });
const fault = (limits: { timeoutMs?: number; maxBytes?: number } = {}) =>
  plugin(limits)
    .discover()
    .then(
      () => "none",
      (error: unknown) => (error instanceof ToolFailure ? error.fault : String(error)),
    );

/** The question's lines, put together from fields of recorded ones. */
const A = "GPU-513536b6-7d19-9063-b049-1e69664bb298";
const B = "GPU-d8594bd4-0fc3-8595-e355-7c98138f3b95";
const line = (index: number, uuid: string, pci: string, mig: string) =>
  `${index}, ${uuid}, ${pci}, NVIDIA A100-SXM4-80GB, 81920, ${mig}`;
const two = (mig: string) =>
  `${line(0, A, "00000000:17:00.0", mig)}\n${line(1, B, "00000000:3B:00.0", "Disabled")}`;
const recordings = join(import.meta.dirname, "recordings");
const script = (query: string) =>
  `case "$1" in --query*) printf '%s\\n' '${query}';; -L) cat ${recordings}/list-mig-mixed.txt;; topo) cat ${recordings}/topo-4-nv4.txt;; esac`;

describe("NVIDIA devices of a host", () => {
  it("have uuid, PCI address, NUMA node, memory and device files by the driver's minor", async () => {
    host.tool("nvidia-smi", script(two("Disabled")));
    const found = await plugin().discover();
    expect(found[1]).toEqual({
      name: "gpu",
      type: "a100",
      vendor: "nvidia",
      model: "NVIDIA A100-SXM4-80GB",
      uuid: B,
      pci: "0000:3b:00.0",
      numaNode: 1,
      memoryMib: 81_920,
      vendorIndex: 1,
      files: ["/dev/nvidia3", "/dev/nvidiactl", "/dev/nvidia-uvm"],
      links: [{ to: 0, kind: "nvlink", width: 4 }],
    });
    expect(found[0]!.links).toEqual([{ to: 1, kind: "nvlink", width: 4 }]);
  });

  it("are the instances of a GPU that is sliced, and the whole of one that is not", async () => {
    host.tool("nvidia-smi", script(two("Enabled")));
    const found = await plugin().discover();
    expect(found.map((device) => device.type)).toEqual([
      "a100_1g.20gb",
      "a100_1g.20gb",
      "a100_1g.20gb",
      "a100_1g.20gb",
      "a100",
    ]);
    expect(found[0]!.uuid).toBe("MIG-ce861fb0-a248-58ce-a9a8-f9adbc22a66a");
    expect(found.map((device) => device.partition?.profile ?? "whole")).toEqual([
      ...Array.from({ length: 4 }, () => "1g.20gb"),
      "whole",
    ]);
    expect(found.every((device) => device.links === undefined)).toBe(true);
  });

  it("are asked again without MIG where the driver is too old to know it", async () => {
    const old = line(0, A, "00000000:17:00.0", "x").replace(", x", "");
    host.tool(
      "nvidia-smi",
      `case "$1" in *mig.mode*) echo 'Field "mig.mode.current" is not a valid field to query.'; exit 2;; *) echo '${old}';; esac`,
    );
    expect((await plugin().discover()).map((device) => device.uuid)).toEqual([A]);
  });

  it("are none without the hardware, whose tool is then not run, and none without the tool", async () => {
    expect(await plugin().discover()).toEqual([]);
    host.tool("nvidia-smi", "exit 9");
    const elsewhere = nvidia({ run: host.run(), sysfsRoot: host.path("nothing"), driverRoot: "" });
    expect(await elsewhere.discover()).toEqual([]);
    host.tool("nvidia-smi", "echo No devices were found");
    expect(await plugin().discover()).toEqual([]);
  });
});

describe("an nvidia-smi that says nothing of use", () => {
  it("fails by name: failing, slow, endless, garbage, cut off", async () => {
    host.tool("nvidia-smi", "echo 'NVIDIA-SMI has failed' >&2; exit 9");
    expect(await fault()).toBe("failed");
    host.tool("nvidia-smi", "sleep 10");
    expect(await fault({ timeoutMs: 100 })).toBe("slow");
    host.tool("nvidia-smi", "while :; do echo 0123456789; done");
    expect(await fault({ maxBytes: 10_000 })).toBe("endless");
    host.tool("nvidia-smi", "head -c 300 /dev/urandom; echo");
    expect(await fault()).toBe("unreadable");
    host.tool("nvidia-smi", script(two("Disabled").slice(0, 120)));
    expect(await fault()).toBe("unreadable");
    host.tool("nvidia-smi", "kill -9 $$");
    expect(await fault()).toBe("failed");
  });

  it("fails when it lists the GPUs but not the instances of one that is sliced", async () => {
    host.tool("nvidia-smi", `case "$1" in --query*) printf '%s\\n' '${two("Enabled")}';; esac`);
    expect(await fault()).toBe("unreadable");
  });

  it("is empty when it prints nothing and ends well", async () => {
    host.tool("nvidia-smi", ":");
    expect(await plugin().discover()).toEqual([]);
  });
});

describe("what a job gets", () => {
  it("is its GPUs' uuids in the vendor's order, and none when it has none", async () => {
    host.tool("nvidia-smi", script(two("Disabled")));
    const all = (await plugin().discover()).map((device) => ({ ...device, plugin: "nvidia" }));
    const share = (at: number) => ({ device: all[at]!, thousandths: 1000 });
    const job = { jobId: 1, uid: 1 };
    expect(plugin().bind([share(1), share(0)], all, job)).toEqual({
      environment: { CUDA_VISIBLE_DEVICES: `${A},${B}`, NVIDIA_VISIBLE_DEVICES: `${A},${B}` },
      files: ["/dev/nvidia0", "/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia3"],
      mounts: [],
      cdi: [`nvidia.com/gpu=${A}`, `nvidia.com/gpu=${B}`],
    });
    expect(plugin().bind([], all, job).environment).toEqual({
      CUDA_VISIBLE_DEVICES: "",
      NVIDIA_VISIBLE_DEVICES: "",
    });
  });
});
