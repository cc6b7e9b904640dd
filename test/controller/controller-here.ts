/** A real controller in this process, on a free port of this host, for tests and benchmarks. */
import pino from "pino";
import type { Clock } from "../../core/controller/clock.ts";
import { type ClusterConfig, defaultConfig } from "../../core/controller/config.ts";
import { type RunningController, startController } from "../../core/controller/start-controller.ts";

/** Says nothing, sends no mail, and is where `listen` of the configuration is not. */
export const controllerHere = (
  stateDir: string,
  config: Partial<ClusterConfig> = {},
  clock?: Clock,
): Promise<RunningController> =>
  startController({
    stateDir,
    config: { ...defaultConfig(), ...config, listen: { host: "127.0.0.1", port: 0 }, mailProgram: "" },
    log: pino({ level: "silent" }),
    ...(clock === undefined ? {} : { clock }),
    onFatal: (error) => {
      throw error;
    },
  });
