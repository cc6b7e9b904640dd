/** The table of `rota nodes`. Pure. */
import { printMemory } from "../../model/memory.ts";
import type { PowerState } from "../../model/node-power.ts";
import type { NodeView } from "../../model/views.ts";
import { type Column, printTable } from "./table.ts";
import type { Colours, Terminal } from "./terminal.ts";

/** Nodes in the given order, or one sentence where there are none. */
export function printNodes(nodes: readonly NodeView[], terminal: Terminal): string {
  if (nodes.length === 0) return "No nodes yet: start an agent with `rota agent`, or all with `rota up`.\n";
  const columns: readonly Column<NodeView>[] = [
    { title: "NODE", cell: (node) => node.name },
    {
      title: "STATE",
      cell: nodeStateWord,
      paint: (text, node) => paintNodeState(text, node, terminal.colours),
    },
    { title: "CPUS USED", align: "right", cell: (node) => `${node.allocCpus}/${node.cpus}` },
    {
      title: "MEMORY USED",
      align: "right",
      cell: (node) => `${printMemory(node.allocMemMib)}/${printMemory(node.memoryMib)}`,
    },
    { title: "GPUS USED", align: "right", cell: gpusUsed },
    { title: "JOBS", align: "right", cell: (node) => node.runningJobs },
    { title: "LOAD", align: "right", cell: (node) => (node.cpuLoad / 100).toFixed(2) },
    { title: "PARTITIONS", cell: (node) => node.partitions.join(",") },
    { title: "FEATURES", cell: (node) => node.features.join(",") },
    { title: "LEAF", cell: (node) => node.topologyLeaf },
    { title: "REASON", cell: (node) => node.reason },
  ];
  return printTable(columns, nodes, terminal);
}

/** `idle`, `reserved`, `maintenance`, `mixed`, `allocated`, `down`, `unknown`, `draining`, `drained`; `, asleep` and its like; `, no answer` where its agent is away. */
export const nodeStateWord = (node: NodeView): string => {
  const isBusy = node.runningJobs > 0;
  const isKept = node.reserved !== undefined && node.baseState === "idle";
  const idle = isKept ? node.reserved : node.baseState;
  const base = node.drain && node.baseState !== "down" ? (isBusy ? "draining" : "drained") : idle;
  if (node.power !== undefined) return `${base}, ${POWER_WORDS[node.power]}`;
  return node.responding || base === "unknown" ? base : `${base}, no answer`;
};

const POWER_WORDS = {
  "power-down": "to be switched off",
  "powering-down": "powering down",
  down: "asleep",
  "powering-up": "waking",
  "reboot-requested": "to be rebooted",
  rebooting: "rebooting",
} as const satisfies Record<PowerState, string>;

const paintNodeState = (text: string, node: NodeView, colours: Colours): string => {
  if (node.baseState === "down" || !node.responding) return colours.red(text);
  if (node.drain) return colours.yellow(text);
  return node.baseState === "idle" ? colours.dim(text) : colours.green(text);
};

/** Devices of GRES gpu that are not wholly free, of all; "" for a node without. */
const gpusUsed = (node: NodeView): string => {
  const gpus = node.devices.filter((device) => device.name === "gpu");
  if (gpus.length === 0) return "";
  return `${gpus.filter((device) => device.free < 1000).length}/${gpus.length}`;
};
