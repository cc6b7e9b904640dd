/** Parts of a job's record in Slurm's words, shared by squeue and scontrol. Pure; now is passed in. */
import { FRACTION_KIND, isShareKind } from "../model/device-parts.ts";
import { type GresUse, parseGres, printTresPerNode } from "../model/gres.ts";
import { isEnded } from "../model/job.ts";
import { printMemory } from "../model/memory.ts";
import type { NodeShareView } from "../model/node-share-view.ts";
import { UNLIMITED_S } from "../model/time.ts";
import type { JobView } from "../model/views.ts";

export const NULL = "(null)";

export const orNull = (text: string): string => (text === "" ? NULL : text);

/** Seconds that the job has run; 0 before it starts. */
export const runTimeS = (job: JobView, nowS: number): number => {
  if (job.state === "PENDING" || job.startS === 0) return 0;
  const ranS = job.preSuspendS ?? 0;
  if (job.state === "SUSPENDED") return ranS;
  const endS = isEnded(job.state) ? job.endS : nowS;
  return job.suspendS === undefined
    ? Math.max(0, endS - job.startS)
    : ranS + Math.max(0, endS - job.suspendS);
};

/** Start, of a waiting job the expected or earliest one; 0 for none. */
export const startTimeS = (job: JobView, nowS: number): number => {
  if (job.startS > 0) return job.startS;
  return job.state === "PENDING" && job.beginS > nowS ? job.beginS : 0;
};

/** End, by the limit where it is to come; 0 for none, UNLIMITED_S for a job that runs without a limit. */
export const endTimeS = (job: JobView, nowS: number): number => {
  if (isEnded(job.state)) return job.endS;
  const startS = startTimeS(job, nowS);
  if (startS === 0) return 0;
  if (job.timeLimitS === UNLIMITED_S) return UNLIMITED_S;
  return job.endS > 0 ? job.endS : startS + job.timeLimitS;
};

/** CPUs that each node must give, as MinCPUsNode shows them. */
export const minCpusOfNode = (job: JobView): number => job.cpusPerTask * Math.max(1, job.ntasksPerNode);

/** `cpu=2,mem=200M,node=2,billing=2` and the GPUs. */
export const jobTres = (job: JobView): string => {
  const parts = [`cpu=${job.numCpus}`, `mem=${printMemory(job.memMib)}`, `node=${job.numNodes}`];
  parts.push(`billing=${job.numCpus}`);
  if (job.numGpus > 0) parts.push(`gres/gpu=${job.numGpus}`);
  if (job.sharesTres !== undefined) parts.push(job.sharesTres);
  return parts.join(",");
};

/** `gres:gpu:tesla:2`, "" for none. */
export const tresPerNode = (job: JobView): string => {
  if (job.gresPerNode === "") return "";
  const items = parseGres(job.gresPerNode);
  return items.ok ? printTresPerNode(items.value) : job.gresPerNode;
};

/** Devices of one share by name and type, with their lanes in order; parts as they are asked. */
export const shareDevices = (share: NodeShareView): readonly GresUse[] => {
  const groups = new Map<string, DeviceGroup>();
  for (const device of share.devices) {
    const { lane, part } = device;
    const { name, type } = nameOf(device);
    const key = `${name}:${type}`;
    const group = groups.get(key) ?? { name, ...(type === "" ? {} : { type }), count: 0, indices: [] };
    if (part?.kind === FRACTION_KIND) group.thousandths = part.units;
    else group.count += part?.units ?? 1;
    if (part !== undefined && share.shares !== undefined) group.shares = share.shares;
    if (!group.indices.includes(lane)) group.indices.push(lane);
    groups.set(key, group);
  }
  for (const group of groups.values()) group.indices.sort((a, b) => a - b);
  return [...groups.values()];
};

type DeviceGroup = {
  name: string;
  type?: string;
  count: number;
  thousandths?: number;
  indices: number[];
  shares?: NonNullable<GresUse["shares"]>;
};

/** Shares by their own name; profiles as a type of GPU. */
function nameOf({ name, type, part }: NodeShareView["devices"][number]): { name: string; type: string } {
  if (part === undefined || part.kind === FRACTION_KIND) return { name, type };
  return isShareKind(part.kind) ? { name: part.kind, type } : { name, type: part.kind };
}

/** With whose jobs it shares its nodes, in Slurm's words. */
export const sharing = ({ exclusive, exclusiveUser }: JobView): string => {
  if (exclusive) return "NO";
  return exclusiveUser === true ? "USER" : "OK";
};
