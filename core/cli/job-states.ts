/** The states of jobs by their long and short names, as squeue and scancel take and print them. Pure. */
import type { JobView } from "../model/views.ts";

/** In the order in which Slurm lists them, with its short names. */
export const JOB_STATE_NAMES: readonly (readonly [long: string, compact: string])[] = [
  ["PENDING", "PD"],
  ["RUNNING", "R"],
  ["SUSPENDED", "S"],
  ["COMPLETED", "CD"],
  ["CANCELLED", "CA"],
  ["FAILED", "F"],
  ["TIMEOUT", "TO"],
  ["NODE_FAIL", "NF"],
  ["PREEMPTED", "PR"],
  ["BOOT_FAIL", "BF"],
  ["DEADLINE", "DL"],
  ["OUT_OF_MEMORY", "OOM"],
  ["COMPLETING", "CG"],
  ["CONFIGURING", "CF"],
  ["RESIZING", "RS"],
  ["RESV_DEL_HOLD", "RD"],
  ["REQUEUED", "RQ"],
  ["REQUEUE_FED", "RF"],
  ["REQUEUE_HOLD", "RH"],
  ["REVOKED", "RV"],
  ["SIGNALING", "SI"],
  ["SPECIAL_EXIT", "SE"],
  ["STAGE_OUT", "SO"],
  ["STOPPED", "ST"],
];

/** States of jobs that are in the queue; squeue shows these unless told. */
export const QUEUED_STATES: readonly string[] = [
  "PENDING",
  "RUNNING",
  "SUSPENDED",
  "CONFIGURING",
  "COMPLETING",
];

/** The state that is shown: COMPLETING and CONFIGURING hide the one below. */
export const shownState = (job: JobView): string => {
  if (job.completing) return "COMPLETING";
  return job.configuring === true ? "CONFIGURING" : job.state;
};

export const compactState = (long: string): string =>
  JOB_STATE_NAMES.find(([name]) => name === long)?.[1] ?? long;

/** Long names of a list of states in either form, in any case; the first word that is no state otherwise. */
export const parseStates = (
  text: string,
):
  | { readonly ok: true; readonly states: readonly string[] }
  | { readonly ok: false; readonly word: string } => {
  const states: string[] = [];
  for (const word of text.split(",")) {
    if (word === "") continue;
    const wanted = word.toUpperCase();
    if (wanted === "ALL") return { ok: true, states: JOB_STATE_NAMES.map(([long]) => long) };
    const known = JOB_STATE_NAMES.find(([long, compact]) => long === wanted || compact === wanted);
    if (known === undefined) return { ok: false, word };
    states.push(known[0]);
  }
  return { ok: true, states };
};
