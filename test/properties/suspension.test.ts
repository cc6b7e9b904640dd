/**
 * Random lives of clusters whose jobs are suspended, for others and by hand: after every event nothing is given twice,
 * those who stand still have their memory and nothing else, and in the end every one of them has gone on or ended. The
 * journal of each life gives the same state again.
 */
import fc from "fast-check";
import { expect, it } from "vitest";
import { isSuspended } from "../../core/model/job.ts";
import { emptyState } from "../../core/state/cluster-state.ts";
import { type Event, encodeEvent } from "../../core/state/events.ts";
import { reduceEncoded } from "../../core/state/reduce.ts";
import { encodeState } from "../../core/state/snapshot.ts";
import { device, node } from "../admit/cluster.ts";
import { type Asked, PreemptSite } from "../place/preempt-site.ts";
import { checkNothingNegative, checkState } from "../state/invariants.ts";

const MAX_ROUNDS = 400;
const QOS = [
  { name: "still", priority: 0, preemptMode: "suspend" },
  { name: "again", priority: 5, preemptMode: "requeue" },
  { name: "mid", priority: 10, preempt: ["still", "again"], preemptMode: "suspend", graceTimeS: 5 },
  { name: "high", priority: 100, preempt: ["still", "again", "mid"] },
] as const;

/** Keeps its events, and looks at the state after each. */
class WatchedSite extends PreemptSite {
  declare events: Event[] | undefined;

  override apply(event: Event): void {
    super.apply(event);
    this.events = [...(this.events ?? []), event];
    checkState(this.state);
    checkNothingNegative(this.state, new Set());
  }

  running(): readonly number[] {
    return [...this.state.jobs.values()].filter(({ state }) => state === "RUNNING").map(({ id }) => id);
  }

  /** Ends those whose limit is over; one that stands still has its time yet. */
  endDue(): void {
    for (const id of this.running()) {
      const job = this.job(id);
      if (isSuspended(job) || job.startS + (job.suspendedS ?? 0) + job.timeLimitS > this.nowS) continue;
      this.end(id);
    }
  }
}

const asked: fc.Arbitrary<Asked> = fc.record({
  qos: fc.constantFrom("still", "still", "again", "mid", "high"),
  minNodes: fc.constantFrom(1, 1, 2),
  cpus: fc.integer({ min: 1, max: 4 }),
  memMib: fc.constantFrom(100, 900, 1900),
  gres: fc.constantFrom([], [], [{ dimension: 0, count: 1 }]),
  exclusive: fc.constantFrom(false, false, false, true),
  limitS: fc.constantFrom(60, 300, 3600),
});
const step = fc.oneof(
  { weight: 5, arbitrary: asked.map((job) => ({ kind: "submit" as const, job })) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("wait" as const), seconds: fc.constantFrom(1, 30, 300) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("settle" as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom("end", "suspend", "resume"), which: fc.nat(20) }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

function take(site: WatchedSite, given: Step): void {
  if (given.kind === "submit") site.submit(given.job);
  else if (given.kind === "settle") site.settle();
  else if (given.kind === "wait") {
    site.nowS += given.seconds;
    site.endDue();
  } else {
    const running = site.running();
    const id = running[given.which % Math.max(1, running.length)];
    if (id !== undefined) change(site, id, given.kind);
  }
  site.pass();
}

function change(site: WatchedSite, id: number, kind: "end" | "suspend" | "resume"): void {
  const job = site.job(id);
  const at = { atS: site.nowS, jobId: id };
  if (kind === "end") site.end(id);
  else if (job.ending !== undefined) return;
  else if (kind === "suspend" && job.suspension?.byHand !== true)
    site.apply({ type: "job.suspending", ...at, byUid: 0, byHand: true });
  else if (kind === "resume" && job.suspension?.byHand === true) site.apply({ type: "job.resuming", ...at });
}

/** Nobody submits any more, agents answer, and whoever was suspended by hand may go on. */
function runDry(site: WatchedSite): void {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const alive = [...site.state.jobs.values()].some(
      ({ state }) => state === "PENDING" || state === "RUNNING",
    );
    if (!alive) return;
    for (const id of site.running()) change(site, id, "resume");
    site.endDue();
    site.pass();
    // Agents answer before a claim is void.
    site.settle();
    site.pass();
    site.nowS += 900;
  }
  throw new Error("a job neither went on nor ended");
}

it("gives nothing twice, keeps the memory of those who stand still, and lets every one of them go on", () => {
  let stood = 0;
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 3 }),
      fc.array(step, { minLength: 10, maxLength: 40 }),
      (nodes, steps) => {
        const site = new WatchedSite({
          nodes: Array.from({ length: nodes }, (_, i) =>
            node(`n${i + 1}`, {
              cpus: 4,
              coresPerSocket: 4,
              memoryMib: 2000,
              devices: [device("tesla", "gpu", 0), device("tesla", "gpu", 1)],
            }),
          ),
          qos: QOS,
        });
        for (const each of steps) take(site, each);
        // Those that ask for more than the cluster has would wait for ever.
        for (const job of [...site.state.jobs.values()])
          if (job.state === "PENDING" && job.request.minNodes > nodes) site.end(job.id);
        runDry(site);
        for (const job of site.state.jobs.values()) stood += (job.suspendedS ?? 0) > 0 ? 1 : 0;
        const again = emptyState();
        for (const [i, event] of site.events!.entries()) reduceEncoded(again, i + 1, encodeEvent(event));
        expect(Buffer.from(encodeState(again)).equals(Buffer.from(encodeState(site.state)))).toBe(true);
      },
    ),
    { numRuns: 80 },
  );
  expect(stood).toBeGreaterThan(10);
}, 300_000);
