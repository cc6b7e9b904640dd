/**
 * The controller as a process: reads the configuration, starts the controller, says that it is ready, and ends in
 * order on SIGTERM or SIGINT. A failed journal ends it at once, without order: what is on disk is what counts.
 */
import { readFileSync } from "node:fs";
import pino from "pino";
import { RotaError } from "../model/errors.ts";
import { type ClusterConfig, defaultConfig, parseConfig } from "./config.ts";
import { startController } from "./start-controller.ts";

export interface RunControllerOptions {
  readonly stateDir: string;
  /** rota.yaml; absent: the defaults. */
  readonly configPath?: string;
  readonly host?: string;
  /** 0 for a free port. */
  readonly port?: number;
  /** pino's level names; default `info`. */
  readonly logLevel?: string;
}

/** Runs until it is told to stop; resolves with the exit code. Throws a RotaError when it cannot start. */
export async function runController(options: RunControllerOptions): Promise<number> {
  const log = pino(
    { level: options.logLevel ?? "info", base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: false }),
  );
  const config = withOverrides(
    options.configPath === undefined ? defaultConfig() : readConfig(options.configPath),
    options,
  );
  const controller = await startController({
    stateDir: options.stateDir,
    config,
    log,
    onFatal: (error) => {
      log.fatal({ err: error }, "STORE_FAILED: the journal could not be written; stopping");
      log.flush();
      process.exit(70);
    },
  });
  // The parent, if it is `rota up` or a test, waits for this.
  process.send?.({ ready: true, url: controller.url });
  const signal = await new Promise<string>((resolve) => {
    process.once("SIGTERM", () => resolve("SIGTERM"));
    process.once("SIGINT", () => resolve("SIGINT"));
    process.once("disconnect", () => resolve("the parent's end"));
  });
  log.info({ signal }, "controller stops; jobs go on");
  await controller.close();
  return 0;
}

function readConfig(path: string): ClusterConfig {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new RotaError("CONFIG_UNREADABLE", `${path}: ${(error as Error).message}`);
  }
  const config = parseConfig(text, path);
  if (!config.ok) throw new RotaError(config.refusal.code, config.refusal.message);
  return config.value;
}

function withOverrides(config: ClusterConfig, { host, port }: RunControllerOptions): ClusterConfig {
  return { ...config, listen: { host: host ?? config.listen.host, port: port ?? config.listen.port } };
}
