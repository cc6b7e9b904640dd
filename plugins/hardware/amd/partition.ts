/**
 * Compute partitions and resets of AMD GPUs, by amd-smi. Run by an operator's order on a device that nobody uses; the
 * kernel refuses both while one does.
 */
import type { DeviceSpec } from "../../../core/model/node.ts";
import { type RunTool, ToolFailure } from "../../sdk/tool.ts";

/** Modes that a GPU may be in; all of its parts are alike. */
export const AMD_MODES = ["SPX", "DPX", "TPX", "QPX", "CPX"] as const;
const TOOL = "amd-smi";

/** One mode for the whole GPU (`["CPX"]`); none of them is SPX, the whole device. */
export const partitionAmd = async (
  run: RunTool,
  device: DeviceSpec,
  profiles: readonly string[],
): Promise<void> => {
  const [mode = "SPX"] = profiles;
  if (profiles.length > 1 || !AMD_MODES.includes(mode as "SPX"))
    throw new ToolFailure(TOOL, "failed", `a GPU has one mode of ${AMD_MODES.join(", ")}`);
  await order(run, ["set", "-g", device.pci, "-C", mode]);
};

export const resetAmd = (run: RunTool, device: DeviceSpec): Promise<void> =>
  order(run, ["reset", "-g", device.pci, "--gpureset"]);

const order = async (run: RunTool, args: readonly string[]): Promise<void> => {
  const output = await run(TOOL, args);
  if (!output.ok) throw new ToolFailure(TOOL, output.fault, output.message);
};
