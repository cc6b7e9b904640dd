/** What a reader of a replay's figures must know beside them: jobs left out, policies that failed. Sentences, counted. */
import type { Plan } from "../model/plan.ts";
import type { Refusal } from "../model/refusal.ts";
import type { WorkloadJob } from "./workload.ts";

/** Distinct sentences that are kept; more are counted as others. */
const MAX_KINDS = 16;

interface Kind {
  count: number;
  readonly example: string;
}

export class RunNotes {
  readonly #refused = new Map<string, Kind>();
  readonly #faults = new Map<string, Kind>();
  #conflicts = 0;
  readonly #preempted = new Map<string, number>();
  #waiting = 0;

  refused(job: WorkloadJob, refusal: Refusal): void {
    add(this.#refused, `${refusal.code}: ${refusal.message}`, String(job.id));
  }

  faults(faults: Plan["faults"]): void {
    for (const { kind, module, fault } of faults)
      add(this.#faults, `the ${kind} policy ${module}`, fault.message);
  }

  conflicts(count: number): void {
    this.#conflicts += count;
  }

  /** By the type of the event that says how one left. */
  preempted(type: string): void {
    this.#preempted.set(type, (this.#preempted.get(type) ?? 0) + 1);
  }

  waiting(count: number): void {
    this.#waiting = count;
  }

  /** One sentence each; none when there is nothing to say. */
  lines(): readonly string[] {
    return [
      ...[...this.#refused].map(
        ([reason, { count, example }]) => `${jobs(count)} refused (the first has id ${example}): ${reason}`,
      ),
      ...(this.#waiting === 0 ? [] : [`${jobs(this.#waiting)} never able to start`]),
      ...[...this.#preempted].map(
        ([type, count]) => `${times(count)} a job was preempted: ${HOW[type] ?? type}`,
      ),
      ...[...this.#faults].map(
        ([policy, { count, example }]) =>
          `${policy} gave ${count} wrong answers, which the built-in made good; the first: ${example}`,
      ),
      ...(this.#conflicts === 0
        ? []
        : [`${this.#conflicts} planned starts did not fit and were planned again`]),
    ];
  }
}

function add(kinds: Map<string, Kind>, text: string, example: string): void {
  const known = kinds.get(text) ?? (kinds.size >= MAX_KINDS ? kinds.get(OTHERS) : undefined);
  if (known !== undefined) known.count++;
  else kinds.set(kinds.size >= MAX_KINDS ? OTHERS : text, { count: 1, example });
}

const HOW: Readonly<Record<string, string>> = {
  "job.ended": "it was cancelled",
  "job.requeued": "it went back to the queue",
  "job.suspended": "it stood still and went on later",
};
const times = (count: number): string => (count === 1 ? "once" : `${count} times`);
const OTHERS = "other reasons";
const jobs = (count: number): string => (count === 1 ? "1 job was" : `${count} jobs were`);
