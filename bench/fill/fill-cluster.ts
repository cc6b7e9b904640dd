/**
 * A real controller process with its journal in a fresh directory, and a process of fake agents on real sockets. What
 * the controller costs is read from /proc and /metrics. Only the fill benchmark runs this.
 */
import { type ChildProcess, fork } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Client, clientOf, freePort, freshFolder, startRota, until } from "../../test/e2e/programs.ts";
import type { AgentsCall, AgentsMessage, NotedOrder } from "./fill-agents.ts";

export interface FillCluster {
  readonly client: Client;
  readonly url: string;
  readonly token: string;
  readonly folder: string;
  readonly controller: ChildProcess;
  /** From the first connection to the last welcome. */
  readonly registeredMs: number;
  /** Orders that have reached agents, and when the first and the newest did, epoch ms. */
  orderCounts(): { readonly orders: number; readonly firstMs: number; readonly lastMs: number };
  orders(): Promise<readonly NotedOrder[]>;
  /** Ends the controller in order, then the agents. */
  stop(): Promise<void>;
}

/** Resolves once every agent is welcome. */
export async function startFillCluster(nodes: number): Promise<FillCluster> {
  const folder = freshFolder();
  const stateDir = join(folder, "state");
  const config = join(folder, "rota.yaml");
  writeFileSync(config, CONFIG);
  const port = String(await freePort());
  const {
    process: controller,
    ready,
    exited,
  } = startRota(folder, "controller", [
    "controller",
    "--state-dir",
    stateDir,
    "--port",
    port,
    "--config",
    config,
    "--log-level",
    "warn",
  ]);
  const url = await ready;
  const token = readFileSync(join(stateDir, "token"), "utf8").trim();
  const agents = fork(join(dirname(fileURLToPath(import.meta.url)), "fill-agents.ts"), {
    execArgv: ["--import", "tsx"],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    serialization: "advanced",
  });
  let counts = { orders: 0, firstMs: 0, lastMs: 0 };
  let registeredMs = -1;
  let ordersHere: (orders: readonly NotedOrder[]) => void = () => undefined;
  agents.on("message", (message: AgentsMessage) => {
    if (message.kind === "registered") registeredMs = message.tookMs;
    else if (message.kind === "counts") counts = message;
    else ordersHere(message.orders);
  });
  const call = (asked: AgentsCall): void => void agents.send(asked);
  call({ kind: "begin", asked: { url, token, count: nodes } });
  await until("all agents registered", () => (registeredMs < 0 ? undefined : true), REGISTER_LIMIT_MS);
  return {
    client: clientOf(url, stateDir),
    url,
    token,
    folder,
    controller,
    registeredMs,
    orderCounts: () => counts,
    orders: () =>
      new Promise((resolve) => {
        ordersHere = resolve;
        call({ kind: "orders" });
      }),
    stop: async () => {
      controller.kill("SIGTERM");
      await exited;
      agents.kill("SIGKILL");
    },
  };
}

const REGISTER_LIMIT_MS = 300_000;
/** The benchmark's agents have one thread among them; a beat of each a second would measure that. */
const CONFIG = "cluster: fill\ntiming: { heartbeat: 30s, node_grace: 120s, node_timeout: 300s }\n";

/** Seconds of CPU that a process has used so far, its threads' included. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/**
 * Seconds that the controller's main thread was ready to run and had no CPU: on a machine that is busy with other
 * things, times and lags contain it.
 */
export function starvedSeconds(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, "utf8").split(" ")[1]) / 1e9;
}

/** Resident memory now and at its most, MiB. */
export function residentMib(pid: number): { readonly now: number; readonly most: number } {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const of = (name: string): number =>
    Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024);
  return { now: of("VmRSS"), most: of("VmHWM") };
}

/** The most resident memory, MiB, while a snapshot is made beside the running controller. */
export async function snapshotMostMib({ controller, url, token }: FillCluster): Promise<number> {
  const pid = controller.pid!;
  // Begins the high-water mark anew.
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
  const answer = await fetch(`${url}/v1/snapshot`, { headers: { authorization: `Bearer ${token}` } });
  if (!answer.ok) throw new Error(`no snapshot: ${answer.status}`);
  await answer.arrayBuffer();
  return residentMib(pid).most;
}

export interface LoopLag {
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
}

/** How late the controller's event loop was since the last call. */
export async function loopLag(cluster: FillCluster): Promise<LoopLag> {
  const answer = await fetch(`${cluster.url}/metrics`, {
    headers: { authorization: `Bearer ${cluster.token}` },
  });
  const text = await answer.text();
  const of = (quantile: string): number => {
    const found = new RegExp(`rota_event_loop_lag_seconds{quantile="${quantile}"} (\\S+)`).exec(text);
    return Math.round(Number(found?.[1] ?? 0) * 10_000) / 10;
  };
  return { p99Ms: of("0.99"), p999Ms: of("0.999"), maxMs: of("1") };
}
