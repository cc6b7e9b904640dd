/** The conformance suite of hardware plugins, over recorded hosts. Run by `rota device check` and by our own tests. */
import type { HardwarePluginFactory } from "../hardware.ts";
import type { CheckResult } from "./check.ts";
import { checkBindings } from "./check-bind.ts";
import { checkDevices } from "./check-devices.ts";
import { checkWatches } from "./check-watch.ts";
import type { Recording } from "./recorded-host.ts";

/** Results in the order of the checks; never rejects. */
export const runConformance = async (
  make: HardwarePluginFactory,
  recordings: readonly Recording[],
): Promise<readonly CheckResult[]> => [
  ...(await checkDevices(make, recordings)),
  ...(await checkBindings(make, recordings)),
  ...(await checkWatches(make, recordings)),
];
