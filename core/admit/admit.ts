/**
 * The admit stage: a submission becomes the fields of a job, or a refusal with a code and numbers. Runs once a
 * submission, on the controller's main thread, before anything is written. Pure: the time and the cluster are passed
 * in, nothing is changed, nothing is remembered.
 */
import type { JobSpec } from "../model/job-spec.ts";
import { ok, type Result } from "../model/refusal.ts";
import type { ReservationSpec } from "../model/reservation.ts";
import type { ArraySpecEvent } from "../state/array-life.ts";
import type { SubmittedFields } from "../state/events.ts";
import { accessOf, deniedBy } from "./access.ts";
import { askOf } from "./ask.ts";
import type { AdmitCaller, AdmitCluster } from "./cluster.ts";
import { notPlanned } from "./not-planned.ts";
import {
  arrayOf,
  beginOf,
  dependencyOf,
  niceOf,
  partitionsOf,
  qosOf,
  queueFull,
  timeLimitOf,
  whyNotQos,
} from "./queue-asked.ts";
import { reservationOf, whyNotReserved } from "./reservation-asked.ts";
import { requestOf } from "./sizing.ts";
import { checkTexts } from "./texts.ts";
import { checkTimes, limitWithinDeadlineS } from "./times-asked.ts";

export interface Admitted {
  /** What the journal keeps of the job. */
  readonly job: SubmittedFields;
  readonly array?: ArraySpecEvent;
  /** What the store keeps beside it. */
  readonly script: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Slurm's names for jobs whose script has no path of its own. */
const DEFAULT_NAME = "sbatch";

/**
 * Admits or refuses. `nowS` is epoch seconds; a begin time in the past counts as none. `together` is how many jobs the
 * submission makes, for limits on their number. The codes are those under "Submission" in the error table,
 * ACCESS_DENIED and TOO_LARGE.
 */
export function admit(
  spec: JobSpec,
  cluster: AdmitCluster,
  nowS: number,
  caller: AdmitCaller,
  together = 1,
): Result<Admitted> {
  const wrong = checkTexts(spec);
  if (wrong !== undefined) return { ok: false, refusal: wrong };
  const reservation = reservationOf(spec, cluster);
  if (!reservation.ok) return reservation;
  const named = partitionsOf(inPartitionOf(reservation.value, spec), cluster);
  if (!named.ok) return named;
  const array = arrayOf(spec, cluster);
  if (!array.ok) return array;
  const jobs = array.value?.tasks.length ?? together;
  const full = queueFull(cluster, jobs);
  if (full !== undefined) return { ok: false, refusal: full };
  const qos = qosOf(spec, cluster);
  if (!qos.ok) return qos;
  const unfit = whyNotQos(qos.value, spec, cluster);
  if (unfit !== undefined) return { ok: false, refusal: unfit };
  const access = accessOf(spec, qos.value, named.value, cluster.accounts, jobs);
  if (!access.ok) return access;
  const { account, partitions } = access.value;
  const timeLimitS = timeLimitOf(spec, partitions);
  if (!timeLimitS.ok) return timeLimitS;
  const dependency = dependencyOf(spec, cluster);
  if (!dependency.ok) return dependency;
  const nice = niceOf(spec, caller);
  if (!nice.ok) return nice;
  const begin = beginOf(spec, nowS);
  if (!begin.ok) return begin;
  const times = checkTimes(spec, timeLimitS.value, begin.value, nowS);
  if (times !== undefined) return { ok: false, refusal: times };
  const ask = askOf(spec, cluster);
  if (!ask.ok) return ask;
  const request = requestOf(ask.value, partitions, cluster);
  if (!request.ok) return request;
  const owner = { user: spec.user, group: spec.group, account };
  const kept =
    reservation.value === undefined ? undefined : whyNotReserved(reservation.value, owner, request.value);
  if (kept !== undefined) return { ok: false, refusal: kept };
  const asked = { user: spec.user, account, qos: qos.value, request: request.value };
  const limit = { ...asked, timeLimitS: timeLimitS.value };
  const denied = cluster.accounts.aloneOver(limit, partitions[0]?.spec);
  if (denied !== undefined) return { ok: false, refusal: deniedBy(denied) };
  const lacking = notPlanned(spec, request.value, cluster);
  if (lacking !== undefined) return { ok: false, refusal: lacking };

  const { script, environment, het: _, ...rest } = spec;
  return ok({
    job: {
      spec: rest,
      name: nameOf(spec),
      request: request.value,
      partitions: partitions.map((partition) => partition.spec.name),
      timeLimitS: limitWithinDeadlineS(spec, timeLimitS.value, begin.value, nowS),
      nice: nice.value,
      account,
      qos: qos.value,
      comment: spec.comment ?? "",
      held: spec.hold === true ? "user" : "",
      beginS: begin.value,
      requeueAllowed: spec.requeue ?? true,
      ...(dependency.value === undefined ? {} : { dependency: dependency.value }),
      ...(reservation.value === undefined ? {} : { reservation: reservation.value.name }),
    },
    ...(array.value === undefined ? {} : { array: array.value }),
    script,
    environment,
  });
}

/** A job that names no partition goes where its reservation is. */
function inPartitionOf(reservation: ReservationSpec | undefined, spec: JobSpec): JobSpec {
  if ((spec.partition ?? "") !== "" || (reservation?.partition ?? "") === "") return spec;
  return { ...spec, partition: reservation!.partition };
}

function nameOf(spec: JobSpec): string {
  if (spec.name !== undefined && spec.name !== "") return spec.name;
  const path = spec.scriptPath ?? "";
  const base = path.slice(path.lastIndexOf("/") + 1);
  return base === "" ? DEFAULT_NAME : base;
}
