import { existsSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { StartOrder } from "../../../agents/protocol/frames.ts";
import { agentRoom } from "../agent-room.ts";
import { startOrder } from "../test-controller.ts";

const room = agentRoom();
const { controller, folder } = room;
let jobs = 0;

/** Starts a job whose script writes "ready" once it is set up, and waits for that. */
const begin = async (script: string, more: Partial<StartOrder> = {}): Promise<number> => {
  const jobId = ++jobs;
  controller.order("n1", startOrder(jobId, folder, script, more));
  await expect.poll(() => text(jobId), { timeout: 10_000, interval: 10 }).toContain("ready\n");
  return jobId;
};
const text = (jobId: number): string =>
  existsSync(join(folder, `${jobId}.out`)) ? room.read(`${jobId}.out`) : "";

/** The lines that a script wrote, without its shell's remarks on children that the signal ended. */
const own = (jobId: number): string[] =>
  text(jobId)
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("User defined signal"));

const LINE = (jobId: number, why = "") =>
  new RegExp(
    `^slurmstepd: error: \\*\\*\\* JOB ${jobId} ON n1 CANCELLED AT \\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d${why} \\*\\*\\*$`,
    "m",
  );
const IDLE = "echo ready; while :; do sleep 0.05; done";
const STUBBORN = `trap 'echo termed' TERM; ${IDLE}`;

beforeAll(async () => {
  await room.agent();
});

describe("ending a job", () => {
  it("at its time limit writes Slurm's line and sends SIGTERM", async () => {
    const started = Date.now();
    const jobId = await begin(IDLE, { timeLimitS: 1 });
    const ended = await controller.ended(jobId);
    expect(ended).toMatchObject({ cause: "time-limit", exitCode: 0, signal: 15 });
    expect(ended.endedMs - started).toBeGreaterThanOrEqual(950);
    expect(text(jobId)).toMatch(LINE(jobId, " DUE TO TIME LIMIT"));
  });

  it("keeps the ordered cause when the script exits 0 on SIGTERM", async () => {
    const jobId = await begin(`trap 'echo termed; exit 0' TERM; ${IDLE}`);
    controller.order("n1", { kind: "end", jobId, restarts: 0, cause: "cancelled", graceMs: 30_000 });
    expect(await controller.ended(jobId)).toMatchObject({ cause: "cancelled", exitCode: 0, signal: 0 });
    expect(text(jobId)).toMatch(LINE(jobId));
    expect(text(jobId)).toContain("termed\n");
  });

  it("kills what ignores SIGTERM once the grace is over", async () => {
    const jobId = await begin(STUBBORN);
    const ordered = Date.now();
    controller.order("n1", { kind: "end", jobId, restarts: 0, cause: "cancelled", graceMs: 300 });
    const ended = await controller.ended(jobId);
    expect(ended).toMatchObject({ cause: "cancelled", exitCode: 0, signal: 9 });
    expect(Date.now() - ordered).toBeGreaterThanOrEqual(280);
    expect(text(jobId)).toContain("termed\n");
  });

  it("kills at once without a grace, and a later order may shorten one", async () => {
    const first = await begin(STUBBORN);
    controller.order("n1", { kind: "end", jobId: first, restarts: 0, cause: "cancelled", graceMs: 0 });
    expect(await controller.ended(first)).toMatchObject({ signal: 9 });
    const second = await begin(STUBBORN);
    controller.order("n1", { kind: "end", jobId: second, restarts: 0, cause: "preemption", graceMs: 60_000 });
    controller.order("n1", { kind: "end", jobId: second, restarts: 0, cause: "cancelled", graceMs: 0 });
    expect(await controller.ended(second)).toMatchObject({ signal: 9, cause: "preemption" });
    await expect.poll(() => text(second)).toMatch(LINE(second, " DUE TO PREEMPTION"));
  });

  it.each([
    ["requeue", " DUE TO JOB REQUEUE"],
    ["node-failure", " DUE TO NODE FAILURE"],
  ] as const)("for %s says so", async (cause, why) => {
    const jobId = await begin(IDLE);
    controller.order("n1", { kind: "end", jobId, restarts: 0, cause, graceMs: 5_000 });
    expect(await controller.ended(jobId)).toMatchObject({ cause, signal: 15 });
    expect(text(jobId)).toMatch(LINE(jobId, why));
  });

  it("reaches a stopped job and the children in other groups", async () => {
    const jobId = await begin(
      "setsid sh -c 'echo $$ >child; exec sleep 300' & while [ ! -s child ]; do sleep 0.01; done; echo ready; kill -STOP $$",
    );
    const child = Number(room.read("child"));
    controller.order("n1", { kind: "end", jobId, restarts: 0, cause: "cancelled", graceMs: 5_000 });
    expect(await controller.ended(jobId)).toMatchObject({ signal: 15 });
    if (process.getuid?.() === 0) {
      await expect.poll(() => existsSync(`/proc/${child}/exe`), { timeout: 5000 }).toBe(false);
    } else process.kill(child, "SIGKILL");
  });

  it("works when the order comes right behind the start", async () => {
    const jobId = ++jobs;
    controller.order("n1", startOrder(jobId, folder, "sleep 300"));
    controller.order("n1", { kind: "end", jobId, restarts: 0, cause: "cancelled", graceMs: 2_000 });
    expect(await controller.ended(jobId)).toMatchObject({ cause: "cancelled" });
  });

  it("changes nothing for a job that is not there or has ended", async () => {
    controller.order("n1", { kind: "end", jobId: 999_999, restarts: 0, cause: "cancelled", graceMs: 0 });
    const jobId = ++jobs;
    controller.order("n1", startOrder(jobId, folder, "exit 2"));
    await controller.ended(jobId);
    controller.order("n1", { kind: "end", jobId, restarts: 0, cause: "cancelled", graceMs: 0 });
    controller.order("n1", { kind: "signal", jobId, restarts: 0, signal: 9, batchOnly: false });
    const next = ++jobs;
    controller.order("n1", startOrder(next, folder, "true"));
    await controller.ended(next);
    expect(controller.endings(jobId)).toMatchObject([{ exitCode: 2, cause: "exit" }]);
  });
});

