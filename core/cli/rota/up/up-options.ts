/** The options of `rota up`, checked: what is to be started, before anything is. */
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { resolve } from "node:path";
import { type ClusterConfig, defaultConfig, parseConfig } from "../../../controller/config.ts";
import { namedDevices, withParts } from "../../../model/declared-parts.ts";
import { parseGres } from "../../../model/gres.ts";
import { parseMemoryMib } from "../../../model/memory.ts";
import { MAX_CPUS_PER_NODE } from "../../../model/node.ts";
import { ok, type Result, refuse } from "../../../model/refusal.ts";
import { statePath } from "../state-path.ts";
import { type AgentPlan, MAX_AGENTS } from "./running-cluster.ts";

/** As the command line gives them. */
export interface UpOptions {
  readonly nodes?: string;
  readonly cpus?: string;
  readonly memory?: string;
  readonly gres?: string;
  readonly stateDir?: string;
  readonly config?: string;
  readonly host?: string;
  readonly port?: string;
  readonly verbose?: boolean;
}

export interface UpPlan {
  readonly stateDir: string;
  readonly configPath?: string;
  readonly config: ClusterConfig;
  readonly host?: string;
  /** Absent: nobody said one. */
  readonly port?: number;
  readonly agents: readonly AgentPlan[];
  readonly verbose: boolean;
}

/** The plan, or the first option that cannot be. Reads the configuration, so that a fault of it is told at once. */
export function planUp(
  options: UpOptions,
  environment: Readonly<Record<string, string | undefined>>,
): Result<UpPlan> {
  const config = options.config === undefined ? ok(defaultConfig()) : readConfig(options.config);
  if (!config.ok) return config;
  const port = options.port === undefined ? ok(undefined) : whole("--port", options.port, 0, 65_535);
  if (!port.ok) return port;
  const agents = planAgents(options);
  if (!agents.ok) return agents;
  const listed = config.value.nodes;
  const unlisted =
    listed.length > 0 && agents.value.find(({ name }) => !listed.some((node) => node.name === name));
  if (unlisted) {
    const message = `${options.config} lists no node ${unlisted.name}, as this machine's agent would be called`;
    return refuse("NODE_REFUSED", message, { node: unlisted.name });
  }
  return ok({
    stateDir: statePath(options.stateDir, environment),
    ...(options.config === undefined ? {} : { configPath: resolve(options.config) }),
    config: config.value,
    ...(options.host === undefined ? {} : { host: options.host }),
    ...(port.value === undefined ? {} : { port: port.value }),
    agents: agents.value,
    verbose: options.verbose ?? false,
  });
}

function planAgents({ nodes, cpus, memory, gres }: UpOptions): Result<readonly AgentPlan[]> {
  const count = nodes === undefined ? ok(1) : whole("--nodes", nodes, 1, MAX_AGENTS);
  if (!count.ok) return count;
  if (cpus !== undefined) {
    const checked = whole("--cpus", cpus, 1, MAX_CPUS_PER_NODE);
    if (!checked.ok) return checked;
  }
  const mib = memory === undefined ? undefined : parseMemoryMib(memory);
  if (mib !== undefined && !mib.ok) return refuse(mib.code, `--memory: ${mib.message}`);
  if (mib !== undefined && mib.value === 0) return refuse("INVALID_SPEC", "--memory: a node has at least 1M");
  const items = gres === undefined ? undefined : parseGres(gres);
  if (items !== undefined && !items.ok) return refuse(items.code, `--gres: ${items.message}`);
  const parted = items === undefined ? undefined : withParts(namedDevices(items.value), items.value);
  if (parted?.ok === false) return refuse("INVALID_GRES", `--gres: ${parted.refusal.message}`);
  const share = {
    ...(cpus === undefined ? {} : { cpus }),
    ...(memory === undefined ? {} : { memory }),
    ...(gres === undefined ? {} : { gres }),
  };
  if (count.value === 1) return ok([{ name: hostname().split(".")[0]!, ...share }]);
  return ok(Array.from({ length: count.value }, (_, i) => ({ name: `n${i + 1}`, ...share })));
}

function readConfig(path: string): Result<ClusterConfig> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    return refuse("CONFIG_UNREADABLE", `${path}: ${(error as Error).message}`);
  }
  return parseConfig(text, path);
}

/** A whole number of an option. */
export function whole(option: string, text: string, min: number, max: number): Result<number> {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return ok(value);
  return refuse("INVALID_SPEC", `${option} is "${text}"; give a whole number from ${min} to ${max}`);
}
