/**
 * The replay of a workload: a virtual clock and the events of the log, applied to a cluster's state by the reducer
 * alone, and passes of the product's own stages in between. Deterministic: the same workload, cluster and settings give
 * the same schedule. Reads no file; real time is passed in and only reported.
 *
 * Where the cluster preempts, a job that is requeued runs from its beginning again, and its start and nodes are those of its
 * last run; one that is cancelled ends before it is done; one that is suspended ends later by what it stood still.
 *
 * In the serial order a job that runs into its time limit counts as ended for all passes of that second, since a plan
 * counts it so; its place among the second's events, and so its own pass, stays where it was.
 */
import type { StartDecision } from "../controller/start-events.ts";
import { RotaError } from "../model/errors.ts";
import type { PlanKernel } from "../place/kernel.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import type { Event } from "../state/events.ts";
import { reduce } from "../state/reduce.ts";
import { carryOut } from "./carry-out.ts";
import { EPOCH_S, type SimulatedCluster, stateOf } from "./cluster.ts";
import { Decider } from "./decide.ts";
import { Departures } from "./departures.ts";
import { EndQueue } from "./end-queue.ts";
import { figuresOf } from "./figures.ts";
import { PlacementLog } from "./placement-log.ts";
import type { RunPolicies } from "./policies.ts";
import { PromiseBook } from "./promise-book.ts";
import { RequestBook } from "./request-book.ts";
import { RunNotes } from "./run-notes.ts";
import type { RunSettings } from "./settings.ts";
import type { Simulation } from "./simulation.ts";
import type { Workload } from "./workload.ts";

export interface ReplayParts {
  readonly workload: Workload;
  readonly cluster: SimulatedCluster;
  readonly policies: RunPolicies;
  readonly kernel: PlanKernel;
  readonly settings: RunSettings;
  /** Real time, for the figures; milliseconds. */
  readonly nowMs: () => number;
  /** Highest resident memory of this process so far, MiB. */
  readonly peakRssMib: () => number;
  /** Called after every pass with how many jobs have ended. */
  readonly onProgress?: (ended: number) => void;
}

/** Ended records leave the state this many at a time: few, so that the collector finds them young. */
const PURGE_JOBS = 128;
/** The cluster's clock is 32 bits, and an expected end must fit in it. */
const MAX_NOW_S = 2 ** 32 - 2 ** 31;

export const replay = (parts: ReplayParts): Simulation => new Replay(parts).run();

class Replay {
  readonly #parts: ReplayParts;
  readonly #state: ClusterState;
  readonly #decider: Decider;
  readonly #requests: RequestBook;
  readonly #ends: EndQueue;
  readonly #placements: PlacementLog | undefined;
  readonly #promises: PromiseBook;
  readonly #notes = new RunNotes();
  /** What the log's clock shows when the cluster's shows 0: the first submission is at EPOCH_S. */
  readonly #originS: number;
  /** By job, on the cluster's clock; 0 while it has not started. */
  readonly #startS: Float64Array;
  readonly #endS: Float64Array;
  readonly #nodes: Int32Array;
  /** By job: seconds that it stood still. */
  readonly #stillS: Float64Array;
  /** By job that stands still: since when, and seconds that it runs yet. */
  readonly #still = new Map<number, { readonly sinceS: number; readonly leftS: number }>();
  readonly #departures: Departures;
  readonly #ended: number[] = [];
  /** Jobs that end in the second at hand. */
  readonly #ending: number[] = [];
  #endedCount = 0;
  #next = 0;
  #passes = 0;
  /** A job has ended since the last pass. */
  #isFreed = false;
  #decisions = 0;

  constructor(parts: ReplayParts) {
    this.#parts = parts;
    const count = parts.workload.jobs.length;
    this.#state = stateOf(parts.cluster);
    // A workload has no reservations and no heterogeneous jobs.
    const { kernel, policies, settings } = parts;
    this.#decider = new Decider(this.#state, kernel, policies, settings.backfill, false);
    this.#requests = new RequestBook(this.#state, parts.cluster.hasMemory);
    this.#originS = (parts.workload.jobs[0]?.submitS ?? 0) - EPOCH_S;
    this.#startS = new Float64Array(count);
    this.#endS = new Float64Array(count);
    this.#nodes = new Int32Array(count);
    this.#stillS = new Float64Array(count);
    this.#departures = new Departures(this.#state);
    this.#ends = new EndQueue(this.#endS);
    this.#placements = parts.settings.keepPlacements ? new PlacementLog(count) : undefined;
    this.#promises = new PromiseBook(count);
  }

