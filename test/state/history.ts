/**
 * Random valid histories of a cluster: a driver that holds the state and proposes events that fit it, from a seed. As
 * varied as real use: nodes that come back with other hardware, arrays with limits, gangs with devices, dependencies
 * of every kind, holds, requeues, changes and purges.
 */
import { checkResumes } from "../../core/commit/resumes.ts";
import { isEnded, type Job, type JobState } from "../../core/model/job.ts";
import { POWER_STATES } from "../../core/model/node-power.ts";
import { type ClusterState, emptyState } from "../../core/state/cluster-state.ts";
import type { Event, JobChange } from "../../core/state/events.ts";
import { isRegistered } from "../../core/state/node-rows.ts";
import { planTables } from "../../core/state/pass-snapshot.ts";
import { reduce } from "../../core/state/reduce.ts";
import { suspendedTables } from "../../core/state/suspended-tables.ts";
import { Chance } from "./chance.ts";
import { BEGAN_S } from "./fixture.ts";
import { placeFor } from "./history-place.ts";
import {
  configured,
  MOST_NODES,
  randomChange,
  randomNode,
  reservationEvents,
  runningChange,
  submitted,
} from "./history-specs.ts";

type Step = () => readonly Event[];

const MOST_STEPS_WITHOUT_EVENT = 1000;
/** Waiting jobs for which a place is looked for in one step. */
const MOST_TRIES = 6;

export class History {
  readonly state: ClusterState = emptyState();
  readonly events: Event[] = [];
  nowS = BEGAN_S;
  private readonly chance: Chance;
  private readonly steps: readonly Step[];

  constructor(seed: number) {
    this.chance = new Chance(seed);
    this.steps = this.weighted([
      [17, () => [submitted(this.chance, this.state, this.nowS)]],
      [34, () => this.start()],
      [11, () => this.end()],
      [4, () => this.cancelWaiting()],
      [4, () => this.askEnd()],
      [4, () => this.preempt()],
      [6, () => this.suspend()],
      [6, () => this.requeue()],
      [8, () => this.change()],
      [3, () => this.changeRunning()],
      [4, () => reservationEvents(this.chance, this.state, this.nowS)],
      [2, () => this.changeThrottle()],
      [4, () => this.split()],
      [4, () => this.purge()],
      [5, () => this.register()],
      [5, () => this.changeNode()],
      [2, () => [configured(this.chance, this.nowS)]],
    ]);
  }

  /** Goes on until there are `length` events. `onEvent` is called after each has been applied. */
  runTo(length: number, onEvent?: (event: Event) => void): this {
    let idle = 0;
    while (this.events.length < length) {
      if (++idle > MOST_STEPS_WITHOUT_EVENT) throw new Error("the driver finds nothing to propose");
      for (const event of this.propose()) {
        if (this.events.length === length) break;
        idle = 0;
        this.events.push(event);
        reduce(this.state, this.events.length, event);
        onEvent?.(event);
      }
      if (this.chance.odds(50)) this.nowS += this.chance.pick([1, 5, 60, 600]);
    }
    return this;
  }

  private propose(): readonly Event[] {
    if (this.events.length === 0) return [configured(this.chance, this.nowS)];
    if (this.state.nodeRecords.length === 0) return this.register();
    return this.chance.pick(this.steps)();
  }

  private start(): readonly Event[] {
    const rows = this.jobs((job) => {
      const row = this.state.pendingRow.get(job.id);
      if (row === undefined) return false;
      const { flags, tasksStartable, beginS } = this.state.pending.columns;
      return flags[row] === 0 && tasksStartable[row]! > 0 && beginS[row]! <= this.nowS;
    });
    for (const job of this.chance.shuffled(rows).slice(0, MOST_TRIES)) {
      const place = placeFor(this.chance, this.state, job);
      if (place === undefined) continue;
      const split = this.splitOf(job);
      const jobId = split?.newJobId ?? job.id;
      const { timeMinS } = job.spec;
      const shorter = timeMinS === undefined || this.chance.odds(50) ? {} : { timeLimitS: timeMinS };
      const started: Event = { type: "job.started", atS: this.nowS, jobId, ...place, ...shorter };
      return split === undefined ? [started] : [split, started];
    }
    return [];
  }

