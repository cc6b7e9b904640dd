import { describe, expect, it } from "vitest";
import { PLAIN } from "./dependency-table.ts";
import { BEGAN_S, Cluster } from "./fixture.ts";

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

describe("an array that waits for another task by task", () => {
  const pair = (tasks: readonly number[], others: readonly number[], more = "") => {
    const cluster = new Cluster();
    const first = cluster.submit({ tasks });
    const second = cluster.submit({ tasks: others, after: `aftercorr:${first}${more}` });
    return { cluster, first, second };
  };

  it("may start the tasks whose like have ended well, and no others", () => {
    const { cluster, first, second } = pair([0, 1, 2], [0, 1, 2]);
    expect(cluster.terms(second)).toEqual(["waiting"]);
    expect(cluster.pending(second, "tasksStartable")).toBe(0);
    cluster.end(cluster.startTask(first, 1));
    expect([cluster.terms(second), cluster.job(second).freeTasks]).toEqual([["met"], [1]]);
    expect(cluster.pending(second, "tasksStartable")).toBe(1);
    cluster.startTask(second, 1);
    expect(cluster.terms(second)).toEqual(["waiting"]);
    expect(cluster.pending(second, "tasksStartable")).toBe(0);
    cluster.end(cluster.startTask(first, 0));
    cluster.end(cluster.startTask(first, 2));
    expect(cluster.job(second).freeTasks).toEqual([0, 2]);
    cluster.end(cluster.startTask(second, 2));
    cluster.end(cluster.startTask(second, 0));
    expect(cluster.state.pending.count).toBe(0);
  });

  it("never starts a task whose like has failed, and the others all the same", () => {
    const { cluster, first, second } = pair([0, 1], [0, 1]);
    cluster.end(cluster.startTask(first, 0), "FAILED");
    expect([cluster.terms(second), cluster.job(second).neverTasks]).toEqual([["waiting"], [0]]);
    cluster.end(cluster.startTask(first, 1));
    expect(cluster.terms(second)).toEqual(["met"]);
    cluster.startTask(second, 1);
    expect(cluster.terms(second)).toEqual(["never"]);
  });

  it("starts tasks that have no like at once", () => {
    const { cluster, first, second } = pair([0, 1], [1, 5, 9]);
    expect(cluster.job(second).freeTasks).toEqual([5, 9]);
    cluster.end(cluster.startTask(first, 1));
    expect(cluster.job(second).freeTasks).toEqual([1, 5, 9]);
  });

  it("keeps its %limit", () => {
    const cluster = new Cluster();
    const first = cluster.submit({ tasks: [0, 1, 2] });
    const second = cluster.submit({ tasks: [0, 1, 2], throttle: 1, after: `aftercorr:${first}` });
    for (const task of [0, 1, 2]) cluster.end(cluster.startTask(first, task));
    expect(cluster.pending(second, "tasksStartable")).toBe(1);
  });

  it("also waits for the terms that are not by task", () => {
    const cluster = new Cluster();
    const plain = cluster.submit();
    const first = cluster.submit({ tasks: [0, 1] });
    const second = cluster.submit({ tasks: [0, 1], after: `aftercorr:${first},afterok:${plain}` });
    cluster.end(cluster.startTask(first, 0));
    expect(cluster.terms(second)).toEqual(["waiting", "waiting"]);
    cluster.run(plain);
    expect([cluster.terms(second), cluster.job(second).freeTasks]).toEqual([["met", "met"], [0]]);
  });

  it("leaves a task that is split off waiting for its like alone", () => {
    const { cluster, first, second } = pair([0, 1], [0, 1]);
    const task = cluster.split(second, 0);
    cluster.end(cluster.startTask(first, 1), "FAILED");
    expect([cluster.terms(task), cluster.terms(second)]).toEqual([["waiting"], ["never"]]);
    cluster.end(cluster.startTask(first, 0));
    expect(cluster.terms(task)).toEqual(["met"]);
    expect(cluster.job(task).freeTasks).toBeUndefined();
  });

  it("stays free once it was, when the other is requeued or has left memory", () => {
    const { cluster, first, second } = pair([0, 1], [0, 1]);
    const done = cluster.startTask(first, 0);
    cluster.end(done);
    cluster.requeue(done);
    expect(cluster.job(second).freeTasks).toEqual([0]);
    cluster.run(done);
    cluster.end(cluster.startTask(first, 1));
    cluster.purge(done, first);
    cluster.end(cluster.startTask(second, 1));
    expect(cluster.terms(second)).toEqual(["met"]);
    cluster.startTask(second, 0);
  });

  it("costs little for each end of 20,000", () => {
    const tasks = Array.from({ length: 20_000 }, (_, i) => i);
    const { cluster, first, second } = pair(tasks, tasks);
    for (const task of [7, 3, 19_999]) cluster.end(cluster.startTask(first, task));
    expect(cluster.job(second).freeTasks).toEqual([3, 7, 19_999]);
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
