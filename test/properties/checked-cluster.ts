/**
 * A cluster of the simulator under watch: events go through the reducer, passes through the simulator's own decider, and
 * after every one of them everything that must hold is checked. Keeps the journal, also of what fails.
 */
import { commitPlan, commitPreemptions } from "../../core/controller/commit-plan.ts";
import { preemptEvents } from "../../core/controller/preempt-events.ts";
import { startEvents } from "../../core/controller/start-events.ts";
import type { Plan } from "../../core/model/plan.ts";
import { WAIT_REASONS } from "../../core/model/reasons.ts";
import type { PlanKernel } from "../../core/place/kernel.ts";
import { Decider } from "../../core/simulate/decide.ts";
import type { RunPolicies } from "../../core/simulate/policies.ts";
import { type ClusterState, emptyState } from "../../core/state/cluster-state.ts";
import type { Event } from "../../core/state/events.ts";
import { reduce } from "../../core/state/reduce.ts";
import { encodeState } from "../../core/state/snapshot.ts";
import { assert } from "./assert.ts";
import type { HistorySettings, JournalLine } from "./journal-line.ts";
import {
  asksWhole,
  bordersOf,
  checkNothingStands,
  checkPass,
  checkPrefix,
  checkReasons,
  waitingOf,
} from "./pass-checks.ts";
import { checkPreemption } from "./preempt-checks.ts";
import { type Planning, Promised } from "./promise-checks.ts";
import { asksTyped } from "./room.ts";
import { Witness } from "./witness.ts";

/** Every so manieth pass is planned again with a part of the queue, and every so manieth once more as a whole. */
const PREFIX_PASSES = 4;
const AGAIN_PASSES = 3;
/** Seconds that a job without a grace time has to end by itself. */
const KILL_WAIT_S = 30;

export class CheckedCluster {
  readonly state: ClusterState = emptyState();
  readonly witness = new Witness();
  readonly lines: JournalLine[];
  readonly #settings: HistorySettings;
  readonly #policies: RunPolicies;
  readonly #kernel: PlanKernel;
  readonly #promised = new Promised();
  #decider: Decider | undefined;
  passes = 0;
  /** In the last pass a job started before what it was promised; what it leaves may be room for one ahead of it. */
  leavesRoom = false;

  constructor(settings: HistorySettings, kernel: PlanKernel, policies: RunPolicies) {
    this.#settings = settings;
    this.#kernel = kernel;
    this.#policies = policies;
    this.lines = [{ settings }];
  }

  get #planning(): Planning {
    return { state: this.state, settings: this.#settings, policies: this.#policies, kernel: this.#kernel };
  }

  /** Whether passes may have jobs ended for others: the other modes know no preemption. */
  get mayPreempt(): boolean {
    return this.#settings.mode === "planned" && this.#settings.keepsPromises;
  }

  /** Whether nobody starts before one that waits ahead of him. */
  get isStrict(): boolean {
    return this.#settings.mode === "none";
  }

  /** An event from outside. */
  apply(event: Event): void {
    this.lines.push({ event });
    this.#promised.note(event);
    this.#reduce(event);
  }

