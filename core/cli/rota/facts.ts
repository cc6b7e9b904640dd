/** The facts of one job, node, partition or cluster, as `rota show` lists them. Pure. */
import type { DevicePart } from "../../model/device-parts.ts";
import { MAX_NODES } from "../../model/ids.ts";
import { isEnded } from "../../model/job.ts";
import { printMemory } from "../../model/memory.ts";
import type { NodeShareView } from "../../model/node-share-view.ts";
import { printDurationShort, UNLIMITED_S } from "../../model/time.ts";
import type { ClusterView, JobView, NodeView, PartitionView } from "../../model/views.ts";
import { exitWords, memoryWords, momentWords, stateWord, timeWords, whereOrWhy } from "./job-words.ts";
import { nodeStateWord } from "./node-table.ts";

export type Facts = readonly (readonly [string, string | number])[];

export const jobFacts = (job: JobView, nowS: number): Facts => [
  ["Job", job.displayId],
  ["Name", job.name],
  ["User", `${job.user} (${job.uid})`],
  ["Account", job.account],
  ["QOS", job.qos],
  ["Partition", job.partition],
  ["State", stateWord(job)],
  [job.state === "PENDING" ? "Why" : "Where", whereOrWhy(job, nowS)],
  ["Reason", job.state === "PENDING" || job.reason === "None" ? "" : job.reason],
  ["Exit", isEnded(job.state) ? exitWords(job.exitCode, job.exitSignal) : ""],
  ["Time", timeWords(job, nowS)],
  ["Priority", job.priority],
  ["Nice", job.nice === 0 ? "" : job.nice],
  ["Depends on", job.dependency],
  ["Array", job.arrayTasks],
  ["Submitted", momentWords(job.submitS)],
  ["Begins at", momentWords(job.beginS)],
  [job.startIsExpected ? "Expected start" : "Started", momentWords(job.startS)],
  ["Suspended", job.state === "SUSPENDED" ? momentWords(job.suspendS ?? 0) : ""],
  ["Stood still", job.suspendedS === undefined ? "" : printDurationShort(job.suspendedS)],
  [isEnded(job.state) ? "Ended" : "Ends by", job.state === "PENDING" ? "" : momentWords(job.endS)],
  ["Restarts", job.restarts === 0 ? "" : job.restarts],
  ["Nodes", job.numNodes],
  ["Tasks", job.numTasks],
  ["CPUs", job.numCpus],
  ["Memory", memoryWords(job.memMib)],
  ["GPUs", job.numGpus === 0 ? "" : job.numGpus],
  ["GRES per node", job.gresPerNode],
  ["Features", job.features],
  ["Nodes next to each other", job.contiguous === true ? "yes" : ""],
  ["Leaf switches", switchWords(job)],
  ["Reservation", job.reservation ?? ""],
  ["Asked nodes", job.reqNodes],
  ["Excluded nodes", job.excNodes],
  ...job.allocation.map((share): readonly [string, string] => [`On ${share.node}`, shareWords(share)]),
  ["Script", job.command],
  ["Directory", job.workDir],
  ["Output", fileOf(job, job.stdOut)],
  ["Errors", job.stdErr === job.stdOut ? "" : fileOf(job, job.stdErr)],
  ["Input", job.stdIn === "/dev/null" ? "" : job.stdIn],
  ["Comment", job.comment],
];

const switchWords = ({ switches }: JobView): string =>
  switches === undefined
    ? ""
    : `${switches.count} at most, if that takes no longer than ${printDurationShort(switches.waitS)}`;

/** The waiting rest of an array has a file for each task; Slurm's number for no task says nothing to people. */
const fileOf = ({ arrayTasks }: JobView, path: string): string =>
  arrayTasks === "" ? path : path.replaceAll(NO_TASK, "%a");
const NO_TASK = "4294967294";

