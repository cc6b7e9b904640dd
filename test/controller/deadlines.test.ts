/** What a deadline does to a job: it ends the job while it waits, and bounds its limit when it starts. */
import { describe, expect, it } from "vitest";
import { deadlineEvents } from "../../core/controller/deadlines.ts";
import { startEvents } from "../../core/controller/start-events.ts";
import type { Job } from "../../core/model/job.ts";
import type { JobSpec } from "../../core/model/job-spec.ts";
import { decodeState, encodeState } from "../../core/state/snapshot.ts";
import { BEGAN_S, Cluster, fields, oneNode } from "../state/fixture.ts";
import { checkState } from "../state/invariants.ts";

const HOUR_S = 3600;

const asking = (spec: Partial<JobSpec>, timeLimitS = HOUR_S): ReturnType<typeof fields> =>
  fields({ spec: { ...fields().spec, ...spec }, timeLimitS });

/** Ends what is late, as the watch does. */
function watch(cluster: Cluster): void {
  for (const event of deadlineEvents(cluster.state, cluster.nowS)) cluster.apply(event);
  checkState(cluster.state);
}

const jobOf = (cluster: Cluster, id: number): Job => cluster.state.jobs.get(id as Job["id"])!;

const start = (cluster: Cluster, id: number): readonly number[] => {
  const { events, started } = startEvents(
    cluster.state,
    [{ jobId: id, partition: "debug", allocation: oneNode(0), priority: 1 }],
    cluster.nowS,
  );
  for (const event of events) cluster.apply(event);
  checkState(cluster.state);
  return started;
};

describe("a waiting job with a deadline", () => {
  it("is ended as soon as its limit would end after it, and not before", () => {
    const cluster = new Cluster();
    const id = cluster.submit({ fields: asking({ timeLimitS: HOUR_S, deadlineS: BEGAN_S + 2 * HOUR_S }) });
    cluster.wait(HOUR_S);
    watch(cluster);
    expect(jobOf(cluster, id).state).toBe("PENDING");
    cluster.wait(1);
    expect(start(cluster, id)).toEqual([]);
    watch(cluster);
    expect(jobOf(cluster, id)).toMatchObject({
      state: "DEADLINE",
      endReason: "DeadLine",
      exitCode: 0,
      exitSignal: 1,
      endS: BEGAN_S + HOUR_S + 1,
    });
    expect(cluster.state.deadlines.size).toBe(0);
    watch(cluster);
  });

  it("is given another one, and another shortest limit, while it waits", () => {
    const cluster = new Cluster();
    const id = cluster.submit({ fields: asking({ timeLimitS: HOUR_S }) });
    const change = { deadlineS: BEGAN_S + 2 * HOUR_S, timeMinS: 600 };
    cluster.apply({ type: "job.updated", atS: cluster.nowS, jobId: id, change });
    checkState(cluster.state);
    cluster.wait(2 * HOUR_S - 600);
    watch(cluster);
    expect(jobOf(cluster, id).state).toBe("PENDING");
    expect(decodeState(encodeState(cluster.state)).deadlines).toEqual(new Set([id]));
    cluster.apply({ type: "job.updated", atS: cluster.nowS, jobId: id, change: { timeMinS: 0 } });
    expect(jobOf(cluster, id).spec).not.toHaveProperty("timeMinS");
    watch(cluster);
    expect(jobOf(cluster, id).state).toBe("DEADLINE");
  });

  it("is judged by the shortest limit that it is content with", () => {
    const cluster = new Cluster();
    const deadlineS = BEGAN_S + 2 * HOUR_S;
    const shorter = cluster.submit({ fields: asking({ timeLimitS: HOUR_S, timeMinS: 600, deadlineS }) });
    const none = cluster.submit({ fields: asking({ deadlineS }) });
    cluster.wait(2 * HOUR_S - 600);
    watch(cluster);
    expect([jobOf(cluster, shorter).state, jobOf(cluster, none).state]).toEqual(["PENDING", "PENDING"]);
    cluster.wait(1);
    watch(cluster);
    expect([jobOf(cluster, shorter).state, jobOf(cluster, none).state]).toEqual(["DEADLINE", "PENDING"]);
    cluster.wait(540);
    watch(cluster);
    expect(jobOf(cluster, none).state).toBe("DEADLINE");
  });

  it("ends with all waiting tasks of its array, and is known again after a restart", () => {
    const cluster = new Cluster();
    const over = asking({ timeLimitS: HOUR_S, deadlineS: BEGAN_S + HOUR_S });
    const id = cluster.submit({ fields: over, tasks: [1, 2, 3] });
    const restored = decodeState(encodeState(cluster.state));
    expect([...restored.deadlines]).toEqual([id]);
    cluster.wait(1);
    expect(deadlineEvents(restored, cluster.nowS)).toEqual(deadlineEvents(cluster.state, cluster.nowS));
    watch(cluster);
    expect(jobOf(cluster, id)).toMatchObject({ state: "DEADLINE", pendingTasks: [1, 2, 3] });
  });

  it("ends with all components of its heterogeneous job, the leader last", () => {
    const cluster = new Cluster();
    const over = asking({ timeLimitS: HOUR_S, deadlineS: BEGAN_S + HOUR_S });
    cluster.apply({
      type: "het.submitted",
      atS: cluster.nowS,
      jobId: 1,
      scriptKey: 1,
      jobs: [over, fields()],
    });
    cluster.wait(1);
    const events = deadlineEvents(cluster.state, cluster.nowS);
    expect(events.map((event) => ("jobId" in event ? event.jobId : 0))).toEqual([2, 1]);
    watch(cluster);
    expect([jobOf(cluster, 1).state, jobOf(cluster, 2).state]).toEqual(["DEADLINE", "DEADLINE"]);
  });
});

describe("a job that starts before its deadline", () => {
  it("has a limit that ends by it, and its own again when it is requeued", () => {
    const cluster = new Cluster();
    const over = asking({ timeLimitS: HOUR_S, timeMinS: 600, deadlineS: BEGAN_S + HOUR_S });
    const id = cluster.submit({ fields: over });
    cluster.wait(1830);
    expect(start(cluster, id)).toEqual([id]);
    expect(jobOf(cluster, id)).toMatchObject({ timeLimitS: 1740, askedLimitS: HOUR_S });
    expect(decodeState(encodeState(cluster.state)).jobs.get(id as Job["id"])).toEqual(jobOf(cluster, id));
    const atS = cluster.nowS;
    cluster.apply({ type: "job.requeued", atS, jobId: id, beginS: 0, held: "", endReason: "" });
    expect(jobOf(cluster, id).timeLimitS).toBe(HOUR_S);
    expect(jobOf(cluster, id).askedLimitS).toBeUndefined();
    checkState(cluster.state);
  });

  it("keeps a limit that somebody gives it while it runs", () => {
    const cluster = new Cluster();
    const id = cluster.submit({ fields: asking({ timeMinS: 600, deadlineS: BEGAN_S + 1200 }) });
    start(cluster, id);
    const change = { timeLimitS: 900 };
    cluster.apply({ type: "job.updated", atS: cluster.nowS, jobId: id, change });
    const atS = cluster.nowS;
    cluster.apply({ type: "job.requeued", atS, jobId: id, beginS: 0, held: "", endReason: "" });
    expect(jobOf(cluster, id).timeLimitS).toBe(900);
  });
});
