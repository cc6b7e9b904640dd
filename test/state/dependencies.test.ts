import { describe, expect, it } from "vitest";
import { PENDING_FLAG } from "../../core/state/tables.ts";
import { BEGAN_S, Cluster, oneNode } from "./fixture.ts";

const { DEPENDENCY, DEPENDENCY_NEVER } = PENDING_FLAG;

/** What a term on a plain job becomes when that job starts, ends well, ends badly, or is cancelled before it starts. */
const PLAIN = [
  ["after", "met", "met", "met", "met"],
  ["afterany", "waiting", "met", "met", "met"],
  ["afterok", "waiting", "met", "never", "never"],
  ["afternotok", "waiting", "never", "met", "met"],
  ["aftercorr", "waiting", "met", "never", "never"],
  ["afterburstbuffer", "waiting", "met", "met", "met"],
  ["expand", "waiting", "met", "met", "met"],
] as const;

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

describe("a dependency on a whole array", () => {
  it.each([
    ["5", ""],
    ["all its tasks", "_*"],
  ])("named as %s is met for afterok when the last task has ended well", (_, suffix) => {
    const cluster = new Cluster();
    const array = cluster.submit({ tasks: [0, 1, 2] });
    const ok = cluster.submit({ after: `afterok:${array}${suffix}` });
    const any = cluster.submit({ after: `afterany:${array}${suffix}` });
    const notOk = cluster.submit({ after: `afternotok:${array}${suffix}` });
    for (const task of [0, 1, 2]) {
      expect([cluster.terms(ok), cluster.terms(any), cluster.terms(notOk)]).toEqual([
        ["waiting"],
        ["waiting"],
        ["waiting"],
      ]);
      cluster.end(cluster.startTask(array, task));
    }
    expect([cluster.terms(ok), cluster.terms(any), cluster.terms(notOk)]).toEqual([
      ["met"],
      ["met"],
      ["never"],
    ]);
  });

  it("is never met for afterok and aftercorr once a task has failed; afternotok waits for the last one", () => {
    const cluster = new Cluster();
    const array = cluster.submit({ tasks: [0, 1] });
    const ok = cluster.submit({ after: `afterok:${array}` });
    const corr = cluster.submit({ after: `aftercorr:${array}` });
    const notOk = cluster.submit({ after: `afternotok:${array}` });
    cluster.end(cluster.startTask(array, 0), "FAILED");
    expect(cluster.terms(ok)).toEqual(["never"]);
    expect(cluster.terms(corr)).toEqual(["never"]);
    expect(cluster.terms(notOk)).toEqual(["waiting"]);
    cluster.end(cluster.startTask(array, 1));
    expect(cluster.terms(notOk)).toEqual(["met"]);
  });

  it("is as strict for aftercorr as for afterok: an array waits for all tasks of the other", () => {
    const cluster = new Cluster();
    const first = cluster.submit({ tasks: [0, 1] });
    const second = cluster.submit({ tasks: [0, 1], after: `aftercorr:${first}` });
    cluster.end(cluster.startTask(first, 0));
    expect(cluster.terms(second)).toEqual(["waiting"]);
    cluster.end(cluster.startTask(first, 1));
    expect(cluster.terms(second)).toEqual(["met"]);
  });

  it("is met for after only when no task waits any more, however many have ended", () => {
    const cluster = new Cluster();
    const array = cluster.submit({ tasks: [0, 1, 2, 3] });
    const after = cluster.submit({ after: `after:${array}` });
    cluster.end(cluster.startTask(array, 0));
    cluster.end(cluster.startTask(array, 1));
    cluster.startTask(array, 2);
    expect(cluster.terms(after)).toEqual(["waiting"]);
    cluster.end(array, "CANCELLED");
    expect(cluster.terms(after)).toEqual(["met"]);
  });

  it("counts a delay from the start of the task that started last", () => {
    const cluster = new Cluster();
    const array = cluster.submit({ tasks: [0, 1] });
    const second = cluster.submit({ after: `after:${array}+1` });
    cluster.startTask(array, 0);
    cluster.wait(500);
    cluster.startTask(array, 1);
    expect(cluster.terms(second)).toEqual(["met"]);
    expect(cluster.pending(second, "beginS")).toBe(BEGAN_S + 500 + 60);
  });

  it("is settled when the array is cancelled while it waits", () => {
    const cluster = new Cluster();
    const array = cluster.submit({ tasks: [0, 1, 2] });
    const ok = cluster.submit({ after: `afterok:${array}` });
    const any = cluster.submit({ after: `afterany:${array}` });
    const running = cluster.startTask(array, 1);
    cluster.end(array, "CANCELLED");
    expect([cluster.terms(ok), cluster.terms(any)]).toEqual([["never"], ["waiting"]]);
    cluster.end(running);
    expect(cluster.terms(any)).toEqual(["met"]);
  });

  it("still knows how tasks ended whose records have been purged", () => {
    const cluster = new Cluster();
    const array = cluster.submit({ tasks: [0, 1] });
    const failed = cluster.startTask(array, 0);
    cluster.end(failed, "FAILED");
    cluster.purge(failed);
    expect(cluster.terms(cluster.submit({ after: `afterok:${array}` }))).toEqual(["never"]);
    expect(cluster.terms(cluster.submit({ after: `afternotok:${array}_0` }))).toEqual(["met"]);
    cluster.end(cluster.startTask(array, 1));
    cluster.purge(array);
    expect(cluster.terms(cluster.submit({ after: `afterok:${array}` }))).toEqual(["met"]);
    expect(cluster.terms(cluster.submit({ after: `afterok:${array}_0` }))).toEqual(["met"]);
  });

  it("waits again for what was cancelled and requeued, in a job that is submitted then", () => {
    const cluster = new Cluster();
    const array = cluster.submit({ tasks: [0, 1] });
    cluster.end(array, "CANCELLED");
    cluster.requeue(array);
    expect(cluster.job(array).pendingTasks).toEqual([0, 1]);
    expect(cluster.pending(array, "tasksWaiting")).toBe(2);
    const second = cluster.submit({ after: `afterok:${array}` });
    expect(cluster.terms(second)).toEqual(["waiting"]);
    cluster.end(cluster.startTask(array, 0));
    cluster.end(cluster.startTask(array, 1));
    expect(cluster.terms(second)).toEqual(["met"]);
  });
});

