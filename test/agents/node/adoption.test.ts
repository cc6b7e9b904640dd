import type { ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { startAgent } from "../../../agents/node/agent.ts";
import { bootId } from "../../../agents/node/proc.ts";
import { agentRoom } from "../agent-room.ts";
import { startOrder, TOKEN } from "../test-controller.ts";

const room = agentRoom();
const { controller, folder } = room;

const killed = async (agent: ChildProcess): Promise<void> => {
  agent.kill("SIGKILL");
  await new Promise<void>((resolve) =>
    (agent.exitCode ?? agent.signalCode) === null ? agent.once("exit", () => resolve()) : resolve(),
  );
};
const begun = (name: string) =>
  expect.poll(() => existsSync(join(folder, name)), { timeout: 10_000 }).toBe(true);
/** A script that goes on until the file `NAME.go` is there, or the folder is gone. */
const untilGo = (name: string, rest = "") =>
  `: >${folder}/${name}.begun; while [ -d ${folder} ] && [ ! -e ${folder}/${name}.go ]; do sleep 0.02; done; ${rest}`;
const go = (name: string) => writeFileSync(join(folder, `${name}.go`), "");

describe("an agent that was killed", () => {
  it("finds its running jobs again, and what ended meanwhile, and reports each once to the same controller", async () => {
    const options = { name: "n2", stateDir: join(folder, "n2") };
    const first = await room.process(options);
    controller.order("n2", startOrder(21, folder, untilGo("stays", "exit 5")));
    controller.order("n2", startOrder(22, folder, untilGo("ends", "kill -9 $$")));
    controller.order("n2", { ...startOrder(23, folder, untilGo("limited")), timeLimitS: 3 });
    controller.order("n2", startOrder(24, folder, `trap 'echo termed' TERM; ${untilGo("ending")}`));
    for (const name of ["stays", "ends", "limited", "ending"]) await begun(`${name}.begun`);
    await controller.started(24);
    controller.order("n2", { kind: "end", jobId: 24, restarts: 0, cause: "cancelled", graceMs: 2_000 });
    await expect.poll(() => room.read("24.out")).toContain("termed");
    await killed(first);
    go("ends");
    await expect.poll(() => existsSync(join(folder, "n2/jobs/22.0/status"))).toBe(true);
    await room.process(options);
    const hello = await controller.hello("n2", 2);
    expect(hello.jobs.map((job) => job.jobId).sort()).toEqual([21, 22, 23, 24]);
    expect(hello.jobs).toContainEqual({ jobId: 21, restarts: 0, state: "running" });
    expect(hello.jobs).toContainEqual({ jobId: 22, restarts: 0, state: "ended" });
    expect(await controller.ended(22)).toMatchObject({ exitCode: 0, signal: 9, cause: "exit" });
    expect(await controller.ended(23)).toMatchObject({ cause: "time-limit", signal: 15 });
    expect(await controller.ended(24)).toMatchObject({ cause: "cancelled", signal: 9 });
    go("stays");
    expect(await controller.ended(21)).toMatchObject({ exitCode: 5, signal: 0, cause: "exit" });
    expect([21, 22, 23, 24].map((jobId) => controller.endings(jobId).length)).toEqual([1, 1, 1, 1]);
    for (const jobId of [21, 22, 23, 24]) controller.order("n2", { kind: "forget", jobId, restarts: 0 });
    await expect.poll(() => readdirSync(join(folder, "n2/jobs"))).toEqual([]);
  });

  it("says of a job whose shepherd is gone without a word that it is lost, and ends what is left of it", async () => {
    const agent = await room.agent({ name: "n3", stateDir: join(folder, "n3") });
    controller.order("n3", startOrder(31, folder, untilGo("shot")));
    await begun("shot.begun");
    const { pid } = await controller.started(31);
    await agent.close();
    const shepherd = Number.parseInt(readFileSync(join(folder, "n3/jobs/31.0/shepherd"), "utf8"), 10);
    process.kill(shepherd, "SIGKILL");
    await room.agent({ name: "n3", stateDir: join(folder, "n3") });
    expect(await controller.ended(31)).toMatchObject({ cause: "lost" });
    await expect.poll(() => existsSync(`/proc/${pid}/exe`)).toBe(false);
  });

  it("notices a shepherd that is killed while it watches", async () => {
    await room.agent({ name: "n4", stateDir: join(folder, "n4") });
    controller.order("n4", startOrder(41, folder, untilGo("shot2")));
    await begun("shot2.begun");
    process.kill(Number.parseInt(readFileSync(join(folder, "n4/jobs/41.0/shepherd"), "utf8"), 10), "SIGKILL");
    expect(await controller.ended(41)).toMatchObject({ cause: "lost" });
  });

  it("does not take processes of before the host's restart for its own", async () => {
    const jobDir = join(folder, "n5/jobs/51.0");
    mkdirSync(jobDir, { recursive: true });
    const {
      script: _script,
      environment: _environment,
      args: _args,
      kind: _kind,
      ...order
    } = startOrder(51, folder, "");
    writeFileSync(join(jobDir, "order.json"), JSON.stringify({ bootId: "another", receivedMs: 1, order }));
    const self = readFileSync("/proc/self/stat", "utf8");
    writeFileSync(join(jobDir, "shepherd"), self);
    writeFileSync(join(jobDir, "pid"), self);
    await room.agent({ name: "n5", stateDir: join(folder, "n5") });
    expect(await controller.ended(51)).toMatchObject({ cause: "lost" });
  });

  it("knows nothing of a prepared job that never began, so that it is ordered again, nor of a half-written one", async () => {
    const {
      script: _script,
      environment: _environment,
      args: _args,
      kind: _kind,
      ...order
    } = startOrder(61, folder, "");
    mkdirSync(join(folder, "n6/jobs/61.0"), { recursive: true });
    mkdirSync(join(folder, "n6/jobs/62.0"), { recursive: true });
    writeFileSync(
      join(folder, "n6/jobs/61.0/order.json"),
      JSON.stringify({ bootId: bootId(), receivedMs: 1, order }),
    );
    writeFileSync(join(folder, "n6/jobs/62.0/order.json"), '{"bootId":');
    await room.agent({ name: "n6", stateDir: join(folder, "n6") });
    expect((await controller.hello("n6")).jobs).toEqual([]);
    expect(readdirSync(join(folder, "n6/jobs"))).toEqual([]);
    controller.order("n6", startOrder(61, folder, "exit 4"));
    expect(await controller.ended(61)).toMatchObject({ cause: "exit", exitCode: 4 });
  });

  it("has its state directory to itself until it is gone", async () => {
    const options = { name: "n7", stateDir: join(folder, "n7") };
    const first = await room.process(options);
    const second = { controllerUrl: controller.url, token: TOKEN, ...options, gres: "" };
    await expect(startAgent(second)).rejects.toThrow(
      /Another agent \(process \d+\) has this state directory/,
    );
    await killed(first);
    await room.agent(options);
  });

  it("goes on starting jobs when the process that forks shepherds is killed", async () => {
    await room.agent({ name: "n8", stateDir: join(folder, "n8") });
    controller.order("n8", startOrder(81, folder, untilGo("survivor", "exit 3")));
    await begun("survivor.begun");
    const nursery = readdirSync("/proc").find((pid) => {
      const words = /^\d+$/.test(pid) ? commandOf(pid) : "";
      return words.includes(join(folder, "n8", "nursery.sh"));
    });
    process.kill(Number(nursery), "SIGKILL");
    controller.order("n8", startOrder(82, folder, "exit 4"));
    expect(await controller.ended(82)).toMatchObject({ exitCode: 4, cause: "exit" });
    go("survivor");
    expect(await controller.ended(81)).toMatchObject({ exitCode: 3, cause: "exit" });
  });
});

const commandOf = (pid: string): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
};
