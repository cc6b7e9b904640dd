/** What a shadow has shown so far: sums over its passes and the jobs that moved last, of bounded size. Pure. */
import type { PolicyFault } from "../model/policy.ts";
import {
  type LiveAndShadow,
  MAX_SHADOW_JOBS,
  type ShadowJob,
  type ShadowView,
} from "../model/shadow-views.ts";
import { STRIKES_MAX } from "../wasm/strikes.ts";
import type { ShadowAnswer } from "./shadow-messages.ts";

type Sums = { live: number; shadow: number };
type Shown = Omit<
  ShadowView,
  | "kind"
  | "name"
  | "version"
  | "module"
  | "sha256"
  | "parameters"
  | "against"
  | "state"
  | "reason"
  | "sinceS"
  | "passesAsked"
  | "passesSkipped"
>;

const zero = (): Sums => ({ live: 0, shadow: 0 });

export class ShadowBook {
  passes = 0;
  strikes = 0;
  #lastFault: PolicyFault | undefined;
  #decisions = 0;
  #differ = 0;
  #movedJobs = 0;
  #otherNodes = 0;
  #earlier = 0;
  #later = 0;
  #waitJobs = 0;
  #calls = 0;
  #usedUs = 0;
  readonly #starts = zero();
  readonly #startsOnly = zero();
  readonly #preempted = zero();
  readonly #waitS = zero();
  readonly #fragmentation = zero();
  readonly #tookUs = zero();
  #fragmentationOf: ShadowView["fragmentationOf"] = "cpus";
  /** By job id, those that moved last at the end. */
  readonly #jobs = new Map<number, ShadowJob>();

  /** Adds a pass; `namesOf` gives the names of node rows as a list of hosts. */
  add(answer: ShadowAnswer, namesOf: (rows: readonly number[]) => string): void {
    for (const fault of answer.faults.slice(0, STRIKES_MAX)) this.strike(fault);
    const { difference } = answer;
    if (difference === undefined) return;
    this.passes++;
    this.#calls += answer.calls;
    this.#usedUs += answer.usedUs;
    addTo(this.#tookUs, answer.tookUs);
    this.#decisions += difference.decisions;
    this.#differ += difference.differ;
    this.#movedJobs += difference.newlyMoved;
    this.#otherNodes += difference.otherNodes;
    this.#earlier += difference.earlier;
    this.#later += difference.later;
    this.#waitJobs += difference.waitJobs;
    addTo(this.#starts, difference.starts);
    addTo(this.#startsOnly, difference.startsOnly);
    addTo(this.#preempted, difference.preempted);
    addTo(this.#waitS, difference.waitS);
    addTo(this.#fragmentation, difference.fragmentation);
    this.#fragmentationOf = difference.fragmentationOf;
    for (const { jobId, startS, nodes } of difference.moved) {
      // Taken out first, so that it stands at the end.
      this.#jobs.delete(jobId);
      const place = (side: keyof LiveAndShadow) => ({ startS: startS[side], nodes: namesOf(nodes[side]) });
      this.#jobs.set(jobId, { jobId, atS: answer.nowS, live: place("live"), shadow: place("shadow") });
    }
    for (const id of this.#jobs.keys()) {
      if (this.#jobs.size <= MAX_SHADOW_JOBS) break;
      this.#jobs.delete(id);
    }
  }

  strike(fault: PolicyFault): void {
    this.strikes++;
    this.#lastFault = fault;
  }

  get isOut(): boolean {
    return this.strikes >= STRIKES_MAX;
  }

  get lastFault(): PolicyFault | undefined {
    return this.#lastFault;
  }

  view(): Shown {
    const fault = this.#lastFault;
    return {
      passes: this.passes,
      decisions: this.#decisions,
      differ: this.#differ,
      movedJobs: this.#movedJobs,
      starts: { ...this.#starts },
      startsOnly: { ...this.#startsOnly },
      otherNodes: this.#otherNodes,
      earlier: this.#earlier,
      later: this.#later,
      preempted: { ...this.#preempted },
      waitMeanS: meanOf(this.#waitS, this.#waitJobs),
      waitJobs: this.#waitJobs,
      fragmentation: meanOf(this.#fragmentation, this.passes),
      fragmentationOf: this.#fragmentationOf,
      passUs: meanOf(this.#tookUs, this.passes),
      calls: this.#calls,
      usedUs: this.#usedUs,
      strikes: this.strikes,
      ...(fault === undefined ? {} : { lastFault: { code: fault.code, message: fault.message } }),
      jobs: [...this.#jobs.values()].reverse(),
    };
  }
}

function addTo(sums: Sums, { live, shadow }: LiveAndShadow): void {
  sums.live += live;
  sums.shadow += shadow;
}

const meanOf = ({ live, shadow }: Sums, count: number): LiveAndShadow =>
  count === 0 ? zero() : { live: live / count, shadow: shadow / count };