export const nodeFacts = (node: NodeView): Facts => [
  ["Node", node.name],
  ["State", nodeStateWord(node)],
  ["Reason", node.reason],
  ["Since", node.reason === "" ? "" : `${momentWords(node.reasonS)}, ${node.reasonUser}`],
  ["Host", node.hostname],
  ["Address", node.address],
  ["System", [node.os, node.arch].filter((word) => word !== "").join(" ")],
  ["Agent", node.version],
  ["Agent since", momentWords(node.agentStartS)],
  ["Booted", momentWords(node.bootS)],
  ["CPUs", `${node.allocCpus} of ${node.cpus} in use`],
  [
    "Cores",
    `${counted(node.sockets, "socket")}, ${counted(node.coresPerSocket, "core")} each, ${counted(node.threadsPerCore, "thread")} each`,
  ],
  ["Memory", `${printMemory(node.allocMemMib)} of ${printMemory(node.memoryMib)} in use`],
  ["GRES", node.gres],
  ["GRES in use", node.gresUsed],
  ...node.devices.map((device): readonly [string, string] => [
    `Device ${device.lane}`,
    [
      [device.name, device.type].filter((word) => word !== "").join(":"),
      [device.vendor, device.model].filter((word) => word !== "").join(" "),
      device.pci,
      device.free === 1000 ? "free" : device.free === 0 ? "in use" : `${device.free / 10}% free`,
    ]
      .filter((word) => word !== "")
      .join(", "),
  ]),
  ["Features", node.features.join(",")],
  ["Partitions", node.partitions.join(",")],
  ["Leaf", node.topologyLeaf],
  ["Weight", node.weight ?? ""],
  ["Jobs", node.runningJobs],
];

export const partitionFacts = (partition: PartitionView): Facts => [
  ["Partition", partition.name],
  ["Default", partition.isDefault ? "yes" : "no"],
  ["State", partition.state],
  ["Longest time", limitWords(partition.maxTimeS)],
  ["Default time", partition.defaultTimeS === 0 ? "the longest" : limitWords(partition.defaultTimeS)],
  [
    "Nodes of a job",
    `${partition.minNodes} to ${partition.maxNodes >= MAX_NODES ? "all" : partition.maxNodes}`,
  ],
  ["Default memory per CPU", memoryWords(partition.defMemPerCpuMib)],
  ["Default memory per node", memoryWords(partition.defMemPerNodeMib)],
  ["Priority factor", partition.priorityJobFactor],
  ["Priority tier", partition.priorityTier],
  ["Nodes", partition.nodes],
  ["Total nodes", partition.totalNodes],
  ["Total CPUs", partition.totalCpus],
  ["Total memory", printMemory(partition.totalMemMib)],
  ["Total GPUs", partition.totalGpus],
];

export const clusterFacts = (cluster: ClusterView): Facts => [
  ["Cluster", cluster.clusterName],
  ["Rota", cluster.version],
  ["Controller", cluster.host],
  ["Up since", momentWords(cluster.bootS)],
  ["State directory", cluster.stateDir],
  ["Backfill", cluster.backfill],
  ...cluster.policies.map((policy): readonly [string, string] => [
    `Policy for ${policy.kind}`,
    `${policy.name} ${policy.version}${policy.out ? ", out: the built-in serves" : ""}${policy.strikes > 0 ? `, ${policy.strikes} strikes` : ""}`,
  ]),
  ["Array limit", cluster.maxArraySize],
  ["Ended jobs shown for", `${cluster.minJobAgeS} s`],
  ["Next job", cluster.nextJobId],
];

const limitWords = (seconds: number): string =>
  seconds === UNLIMITED_S ? "no limit" : printDurationShort(seconds);

/** `shard 2`, `50%`, `1g.10gb at 4`. */
const partWords = ({ kind, units, start }: DevicePart): string => {
  if (start !== undefined) return `${kind} at ${start}`;
  return kind === "gpu" ? `${units / 10}%` : `${kind} ${units}`;
};

const shareWords = (share: NodeShareView): string => {
  const devices = share.devices.map(({ name, type, lane, part }) => {
    const device = [name, type, lane].filter((word) => word !== "").join(":");
    return part === undefined ? device : `${device} (${partWords(part)})`;
  });
  return [
    counted(share.tasks, "task"),
    counted(share.cpus, "CPU"),
    memoryWords(share.memMib),
    devices.join(" "),
  ]
    .filter((word) => word !== "")
    .join(", ");
};

const counted = (count: number, noun: string): string => `${count} ${count === 1 ? noun : `${noun}s`}`;