describe("signals", () => {
  const CHILD =
    "sh -c 'trap \"echo child\" USR1; echo ready; while :; do sleep 0.02; done' & trap 'echo batch; n=1' USR1; while [ -z \"$n\" ]; do sleep 0.05; done; sleep 0.3; exit 0";

  it("go to the batch script alone or to every process", async () => {
    const alone = await begin(CHILD);
    controller.order("n1", { kind: "signal", jobId: alone, restarts: 0, signal: 10, batchOnly: true });
    await controller.ended(alone);
    expect(own(alone).sort()).toEqual(["batch", "ready"]);
    const all = await begin(CHILD);
    controller.order("n1", { kind: "signal", jobId: all, restarts: 0, signal: 10, batchOnly: false });
    await controller.ended(all);
    expect(own(all).sort()).toEqual(["batch", "child", "ready"]);
  });

  it("that the agent sent are told from exit codes, SIGINT and SIGPIPE too", async () => {
    // A shell that waits for a child forgets a SIGINT that the child does not die of.
    for (const signal of [2, 13, 10]) {
      const jobId = await begin("echo ready; exec sleep 30");
      controller.order("n1", { kind: "signal", jobId, restarts: 0, signal, batchOnly: true });
      expect(await controller.ended(jobId)).toMatchObject({ exitCode: 0, signal, cause: "exit" });
    }
  });

  it("that come before the script's process is known are not lost", async () => {
    const jobId = ++jobs;
    controller.order("n1", startOrder(jobId, folder, "exec sleep 30"));
    controller.order("n1", { kind: "signal", jobId, restarts: 0, signal: 10, batchOnly: true });
    expect(await controller.ended(jobId)).toMatchObject({ signal: 10, cause: "exit" });
  });

  it("come before the time limit when the job asked for one", async () => {
    const signal = { signal: 12, beforeS: 1, batchOnly: true };
    const jobId = await begin(`trap 'echo warned' USR2; ${IDLE}`, { timeLimitS: 2, signal });
    expect(await controller.ended(jobId)).toMatchObject({ cause: "time-limit", signal: 15 });
    expect(
      text(jobId)
        .split("\n")
        .filter((line) => line === "warned"),
    ).toHaveLength(1);
  });

  it("before the time limit spare the batch script unless it is named", async () => {
    const signal = { signal: 10, beforeS: 60, batchOnly: false };
    const script =
      "sh -c 'trap \"echo warned; exit 0\" USR1; echo ready; while :; do sleep 0.02; done' & wait; echo over";
    const jobId = await begin(script, { timeLimitS: 61, signal });
    expect(await controller.ended(jobId)).toMatchObject({ cause: "exit", exitCode: 0 });
    expect(own(jobId)).toEqual(["ready", "warned", "over"]);
  });

  it("of a changed time limit come at the new time", async () => {
    const jobId = await begin(IDLE, { timeLimitS: 3600 });
    controller.order("n1", { kind: "limit", jobId, restarts: 0, timeLimitS: 1 });
    expect(await controller.ended(jobId)).toMatchObject({ cause: "time-limit" });
  });
});
