/**
 * What this host has, for the hello: CPUs that this agent may use, their sockets and cores, memory, and identity.
 * Looked up once at an agent's start. What is given by hand is believed.
 */
import os from "node:os";
import type { DeviceSpec, NodeSpec } from "../../core/model/node.ts";
import { allowedCpus, bootTimeS, readText } from "./proc.ts";

export interface InventoryOptions {
  readonly name: string;
  readonly address: string;
  readonly cpus?: number | undefined;
  readonly memoryMib?: number | undefined;
  readonly features: readonly string[];
  readonly topologyLeaf: string;
  readonly devices: readonly DeviceSpec[];
  readonly version: string;
  readonly startS: number;
}

export const takeInventory = (options: InventoryOptions): NodeSpec => ({
  name: options.name,
  hostname: os.hostname(),
  address: options.address,
  ...(options.cpus === undefined ? hostCpus() : oneSocket(options.cpus)),
  memoryMib: options.memoryMib ?? hostMemoryMib(),
  devices: options.devices,
  features: options.features,
  arch: ARCHES[os.arch()] ?? os.arch(),
  os: `${os.type()} ${os.release()} ${os.version()}`.slice(0, 256),
  version: options.version,
  bootS: bootTimeS(),
  agentStartS: options.startS,
  topologyLeaf: options.topologyLeaf,
});

type CpuCounts = Pick<NodeSpec, "cpus" | "sockets" | "coresPerSocket" | "threadsPerCore">;

/** CPUs that this process may run on; a layout that is not even is told as one socket. */
export const hostCpus = (): CpuCounts => {
  const cpus = allowedCpus("self");
  if (cpus.length === 0) return oneSocket(os.availableParallelism());
  const topology = (cpu: number, file: string): string =>
    (readText(`/sys/devices/system/cpu/cpu${cpu}/topology/${file}`) ?? "").trim();
  const sockets = new Set(cpus.map((cpu) => topology(cpu, "physical_package_id"))).size;
  const cores = new Set(
    cpus.map((cpu) => `${topology(cpu, "physical_package_id")}:${topology(cpu, "core_id")}`),
  ).size;
  const even = cpus.length % cores === 0 && cores % sockets === 0;
  if (!even || topology(cpus[0]!, "core_id") === "") return oneSocket(cpus.length);
  return { cpus: cpus.length, sockets, coresPerSocket: cores / sockets, threadsPerCore: cpus.length / cores };
};

/** The host's memory, or less where a cgroup holds this process to less. */
export const hostMemoryMib = (): number => {
  const total = os.totalmem();
  const constrained = process.constrainedMemory();
  const bytes = constrained !== undefined && constrained > 0 && constrained < total ? constrained : total;
  return Math.floor(bytes / 1_048_576);
};

const oneSocket = (cpus: number): CpuCounts => ({
  cpus,
  sockets: 1,
  coresPerSocket: cpus,
  threadsPerCore: 1,
});

/** Names that uname(1) gives. */
const ARCHES: Readonly<Record<string, string>> = {
  x64: "x86_64",
  arm64: "aarch64",
  ia32: "i686",
  ppc64: "ppc64le",
};
