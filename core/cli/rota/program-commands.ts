/** `rota controller` and `rota agent`: run one of Rota's programs in the foreground until SIGINT or SIGTERM. */
import { join } from "node:path";
import type { AgentOptions } from "../../../agents/node/agent.ts";
import type { RunControllerOptions } from "../../controller/main.ts";
import { RotaError } from "../../model/errors.ts";
import { parseMemoryMib } from "../../model/memory.ts";
import { MAX_CPUS_PER_NODE } from "../../model/node.ts";
import { ok, type Result, refuse } from "../../model/refusal.ts";
import { ownHost } from "../identity.ts";
import { type CommandContext, EXIT_FAILED, fail } from "./context.ts";
import { programUrl } from "./program-file.ts";
import { statePath } from "./state-path.ts";
import { readConnection } from "./up/connect-file.ts";
import { whole } from "./up/up-options.ts";

type Environment = Readonly<Record<string, string | undefined>>;

export interface ControllerCommandOptions {
  readonly stateDir?: string;
  readonly config?: string;
  readonly host?: string;
  readonly port?: string;
  readonly logLevel?: string;
}

export interface AgentCommandOptions {
  readonly stateDir?: string;
  readonly controller?: string;
  readonly tokenFile?: string;
  readonly name?: string;
  readonly address?: string;
  readonly cpus?: string;
  readonly memory?: string;
  readonly gres?: string;
  readonly plugin?: readonly string[];
  readonly features?: string;
  readonly leaf?: string;
  readonly spoof?: boolean;
}

/** Resolves with the exit code when the controller has stopped. */
export async function runControllerCommand(
  context: CommandContext,
  options: ControllerCommandOptions,
): Promise<number> {
  const port = options.port === undefined ? ok(undefined) : whole("--port", options.port, 0, 65_535);
  if (!port.ok) return fail(context, port.refusal);
  const { runController } = (await import(programUrl("controller"))) as {
    runController: (options: RunControllerOptions) => Promise<number>;
  };
  return guarded(context, () =>
    runController({
      stateDir: statePath(options.stateDir, context.env),
      ...(options.config === undefined ? {} : { configPath: options.config }),
      ...(options.host === undefined ? {} : { host: options.host }),
      ...(port.value === undefined ? {} : { port: port.value }),
      ...(options.logLevel === undefined ? {} : { logLevel: options.logLevel }),
    }),
  );
}

/** Resolves with the exit code when the agent has stopped. */
export async function runAgentCommand(
  context: CommandContext,
  options: AgentCommandOptions,
): Promise<number> {
  const agent = agentOptions(options, context.env);
  if (!agent.ok) return fail(context, agent.refusal);
  const { runAgent } = (await import(programUrl("agent"))) as {
    runAgent: (options: AgentOptions) => Promise<number>;
  };
  // A parent that started it over a channel is `rota up`: without it nobody would start the agent again.
  process.once("disconnect", endSelf);
  return guarded(context, () => runAgent(agent.value));
}

/** The agent's options from those of the command line; the controller is the one of this machine unless it is named. */
export function agentOptions(options: AgentCommandOptions, environment: Environment): Result<AgentOptions> {
  const stateDir = statePath(undefined, environment);
  const connection = controllerOf(options, stateDir, environment);
  if (!connection.ok) return connection;
  const cpus =
    options.cpus === undefined ? ok(undefined) : whole("--cpus", options.cpus, 1, MAX_CPUS_PER_NODE);
  if (!cpus.ok) return cpus;
  const memory = options.memory === undefined ? undefined : parseMemoryMib(options.memory);
  if (memory !== undefined && !memory.ok) return refuse(memory.code, `--memory: ${memory.message}`);
  return ok({
    controllerUrl: connection.value.url,
    ...connection.value.access,
    stateDir: options.stateDir ?? join(stateDir, "agents", options.name ?? ownHost()),
    ...(options.name === undefined ? {} : { name: options.name }),
    ...(options.address === undefined ? {} : { address: options.address }),
    ...(cpus.value === undefined ? {} : { cpus: cpus.value }),
    ...(memory === undefined ? {} : { memoryMib: memory.value }),
    ...(options.gres === undefined ? {} : { gres: options.gres }),
    ...(options.plugin === undefined ? {} : { plugins: options.plugin }),
    ...(options.features === undefined
      ? {}
      : { features: options.features.split(",").filter((word) => word !== "") }),
    ...(options.leaf === undefined ? {} : { topologyLeaf: options.leaf }),
    ...(options.spoof === undefined ? {} : { spoof: options.spoof }),
  });
}

interface Controller {
  readonly url: string;
  readonly access: { readonly token: string } | { readonly tokenFile: string };
}

/** From the options, the environment, or what this machine's controller has written down. */
function controllerOf(
  options: AgentCommandOptions,
  stateDir: string,
  environment: Environment,
): Result<Controller> {
  const found = readConnection(stateDir);
  const url = options.controller ?? environment["ROTA_URL"] ?? found?.url;
  const token = environment["ROTA_TOKEN"];
  const tokenFile = options.tokenFile ?? environment["ROTA_TOKEN_FILE"];
  if (url !== undefined && tokenFile !== undefined) return ok({ url, access: { tokenFile } });
  if (url !== undefined && token !== undefined) return ok({ url, access: { token } });
  if (url !== undefined && found !== undefined) return ok({ url, access: { tokenFile: found.tokenFile } });
  const message = `no controller is known: give --controller and --token-file, or start one in ${stateDir}`;
  return refuse("CONTROLLER_UNREACHABLE", message);
}

const endSelf = (): void => void process.kill(process.pid, "SIGTERM");

/**
 * A program that cannot start says why in one line; anything else is a bug and keeps its trace. Either way it ends at
 * once: what it had opened by then must not keep it.
 */
async function guarded(context: CommandContext, run: () => Promise<number>): Promise<number> {
  try {
    const code = await run();
    // An open channel to the parent would keep this process alive.
    process.off("disconnect", endSelf);
    if (process.connected) process.disconnect();
    return code;
  } catch (error) {
    if (RotaError.is(error))
      fail(context, { code: error.code, message: error.message, details: error.details });
    else context.err(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(EXIT_FAILED);
  }
}