  /** One pass, and what it starts. Gives the events. */
  pass(nowS: number): readonly Event[] {
    this.lines.push({ passAtS: nowS });
    const { state, witness } = this;
    const { mode, backfillOrder: order } = this.#settings;
    witness.passAt(nowS);
    witness.checkHets();
    this.#decider ??= new Decider(state, this.#kernel, this.#policies, { mode, order });
    const plan = this.#decider.plan(nowS, this.passes++);
    const { starts, conflicts } = commitPlan(state, plan);
    assert(plan.faults.length === 0, `a policy failed: ${plan.faults[0]?.fault.message}`);
    // Only the limit of an array may be found out at the commit, where counting plans its tasks with records of their own.
    assert(conflicts === 0 || state.arrays.size > 0, `${conflicts} planned starts do not fit`);
    // What others were ended for has its nodes before all, wherever it stands.
    if (this.passes % PREFIX_PASSES === 0 && witness.claims.size === 0)
      checkPrefix(state, this.#settings, this.#policies, this.#kernel, nowS, this.passes);
    const ranked = this.#ranked(plan);
    const borders = bordersOf(state, this.#settings, plan, this.#promised);
    this.leavesRoom = this.#promised.isEarly(plan);
    const waits = checkPass(this.#planning, witness, plan, this.#promised);
    const { events: started } = startEvents(state, starts, nowS);
    for (const event of started) this.#decide(event);
    const events = [...started, ...this.#preempt(plan, nowS)];
    witness.checkHets();
    // A planned start that did not come to be holds its place until the next pass.
    if (conflicts === 0) checkNothingStands(state, witness, waits, this.#settings, nowS, borders);
    // With promises an array has one, of its next task: jobs behind it may come before its other tasks in a later pass.
    // Of an array's requeued tasks, which share its limit with its rest, counting knows nothing.
    const isFixed = mode !== "conservative" && conflicts === 0;
    // After a start that leaves room there is another pass in any case, and one between would take its promises.
    if (isFixed && !this.leavesRoom && this.passes % AGAIN_PASSES === 0) this.#passAgain(nowS, ranked);
    return events;
  }

  /** The asking for jobs' ends that the plan has for others. */
  #preempt(plan: Plan, nowS: number): readonly Event[] {
    const { preemptions } = commitPreemptions(this.state, plan);
    const { events } = preemptEvents(this.state, preemptions, nowS, KILL_WAIT_S);
    const promised = plan.expectedStartS
      .subarray(0, plan.pendingCount)
      .filter((startS) => startS > nowS).length;
    for (const event of events) {
      if (event.type === "job.preempting") checkPreemption(this.witness, event, promised === 1);
      this.#decide(event);
    }
    return events;
  }

  #decide(event: Event): void {
    this.lines.push({ decided: event });
    this.#reduce(event);
  }

  /** The state as bytes. */
  bytes(): Uint8Array {
    return encodeState(this.state);
  }

  /**
   * A job that fits does not wait past the next pass: the same moment once more has nothing of this queue to start, unless
   * a start left room, after which there is another pass at once.
   */
  #passAgain(nowS: number, ranked: ReadonlySet<number>): void {
    const plan = this.#decider!.plan(nowS, this.passes);
    // What it promises is what the next pass keeps.
    this.#promised.keep(waitingOf(this.state, plan));
    const { starts } = commitPlan(this.state, plan);
    // What the starts have freed of a dependency was not planned before, and may move what is behind it.
    for (const jobId of this.#ranked(plan)) if (!ranked.has(jobId)) return;
    const lives = starts.map(({ jobId }) => this.witness.life(jobId));
    const late = lives.find((life) => !asksTyped(life) && !asksWhole(life));
    assert(late === undefined, `job ${late?.id} starts only in a second pass of the same moment`);
    if (starts.length === 0)
      checkReasons(this.state, this.#settings, this.#policies, this.#kernel, nowS, plan, this.#promised);
  }

  #ranked({ rank, pendingCount }: Plan): ReadonlySet<number> {
    const { jobId } = this.state.pending.columns;
    const rows = Array.from({ length: pendingCount }, (_, row) => row);
    return new Set(rows.filter((row) => rank[row]! >= 0).map((row) => jobId[row]!));
  }

  /**
   * Why each waiting job waits, by one more pass, of a cluster at rest: it must start nothing.
   */
  waitReasons(nowS: number): ReadonlyMap<number, string> {
    const { jobId } = this.state.pending.columns;
    if (this.#decider === undefined) return new Map();
    const plan = this.#decider.plan(nowS, this.passes);
    const { starts } = commitPlan(this.state, plan);
    assert(starts.length === 0, `job ${starts[0]?.jobId} could have run long ago`);
    return new Map(
      Array.from({ length: plan.pendingCount }, (_, row) => [
        jobId[row]!,
        WAIT_REASONS[plan.reason[row]!] ?? "",
      ]),
    );
  }

  #reduce(event: Event): void {
    const { state, witness } = this;
    reduce(state, state.lastSeq + 1, event);
    witness.apply(event);
    if (event.type === "job.started" || event.type === "job.ended") this.#checkTouched(event.jobId);
  }

  /** What the tables say is free is what the witness says, on the nodes of this job. */
  #checkTouched(jobId: number): void {
    const job = this.state.jobs.get(jobId as never);
    const { columns, capacity } = this.state.nodes;
    for (const { node } of job?.allocation?.nodes ?? []) {
      const book = this.witness.nodes[node]!;
      assert(columns.freeCpus[node] === book.freeCpus, `free CPUs of node ${node} are wrong`);
      assert(columns.freeMemMib[node] === book.freeMemMib, `free memory of node ${node} is wrong`);
      assert(columns.runningJobs[node] === book.jobs, `the jobs of node ${node} are wrong`);
      for (let lane = 0; lane < book.lanes.length; lane++) {
        const free = columns.laneFree[lane * capacity + node]!;
        assert(free === (book.lanes[lane] === 0 ? 1000 : 0), `device ${lane} of node ${node} is wrong`);
      }
    }
  }
}
