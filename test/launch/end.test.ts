import { describe, expect, test } from "vitest";
import type { EndedReport } from "../../agents/protocol/frames.ts";
import { endOf } from "../../core/launch/end.ts";
import type { JobState } from "../../core/model/job.ts";
import { job, SUBMIT_S } from "./jobs.ts";

const report = (over: Partial<EndedReport>): EndedReport => ({
  jobId: 1,
  restarts: 0,
  exitCode: 0,
  signal: 0,
  cause: "exit",
  text: "",
  startedMs: 0,
  endedMs: 0,
  cpuTimeMs: -1,
  maxRssMib: -1,
  ...over,
});

describe("an ending is", () => {
  const rows: readonly [string, Partial<EndedReport>, JobState, string][] = [
    ["a success", {}, "COMPLETED", ""],
    ["a failure by exit code", { exitCode: 3 }, "FAILED", "NonZeroExitCode"],
    ["a failure by a signal from elsewhere", { signal: 9 }, "FAILED", "RaisedSignal:9(Killed)"],
    ["a failure by a signal without a name", { signal: 40 }, "FAILED", "RaisedSignal:40(Unknown signal 40)"],
    ["at the time limit", { cause: "time-limit", signal: 15 }, "TIMEOUT", "TimeLimit"],
    ["by order", { cause: "cancelled", signal: 15 }, "CANCELLED", ""],
    ["by order, whatever the script made of it", { cause: "cancelled" }, "CANCELLED", ""],
    ["for memory", { cause: "oom", signal: 9 }, "OUT_OF_MEMORY", "OutOfMemory"],
    ["for another job", { cause: "preemption", signal: 15 }, "PREEMPTED", ""],
  ];
  test.each(rows)("%s", (_, over, state, endReason) => {
    expect(endOf(report(over), job())).toEqual({
      kind: "ended",
      state,
      exitCode: over.exitCode ?? 0,
      exitSignal: over.signal ?? 0,
      endReason,
    });
  });
});

describe("a job returns to the queue", () => {
  test("when its node was lost, if it may", () => {
    for (const cause of ["node-failure", "lost"] as const) {
      expect(endOf(report({ cause }), job())).toEqual({ kind: "requeue", held: "", endReason: "NodeDown" });
      expect(endOf(report({ cause }), job({ requeueAllowed: false }))).toMatchObject({
        kind: "ended",
        state: "NODE_FAIL",
        endReason: "NodeDown",
      });
    }
  });

  test("held, when its script could not be started, if it may", () => {
    expect(endOf(report({ cause: "launch-failed" }), job())).toEqual({
      kind: "requeue",
      held: "user",
      endReason: "launch failed requeued held",
    });
    expect(endOf(report({ cause: "launch-failed" }), job({ requeueAllowed: false }))).toMatchObject({
      state: "FAILED",
      exitCode: 1,
      endReason: "JobLaunchFailure",
    });
  });

  test("when that was asked, held if that was asked too", () => {
    const ending = { state: "PENDING", byUid: 0, atS: SUBMIT_S, held: "admin" } as const;
    expect(endOf(report({ exitCode: 1 }), job({ ending }))).toMatchObject({ kind: "requeue", held: "admin" });
    expect(endOf(report({ cause: "requeue" }), job())).toMatchObject({ kind: "requeue", held: "" });
  });
});

test("what was asked of a job goes before how its script happened to end", () => {
  const ending = { state: "CANCELLED", byUid: 0, atS: SUBMIT_S, held: "" } as const;
  expect(endOf(report({ exitCode: 0 }), job({ ending }))).toMatchObject({ state: "CANCELLED" });
  expect(endOf(report({ cause: "lost" }), job({ ending }))).toMatchObject({ state: "CANCELLED" });
  expect(
    endOf(report({ cause: "time-limit" }), job({ ending: { ...ending, state: "NODE_FAIL" } })),
  ).toMatchObject({
    state: "NODE_FAIL",
    endReason: "NodeDown",
  });
});
