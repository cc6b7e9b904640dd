/**
 * The node agent: finds what the host has, takes up the jobs of an earlier agent process, holds the channel to the
 * controller, and runs jobs on its orders. Stopping it stops no job.
 */
import { createHash, randomUUID } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import os from "node:os";
import { dirname, resolve } from "node:path";
import { type Logger, pino } from "pino";
import { RotaError } from "../../core/model/errors.ts";
import { MAX_CPUS_PER_NODE, MAX_FEATURES_PER_NODE, type NodeSpec } from "../../core/model/node.ts";
import { pciScan, vendorPlugins } from "../../plugins/hardware/built-in.ts";
import { byHand } from "../../plugins/hardware/by-hand/plugin.ts";
import type { HardwarePlugin } from "../../plugins/sdk/hardware.ts";
import { thisHost } from "../../plugins/sdk/host.ts";
import { loadHardwarePlugin, MAX_PLUGINS } from "../../plugins/sdk/load.ts";
import { Uplink } from "../protocol/uplink.ts";
import { DeviceSet } from "./devices.ts";
import { findHostDevices } from "./host-devices.ts";
import { hostCpus, hostMemoryMib, takeInventory } from "./inventory.ts";
import { JobTable } from "./job-table.ts";
import { openLimiter } from "./limits.ts";
import { PasswdLookup } from "./passwd.ts";
import { availableMemoryMib, bootId } from "./proc.ts";
import { findPrograms } from "./shepherd.ts";
import { openStateDir } from "./state-dir.ts";

export interface AgentOptions {
  /** `http://host:port` of the controller's API. */
  readonly controllerUrl: string;
  /** One of the two; the file is read again at every connection. */
  readonly token?: string;
  readonly tokenFile?: string;
  /** Node name; default: the host's name up to its first dot. */
  readonly name?: string;
  /** Own directory of this agent; made when missing. */
  readonly stateDir: string;
  /** Default: what the host has. */
  readonly cpus?: number;
  readonly memoryMib?: number;
  /** Devices by hand, `gpu:tesla:2`, instead of looking for them; "" for none. */
  readonly gres?: string;
  /**
   * Hardware plugins of third parties: names of npm packages, or paths from the current directory. They are asked before
   * those of Rota; packages are looked for from the current directory, the state directory and Rota's own upwards.
   */
  readonly plugins?: readonly string[];
  readonly features?: readonly string[];
  /** Leaf switch or block of the node. */
  readonly topologyLeaf?: string;
  /** Default: the host's name. */
  readonly address?: string;
  /** The node only plays at having its CPUs and memory (several agents on one host): says nothing about it in the log. */
  readonly spoof?: boolean;
  /** `rlimit` leaves cgroups alone; default `auto`. */
  readonly limits?: "auto" | "rlimit";
  readonly version?: string;
  readonly log?: Logger;
  /** Longest wait before connecting again; default 3 s. */
  readonly maxBackoffMs?: number;
}

export interface RunningAgent {
  readonly node: NodeSpec;
  /** New at each start. */
  readonly session: string;
  /** Whether the controller has welcomed this agent on the present connection. */
  connected(): boolean;
  /** Lets go of the channel, the lock and all timers; jobs go on and are found again by the next agent. */
  close(): Promise<void>;
}

export const AGENT_VERSION = "0.1.0";

/**
 * Starts an agent; resolves once it has its jobs again and has begun to connect, which it goes on trying for ever.
 * Rejects with CONFIG_INVALID or INVALID_GRES for options that cannot be, with PLUGIN_REFUSED for a plugin that is not
 * there or not for this Rota, and when another agent has the directory.
 */
export const startAgent = async (options: AgentOptions): Promise<RunningAgent> => {
  const name = options.name ?? os.hostname().split(".")[0]!;
  checkOptions(options, name);
  const log = (options.log ?? stderrLog()).child({ node: name });
  const state = openStateDir(resolve(options.stateDir));
  try {
    const devices = await findDevices(options, log);
    const node = takeInventory({
      name,
      address: options.address ?? os.hostname(),
      cpus: options.cpus,
      memoryMib: options.memoryMib,
      features: options.features ?? [],
      topologyLeaf: options.topologyLeaf ?? "",
      devices: devices.specs,
      version: options.version ?? AGENT_VERSION,
      startS: Math.floor(Date.now() / 1000),
    });
    const programs = findPrograms();
    const limiter = openLimiter({
      mode: options.limits ?? "auto",
      folder: `${name}-${createHash("sha256").update(state.path).digest("hex").slice(0, 8)}`,
      taskset: programs.taskset,
      ownCpus: options.cpus === undefined,
    });
    tellHost(log, node, options.spoof ?? false, limiter.summary, programs.setsid !== "");
    tellReach(log, state.path);
    const session = randomUUID();
    const table = new JobTable(
      {
        nodeName: name,
        programs,
        limiter,
        devices,
        passwd: new PasswdLookup(),
        bootId: bootId(),
        uid: process.getuid?.() ?? 0,
        log,
        report: (body) => uplink.push(body),
      },
      state,
    );
    const uplink = new Uplink({
      controllerUrl: options.controllerUrl,
      token: () => options.token ?? readFileSync(options.tokenFile!, "utf8").trim(),
      agentSession: session,
      hello: () => ({ node, jobs: table.presences(), steps: table.stepPresences() }),
      onOrder: (order) => table.take(order),
      onNewSession: () => table.reportAgain(),
      load: () => ({ cpuLoad: Math.round(os.loadavg()[0]! * 100), freeMemMib: availableMemoryMib() }),
      onState: connectionLog(log),
      ...(options.maxBackoffMs === undefined ? {} : { maxBackoffMs: options.maxBackoffMs }),
    });
    const running = await table.adopt();
    limiter.tidy(table.names());
    if (running > 0) log.info({ jobs: running }, "found running jobs again");
    uplink.open();
    return {
      node,
      session,
      connected: () => uplink.connected,
      close: async () => {
        uplink.close();
        await table.detach();
        limiter.close();
        state.release();
      },
    };
  } catch (error) {
    state.release();
    throw error;
  }
};

