/** What a submission says of its place in the queue: partitions, time, array, dependency, nice value, QOS. Pure. */
import { parseArray } from "../model/array.ts";
import { type DependencyExpr, parseDependency } from "../model/dependency.ts";
import { MAX_PARTITIONS } from "../model/ids.ts";
import type { JobSpec } from "../model/job-spec.ts";
import { ok, type Refusal, type Result, refuse } from "../model/refusal.ts";
import { UNLIMITED_S } from "../model/time.ts";
import type { ArraySpecEvent } from "../state/array-life.ts";
import type { AdmitCaller, AdmitCluster, AdmitPartition } from "./cluster.ts";

export const MAX_NICE = 2_147_483_645;
/** What the column holds: some time in 2106. */
export const MAX_BEGIN_S = 4_294_967_295;

/** The partitions named, in that order, each once; else the default one. */
export function partitionsOf(spec: JobSpec, cluster: AdmitCluster): Result<readonly AdmitPartition[]> {
  if (spec.partition === undefined || spec.partition === "") {
    const byDefault = cluster.partitions.find((partition) => partition.spec.isDefault);
    if (byDefault !== undefined) return closed([byDefault]);
    return refuse("INVALID_PARTITION", "no partition is named, and the site has no default one", {
      partition: "",
    });
  }
  const names = [...new Set(spec.partition.split(",", MAX_PARTITIONS + 1))];
  if (names.length > MAX_PARTITIONS) {
    const details = { asked: names.length, most: MAX_PARTITIONS };
    return refuse("INVALID_PARTITION", `at most ${MAX_PARTITIONS} partitions can be named`, details);
  }
  const found: AdmitPartition[] = [];
  for (const name of names) {
    const partition = cluster.partitions.find(({ spec: { name: known } }) => known === name);
    if (partition === undefined) {
      return refuse("INVALID_PARTITION", `invalid partition specified: ${name}`, { partition: name });
    }
    found.push(partition);
  }
  return closed(found);
}

/** Seconds; what was asked, else the first partition's default, else its limit. Over a limit a job waits. */
export function timeLimitOf(spec: JobSpec, partitions: readonly AdmitPartition[]): Result<number> {
  const asked = spec.timeLimitS;
  if (asked === undefined) {
    const first = partitions[0]?.spec;
    return ok(
      first === undefined ? UNLIMITED_S : first.defaultTimeS > 0 ? first.defaultTimeS : first.maxTimeS,
    );
  }
  if (Number.isInteger(asked) && asked >= 1 && asked <= UNLIMITED_S) return ok(asked);
  const details = { asked, least: 1, most: UNLIMITED_S };
  return refuse("INVALID_TIME_LIMIT", `a time limit is 1 to ${UNLIMITED_S} seconds`, details);
}

export function arrayOf(spec: JobSpec, cluster: AdmitCluster): Result<ArraySpecEvent | undefined> {
  if (spec.array === undefined || spec.array === "") return ok(undefined);
  const array = parseArray(spec.array, cluster.maxArraySize - 1, cluster.maxArraySize);
  if (!array.ok) {
    const details = { array: spec.array.slice(0, 64), most: cluster.maxArraySize - 1 };
    return refuse("INVALID_ARRAY", array.message, details);
  }
  return ok({ tasks: Array.from(array.value.tasks), throttle: array.value.throttle });
}

/** A job id that was never given is refused; one whose record was purged is taken, since it did end. */
export function dependencyOf(spec: JobSpec, cluster: AdmitCluster): Result<DependencyExpr | undefined> {
  if (spec.dependency === undefined || spec.dependency === "") return ok(undefined);
  const expression = parseDependency(spec.dependency);
  if (!expression.ok) return refuse(expression.code, `--dependency: ${expression.message}`);
  for (const { kind, jobId } of expression.value.terms) {
    if (kind === "expand") {
      return refuse("NOT_SUPPORTED", `the dependency ${kind} is not supported`, { dependency: kind });
    }
    if (kind !== "singleton" && !cluster.jobExists(jobId)) {
      return refuse("INVALID_DEPENDENCY", `there is no job ${jobId} to depend on`, { jobId });
    }
  }
  return ok(expression.value);
}

export function niceOf(spec: JobSpec, caller: AdmitCaller): Result<number> {
  const nice = spec.nice ?? 0;
  if (!Number.isInteger(nice) || Math.abs(nice) > MAX_NICE) {
    const details = { asked: nice, least: -MAX_NICE, most: MAX_NICE };
    return refuse("INVALID_SPEC", `a nice value is a whole number from ${-MAX_NICE} to ${MAX_NICE}`, details);
  }
  if (nice < 0 && !caller.operator) {
    return refuse("ACCESS_DENIED", "only an operator may ask for a nice value below 0", {
      asked: nice,
      least: 0,
    });
  }
  return ok(nice);
}

/** Epoch seconds before which the job does not start; 0 for none, and for a time that is past. */
export function beginOf(spec: JobSpec, nowS: number): Result<number> {
  const asked = Math.ceil(spec.beginS ?? 0);
  if (asked >= 0 && asked <= MAX_BEGIN_S) return ok(asked > nowS ? asked : 0);
  const details = { asked, least: 0, most: MAX_BEGIN_S };
  return refuse("INVALID_SPEC", `a begin time is 0 to ${MAX_BEGIN_S} seconds after 1970`, details);
}

/** Without any QOS configured every name is taken, as Slurm does without accounting. */
export function qosOf(spec: JobSpec, cluster: AdmitCluster): Result<string> {
  const name = spec.qos ?? "";
  if (name === "" || cluster.qos.length === 0 || cluster.qos.some((qos) => qos.name === name))
    return ok(name);
  return refuse("INVALID_QOS", `there is no QOS ${name}`, { qos: name });
}

/** Why the job may not have a QOS that there is: it needs a reservation, or is a partition's alone. */
export function whyNotQos(name: string, spec: JobSpec, cluster: AdmitCluster): Refusal | undefined {
  const flags = cluster.qos.find((qos) => qos.name === name)?.flags ?? [];
  if (flags.includes("RequiresReservation") && (spec.reservation ?? "") === "")
    return {
      code: "INVALID_QOS",
      message: `QOS ${name} asks for a job with a reservation`,
      details: { qos: name },
    };
  const of = cluster.partitions.find(({ spec: { qos } }) => qos === name);
  if (!flags.includes("Relative") || of === undefined) return undefined;
  const message = `QOS ${name} is that of partition ${of.spec.name}, by whose size it is measured`;
  return { code: "INVALID_QOS", message, details: { qos: name, partition: of.spec.name } };
}

/** Room in the queue for so many more jobs. */
export function queueFull(cluster: AdmitCluster, more: number): Refusal | undefined {
  const jobs = cluster.jobCount();
  if (jobs + more <= cluster.maxJobs) return undefined;
  const message = `${jobs} jobs wait or run, ${more} more are asked, and the site allows ${cluster.maxJobs}`;
  return { code: "QUEUE_FULL", message, details: { jobs, asked: more, most: cluster.maxJobs } };
}

/** A partition that drains, or is inactive, takes no jobs; one that is down does, and they wait. */
function closed(partitions: readonly AdmitPartition[]): Result<readonly AdmitPartition[]> {
  for (const { spec } of partitions) {
    if (spec.state !== "DRAIN" && spec.state !== "INACTIVE") continue;
    const details = { partition: spec.name, state: spec.state };
    return refuse(
      "PARTITION_UNAVAILABLE",
      `partition ${spec.name} takes no jobs: its state is ${spec.state}`,
      details,
    );
  }
  return ok(partitions);
}
