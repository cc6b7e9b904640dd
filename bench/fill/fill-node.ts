/** The nodes of the fill benchmark: 8 GPUs, 128 CPUs and 1 TiB each, 32 nodes a leaf switch. */
import type { DeviceSpec, NodeSpec } from "../../core/model/node.ts";

export const NODE_GPUS = 8;
export const NODE_CPUS = 128;
export const NODE_MEM_MIB = 1_048_576;
export const NODES_PER_LEAF = 32;

/** Name of agent i, from 0. */
export const nodeName = (i: number): string => `n${String(i + 1).padStart(5, "0")}`;

/** What agent i, from 0, registers. */
export function fillNode(i: number): NodeSpec {
  const name = nodeName(i);
  return {
    name,
    hostname: name,
    address: "127.0.0.1",
    cpus: NODE_CPUS,
    sockets: 2,
    coresPerSocket: NODE_CPUS / 2,
    threadsPerCore: 1,
    memoryMib: NODE_MEM_MIB,
    devices: DEVICES,
    features: [],
    arch: "x86_64",
    os: "Linux",
    version: "fake",
    bootS: 1_750_000_000,
    agentStartS: 1_750_000_000,
    topologyLeaf: `leaf${Math.floor(i / NODES_PER_LEAF)}`,
  };
}

const DEVICES: readonly DeviceSpec[] = Array.from({ length: NODE_GPUS }, (_, lane) => ({
  name: "gpu",
  type: "h100",
  vendor: "nvidia",
  model: "H100",
  uuid: "",
  pci: `0000:${(16 + lane).toString(16)}:00.0`,
  numaNode: lane < NODE_GPUS / 2 ? 0 : 1,
  memoryMib: 81_920,
  plugin: "by-hand",
  vendorIndex: lane,
  files: [`/dev/nvidia${lane}`],
}));
