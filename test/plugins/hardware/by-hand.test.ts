import { describe, expect, it } from "vitest";
import type { DeviceSpec } from "../../../core/model/node.ts";
import { byHand } from "../../../plugins/hardware/by-hand/plugin.ts";

const devicesOf = async (gres: string): Promise<DeviceSpec[]> => {
  const plugin = byHand(gres);
  if (!plugin.ok) throw new Error(plugin.refusal.message);
  return (await plugin.value.discover()).map((device) => ({ ...device, plugin: "by-hand" }));
};

describe("devices by hand", () => {
  it("are numbered by name over all types", async () => {
    const devices = await devicesOf("gpu:tesla:2,gpu:a100:1,nic:1");
    expect(devices.map(({ name, type, vendorIndex }) => [name, type, vendorIndex])).toEqual([
      ["gpu", "tesla", 0],
      ["gpu", "tesla", 1],
      ["gpu", "a100", 2],
      ["nic", "", 0],
    ]);
  });

  it("are refused when the text names none, or more than a node can have", () => {
    expect(byHand("gpu:tesla:x")).toMatchObject({ ok: false, refusal: { code: "INVALID_GRES" } });
    expect(byHand("gpu:17")).toMatchObject({
      ok: false,
      refusal: { code: "INVALID_GRES", details: { count: 17 } },
    });
    expect(byHand("gpu:1G").ok).toBe(false);
  });

  it("show a job its GPUs in order, and none to a job without", async () => {
    const plugin = byHand("gpu:2,nic:1");
    if (!plugin.ok) throw new Error(plugin.refusal.message);
    const all = await devicesOf("gpu:2,nic:1");
    const granted = [all[2]!, all[1]!, all[0]!].map((device) => ({ device, thousandths: 1000 }));
    const job = { jobId: 1, uid: 0 };
    expect(plugin.value.bind(granted, all, job).environment).toEqual({ CUDA_VISIBLE_DEVICES: "0,1" });
    expect(plugin.value.bind([], all, job).environment).toEqual({ CUDA_VISIBLE_DEVICES: "" });
    expect(plugin.value.bind([], all.slice(2), job).environment).toEqual({});
  });
});
