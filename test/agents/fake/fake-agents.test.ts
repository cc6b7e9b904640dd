import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FakeAgents, startFakeAgents } from "../../../agents/fake/fake-agents.ts";
import type { NodeSpec } from "../../../core/model/node.ts";
import { startOrder, TestController, TOKEN } from "../test-controller.ts";

const controller = new TestController();
let agents: FakeAgents;
const AGENTS = 100;

const nodeSpec = (i: number): NodeSpec => ({
  name: `f${i}`,
  hostname: `f${i}`,
  address: "127.0.0.1",
  cpus: 128,
  sockets: 2,
  coresPerSocket: 64,
  threadsPerCore: 1,
  memoryMib: 1_000_000,
  devices: [],
  features: [],
  arch: "x86_64",
  os: "Linux",
  version: "0.1.0",
  bootS: 0,
  agentStartS: 0,
  topologyLeaf: "",
});

beforeAll(async () => {
  await controller.open();
  agents = await startFakeAgents({
    controllerUrl: controller.url,
    token: TOKEN,
    count: AGENTS,
    nodeSpec,
    runMs: (order) => (order.name === "instant" ? 0 : 150),
    exitCode: (order) => order.cpus,
    maxBackoffMs: 50,
  });
});
afterAll(async () => {
  agents.close();
  await controller.close();
});

describe("fake agents", () => {
  it("register every one and run jobs for as long as they are told", async () => {
    expect(agents.counts()).toEqual({ connected: AGENTS, running: 0, ended: 0 });
    for (let i = 0; i < AGENTS; i++) {
      controller.order(`f${i}`, startOrder(i + 1, "/tmp", "never run", { name: "instant", cpus: 0 }));
      controller.order(`f${i}`, startOrder(i + 1001, "/tmp", "never run", { cpus: 3 }));
    }
    for (let i = 0; i < AGENTS; i++) {
      expect(await controller.ended(i + 1)).toMatchObject({ exitCode: 0, cause: "exit" });
      const slow = await controller.ended(i + 1001);
      expect(slow).toMatchObject({ exitCode: 3, cause: "exit" });
      expect(slow.endedMs - slow.startedMs).toBeGreaterThanOrEqual(140);
    }
    expect(agents.counts()).toMatchObject({ running: 0, ended: 2 * AGENTS });
  });

  it("end a job on order, keep it over a cut, and forget it when told", async () => {
    controller.order("f0", startOrder(5001, "/tmp", "never run", { name: "slow" }));
    await controller.started(5001);
    controller.cutConnections();
    controller.order("f0", { kind: "end", jobId: 5001, restarts: 0, cause: "time-limit", graceMs: 0 });
    expect(["time-limit", "exit"]).toContain((await controller.ended(5001)).cause);
    controller.order("f0", { kind: "forget", jobId: 5001, restarts: 0 });
    controller.order("f0", startOrder(5002, "/tmp", "never run", { name: "instant" }));
    await controller.ended(5002);
    controller.cutConnections();
    const before = controller.hellos.filter((hello) => hello.node.name === "f0").length;
    const hello = await controller.hello("f0", before + 1);
    expect(hello.jobs.some((job) => job.jobId === 5001)).toBe(false);
    expect(hello.jobs.some((job) => job.jobId === 5002)).toBe(true);
  });
});
