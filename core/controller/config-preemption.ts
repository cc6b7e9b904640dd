/** The `preemption:` of rota.yaml, and what QOS and partitions say of it. Reads a document; pure. */
import type { BackfillMode } from "../model/backfill.ts";
import {
  MAX_GRACE_TIME_S,
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
  const fields = document.fields(spot, ["by", "mode", "exempt_time"]);
  const by = document.oneOf(fields.get("by"), PREEMPT_BY) ?? "none";
  if (by !== "none" && backfill !== "planned")
    document.fault(
      fields.get("by")!.offset,
      `jobs are preempted only where scheduler.backfill is planned; it is ${backfill}`,
      "NOT_SUPPORTED",
    );
  return {
    by,
    mode: readPreemptMode(document, fields.get("mode")) ?? "requeue",
    exemptTimeS: document.durationS(fields.get("exempt_time"), 0, false) ?? 0,
  };
}

/** `suspend,gang` is Slurm's spelling of `suspend`, which there needs the gang scheduler to let jobs go on. */
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
