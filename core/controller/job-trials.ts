/**
 * What would let a waiting job start now, for `rota explain`: has it tried in other forms by the pass worker, on a copy of
 * the state. The live state never knows of it. One job at a time; passes of the scheduler go in between.
 */
import type { Job } from "../model/job.ts";
import type { WaitChange, WaitReason, WaitTrials } from "../model/reasons.ts";
import { gresParents } from "../state/node-rows.ts";
import { snapshotForPass } from "../state/pass-snapshot.ts";
import { nowS } from "./clock.ts";
import { type CoreParts, eventTimeS } from "./core-parts.ts";
import { addVariants } from "./explain-variants.ts";
import { stateForTrial } from "./trial-state.ts";

/** Explanations that wait for their turn; more are answered without trials. */
const MAX_WAITING = 16;
/** A job that waits for one of these would start earlier if it asked something else. */
const TRIED: ReadonlySet<WaitReason> = new Set([
  "Priority",
  "Resources",
  "PartitionTimeLimit",
  "PartitionNodeLimit",
  "PartitionConfig",
  "PartitionDown",
  "ReqNodeNotAvail",
  "BadConstraints",
  "ReqNodeNotAvail, May be reserved for other job",
  "ReqNodeNotAvail, Reserved for maintenance",
]);

export class JobTrials {
  readonly #parts: Pick<CoreParts, "ledger" | "runner" | "clock" | "config">;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(parts: Pick<CoreParts, "ledger" | "runner" | "clock" | "config">) {
    this.#parts = parts;
  }

  /** undefined where nothing can be tried, or too many ask. */
  async of(job: Job, reason: WaitReason): Promise<WaitTrials | undefined> {
    if (!TRIED.has(reason) || job.state !== "PENDING" || this.#waiting >= MAX_WAITING) return undefined;
    this.#waiting++;
    const made = this.#last.then(() => this.#try(job));
    this.#last = made.catch(() => undefined);
    try {
      return await made;
    } finally {
      this.#waiting--;
    }
  }

  async #try(job: Job): Promise<WaitTrials | undefined> {
    const { ledger, runner, config, clock } = this.#parts;
    // It may have started while others were tried.
    if (ledger.state.jobs.get(job.id)?.state !== "PENDING") return undefined;
    const copy = stateForTrial(ledger.state);
    const { forms, timeRow } = addVariants(copy, job, eventTimeS(this.#parts));
    const { trial } = await runner.run({
      snapshot: snapshotForPass(copy, nowS(clock)),
      mode: config.scheduler.backfill,
      gresParent: gresParents(copy),
      seed: copy.lastSeq,
      trial: { jobId: job.id, variants: forms.map(({ row }) => row), timeVariant: timeRow },
    });
    if (trial === undefined) return undefined;
    const { keptByJob, keptByStartS, starts, timeLimitS, isWhole } = trial;
    const time: readonly WaitChange[] =
      timeLimitS > 0 ? [{ change: "time limit", to: String(timeLimitS) }] : [];
    const changes = [...time, ...forms.filter((_, i) => starts[i] === true).map(({ change }) => change)];
    return { keptByJob, keptByStartS, changes: mostOfEach(changes), isWhole };
  }
}

/** Of changes of the same kind with an amount the first: it is the least change. Partitions are told all. */
const mostOfEach = (changes: readonly WaitChange[]): readonly WaitChange[] =>
  changes.filter(
    ({ change }, i) => change === "partition" || changes.findIndex((other) => other.change === change) === i,
  );