  run(): Simulation {
    const beganMs = this.#parts.nowMs();
    const isSerial = this.#parts.settings.eventOrder === "serial";
    for (let nowS = this.#nextS(); nowS < Number.POSITIVE_INFINITY; nowS = this.#nextS()) {
      if (nowS > MAX_NOW_S)
        throw new RotaError("WORKLOAD_INVALID", `the replay is past ${MAX_NOW_S} s: jobs wait without end`);
      if (isSerial) this.#serialSecond(nowS);
      else this.#batchSecond(nowS);
    }
    return this.#finish(this.#parts.nowMs() - beganMs);
  }

  /** When something happens next, on the cluster's clock. */
  #nextS(): number {
    return Math.min(this.#submissionS(), this.#ends.nextS, this.#departures.nextS);
  }

  #submissionS(): number {
    const job = this.#parts.workload.jobs[this.#next];
    return job === undefined ? Number.POSITIVE_INFINITY : job.submitS - this.#originS;
  }

  #batchSecond(nowS: number): void {
    while (this.#ends.nextS === nowS) this.#end(this.#ends.take(), nowS);
    this.#depart(nowS);
    while (this.#submissionS() === nowS) this.#submit(nowS);
    this.#pass(nowS);
  }

  #serialSecond(nowS: number): void {
    const ending = this.#ending;
    ending.length = 0;
    while (this.#ends.nextS === nowS) ending.push(this.#ends.take());
    for (const job of ending) if (this.#isDue(job, nowS)) this.#end(job, nowS);
    if (this.#depart(nowS)) this.#pass(nowS);
    while (this.#submissionS() === nowS) if (this.#submit(nowS)) this.#pass(nowS);
    for (const job of ending) {
      if (!this.#isDue(job, nowS)) this.#end(job, nowS);
      this.#pass(nowS);
    }
  }

  /** Whether a job that ends now has run into its limit. */
  #isDue(job: number, nowS: number): boolean {
    return this.#startS[job]! + this.#stillS[job]! + this.#limitS(job) === nowS;
  }

  #limitS(job: number): number {
    const { runS, timeLimitS } = this.#parts.workload.jobs[job]!;
    return this.#parts.settings.estimates === "exact" ? Math.max(1, runS) : timeLimitS;
  }

  /** Submits the next job of the workload; false when admission refuses it. */
  #submit(nowS: number): boolean {
    const place = this.#next++;
    const job = this.#parts.workload.jobs[place]!;
    const asked = this.#requests.ask(job);
    if (!asked.ok) {
      this.#notes.refused(job, asked.refusal);
      return false;
    }
    const jobId = place + 1;
    this.#apply({
      type: "job.submitted",
      atS: nowS,
      jobId,
      scriptKey: jobId,
      job: { ...asked.fields, spec: this.#requests.spec(job.user), timeLimitS: this.#limitS(place) },
    });
    return true;
  }

  #end(job: number, nowS: number): void {
    this.#apply({
      type: "job.ended",
      atS: nowS,
      jobId: job + 1,
      state: "COMPLETED",
      exitCode: 0,
      exitSignal: 0,
      endReason: "",
    });
    this.#over(job, nowS);
  }

  #over(job: number, nowS: number): void {
    this.#endedCount++;
    this.#isFreed = true;
    if (this.#ended.push(job + 1) < PURGE_JOBS) return;
    this.#apply({ type: "jobs.purged", atS: nowS, jobIds: this.#ended.splice(0) });
  }

  /** Preempted jobs leave; says whether one did. */
  #depart(nowS: number): boolean {
    let hasLeft = false;
    for (let next = this.#departures.take(nowS); next; next = this.#departures.take(nowS)) {
      const { event } = next;
      const job = event.jobId - 1;
      this.#ends.remove(job);
      this.#apply(event);
      this.#notes.preempted(event.type);
      if (event.type === "job.suspended")
        this.#still.set(job, { sinceS: nowS, leftS: this.#endS[job]! - nowS });
      else if (event.type === "job.ended") {
        this.#endS[job] = nowS;
        this.#over(job, nowS);
      } else this.#startS[job] = 0;
      hasLeft = true;
      this.#isFreed = true;
    }
    return hasLeft;
  }

  #pass(nowS: number): void {
    const seed = this.#parts.settings.seed + this.#passes;
    const plan = this.#decider.plan(nowS, seed, this.#isFreed);
    this.#isFreed = false;
    this.#passes++;
    this.#decisions += plan.decisions;
    if (plan.faults.length > 0) this.#notes.faults(plan.faults);
    if (this.#parts.settings.backfill.mode !== "none") this.#promises.take(plan, this.#state.pending);
    const { resumed, starts, victims, conflicts } = carryOut(this.#state, plan, nowS, this.#applied);
    if (conflicts > 0) this.#notes.conflicts(conflicts);
    for (const id of resumed) this.#goOn(id - 1, nowS);
    if (starts.length > 0) this.#start(starts, nowS);
    if (victims.length > 0) this.#departures.add(victims, nowS);
    this.#parts.onProgress?.(this.#endedCount);
  }

  #goOn(job: number, nowS: number): void {
    const { sinceS, leftS } = this.#still.get(job)!;
    this.#still.delete(job);
    this.#stillS[job]! += nowS - sinceS;
    this.#endS[job] = nowS + leftS;
    this.#ends.add(job);
  }

  #start(starts: readonly StartDecision[], nowS: number): void {
    for (const { jobId, allocation } of starts) {
      const place = jobId - 1;
      this.#startS[place] = nowS;
      this.#stillS[place] = 0;
      this.#endS[place] = nowS + this.#parts.workload.jobs[place]!.runS;
      this.#nodes[place] = allocation.nodes.length;
      this.#ends.add(place);
      this.#placements?.add(place, allocation.nodes);
    }
  }

  readonly #applied = (event: Event): void => this.#apply(event);

  #apply(event: Event): void {
    reduce(this.#state, this.#state.lastSeq + 1, event);
  }

  #finish(wallMs: number): Simulation {
    const { workload, cluster, settings, peakRssMib } = this.#parts;
    const count = workload.jobs.length;
    this.#notes.waiting(this.#state.pending.count);
    const cpus = new Int32Array(count);
    const gpus = new Int32Array(count);
    for (let i = 0; i < count; i++) {
      const job = workload.jobs[i]!;
      // Back to the log's own clock; what never ran is -1.
      const hasRun = this.#startS[i]! > 0;
      this.#startS[i] = hasRun ? this.#startS[i]! + this.#originS : -1;
      this.#endS[i] = hasRun ? this.#endS[i]! + this.#originS : -1;
      cpus[i] = Math.max(1, job.nodes) * job.cpus;
      gpus[i] = (job.nodes || this.#nodes[i]!) * job.gpusPerNode;
    }
    const hasStood = this.#stillS.some((seconds) => seconds > 0);
    const jobs = {
      startS: this.#startS,
      endS: this.#endS,
      nodes: this.#nodes,
      cpus,
      gpus,
      ...(hasStood ? { stillS: this.#stillS } : {}),
    };
    return {
      label: settings.label,
      workload,
      clusterNodes: cluster.nodes.length,
      clusterCpus: cluster.cpus,
      clusterGpus: cluster.gpus,
      summary: {
        ...figuresOf(workload, jobs, this.#promises.firstS(this.#originS), cluster.cpus),
        passes: this.#passes,
        decisions: this.#decisions,
        wallS: wallMs / 1000,
        peakRssMib: peakRssMib(),
      },
      jobs,
      ...(this.#placements === undefined ? {} : { placements: this.#placements.finish() }),
      notes: this.#notes.lines(),
    };
  }
}