describe("a dependency on one task of an array", () => {
  it.each(PLAIN)("%s: as on a plain job, whatever the other tasks do", (kind, onStart, onOk, onFailed) => {
    for (const [state, expected] of [["COMPLETED", onOk] as const, ["FAILED", onFailed] as const]) {
      const cluster = new Cluster();
      const array = cluster.submit({ tasks: [0, 3, 5] });
      const waiter = cluster.submit({ after: `${kind}:${array}_3` });
      cluster.end(cluster.startTask(array, 0), "FAILED");
      expect(cluster.terms(waiter)).toEqual(["waiting"]);
      const task = cluster.startTask(array, 3);
      expect(cluster.terms(waiter)).toEqual([onStart]);
      const late = cluster.submit({ after: `${kind}:${array}_3` });
      cluster.end(task, state);
      expect(cluster.terms(waiter)).toEqual([onStart === "met" ? "met" : expected]);
      expect(cluster.terms(late)).toEqual([onStart === "met" ? "met" : expected]);
    }
  });

  it("is on the last task too, which keeps the array's record", () => {
    const cluster = new Cluster();
    const array = cluster.submit({ tasks: [0, 1] });
    const waiter = cluster.submit({ after: `afterok:${array}_1` });
    cluster.end(cluster.startTask(array, 0));
    const last = cluster.startTask(array, 1);
    expect(last).toBe(array);
    cluster.end(last);
    expect(cluster.terms(waiter)).toEqual(["met"]);
  });

  it("is settled for each task that the rest stood for when it is cancelled", () => {
    const cluster = new Cluster();
    const array = cluster.submit({ tasks: [0, 1, 2] });
    const waiters = [0, 1, 2].map((task) => cluster.submit({ after: `afternotok:${array}_${task}` }));
    const delayed = cluster.submit({ after: `after:${array}_2+2` });
    cluster.startTask(array, 1);
    cluster.end(array, "CANCELLED");
    expect(waiters.map((id) => cluster.terms(id)[0])).toEqual(["met", "waiting", "met"]);
    expect(cluster.pending(delayed, "beginS")).toBe(BEGAN_S + 120);
    expect(cluster.terms(cluster.submit({ after: `after:${array}_0` }))).toEqual(["met"]);
  });

  it("is met for a task that the array never had", () => {
    const cluster = new Cluster();
    const array = cluster.submit({ tasks: [0, 1] });
    expect(cluster.terms(cluster.submit({ after: `afterok:${array}_9` }))).toEqual(["met"]);
  });

  it("may name the task by the id of its own record, or a plain job as if it had tasks", () => {
    const cluster = new Cluster();
    const array = cluster.submit({ tasks: [0, 1] });
    const task = cluster.startTask(array, 0);
    const plain = cluster.submit();
    const byId = cluster.submit({ after: `afterok:${task}` });
    const asTask = cluster.submit({ after: `afterok:${plain}_4` });
    cluster.end(task);
    cluster.run(plain);
    expect([cluster.terms(byId), cluster.terms(asTask)]).toEqual([["met"], ["met"]]);
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

describe("singletons", () => {
  it("of one user and name run one after the other, in the order of submission", () => {
    const cluster = new Cluster();
    const jobs = [1, 2, 3].map(() => cluster.submit({ after: "singleton" }));
    const other = cluster.submit({ after: "singleton", fields: { name: "other" } });
    const bob = cluster.submit({
      after: "singleton",
      fields: { spec: { user: "bob", uid: 1001, group: "users", gid: 100, workDir: "/" } },
    });
    const statesOf = (): unknown => [...jobs, other, bob].map((id) => cluster.terms(id)[0]);
    expect(statesOf()).toEqual(["met", "waiting", "waiting", "met", "met"]);
    cluster.run(jobs[0]!, "FAILED");
    expect(statesOf()).toEqual(["met", "met", "waiting", "met", "met"]);
    cluster.end(jobs[1]!, "CANCELLED");
    expect(statesOf()).toEqual(["met", "met", "met", "met", "met"]);
  });

  it("wait for earlier jobs of the name that are no singletons, and not for later ones", () => {
    const cluster = new Cluster();
    const earlier = cluster.submit();
    const singleton = cluster.submit({ after: "singleton" });
    cluster.submit();
    cluster.start(earlier);
    expect(cluster.terms(singleton)).toEqual(["waiting"]);
    cluster.end(earlier);
    expect(cluster.terms(singleton)).toEqual(["met"]);
  });

  it("do not go on waiting for a job that has another name now", () => {
    const cluster = new Cluster();
    const earlier = cluster.submit();
    const singleton = cluster.submit({ after: "singleton" });
    cluster.update(earlier, { name: "renamed" });
    expect(cluster.terms(singleton)).toEqual(["met"]);
  });

  it("look at their new name when it is changed", () => {
    const cluster = new Cluster();
    cluster.submit({ fields: { name: "busy" } });
    const earlier = cluster.submit();
    const singleton = cluster.submit({ after: "singleton" });
    cluster.update(singleton, { name: "free" });
    expect(cluster.terms(singleton)).toEqual(["met"]);
    const third = cluster.submit({ after: "singleton" });
    cluster.update(third, { name: "busy" });
    cluster.end(earlier, "CANCELLED");
    expect(cluster.terms(third)).toEqual(["waiting"]);
  });

  it("wait for all of an array; tasks of one array do not wait for each other", () => {
    const cluster = new Cluster();
    const array = cluster.submit({ tasks: [0, 1], after: "singleton" });
    const second = cluster.submit({ tasks: [0, 1], after: "singleton" });
    const task = cluster.split(second, 0);
    expect(cluster.terms(task)).toEqual(["waiting"]);
    cluster.end(cluster.startTask(array, 0));
    expect(cluster.terms(second)).toEqual(["waiting"]);
    cluster.end(cluster.startTask(array, 1));
    expect(cluster.terms(second)).toEqual(["met"]);
    expect(cluster.terms(task)).toEqual(["met"]);
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
