/**
 * `scontrol show config`: the settings that clients of Slurm read, in Slurm's layout and order, with what is true of
 * Rota. Pure; now is passed in.
 */
import { printDurationLong } from "../../model/time.ts";
import type { ClusterView } from "../../model/views.ts";
import { SLURM_VERSION } from "../slurm-version.ts";
import { strftime, type TimePrinter } from "../time-format.ts";

const NAME_WIDTH = 23;
const PREEMPT_TYPES: Readonly<Record<string, string>> = {
  qos: "preempt/qos",
  partition: "preempt/partition_prio",
};

export const configTable = (cluster: ClusterView, nowS: number, time: TimePrinter): string => {
  const lines = settings(cluster, time).map(([name, value]) => `${name.padEnd(NAME_WIDTH)} = ${value}\n`);
  return `Configuration data as of ${strftime("%FT%T", nowS)}\n${lines.join("")}\n`;
};

const settings = (
  cluster: ClusterView,
  time: TimePrinter,
): readonly (readonly [name: string, value: string])[] => [
  ["AccountingStorageEnforce", "none"],
  ["AccountingStorageHost", cluster.host],
  ["AccountingStorageTRES", "cpu,mem,node,billing,gres/gpu"],
  ["AccountingStorageType", "accounting_storage/none"],
  ["BOOT_TIME", time(cluster.bootS)],
  ["ClusterName", cluster.clusterName],
  ["DefMemPerNode", "UNLIMITED"],
  ["EnforcePartLimits", "NO"],
  ["FirstJobId", String(cluster.firstJobId)],
  ["GresTypes", "gpu"],
  ["JobRequeue", "1"],
  ["MaxArraySize", String(cluster.maxArraySize)],
  ["MaxJobId", "2147483645"],
  ["MaxMemPerNode", "UNLIMITED"],
  ["MinJobAge", `${cluster.minJobAgeS} sec`],
  ["NEXT_JOB_ID", String(cluster.nextJobId)],
  ["PreemptMode", preemptMode(cluster)],
  ["PreemptType", PREEMPT_TYPES[cluster.preemption?.by ?? ""] ?? "preempt/none"],
  ...preemptExemptTime(cluster),
  ["PriorityType", "priority/multifactor"],
  ["PrivateData", "none"],
  ...(cluster.preemption?.turnS === undefined
    ? []
    : [["SchedulerTimeSlice", `${cluster.preemption.turnS} sec`] as const]),
  ["SchedulerType", "sched/backfill"],
  ["SelectType", "select/cons_tres"],
  ["SelectTypeParameters", "CR_CPU_MEMORY"],
  ["SlurmctldHost[0]", cluster.host],
  ["SLURM_VERSION", SLURM_VERSION],
  ["StateSaveLocation", cluster.stateDir],
  ["SwitchType", "switch/none"],
  ["TaskPlugin", "task/none"],
];

const preemptMode = ({ preemption }: ClusterView): string => {
  const gang = preemption?.turnS === undefined ? "" : "GANG";
  if (preemption?.by === "none") return gang;
  return [gang, (preemption?.mode ?? "off").toUpperCase()].filter((word) => word !== "").join(",");
};

/** Where nothing is preempted it says nothing. */
const preemptExemptTime = ({
  preemption,
}: ClusterView): readonly (readonly [name: string, value: string])[] =>
  preemption === undefined ? [] : [["PreemptExemptTime", printDurationLong(preemption.exemptTimeS)]];
