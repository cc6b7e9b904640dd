/** A node as `scontrol show node` prints it. Pure. */
import { printMemory } from "../../model/memory.ts";
import type { NodeView } from "../../model/views.ts";
import { orNull } from "../job-text.ts";
import { fullNodeState, gresUsed } from "../node-states.ts";
import type { RecordContext } from "./job-record.ts";

export const nodeRecord = (node: NodeView, context: RecordContext): string => {
  const lines = nodeLines(node, context);
  return context.oneLine ? `${lines.join(" ")}\n` : `${lines.join("\n   ")}\n\n`;
};

const nodeLines = (node: NodeView, { time, details }: RecordContext): readonly string[] => {
  const features = orNull(node.features.join(","));
  const moment = (epochS: number): string => (epochS === 0 ? "None" : time(epochS));
  return [
    `NodeName=${node.name} Arch=${node.arch} CoresPerSocket=${node.coresPerSocket} `,
    `CPUAlloc=${node.allocCpus} CPUEfctv=${node.cpus} CPUTot=${node.cpus} CPULoad=${(node.cpuLoad / 100).toFixed(2)}`,
    `AvailableFeatures=${features}`,
    `ActiveFeatures=${features}`,
    `Gres=${orNull(node.gres)}`,
    ...(details ? ["GresDrain=N/A", `GresUsed=${gresUsed(node)}`] : []),
    `NodeAddr=${node.address} NodeHostName=${node.hostname} Port=0 Version=${node.version}`,
    `OS=${node.os} `,
    `RealMemory=${node.memoryMib} AllocMem=${node.allocMemMib} FreeMem=${node.freeMemMib} Sockets=${node.sockets} Boards=1`,
    `State=${fullNodeState(node)} ThreadsPerCore=${node.threadsPerCore} TmpDisk=0 Weight=${node.weight ?? 1} Owner=${node.owner ?? "N/A"} MCS_label=N/A`,
    ...(node.nextState === undefined ? [] : [`NextState=${node.nextState}`]),
    `Partitions=${node.partitions.join(",")} `,
    `BootTime=${moment(node.bootS)} SlurmdStartTime=${moment(node.agentStartS)}`,
    `LastBusyTime=${moment(node.lastBusyS)}`,
    `CfgTRES=cpu=${node.cpus},mem=${printMemory(node.memoryMib)},billing=${node.cpus}`,
    `AllocTRES=${allocTres(node)}`,
    "CapWatts=n/a",
    "CurrentWatts=0 AveWatts=0",
    "ExtSensorsJoules=n/s ExtSensorsWatts=0 ExtSensorsTemp=n/s",
    ...(node.reason === "" ? [] : [`Reason=${node.reason}${reasonGiver(node, moment)}`]),
  ];
};

const allocTres = (node: NodeView): string => {
  const parts: string[] = [];
  if (node.allocCpus > 0) parts.push(`cpu=${node.allocCpus}`);
  if (node.allocMemMib > 0) parts.push(`mem=${printMemory(node.allocMemMib)}`);
  return parts.join(",");
};

const reasonGiver = (node: NodeView, moment: (epochS: number) => string): string =>
  node.reasonS === 0 ? "" : ` [${node.reasonUser}@${moment(node.reasonS)}]`;
