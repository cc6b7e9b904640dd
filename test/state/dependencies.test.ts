import { describe, expect, it } from "vitest";
import { PENDING_FLAG } from "../../core/state/tables.ts";
import { PLAIN } from "./dependency-table.ts";
import { BEGAN_S, Cluster, oneNode } from "./fixture.ts";

const { DEPENDENCY, DEPENDENCY_NEVER } = PENDING_FLAG;

describe("a dependency on a plain job", () => {
  it.each(PLAIN)(
    "%s: %s on its start, %s when it ends well, %s badly, %s when cancelled",
    (kind, ...states) => {
      const [onStart, onOk, onFailed, onCancelled] = states;
      const outcomes = [
        ["COMPLETED", onOk],
        ["FAILED", onFailed],
        ["TIMEOUT", onFailed],
        ["NODE_FAIL", onFailed],
      ] as const;
      for (const [state, expected] of outcomes) {
        const cluster = new Cluster();
        const first = cluster.submit();
        const second = cluster.submit({ after: `${kind}:${first}` });
        expect(cluster.terms(second)).toEqual(["waiting"]);
        expect(cluster.pending(second, "flags")).toBe(DEPENDENCY);
        expect(cluster.pending(second, "eligibleS")).toBe(0);
        cluster.start(first);
        expect(cluster.terms(second)).toEqual([onStart]);
        cluster.end(first, state);
        expect(cluster.terms(second)).toEqual([onStart === "met" ? "met" : expected]);
      }
      const cluster = new Cluster();
      const first = cluster.submit();
      const second = cluster.submit({ after: `${kind}:${first}` });
      cluster.end(first, "CANCELLED");
      expect(cluster.terms(second)).toEqual([onCancelled]);
      expect(cluster.pending(second, "flags")).toBe(onCancelled === "never" ? DEPENDENCY_NEVER : 0);
    },
  );

  it.each(PLAIN)(
    "%s is settled at once when the job has started or ended before",
    (kind, onStart, onOk, onFailed) => {
      const cluster = new Cluster();
      const [runs, ok, failed] = [cluster.submit(), cluster.submit(), cluster.submit()];
      cluster.start(runs);
      cluster.run(ok);
      cluster.run(failed, "FAILED");
      expect(cluster.terms(cluster.submit({ after: `${kind}:${runs}` }))).toEqual([onStart]);
      expect(cluster.terms(cluster.submit({ after: `${kind}:${ok}` }))).toEqual([onOk]);
      expect(cluster.terms(cluster.submit({ after: `${kind}:${failed}` }))).toEqual([onFailed]);
    },
  );

  it.each(PLAIN)("%s is met when memory no longer holds the job, however it ended", (kind) => {
    const cluster = new Cluster();
    const first = cluster.submit();
    cluster.run(first, "FAILED");
    cluster.purge(first);
    expect(cluster.terms(cluster.submit({ after: `${kind}:${first}` }))).toEqual(["met"]);
  });

  it("stays settled when the job is purged or runs again", () => {
    const cluster = new Cluster();
    const first = cluster.submit();
    const ok = cluster.submit({ after: `afterok:${first}` });
    const notOk = cluster.submit({ after: `afternotok:${first}` });
    cluster.run(first, "FAILED");
    cluster.requeue(first);
    expect([cluster.terms(ok), cluster.terms(notOk)]).toEqual([["never"], ["met"]]);
    cluster.run(first);
    cluster.purge(first);
    expect([cluster.terms(ok), cluster.terms(notOk)]).toEqual([["never"], ["met"]]);
  });

  it("waits for the second run when the job was requeued before it ended", () => {
    const cluster = new Cluster();
    const first = cluster.submit();
    const second = cluster.submit({ after: `afterok:${first}` });
    cluster.start(first);
    cluster.requeue(first);
    expect(cluster.terms(second)).toEqual(["waiting"]);
    cluster.run(first);
    expect(cluster.terms(second)).toEqual(["met"]);
  });

  it("makes the job eligible when it is met, not before its begin time", () => {
    const cluster = new Cluster();
    const first = cluster.submit();
    const second = cluster.submit({ after: `afterok:${first}` });
    const later = cluster.submit({ after: `afterok:${first}`, fields: { beginS: BEGAN_S + 1000 } });
    cluster.wait(60);
    cluster.run(first);
    expect(cluster.pending(second, "eligibleS")).toBe(BEGAN_S + 60);
    expect(cluster.pending(later, "eligibleS")).toBe(BEGAN_S + 1000);
  });

  it("is counted from the start, or the cancelling, where `after` has a delay", () => {
    const cluster = new Cluster();
    const [first, cancelled] = [cluster.submit(), cluster.submit()];
    const second = cluster.submit({ after: `after:${first}+10` });
    const third = cluster.submit({ after: `after:${cancelled}+5` });
    cluster.wait(100);
    cluster.start(first);
    cluster.end(cancelled, "CANCELLED");
    expect(cluster.pending(second, "flags")).toBe(0);
    expect(cluster.pending(second, "beginS")).toBe(BEGAN_S + 100 + 600);
    expect(cluster.pending(second, "eligibleS")).toBe(BEGAN_S + 100 + 600);
    expect(cluster.pending(third, "beginS")).toBe(BEGAN_S + 100 + 300);
    cluster.wait(100);
    const late = cluster.submit({ after: `after:${first}+10` });
    expect(cluster.pending(late, "beginS")).toBe(BEGAN_S + 100 + 600);
  });
});