const stderrLog = (): Logger => pino({ level: "info" }, pino.destination({ fd: 2, sync: true }));

const checkOptions = (options: AgentOptions, name: string): void => {
  const invalid = (message: string) => new RotaError("CONFIG_INVALID", message);
  if (!/^[A-Za-z0-9._-]{1,255}$/.test(name))
    throw invalid(`"${name}" is no node name; use letters, digits, ., _ and -.`);
  if (!URL.canParse(options.controllerUrl))
    throw invalid(`"${options.controllerUrl}" is no URL; use http://host:port.`);
  if (options.token === undefined && options.tokenFile === undefined)
    throw invalid("An agent needs a token or a token file.");
  const { cpus, memoryMib, features } = options;
  if (cpus !== undefined && !(Number.isInteger(cpus) && cpus >= 1 && cpus <= MAX_CPUS_PER_NODE)) {
    throw invalid(`A node has 1 to ${MAX_CPUS_PER_NODE} CPUs, not ${cpus}.`);
  }
  if (
    memoryMib !== undefined &&
    !(Number.isInteger(memoryMib) && memoryMib >= 1 && memoryMib <= 2_147_483_647)
  ) {
    throw invalid(`A node has at least 1 MiB of memory, in whole MiB; not ${memoryMib}.`);
  }
  if ((options.plugins?.length ?? 0) > MAX_PLUGINS)
    throw invalid(`An agent takes at most ${MAX_PLUGINS} plugins.`);
  if ((options.plugins?.length ?? 0) > 0 && options.gres !== undefined)
    throw invalid("Devices are named by hand or found by plugins; leave out --gres or --plugin.");
  if ((features?.length ?? 0) > MAX_FEATURES_PER_NODE)
    throw invalid(`A node has at most ${MAX_FEATURES_PER_NODE} features.`);
};

const findDevices = async ({ gres, plugins, stateDir }: AgentOptions, log: Logger): Promise<DeviceSet> => {
  if (gres === undefined) {
    const loaded = await loadPlugins(plugins ?? [], stateDir);
    // A plugin with the name of one of Rota's takes its place.
    const host = thisHost();
    const own = vendorPlugins(host).filter((plugin) => !loaded.some((other) => other.name === plugin.name));
    const vendors = [...loaded, ...own];
    return findHostDevices(vendors, pciScan(host), (fields, message) => log.warn(fields, message));
  }
  if (gres.trim() === "") return DeviceSet.discover([]);
  const plugin = byHand(gres);
  if (!plugin.ok) throw new RotaError(plugin.refusal.code, plugin.refusal.message);
  return DeviceSet.discover([plugin.value]);
};

/** An agent without a plugin that it was told to take would lose its devices without a word, so it does not start. */
const loadPlugins = async (
  wanted: readonly string[],
  stateDir: string,
): Promise<readonly HardwarePlugin[]> => {
  // What is installed for the agent goes before what happens to lie where it was started.
  const bases = [stateDir, import.meta.dirname, process.cwd()];
  const loaded: HardwarePlugin[] = [];
  for (const name of wanted) {
    const plugin = await loadHardwarePlugin(name.startsWith(".") ? resolve(name) : name, bases, thisHost());
    if (!plugin.ok) throw new RotaError(plugin.refusal.code, plugin.refusal.message);
    if (loaded.some((other) => other.name === plugin.value.name))
      throw new RotaError("PLUGIN_REFUSED", `${name}: another plugin is called ${plugin.value.name} already`);
    loaded.push(plugin.value);
  }
  return loaded;
};

const tellHost = (log: Logger, node: NodeSpec, spoof: boolean, limits: string, groups: boolean): void => {
  log.info(
    { cpus: node.cpus, memoryMib: node.memoryMib, devices: node.devices.length },
    "this node's resources",
  );
  log.info(limits);
  const more = node.cpus > hostCpus().cpus || node.memoryMib > hostMemoryMib();
  if (more && !spoof) log.warn("more CPUs or memory are given than this host has");
  if (process.getuid?.() !== 0) log.info("not root: every job runs as this agent's own user");
  if (!groups) log.warn("no setsid here: signals reach a job's processes one by one");
};

/** Other users' jobs run from the state directory, so every directory above it must let them pass. */
const tellReach = (log: Logger, stateDir: string): void => {
  if (process.getuid?.() !== 0) return;
  for (let path = stateDir; path !== "/"; path = dirname(path)) {
    if ((statSync(path).mode & 0o001) === 0) {
      log.warn(
        { directory: path },
        "jobs of other users cannot start: this directory does not let them pass",
      );
    }
  }
};

/** Attempts repeat for ever, so the same trouble is said once. */
const connectionLog = (log: Logger) => {
  let last = "";
  return (state: "connected" | "lost" | "refused" | "fault", detail: string): void => {
    const now = `${state} ${detail}`;
    if (state === "connected") log.info({ controllerSession: detail }, "connected to the controller");
    else if (now !== last) log.warn({ detail }, CONNECTION_WORDS[state]);
    last = now;
  };
};

const CONNECTION_WORDS = {
  lost: "no connection to the controller; trying again",
  refused: "the controller refuses this agent; trying again",
  fault: "the connection was ended for a fault",
} as const;
