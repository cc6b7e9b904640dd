/**
 * A cluster on this machine: a controller and its agents as kept programs. Started by `rota up` and by the demo; ends
 * both when it is stopped, and no job. Knows the programs by their command lines and the files of the state directory,
 * nothing else.
 */
import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { ok, type Result, refuse } from "../../../model/refusal.ts";
import type { ControllerClient } from "../../controller-client.ts";
import { rotaCommand } from "../program-file.ts";
import { type Connection, readConnection } from "./connect-file.ts";
import { type Death, KeptProgram } from "./kept-program.ts";
import { logTail } from "./log-file.ts";
import { clientOf, registeredNodes } from "./registered-nodes.ts";

export interface ClusterOptions {
  /** Absolute; made where it is not there. */
  readonly stateDir: string;
  /** Absolute path of a rota.yaml. */
  readonly configPath?: string;
  readonly host?: string;
  /** TCP port, 0 for a free one, absent for the configuration's. */
  readonly port?: number;
  readonly agents: readonly AgentPlan[];
  readonly verbose: boolean;
  /** Each end of a program that nobody asked for. */
  readonly onDeath: (death: Death) => void;
}

/** An agent's own options, in the words of `rota agent`. */
export interface AgentPlan {
  readonly name: string;
  readonly cpus?: string;
  readonly memory?: string;
  readonly gres?: string;
}

export interface RunningCluster {
  readonly connection: Connection;
  readonly programs: readonly KeptProgram[];
  /** Ends the programs; jobs go on. */
  stop(): Promise<void>;
}

/** More agents on one machine are a simulation; `agents/fake` is for that. */
export const MAX_AGENTS = 64;
const READY_TIMEOUT_MS = 60_000;
const TAIL_LINES = 12;
/** Once an agent needs longer than this, none is waited for any more. */
const FIRST_REGISTRATION_MS = 2_000;

/** Starts all; refused with CONTROLLER_UNREACHABLE and the end of its log when the controller does not come up. */
export async function startCluster(options: ClusterOptions): Promise<Result<RunningCluster>> {
  const logDir = prepare(options.stateDir);
  const started = await startControllerProgram(options, join(logDir, "controller.log"));
  if (!started.ok) return started;
  const { controller, connection } = started.value;
  const agents = options.agents.map((plan) => {
    const name = `agent ${plan.name}`;
    const logPath = join(logDir, `agent-${plan.name}.log`);
    const command = (): readonly string[] => agentCommand(options.stateDir, plan, connection);
    return new KeptProgram({ name, command, logPath, verbose: options.verbose, onDeath: options.onDeath });
  });
  const programs = [controller, ...agents];
  await startInOrder(agents, options.agents, clientOf(connection));
  const stop = async (): Promise<void> => void (await Promise.all(programs.map((program) => program.stop())));
  return ok({ connection, programs, stop });
}

/**
 * Starts the agents. Nodes are filled in the order of their first registration, so one that is new waits for the one
 * before it: a job on two of four nodes then gets n1 and n2, as people expect.
 */
async function startInOrder(
  agents: readonly KeptProgram[],
  plans: readonly AgentPlan[],
  client: ControllerClient,
): Promise<void> {
  const known = await client.nodes();
  const names = new Set(known.ok ? known.value.map(({ name }) => name) : []);
  let isPrompt = true;
  for (const [i, agent] of agents.entries()) {
    agent.start();
    const { name } = plans[i]!;
    if (!isPrompt || names.has(name)) continue;
    isPrompt = (await registeredNodes(client, [name], FIRST_REGISTRATION_MS)).length > 0;
  }
}

/** Resolves once the controller listens; one that ends before that is not started again. */
async function startControllerProgram(
  options: ClusterOptions,
  logPath: string,
): Promise<Result<{ readonly controller: KeptProgram; readonly connection: Connection }>> {
  let port = options.port;
  let settle: (outcome: Death | "ready" | "late") => void = () => undefined;
  const settled = new Promise<Death | "ready" | "late">((resolve) => {
    settle = resolve;
  });
  let isUp = false;
  const controller = new KeptProgram({
    name: "controller",
    command: () => controllerCommand(options, port),
    logPath,
    verbose: options.verbose,
    onMessage: () => settle("ready"),
    onDeath: (death) => {
      if (isUp) options.onDeath(death);
      else settle(death);
    },
  });
  controller.start();
  const timer = setTimeout(() => settle("late"), READY_TIMEOUT_MS);
  const outcome = await settled;
  clearTimeout(timer);
  const connection = outcome === "ready" ? readConnection(options.stateDir) : undefined;
  if (connection === undefined) {
    await controller.stop();
    return notUp(outcome, logPath);
  }
  isUp = true;
  // A controller that is started again must be found where its agents look for it.
  port = Number(new URL(connection.url).port);
  return ok({ controller, connection });
}

/** Makes the state directory and the folder of logs, which is the answer. */
function prepare(stateDir: string): string {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  // Jobs of other users run their copy of the script from an agent's folder below: they pass through, and see nothing.
  if (process.getuid?.() === 0) chmodSync(stateDir, 0o711);
  const logDir = join(stateDir, "log");
  mkdirSync(logDir, { recursive: true, mode: 0o700 });
  return logDir;
}

function controllerCommand(options: ClusterOptions, port: number | undefined): readonly string[] {
  const args = ["controller", "--state-dir", options.stateDir];
  if (options.configPath !== undefined) args.push("--config", options.configPath);
  if (options.host !== undefined) args.push("--host", options.host);
  if (port !== undefined) args.push("--port", String(port));
  return [...rotaCommand(), ...args];
}

function agentCommand(stateDir: string, plan: AgentPlan, { url, tokenFile }: Connection): readonly string[] {
  const args = ["agent", "--name", plan.name, "--controller", url, "--token-file", tokenFile];
  args.push("--state-dir", join(stateDir, "agents", plan.name));
  if (plan.cpus !== undefined) args.push("--cpus", plan.cpus);
  if (plan.memory !== undefined) args.push("--memory", plan.memory);
  if (plan.gres !== undefined) args.push("--gres", plan.gres);
  return [...rotaCommand(), ...args];
}

function notUp(outcome: Death | "ready" | "late", logPath: string): ReturnType<typeof refuse> {
  const what =
    typeof outcome === "object"
      ? `the controller ended while starting (${outcome.how})`
      : outcome === "late"
        ? `the controller was not ready within ${READY_TIMEOUT_MS / 1000} s`
        : "the controller says that it is ready, but wrote no connect.json";
  const tail = logTail(logPath, TAIL_LINES);
  return refuse("CONTROLLER_UNREACHABLE", `${what}; the end of ${logPath}:\n${tail}`, { logPath });
}