  /** One waiting task out of its array's record; undefined for any other job. */
  private splitOf(job: Job): Extract<Event, { type: "task.split" }> | undefined {
    const tasks = job.pendingTasks;
    if (tasks === undefined) return undefined;
    const taskId = this.chance.odds(70) ? tasks[0]! : this.chance.pick(tasks);
    const newJobId = tasks.length === 1 ? job.id : this.state.nextJobId;
    return { type: "task.split", atS: this.nowS, jobId: job.id, taskId, newJobId };
  }

  private split(): readonly Event[] {
    const rests = this.jobs((job) => job.state === "PENDING" && job.pendingTasks !== undefined);
    return rests.length === 0 ? [] : [this.splitOf(this.chance.pick(rests))!];
  }

  private end(): readonly Event[] {
    const running = this.jobs((job) => job.state === "RUNNING");
    if (running.length === 0) return [];
    const job = this.chance.pick(running);
    const ended: readonly JobState[] = [
      "COMPLETED",
      "COMPLETED",
      "COMPLETED",
      "FAILED",
      "FAILED",
      "TIMEOUT",
      "CANCELLED",
      "NODE_FAIL",
      "OUT_OF_MEMORY",
    ];
    const asked = job.ending?.state;
    const state = asked === undefined || asked === "PENDING" ? this.chance.pick(ended) : asked;
    return [this.ended(job, state)];
  }

  private cancelWaiting(): readonly Event[] {
    const waiting = this.jobs((job) => job.state === "PENDING");
    return waiting.length === 0 ? [] : [this.ended(this.chance.pick(waiting), "CANCELLED")];
  }

  private ended(job: Job, state: JobState): Event {
    const isFailed = state === "FAILED";
    return {
      type: "job.ended",
      atS: this.nowS,
      jobId: job.id,
      state,
      exitCode: isFailed ? this.chance.between(1, 255) : 0,
      exitSignal: state === "CANCELLED" ? 15 : 0,
      endReason: isFailed ? "NonZeroExitCode" : "",
    };
  }

  private askEnd(): readonly Event[] {
    const running = this.jobs((job) => job.state === "RUNNING" && job.ending === undefined);
    if (running.length === 0) return [];
    const job = this.chance.pick(running);
    const state = this.chance.pick<JobState>(["CANCELLED", "PENDING", "TIMEOUT", "NODE_FAIL"]);
    const held = state === "PENDING" && this.chance.odds(50) ? { held: "user" as const } : {};
    return [{ type: "job.ending", atS: this.nowS, jobId: job.id, state, byUid: 1000, ...held }];
  }

  /** One or two running jobs are ended for a waiting one, which claims the nodes of the first. */
  private preempt(): readonly Event[] {
    const running = this.jobs((job) => job.state === "RUNNING" && job.ending === undefined);
    const waiting = this.jobs((job) => job.state === "PENDING");
    if (running.length === 0 || waiting.length === 0) return [];
    const victims = this.chance.shuffled(running).slice(0, this.chance.between(1, 2));
    const { id: jobId, partitions } = this.chance.pick(waiting);
    const nodes = victims[0]!.allocation!.nodes.map((share) => share.node);
    const atS = this.nowS;
    const claim = {
      partition: partitions[0] ?? "",
      nodes,
      tasks: nodes.map(() => this.chance.between(1, 3)),
      victims: victims.map(({ id }) => id),
      untilS: atS + this.chance.pick([0, 60, 6000]),
    };
    return [
      { type: "job.preempting", atS, jobId, ...claim },
      ...victims.map(({ id }): Event => {
        const state = this.chance.pick<JobState>(["PREEMPTED", "PENDING"]);
        return { type: "job.ending", atS, jobId: id, state, byUid: 0, forJob: jobId };
      }),
    ];
  }