describe("a dependency of several terms", () => {
  it("joined by commas holds until all are met, and is never met once one cannot be", () => {
    const cluster = new Cluster();
    const [a, b] = [cluster.submit(), cluster.submit()];
    const both = cluster.submit({ after: `afterok:${a}:${b}` });
    cluster.run(a);
    expect(cluster.terms(both)).toEqual(["met", "waiting"]);
    expect(cluster.pending(both, "flags")).toBe(DEPENDENCY);
    cluster.run(b, "FAILED");
    expect(cluster.pending(both, "flags")).toBe(DEPENDENCY_NEVER);
  });

  it("joined by question marks is met by any one, and never met only when none can be", () => {
    const cluster = new Cluster();
    const [a, b, c, d] = [cluster.submit(), cluster.submit(), cluster.submit(), cluster.submit()];
    const either = cluster.submit({ after: `afterok:${a}?afterok:${b}` });
    const neither = cluster.submit({ after: `afterok:${c}?afterok:${d}` });
    cluster.run(a, "FAILED");
    expect(cluster.pending(either, "flags")).toBe(DEPENDENCY);
    cluster.run(b);
    expect(cluster.pending(either, "flags")).toBe(0);
    cluster.run(c, "FAILED");
    cluster.run(d, "FAILED");
    expect(cluster.pending(neither, "flags")).toBe(DEPENDENCY_NEVER);
  });

  it("joined by question marks starts when the first of them holds, be it one that was delayed or not", () => {
    const cluster = new Cluster();
    const [a, b, c] = [cluster.submit(), cluster.submit(), cluster.submit()];
    const late = cluster.submit({ after: `after:${a}+10?after:${b}+1?afterok:${c}` });
    cluster.start(a);
    expect(cluster.pending(late, "beginS")).toBe(BEGAN_S + 600);
    cluster.wait(30);
    cluster.start(b);
    expect(cluster.pending(late, "beginS")).toBe(BEGAN_S + 90);
    expect(cluster.pending(late, "eligibleS")).toBe(BEGAN_S + 90);
    cluster.run(c);
    expect(cluster.pending(late, "beginS")).toBeLessThanOrEqual(cluster.nowS);
    const early = cluster.submit({ after: `afterok:${c}?after:${a}+10` });
    expect(cluster.pending(early, "beginS")).toBe(0);
  });

  it("joined by question marks goes back to the begin time that was asked, or set since", () => {
    const cluster = new Cluster();
    const [a, b, c] = [cluster.submit(), cluster.submit(), cluster.submit()];
    const after = `after:${a}+10?afterok:${b}`;
    const asked = cluster.submit({ after, fields: { beginS: BEGAN_S + 300 } });
    const set = cluster.submit({ after: `after:${a}+10?afterok:${c}` });
    cluster.start(a);
    cluster.update(set, { beginS: BEGAN_S + 1000 });
    cluster.run(b);
    cluster.run(c);
    expect(cluster.pending(asked, "beginS")).toBe(BEGAN_S + 300);
    expect(cluster.pending(set, "beginS")).toBe(BEGAN_S + 1000);
  });

  it("is worked out on after a requeue, for the terms that were not settled when it ran", () => {
    const cluster = new Cluster();
    const [a, b] = [cluster.submit(), cluster.submit()];
    const either = cluster.submit({ after: `afterok:${a}?afterok:${b}` });
    cluster.run(a);
    cluster.start(either);
    cluster.requeue(either);
    expect(cluster.pending(either, "flags")).toBe(0);
    cluster.run(b);
    expect(cluster.terms(either)).toEqual(["met", "met"]);
  });

  it("holds a job that was cancelled while it waited and then requeued, until it is met", () => {
    const cluster = new Cluster();
    const first = cluster.submit();
    const second = cluster.submit({ after: `afterok:${first}` });
    cluster.end(second, "CANCELLED");
    cluster.requeue(second);
    expect(cluster.pending(second, "flags")).toBe(DEPENDENCY);
    cluster.run(first);
    expect(cluster.pending(second, "flags")).toBe(0);
  });

  it("is met at the requeue when the other job ended in between", () => {
    const cluster = new Cluster();
    const first = cluster.submit();
    const second = cluster.submit({ after: `afterok:${first}` });
    cluster.end(second, "CANCELLED");
    cluster.run(first);
    cluster.requeue(second);
    expect(cluster.pending(second, "flags")).toBe(0);
  });
});

