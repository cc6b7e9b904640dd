/** A partition as `scontrol show partition` prints it. Pure. */
import { MAX_NODES } from "../../model/ids.ts";
import { printMemory } from "../../model/memory.ts";
import { printDurationLong } from "../../model/time.ts";
import type { PartitionView } from "../../model/views.ts";
import type { RecordContext } from "./job-record.ts";

export const partitionRecord = (partition: PartitionView, { oneLine }: RecordContext): string => {
  const lines = partitionLines(partition);
  return oneLine ? `${lines.join(" ")}\n` : `${lines.join("\n   ")}\n\n`;
};

const partitionLines = (partition: PartitionView): readonly string[] => {
  const maxNodes = partition.maxNodes >= MAX_NODES ? "UNLIMITED" : String(partition.maxNodes);
  // One node is the least that a job can ask for; Slurm shows a limit that takes nothing away as 0.
  const minNodes = partition.minNodes > 1 ? partition.minNodes : 0;
  const maxTime = printDurationLong(partition.maxTimeS);
  const defaultTime = partition.defaultTimeS === 0 ? "NONE" : printDurationLong(partition.defaultTimeS);
  const { totalCpus: cpus, totalNodes: nodes } = partition;
  return [
    `PartitionName=${partition.name}`,
    "AllowGroups=ALL AllowAccounts=ALL AllowQos=ALL",
    `AllocNodes=ALL Default=${partition.isDefault ? "YES" : "NO"} QoS=N/A`,
    `DefaultTime=${defaultTime} DisableRootJobs=NO ExclusiveUser=${partition.exclusiveUser === true ? "YES" : "NO"} GraceTime=${partition.graceTimeS ?? 0} Hidden=NO`,
    `MaxNodes=${maxNodes} MaxTime=${maxTime} MinNodes=${minNodes} LLN=NO MaxCPUsPerNode=UNLIMITED`,
    `Nodes=${partition.nodes}`,
    `PriorityJobFactor=${partition.priorityJobFactor} PriorityTier=${partition.priorityTier} RootOnly=NO ReqResv=NO OverSubscribe=${partition.turnJobs === undefined ? "NO" : `FORCE:${partition.turnJobs}`}`,
    `OverTimeLimit=NONE PreemptMode=${(partition.preemptMode ?? "off").toUpperCase()}`,
    `State=${partition.state} TotalCPUs=${cpus} TotalNodes=${nodes} SelectTypeParameters=NONE`,
    "JobDefaults=(null)",
    `${defaultMemory(partition)} MaxMemPerNode=UNLIMITED`,
    `TRES=cpu=${cpus},mem=${printMemory(partition.totalMemMib)},node=${nodes},billing=${cpus}`,
  ];
};

const defaultMemory = ({ defMemPerCpuMib, defMemPerNodeMib }: PartitionView): string => {
  if (defMemPerCpuMib > 0) return `DefMemPerCPU=${defMemPerCpuMib}`;
  return `DefMemPerNode=${defMemPerNodeMib > 0 ? defMemPerNodeMib : "UNLIMITED"}`;
};
