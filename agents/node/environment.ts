/**
 * The environment of a batch script: the order's, what only this node knows, and defaults for what `--export=NONE`
 * left out. Made at each start of a job. Pure. SLURM_TASK_PID is added by the launch file, which knows the pid.
 */
import type { DeviceSpec } from "../../core/model/node.ts";
import type { StartOrder } from "../protocol/frames.ts";
import type { Passwd } from "./passwd.ts";

const DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin";

/**
 * Variables of the script; `bound` are those of the hardware plugins and win over what the user's shell had, and
 * `cleared` are those of other vendors, which would have a runtime choose among the job's devices once more.
 */
export const jobEnvironment = (
  order: Pick<StartOrder, "environment" | "workDir" | "user">,
  nodeName: string,
  passwd: Passwd,
  devices: readonly DeviceSpec[],
  bound: Readonly<Record<string, string>>,
  cleared: readonly string[] = [],
): Record<string, string> => {
  const { _: _last, OLDPWD: _old, ...asked }: Record<string, string> = order.environment;
  for (const name of cleared) delete asked[name];
  return {
    HOME: passwd.home,
    USER: order.user,
    LOGNAME: order.user,
    SHELL: passwd.shell,
    PATH: DEFAULT_PATH,
    TMPDIR: "/tmp",
    ...asked,
    PWD: order.workDir,
    SLURMD_NODENAME: nodeName,
    ...gpuVariables(devices),
    ...bound,
  };
};

const gpuVariables = (devices: readonly DeviceSpec[]): Record<string, string> => {
  const gpus = devices.filter((device) => device.name === "gpu").map((device) => device.vendorIndex);
  if (gpus.length === 0) return {};
  return { SLURM_JOB_GPUS: gpus.sort((a, b) => a - b).join(","), SLURM_GPUS_ON_NODE: `${gpus.length}` };
};