  /** One more step for a job: it is to stand still, does, may go on, or goes on where what it had is free. */
  private suspend(): readonly Event[] {
    const running = this.jobs((job) => job.state === "RUNNING" && job.ending === undefined);
    if (running.length === 0) return [];
    const still = running.filter(({ suspension }) => suspension !== undefined);
    const job = this.chance.pick(still.length > 0 && this.chance.odds(75) ? still : running);
    const base = { atS: this.nowS, jobId: job.id as number };
    const { suspension } = job;
    const byHand = this.chance.odds(50) ? { byHand: true as const } : { forJob: 1 };
    if (suspension === undefined) return [{ type: "job.suspending", ...base, byUid: 0, ...byHand }];
    if (suspension.sinceS === undefined) return [{ type: "job.suspended", ...base }];
    if (suspension.byHand === true) return [{ type: "job.resuming", ...base }];
    const [entry] = (suspendedTables(this.state, this.nowS)?.jobs ?? []).filter(
      ({ jobId }) => jobId === job.id,
    );
    const isFree =
      entry !== undefined && checkResumes([entry.jobId], planTables(this.state, this.nowS)).jobs.length > 0;
    return isFree ? [{ type: "job.resumed", ...base }] : [];
  }

  /** Of what runs or has ended: a job, a task, or the rest of an array that was cancelled while it waited. */
  private requeue(): readonly Event[] {
    const jobs = this.jobs((job) => job.state !== "PENDING");
    if (jobs.length === 0) return [];
    const job = this.chance.pick(jobs);
    const held = this.chance.pick(["", "", "", "user", "admin"] as const);
    const beginS = held === "" ? this.nowS + this.chance.pick([0, 120]) : 0;
    return [{ type: "job.requeued", atS: this.nowS, jobId: job.id, beginS, held, endReason: "NodeDown" }];
  }

  private change(): readonly Event[] {
    const waiting = this.jobs((job) => job.state === "PENDING");
    if (waiting.length === 0) return [];
    const change = randomChange(this.chance, this.state, this.nowS);
    return [this.updated(this.chance.pick(waiting), change)];
  }

  private changeRunning(): readonly Event[] {
    const running = this.jobs((job) => job.state === "RUNNING");
    return running.length === 0 ? [] : [this.updated(this.chance.pick(running), runningChange(this.chance))];
  }

  /** All records of one array that have not ended, as `scontrol update ArrayTaskThrottle` does. */
  private changeThrottle(): readonly Event[] {
    const lives = [...this.state.arrays.values()];
    if (lives.length === 0) return [];
    const { arrayJobId } = this.chance.pick(lives);
    const throttle = this.chance.below(4);
    return this.jobs((job) => job.array?.arrayJobId === arrayJobId && !isEnded(job.state)).map((job) =>
      this.updated(job, { throttle }),
    );
  }

  private updated(job: Job, change: JobChange): Event {
    return { type: "job.updated", atS: this.nowS, jobId: job.id, change };
  }

  private purge(): readonly Event[] {
    const ended = this.jobs((job) => isEnded(job.state));
    if (ended.length === 0) return [];
    const jobIds = this.chance.some(ended, this.chance.between(1, 5)).map((job) => job.id as number);
    return [{ type: "jobs.purged", atS: this.nowS, jobIds }];
  }

  private register(): readonly Event[] {
    const name = `n${this.chance.between(1, MOST_NODES)}`;
    return [{ type: "node.registered", atS: this.nowS, spec: randomNode(this.chance, name) }];
  }

  private changeNode(): readonly Event[] {
    const { index } = this.chance.pick(this.state.nodeRecords);
    const base = { type: "node.changed" as const, atS: this.nowS, node: index as number };
    if (!isRegistered(this.state, index))
      return [{ ...base, drain: true, reason: "operator: not yet", uid: 0 }];
    return [
      this.chance.pick<Event>([
        { ...base, responding: false },
        { ...base, responding: true },
        { ...base, responding: true },
        { ...base, down: true, reason: "rota: not responding", uid: 0 },
        { ...base, down: false, drain: false, reason: "" },
        { ...base, down: false, drain: false, responding: true, reason: "" },
        { ...base, drain: true, reason: "operator: disk", uid: 1000 },
        { ...base, drain: false, reason: "" },
        { ...base, weight: this.chance.between(1, 3) },
        { ...base, power: null },
        { ...base, power: { state: this.chance.pick(POWER_STATES) } },
        { ...base, power: { state: "down" } },
        { ...base, power: { state: "powering-up" } },
      ]),
    ];
  }

  private jobs(isMeant: (job: Job) => boolean): readonly Job[] {
    return [...this.state.jobs.values()].filter(isMeant).sort((a, b) => a.id - b.id);
  }

  private weighted(choices: readonly (readonly [number, Step])[]): readonly Step[] {
    return choices.flatMap(([weight, step]) => Array.from({ length: weight }, () => step));
  }
}
