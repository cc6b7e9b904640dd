/** Heterogeneous jobs through state, plan and commit: each starts whole, ends whole, and none waits for ever. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { commitPlan } from "../../core/controller/commit-plan.ts";
import { slicesOf } from "../../core/controller/plan-slices.ts";
import { startEvents } from "../../core/controller/start-events.ts";
import { hetIds } from "../../core/model/het.ts";
import { isEnded, type Job } from "../../core/model/job.ts";
import { emptyState } from "../../core/state/cluster-state.ts";
import type { Event } from "../../core/state/events.ts";
import { componentsOf, isFollower } from "../../core/state/het.ts";
import { snapshotForPass } from "../../core/state/pass-snapshot.ts";
import { reduce } from "../../core/state/reduce.ts";
import { decodeState, encodeState } from "../../core/state/snapshot.ts";
import { openPassSnapshot } from "../../core/state/tables.ts";
import { planQueue } from "../place/planning.ts";
import { fields, nodeSpec, partitionSpec, request } from "../state/fixture.ts";
import { checkState } from "../state/invariants.ts";

const BEGAN_S = 1_800_000_000;
const NODES = 3;
const CPUS = 4;

const component = fc.record({
  cpus: fc.integer({ min: 1, max: CPUS }),
  limitMin: fc.integer({ min: 1, max: 90 }),
});
const step = fc.oneof(
  // With as many nodes as components, so that an empty cluster holds any of them.
  { weight: 3, arbitrary: fc.record({ submit: fc.array(component, { minLength: 1, maxLength: NODES }) }) },
  { weight: 2, arbitrary: fc.record({ end: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ endAlone: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ requeue: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ hold: fc.nat(20), on: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ holdBetween: fc.nat(20) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

class History {
  readonly state = emptyState();
  #seq = 0;
  nowS = BEGAN_S;

  constructor() {
    const partitions = [partitionSpec("debug", { isDefault: true })];
    this.apply({
      type: "cluster.configured",
      atS: this.nowS,
      clusterName: "t",
      partitions,
      qos: [],
      nodes: [],
    });
    for (let i = 1; i <= NODES; i++) {
      const spec = nodeSpec(`n${i}`, { cpus: CPUS, devices: [] });
      this.apply({ type: "node.registered", atS: this.nowS, spec });
    }
  }

  apply(event: Event): void {
    reduce(this.state, ++this.#seq, event);
  }

  jobs(): Job[] {
    return [...this.state.jobs.values()];
  }

  take(one: Step): (() => void) | undefined {
    this.nowS += 60;
    const atS = this.nowS;
    if ("submit" in one) {
      const jobs = one.submit.map(({ cpus, limitMin }) =>
        fields({ request: request({ cpus, cpusPerTask: cpus }), timeLimitS: limitMin * 60 }),
      );
      const jobId = this.state.nextJobId;
      if (jobs.length > 1) this.apply({ type: "het.submitted", atS, jobId, scriptKey: jobId, jobs });
      else this.apply({ type: "job.submitted", atS, jobId, scriptKey: jobId, job: jobs[0]! });
    } else if ("end" in one) this.end(pick(this.leaders("RUNNING"), one.end));
    else if ("endAlone" in one) this.endAlone(one.endAlone);
    else if ("requeue" in one) this.requeue(one.requeue);
    else if ("hold" in one) this.hold(one.hold, one.on);
    else return () => this.hold(one.holdBetween, true);
    return undefined;
  }

  leaders(state: Job["state"]): Job[] {
    return this.jobs().filter((job) => job.state === state && !isFollower(job));
  }

  end(job: Job | undefined): void {
    if (job === undefined) return;
    const over = componentsOf(this.state, job).filter((each) => !isEnded(each.state));
    for (const { id } of over.reverse()) this.endRecord(id);
  }

  endRecord(jobId: number): void {
    const outcome = { state: "COMPLETED", exitCode: 0, exitSignal: 0, endReason: "" } as const;
    this.apply({ type: "job.ended", atS: this.nowS, jobId, ...outcome });
  }

  endAlone(n: number): void {
    const job = pick(
      this.jobs().filter((each) => isFollower(each) && each.state === "RUNNING"),
      n,
    );
    if (job !== undefined) this.endRecord(job.id);
  }

  requeue(n: number): void {
    const job = pick(this.leaders("RUNNING"), n);
    if (job === undefined) return;
    const back = { type: "job.requeued", atS: this.nowS, beginS: 0, held: "", endReason: "" } as const;
    for (const { id } of componentsOf(this.state, job)) this.apply({ ...back, jobId: id });
  }

  hold(n: number, isOn: boolean): void {
    const job = pick(
      this.jobs().filter(({ state }) => state === "PENDING"),
      n,
    );
    if (job === undefined) return;
    this.apply({ type: "job.updated", atS: this.nowS, jobId: job.id, change: { held: isOn ? "user" : "" } });
  }

  /** A pass and its commit; what `between` does happens after the plan was made. */
  pass(mode: "planned" | "easy" | "none" | "conservative", between?: () => void): number {
    const plan = planQueue(openPassSnapshot(snapshotForPass(this.state, this.nowS)), mode);
    between?.();
    let started = 0;
    for (const slice of slicesOf(plan)) {
      const { starts } = commitPlan(this.state, slice);
      started += starts.length;
      for (const event of startEvents(this.state, starts, this.nowS).events) this.apply(event);
      this.check();
    }
    return started;
  }

  check(): void {
    checkState(this.state);
    for (const job of this.jobs()) {
      if (job.het === undefined || isFollower(job)) continue;
      const all = componentsOf(this.state, job);
      expect(all.map(({ id }) => id)).toEqual(hetIds(job.het));
      const waiting = all.filter(({ state }) => state === "PENDING").length;
      expect([0, all.length]).toContain(waiting);
      if (waiting > 0) continue;
      expect(new Set(all.map(({ startS }) => startS)).size).toBe(1);
      if (isEnded(job.state)) expect(all.every(({ state }) => isEnded(state))).toBe(true);
    }
  }
}

const pick = <T>(list: readonly T[], n: number): T | undefined => list[n % Math.max(1, list.length)];

it("start whole at one moment, end with their leader, and all come to run, whatever happens", () => {
  const modes = fc.constantFrom(
    "planned" as const,
    "easy" as const,
    "none" as const,
    "conservative" as const,
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), modes, (steps, mode) => {
      const history = new History();
      for (const one of steps) {
        const between = history.take(one);
        history.check();
        history.pass(mode, between);
      }
      expect(encodeState(decodeState(encodeState(history.state)))).toEqual(encodeState(history.state));
      for (const { id, held } of history.jobs())
        if (held !== "")
          history.apply({ type: "job.updated", atS: history.nowS, jobId: id, change: { held: "" } });
      // One ends, and the others have their turn: what waits gets less with each round.
      for (let round = 0; history.jobs().some(({ state }) => !isEnded(state)); round++) {
        expect(round).toBeLessThan(200);
        history.nowS += 60;
        const started = history.pass(mode);
        const running = history.leaders("RUNNING");
        expect(running.length + started).toBeGreaterThan(0);
        history.end(running[0]);
      }
    }),
    { numRuns: 60 },
  );
});
