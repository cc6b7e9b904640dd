import { describe, expect, it } from "vitest";
import { Cluster } from "./fixture.ts";
import { checkState } from "./invariants.ts";

describe("an array with a limit", () => {
  it("may start as many more tasks as the limit leaves, as tasks start, end and are requeued", () => {
    const cluster = new Cluster();
    const array = cluster.submit({ tasks: [0, 1, 2, 3, 4], throttle: 2 });
    const rest = (): readonly number[] => [
      cluster.pending(array, "tasksWaiting"),
      cluster.pending(array, "tasksStartable"),
    ];
    expect(rest()).toEqual([5, 2]);
    const first = cluster.startTask(array, 0);
    expect(rest()).toEqual([4, 1]);
    const second = cluster.startTask(array, 3);
    expect(rest()).toEqual([3, 0]);
    cluster.requeue(second);
    expect(rest()).toEqual([3, 1]);
    expect(cluster.pending(second, "tasksStartable")).toBe(1);
    cluster.start(second);
    cluster.end(first);
    expect(rest()).toEqual([3, 1]);
    checkState(cluster.state);
  });

  it("lets a requeued task wait under the same limit, in a row of its own", () => {
    const cluster = new Cluster();
    const array = cluster.submit({ tasks: [0, 1, 2], throttle: 1 });
    const first = cluster.startTask(array, 0);
    cluster.requeue(first);
    const second = cluster.startTask(array, 1);
    expect(cluster.pending(first, "tasksStartable")).toBe(0);
    cluster.end(second);
    expect(cluster.pending(first, "tasksStartable")).toBe(1);
    checkState(cluster.state);
  });

  it("starts by a limit that is changed, or taken away", () => {
    const cluster = new Cluster();
    const array = cluster.submit({ tasks: [0, 1, 2, 3], throttle: 1 });
    const running = cluster.startTask(array, 0);
    cluster.update(array, { throttle: 3 });
    cluster.update(running, { throttle: 3 });
    expect(cluster.pending(array, "tasksStartable")).toBe(2);
    cluster.update(array, { throttle: 0 });
    cluster.update(running, { throttle: 0 });
    expect(cluster.pending(array, "tasksStartable")).toBe(3);
    checkState(cluster.state);
  });
});

describe("a task that leaves its array's record", () => {
  it("takes over all that was said of the array, and the last one its record", () => {
    const cluster = new Cluster();
    const array = cluster.submit({ tasks: [2, 4, 8], fields: { nice: 7, comment: "sweep" } });
    const task = cluster.split(array, 4);
    expect(cluster.job(task)).toMatchObject({
      nice: 7,
      comment: "sweep",
      scriptKey: array,
      state: "PENDING",
    });
    expect(cluster.job(task).array).toEqual({
      arrayJobId: array,
      taskId: 4,
      taskCount: 3,
      taskMin: 2,
      taskMax: 8,
      taskStep: 1,
    });
    expect(cluster.job(task).pendingTasks).toBeUndefined();
    expect(cluster.job(array).pendingTasks).toEqual([2, 8]);
    cluster.split(array, 2);
    expect(cluster.split(array, 8)).toBe(array);
    expect(cluster.job(array)).toMatchObject({ array: { taskId: 8 } });
    expect(cluster.job(array).pendingTasks).toBeUndefined();
    expect(cluster.state.pending.count).toBe(3);
    checkState(cluster.state);
  });

  it("does not change the list of tasks that was submitted", () => {
    const cluster = new Cluster();
    const tasks = [0, 1, 2];
    const array = cluster.submit({ tasks });
    cluster.split(array, 1);
    expect(tasks).toEqual([0, 1, 2]);
  });

  it("is forgotten with the last record of its array", () => {
    const cluster = new Cluster();
    const array = cluster.submit({ tasks: [0, 1] });
    const first = cluster.startTask(array, 0);
    cluster.end(first);
    const last = cluster.startTask(array, 1);
    cluster.end(last);
    cluster.purge(array);
    expect(cluster.state.arrays.size).toBe(1);
    cluster.purge(first);
    expect(cluster.state.arrays.size).toBe(0);
    checkState(cluster.state);
  });
});
