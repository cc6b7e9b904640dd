import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DeviceSpec } from "../../../core/model/node.ts";
import { genericPci } from "../../../plugins/hardware/generic-pci/plugin.ts";

const folder = mkdtempSync(join(tmpdir(), "rota-pci-"));
const sysfsRoot = join(folder, "devices");
const nvidiaRoot = join(folder, "gpus");

/** One PCI function as the kernel shows it: files of text, folders of names, links. */
const pci = (
  address: string,
  files: Record<string, string>,
  more: { dirs?: string[]; links?: Record<string, string> } = {},
) => {
  const at = join(sysfsRoot, address);
  mkdirSync(at, { recursive: true });
  for (const [name, text] of Object.entries({ numa_node: "-1", local_cpulist: "0-63", ...files })) {
    writeFileSync(join(at, name), `${text}\n`);
  }
  for (const name of more.dirs ?? []) mkdirSync(join(at, name), { recursive: true });
  for (const [name, target] of Object.entries(more.links ?? {})) symlinkSync(target, join(at, name));
};

beforeAll(() => {
  pci("0000:00:02.0", { vendor: "0x8086", device: "0x3e98", class: "0x030000" });
  pci("0000:00:1f.0", { vendor: "0x8086", device: "0xa30d", class: "0x060100" });
  pci("0000:03:00.0", { vendor: "0x1a03", device: "0x2000", class: "0x030000" });
  pci("0000:17:00.0", { vendor: "0x10de", device: "0x20b2", class: "0x030200", numa_node: "1" });
  pci("0000:3b:00.0", { vendor: "0x10de", device: "0x2330", class: "0x030200", numa_node: "0" });
  pci("0000:3b:00.1", { vendor: "0x10de", device: "0x22ba", class: "0x040300" });
  pci(
    "0000:41:00.0",
    { vendor: "0x1002", device: "0x74a1", class: "0x120000", mem_info_vram_total: "206141652992" },
    { dirs: ["drm/card1", "drm/renderD129"] },
  );
  pci("0000:42:00.0", { vendor: "0x1002", device: "0x740f", class: "0x038000" });
  pci("0000:51:00.0", { vendor: "0x1da3", device: "0x1020", class: "0x120000" }, { dirs: ["accel/accel0"] });
  pci("0000:52:00.0", { vendor: "0x19e5", device: "0xd802", class: "0x120000" });
  pci("0000:53:00.0", { vendor: "0x1ae0", device: "0x0063", class: "0xff0000" });
  pci("0000:54:00.0", { vendor: "0x1d0f", device: "0x7164", class: "0x088000" });
  pci("0000:55:00.0", { vendor: "0x1d0f", device: "0xec20", class: "0x020000" });
  pci("0000:61:00.0", { vendor: "0x8086", device: "0x0bd5", class: "0x038000" });
  pci(
    "0000:71:00.0",
    { vendor: "0x10de", device: "0x20b2", class: "0x030200" },
    { links: { driver: "../../drivers/vfio-pci" } },
  );
  pci(
    "0000:72:00.0",
    { vendor: "0x10de", device: "0x20b2", class: "0x030200" },
    { links: { physfn: "../0000:17:00.0" } },
  );
  mkdirSync(join(nvidiaRoot, "0000:3b:00.0"), { recursive: true });
  writeFileSync(
    join(nvidiaRoot, "0000:3b:00.0", "information"),
    "Model: \t\t NVIDIA H100\nDevice Minor: \t 1\nGPU Excluded:\t No\n",
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const plugin = genericPci({ sysfsRoot, nvidiaRoot });
const discover = async (): Promise<DeviceSpec[]> =>
  (await plugin.discover()).map((device) => ({ ...device, plugin: "generic-pci" }));
const job = { jobId: 1, uid: 0 };
const grant = (devices: readonly DeviceSpec[]) => devices.map((device) => ({ device, thousandths: 1000 }));

describe("the PCI scan", () => {
  it("finds accelerators of every vendor, and no display, network or given-away function", async () => {
    const devices = await discover();
    expect(
      devices.map(({ pci, vendor, type, vendorIndex }) => `${pci} ${vendor} ${type} ${vendorIndex}`),
    ).toEqual([
      "0000:17:00.0 nvidia a100 0",
      "0000:3b:00.0 nvidia h100 1",
      "0000:41:00.0 amd mi300x 0",
      "0000:42:00.0 amd mi210 1",
      "0000:51:00.0 habana gaudi2 0",
      "0000:52:00.0 huawei ascend910b 0",
      "0000:53:00.0 google tpuv5e 0",
      "0000:54:00.0 aws trainium 0",
      "0000:61:00.0 intel max1550 0",
    ]);
  });

  it("reads memory nodes, memory and device files where the host tells them", async () => {
    const [a100, h100, mi300x, , gaudi] = await discover();
    expect([a100!.numaNode, h100!.numaNode, mi300x!.numaNode]).toEqual([1, 0, -1]);
    expect(mi300x!.memoryMib).toBe(196_592);
    expect(a100!.files).toEqual([]);
    expect(h100!.files).toEqual(["/dev/nvidia1", "/dev/nvidiactl", "/dev/nvidia-uvm"]);
    expect(mi300x!.files).toEqual(["/dev/kfd", "/dev/dri/card1", "/dev/dri/renderD129"]);
    expect(gaudi!.files).toEqual(["/dev/accel/accel0"]);
  });

  it("finds nothing where there is no PCI", async () => {
    expect(await genericPci({ sysfsRoot: join(folder, "none") }).discover()).toEqual([]);
  });

  it("binds one vendor's devices and empties every other vendor's variable", async () => {
    const all = await discover();
    const nvidia = plugin.bind(grant([all[1]!, all[0]!]), all, job);
    expect(nvidia.environment).toEqual({
      CUDA_VISIBLE_DEVICES: "0,1",
      CUDA_DEVICE_ORDER: "PCI_BUS_ID",
      ROCR_VISIBLE_DEVICES: "",
      ZE_AFFINITY_MASK: "64",
      HABANA_VISIBLE_DEVICES: "",
      ASCEND_RT_VISIBLE_DEVICES: "",
      TPU_VISIBLE_DEVICES: "",
      AWS_NEURON_VISIBLE_DEVICES: "",
    });
    const amd = plugin.bind(grant([all[3]!]), all, job);
    expect(amd.environment).toMatchObject({ ROCR_VISIBLE_DEVICES: "1", CUDA_VISIBLE_DEVICES: "" });
    expect(plugin.bind(grant([all[2]!]), all, job).files).toContain("/dev/kfd");
    const mixed = plugin.bind(grant([all[0]!, all[2]!]), all, job);
    expect(mixed.environment).toMatchObject({ CUDA_VISIBLE_DEVICES: "0", ROCR_VISIBLE_DEVICES: "" });
  });

  it("hides what a job was not given, and names only vendors that the node has", async () => {
    const amd = (await discover()).filter((device) => device.vendor === "amd");
    expect(plugin.bind([], amd, job)).toEqual({
      environment: { ROCR_VISIBLE_DEVICES: "" },
      files: [],
      mounts: [],
    });
  });
});
