/** A node as an agent that plays at one registers it. */
import type { NodeSpec } from "../../core/model/node.ts";

export const fakeNode = (name: string, cpus: number): NodeSpec => ({
  name,
  hostname: name,
  address: "127.0.0.1",
  cpus,
  sockets: 1,
  coresPerSocket: cpus,
  threadsPerCore: 1,
  memoryMib: cpus * 1024,
  devices: [],
  features: [],
  arch: "x86_64",
  os: "Linux",
  version: "0.1.0",
  bootS: 1,
  agentStartS: 1,
  topologyLeaf: "",
});
