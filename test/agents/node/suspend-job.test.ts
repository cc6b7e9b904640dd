import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isAlive, readProcess, sessionMembers } from "../../../agents/node/proc.ts";
import { agentRoom } from "../agent-room.ts";
import { startOrder } from "../test-controller.ts";

const room = agentRoom();
const { controller, folder } = room;

/** A script and two children of its own, each of which writes to a file of its own for as long as it goes on. */
const BUSY = (id: number) =>
  `trap 'echo warned' TSTP
for n in 1 2; do (while [ -d ${folder} ]; do echo . >>${folder}/${id}.child$n; sleep 0.02; done) & done
echo ready
while [ ! -e ${folder}/${id}.go ] && [ -d ${folder} ]; do echo . >>${folder}/${id}.own; sleep 0.02; done
kill %1 %2; exit 3`;
const FILES = ["own", "child1", "child2"] as const;
const sizes = (id: number) => FILES.map((name) => statSync(join(folder, `${id}.${name}`)).size);

const begun = async (node: string, id: number, timeLimitS?: number): Promise<number> => {
  const order = startOrder(id, folder, BUSY(id));
  controller.order(node, timeLimitS === undefined ? order : { ...order, timeLimitS });
  for (const name of FILES)
    await expect.poll(() => existsSync(join(folder, `${id}.${name}`)), { timeout: 10_000 }).toBe(true);
  return (await controller.started(id)).pid;
};
const suspended = (id: number, count = 1) =>
  controller.until(
    () => controller.reports.filter(({ kind, jobId }) => kind === "suspended" && jobId === id)[count - 1],
  );
const goOn = async (id: number): Promise<void> => {
  const before = sizes(id);
  await expect.poll(() => sizes(id).every((size, i) => size > before[i]!), { timeout: 10_000 }).toBe(true);
};
const run = (jobId: number) => ({ jobId, restarts: 0 });
/** Nothing of it writes any more once this resolves. */
const over = async (node: string, id: number): Promise<void> => {
  controller.order(node, { kind: "end", ...run(id), cause: "cancelled", graceMs: 0 });
  await controller.ended(id);
};

describe("a job that is to stand still", () => {
  it("is warned, has all its processes stopped after its grace, and goes on where it was", async () => {
    await room.agent({ name: "s1" });
    const pid = await begun("s1", 1);
    const askedMs = Date.now();
    controller.order("s1", { kind: "suspend", ...run(1), graceMs: 300 });
    await suspended(1);
    expect(Date.now() - askedMs).toBeGreaterThanOrEqual(290);
    const states = sessionMembers(pid).map(({ state }) => state);
    expect(states.length).toBeGreaterThanOrEqual(3);
    // A shell that has just forked is held by the kernel (D) for as long as its child stands still before its exec.
    expect(states.filter((state) => state !== "T" && state !== "D")).toEqual([]);
    expect(states).toContain("T");
    const before = sizes(1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(sizes(1)).toEqual(before);
    controller.order("s1", { kind: "resume", ...run(1) });
    await goOn(1);
    expect(room.read("1.out")).toContain("warned");
    await over("s1", 1);
  });

  it("says so again where it is asked again, and goes on although it was not stopped yet", async () => {
    await room.agent({ name: "s2" });
    await begun("s2", 2);
    controller.order("s2", { kind: "suspend", ...run(2), graceMs: 0 });
    await suspended(2);
    controller.order("s2", { kind: "suspend", ...run(2), graceMs: 0 });
    await suspended(2, 2);
    controller.order("s2", { kind: "resume", ...run(2) });
    controller.order("s2", { kind: "suspend", ...run(2), graceMs: 60_000 });
    controller.order("s2", { kind: "resume", ...run(2) });
    await goOn(2);
    await over("s2", 2);
  });

  it("takes its end, and its signals, while it stands still", async () => {
    await room.agent({ name: "s3" });
    await begun("s3", 3);
    controller.order("s3", { kind: "suspend", ...run(3), graceMs: 0 });
    await suspended(3);
    controller.order("s3", { kind: "end", ...run(3), cause: "cancelled", graceMs: 10_000 });
    expect(await controller.ended(3)).toMatchObject({ cause: "cancelled", signal: 15 });
  });

  it("has its time limit stand still too", async () => {
    await room.agent({ name: "s4" });
    await begun("s4", 4, 2);
    controller.order("s4", { kind: "suspend", ...run(4), graceMs: 0 });
    await suspended(4);
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(controller.endings(4)).toEqual([]);
    controller.order("s4", { kind: "resume", ...run(4) });
    const { cause, startedMs, endedMs } = await controller.ended(4);
    expect(cause).toBe("time-limit");
    expect(endedMs - startedMs).toBeGreaterThanOrEqual(4_400);
  });

  it("is found standing still by an agent that was killed meanwhile", async () => {
    const options = { name: "s5", stateDir: join(folder, "s5") };
    const first = await room.process(options);
    const pid = await begun("s5", 5);
    controller.order("s5", { kind: "suspend", ...run(5), graceMs: 0 });
    await suspended(5);
    first.kill("SIGKILL");
    await new Promise<void>((resolve) => first.once("exit", () => resolve()));
    await room.process(options);
    const hello = await controller.hello("s5", 2);
    expect(hello.jobs).toEqual([{ ...run(5), state: "running", suspended: true }]);
    expect(readProcess(pid)?.state).toBe("T");
    controller.order("s5", { kind: "resume", ...run(5) });
    await goOn(5);
    expect(readFileSync(join(folder, "s5/jobs/5.0/pause.json"), "utf8")).toContain('"sinceMs":0');
    expect(isAlive(readProcess(pid)!)).toBe(true);
    await over("s5", 5);
  });
});