describe("a chain of dependencies", () => {
  it("lets one job go at a time", () => {
    const cluster = new Cluster();
    const ids = [cluster.submit()];
    for (let i = 0; i < 20; i++) ids.push(cluster.submit({ after: `afterok:${ids[i]}` }));
    ids.forEach((id, i) => {
      const free = ids.slice(i).filter((other) => cluster.pending(other, "flags") === 0);
      expect(free).toEqual([id]);
      cluster.run(id);
    });
  });

  it("holds all that come after a job that failed, through afterany only the next one goes", () => {
    const cluster = new Cluster();
    const a = cluster.submit();
    const b = cluster.submit({ after: `afterok:${a}` });
    const c = cluster.submit({ after: `afterok:${b}` });
    const d = cluster.submit({ after: `afterany:${b}` });
    cluster.run(a, "FAILED");
    expect([b, c, d].map((id) => cluster.pending(id, "flags"))).toEqual([
      DEPENDENCY_NEVER,
      DEPENDENCY,
      DEPENDENCY,
    ]);
    cluster.end(b, "CANCELLED");
    expect([c, d].map((id) => cluster.pending(id, "flags"))).toEqual([DEPENDENCY_NEVER, 0]);
  });

  it("of arrays goes array by array", () => {
    const cluster = new Cluster();
    const arrays = [cluster.submit({ tasks: [0, 1] })];
    for (let i = 0; i < 3; i++) arrays.push(cluster.submit({ tasks: [0, 1], after: `afterok:${arrays[i]}` }));
    for (const [i, array] of arrays.entries()) {
      expect(arrays.slice(i).filter((id) => cluster.pending(id, "flags") === 0)).toEqual([array]);
      for (const task of [0, 1]) cluster.end(cluster.startTask(array, task));
    }
  });
});

describe("a change of a dependency", () => {
  it("is worked out anew, and the job no longer answers to the old one", () => {
    const cluster = new Cluster();
    const [a, b] = [cluster.submit(), cluster.submit()];
    const job = cluster.submit({ after: `afterok:${a}` });
    cluster.update(job, { dependency: { mode: "all", terms: [{ kind: "afterok", jobId: b }] } });
    cluster.run(a);
    expect(cluster.terms(job)).toEqual(["waiting"]);
    expect(cluster.state.dependents.size).toBe(1);
    cluster.run(b);
    expect(cluster.terms(job)).toEqual(["met"]);
    expect(cluster.state.dependents.size).toBe(0);
  });

  it("to none lets the job go", () => {
    const cluster = new Cluster();
    const first = cluster.submit();
    const job = cluster.submit({ after: `afterok:${first},singleton` });
    cluster.wait(30);
    cluster.update(job, { dependency: null });
    expect(cluster.pending(job, "flags")).toBe(0);
    expect(cluster.pending(job, "eligibleS")).toBe(BEGAN_S + 30);
    expect(cluster.job(job).dependencyStates).toBeUndefined();
    expect([cluster.state.dependents.size, cluster.state.singletons.size]).toEqual([0, 0]);
  });

  it("to one that is not met holds a job that was eligible", () => {
    const cluster = new Cluster();
    const [first, job] = [cluster.submit(), cluster.submit()];
    cluster.update(job, { dependency: { mode: "all", terms: [{ kind: "afterany", jobId: first }] } });
    expect(cluster.pending(job, "flags")).toBe(DEPENDENCY);
    expect(cluster.pending(job, "eligibleS")).toBe(0);
  });

  it("of a running job counts when it is requeued", () => {
    const cluster = new Cluster();
    const [first, job] = [cluster.submit(), cluster.submit()];
    cluster.start(job, oneNode(0));
    cluster.update(job, { dependency: { mode: "all", terms: [{ kind: "afterok", jobId: first }] } });
    expect(cluster.state.dependents.size).toBe(0);
    cluster.requeue(job);
    expect(cluster.pending(job, "flags")).toBe(DEPENDENCY);
    cluster.run(first);
    expect(cluster.pending(job, "flags")).toBe(0);
  });
});
