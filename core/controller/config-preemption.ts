/** The `preemption:` of rota.yaml, and what QOS and partitions say of it. Reads a document; pure. */
import type { BackfillMode } from "../model/backfill.ts";
import { DEFAULT_TURN_JOBS, MAX_TURN_JOBS } from "../model/partition.ts";
import {
  DEFAULT_TURN_S,
  MAX_GRACE_TIME_S,
  MAX_TURN_S,
  MIN_TURN_S,
  NO_PREEMPTION,
  PREEMPT_BY,
  PREEMPT_MODES,
  type PreemptionSpec,
  type PreemptMode,
} from "../model/preemption.ts";
import type { ConfigDocument, Spot } from "./config-document.ts";

/** `backfill` is the mode of the scheduler: the exact ones plan no preemption. */
export function readPreemption(
  document: ConfigDocument,
  spot: Spot | undefined,
  backfill: BackfillMode,
): PreemptionSpec {
  if (spot === undefined) return NO_PREEMPTION;
  const fields = document.fields(spot, ["by", "mode", "exempt_time", "time_slice"]);
  const by = document.oneOf(fields.get("by"), PREEMPT_BY) ?? "none";
  const words = modeWords(document, fields.get("mode"));
  const isGang = words.includes("gang");
  if ((by !== "none" || isGang) && backfill !== "planned")
    document.fault(
      fields.get(by === "none" ? "mode" : "by")!.offset,
      `jobs are preempted only where scheduler.backfill is planned; it is ${backfill}`,
      "NOT_SUPPORTED",
    );
  const mode =
    isGang && words.length === 1 ? "suspend" : (readPreemptMode(document, fields.get("mode")) ?? "requeue");
  const exemptTimeS = document.durationS(fields.get("exempt_time"), 0, false) ?? 0;
  const turnS = readTurn(document, fields.get("time_slice"));
  if (fields.has("time_slice") && !isGang)
    document.fault(
      fields.get("time_slice")!.offset,
      "jobs have turns only where the mode has gang: mode: suspend,gang",
    );
  return { by, mode, exemptTimeS, ...(isGang ? { turnS } : {}) };
}

/** `NO`, or `FORCE` with how many jobs take turns on a CPU: `FORCE:2`. undefined for NO. */
export function readOversubscribe(
  document: ConfigDocument,
  spot: Spot | undefined,
  hasTurns: boolean,
): number | undefined {
  const word = document.word(spot)?.toUpperCase();
  if (spot === undefined || word === undefined || word === "NO") return undefined;
  const force = /^FORCE(?::(\d{1,4}))?$/.exec(word);
  const jobs = Number(force?.[1] ?? DEFAULT_TURN_JOBS);
  if (force === null)
    document.fault(spot.offset, `oversubscribe is ${word}; NO and FORCE:2 are possible`, "NOT_SUPPORTED");
  else if (jobs > MAX_TURN_JOBS)
    document.fault(
      spot.offset,
      `oversubscribe is ${word}; at most ${MAX_TURN_JOBS} jobs take turns on a CPU`,
    );
  else if (jobs > 1 && !hasTurns)
    document.fault(
      spot.offset,
      "jobs share CPUs by taking turns, which needs preemption: {mode: gang}",
      "NOT_SUPPORTED",
    );
  else if (jobs > 1) return jobs;
  return undefined;
}

function readTurn(document: ConfigDocument, spot: Spot | undefined): number {
  const seconds = document.durationS(spot, 1, false) ?? DEFAULT_TURN_S;
  if (seconds >= MIN_TURN_S && seconds <= MAX_TURN_S) return seconds;
  document.fault(spot!.offset, `time_slice is ${seconds} s; ${MIN_TURN_S} to ${MAX_TURN_S} are possible`);
  return DEFAULT_TURN_S;
}

const modeWords = (document: ConfigDocument, spot: Spot | undefined): readonly string[] =>
  (document.word(spot)?.toLowerCase() ?? "").split(",").map((word) => word.trim());

/** In `suspend,gang` the second word is of the cluster alone: whether jobs take turns. */
export function readPreemptMode(document: ConfigDocument, spot: Spot | undefined): PreemptMode | undefined {
  const word = document.word(spot)?.toLowerCase().replaceAll(" ", "");
  if (word === "suspend,gang" || word === "gang,suspend") return "suspend";
  return document.oneOf(spot, PREEMPT_MODES);
}

/** Seconds; the fault names the longest. */
export function readGraceTime(document: ConfigDocument, spot: Spot | undefined): number | undefined {
  const seconds = document.durationS(spot, 0, false);
  if (spot === undefined || seconds === undefined || seconds <= MAX_GRACE_TIME_S) return seconds;
  document.fault(spot.offset, `grace_time is ${seconds} s; at most ${MAX_GRACE_TIME_S} are possible`);
  return MAX_GRACE_TIME_S;
}
