import { expect, test } from "vitest";
import { DeviceSet } from "../../../agents/node/devices.ts";
import type { DeviceShare } from "../../../core/model/job.ts";
import { byHand } from "../../../plugins/hardware/by-hand/plugin.ts";

const plugin = byHand("gpu:a100:2,shard:8,mps:14,profiles:a100-80gb");
if (!plugin.ok) throw new Error(plugin.refusal.message);
const set = await DeviceSet.discover([plugin.value]);

const variables = (...shares: DeviceShare[]): Record<string, string> => {
  const bound = set.bind(shares, { jobId: 1, uid: 1 });
  if (!bound.ok) throw new Error(bound.refusal.message);
  return { ...bound.value.environment };
};

test("a job with shards is told their number and sees their GPU", () => {
  const part = { kind: "shard", units: 3 };
  expect(variables({ lane: 1, thousandths: 750, part })).toEqual({
    CUDA_VISIBLE_DEVICES: "1",
    SLURM_SHARDS_ON_NODE: "3",
  });
});

test("a job with MPS shares is told its part of the threads, in percent, rounded down", () => {
  const part = { kind: "mps", units: 1 };
  expect(variables({ lane: 0, thousandths: 142, part })).toMatchObject({
    CUDA_MPS_ACTIVE_THREAD_PERCENTAGE: "14",
  });
});

test("a job with several instances on a GPU sees the GPU once, and is told where they lie", () => {
  const at = (lane: number, start: number): DeviceShare => ({
    lane,
    thousandths: 125,
    part: { kind: "1g.10gb", units: 1, start },
  });
  expect(variables(at(0, 5), at(0, 6), at(1, 0))).toEqual({
    CUDA_VISIBLE_DEVICES: "0,1",
    ROTA_DEVICE_PARTS: "0:1g.10gb@5,0:1g.10gb@6,1:1g.10gb@0",
  });
});

test("a job with whole devices is told nothing of parts", () => {
  expect(variables({ lane: 0, thousandths: 1000 })).toEqual({ CUDA_VISIBLE_DEVICES: "0" });
});
