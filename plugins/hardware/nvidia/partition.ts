/**
 * MIG instances and resets of NVIDIA GPUs, by nvidia-smi. Run by an operator's order on a device that nobody uses; the
 * driver refuses both while one does.
 */
import type { DeviceSpec } from "../../../core/model/node.ts";
import { type RunTool, ToolFailure } from "../../sdk/tool.ts";

const TOOL = "nvidia-smi";
/** As many as the driver makes of one GPU. */
export const MAX_MIG_INSTANCES = 7;

/** Makes the GPU's instances these and no others; without any the GPU is whole again. */
export const partitionNvidia = async (
  run: RunTool,
  device: DeviceSpec,
  profiles: readonly string[],
): Promise<void> => {
  const wrong = profiles.find((profile) => !/^\d+g\.\d+gb(\+[a-z.]+\d*)?$/.test(profile));
  if (wrong !== undefined)
    throw new ToolFailure(TOOL, "failed", `"${wrong}" is no MIG profile, as 1g.10gb is`);
  if (profiles.length > MAX_MIG_INSTANCES)
    throw new ToolFailure(TOOL, "failed", `a GPU has at most ${MAX_MIG_INSTANCES} instances`);
  const gpu = ["-i", `${device.vendorIndex}`];
  await clear(run, ["mig", ...gpu, "-dci"]);
  await clear(run, ["mig", ...gpu, "-dgi"]);
  await order(run, [...gpu, "-mig", profiles.length === 0 ? "0" : "1"]);
  if (profiles.length > 0) await order(run, ["mig", ...gpu, "-cgi", profiles.join(","), "-C"]);
};

export const resetNvidia = (run: RunTool, device: DeviceSpec): Promise<void> =>
  order(run, ["--gpu-reset", "-i", `${device.vendorIndex}`]);

/** Nothing to take away is as good as taken away. */
const clear = async (run: RunTool, args: readonly string[]): Promise<void> => {
  const output = await run(TOOL, args);
  if (output.ok || /not found|no .*instances|not supported|no MIG/i.test(output.message)) return;
  throw new ToolFailure(TOOL, output.fault, output.message);
};

const order = async (run: RunTool, args: readonly string[]): Promise<void> => {
  const output = await run(TOOL, args);
  if (!output.ok) throw new ToolFailure(TOOL, output.fault, output.message);
};
