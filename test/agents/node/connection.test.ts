import { join } from "node:path";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { startAgent } from "../../../agents/node/agent.ts";
import { agentRoom } from "../agent-room.ts";
import { startOrder, TOKEN } from "../test-controller.ts";

const room = agentRoom();
const { controller, folder } = room;

describe("an agent's connection", () => {
  it("registers the node as it was described", async () => {
    await room.agent({ name: "c1", features: ["fast", "big"], topologyLeaf: "s1" });
    const { node, protocolMin } = await controller.hello("c1");
    expect(protocolMin).toBe(1);
    expect(node).toMatchObject({
      name: "c1",
      cpus: 4,
      sockets: 1,
      coresPerSocket: 4,
      threadsPerCore: 1,
      memoryMib: 4000,
      features: ["fast", "big"],
      topologyLeaf: "s1",
    });
    expect(node.devices.map((device) => `${device.name}:${device.type}:${device.vendorIndex}`)).toEqual([
      "gpu:tesla:0",
      "gpu:tesla:1",
    ]);
    expect(node.bootS).toBeGreaterThan(0);
  });

  it("finds out by itself what the host has when nothing is given", async () => {
    const agent = await startAgent({
      controllerUrl: controller.url,
      token: TOKEN,
      stateDir: join(folder, "found"),
      log: pino({ level: "silent" }),
    });
    await agent.close();
    expect(agent.node.cpus).toBeGreaterThan(0);
    expect(agent.node.sockets * agent.node.coresPerSocket * agent.node.threadsPerCore).toBe(agent.node.cpus);
    expect(agent.node.memoryMib).toBeGreaterThan(100);
  });

  it("resumes after a cut without losing or repeating an order or a report", async () => {
    await room.agent({ name: "c2" });
    for (let jobId = 200; jobId < 230; jobId++) {
      controller.order("c2", startOrder(jobId, folder, `echo ${jobId}; exit ${jobId - 200}`));
      if (jobId % 7 === 0) controller.cutConnections();
      if (jobId % 5 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    }
    for (let jobId = 200; jobId < 230; jobId++) {
      expect(await controller.ended(jobId)).toMatchObject({ exitCode: jobId - 200, cause: "exit" });
      expect(room.read(`${jobId}.out`)).toBe(`${jobId}\n`);
    }
    const counts = Array.from({ length: 30 }, (_, i) => controller.endings(200 + i).length);
    expect(new Set(counts)).toEqual(new Set([1]));
    const starts = controller.reports.filter(
      (report) => report.kind === "started" && report.jobId >= 200 && report.jobId < 230,
    );
    expect(starts).toHaveLength(30);
  });

  it("keeps jobs and their endings while the controller is away", async () => {
    await room.agent({ name: "c3" });
    controller.order("c3", startOrder(301, folder, "sleep 0.3; exit 6"));
    await controller.started(301);
    await controller.close();
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(controller.endings(301)).toEqual([]);
    await controller.open();
    expect(await controller.ended(301)).toMatchObject({ exitCode: 6 });
    expect(controller.endings(301)).toHaveLength(1);
  });

  it("tells a restarted controller of every job that is not forgotten", async () => {
    await room.agent({ name: "c4" });
    for (const [jobId, script] of [
      [401, "exit 1"],
      [402, "exit 2"],
      [403, "sleep 30"],
    ] as const) {
      controller.order("c4", startOrder(jobId, folder, script));
    }
    await Promise.all([controller.ended(401), controller.ended(402), controller.started(403)]);
    controller.order("c4", { kind: "forget", jobId: 402, restarts: 0 });
    controller.order("c4", startOrder(404, folder, "exit 4"));
    await controller.ended(404);
    await controller.close();
    controller.restart();
    controller.reports.length = 0;
    const before = controller.hellos.filter((hello) => hello.node.name === "c4").length;
    await controller.open();
    const hello = await controller.hello("c4", before + 1);
    expect(hello.controllerSession).not.toBe("");
    expect(hello.jobs.map((job) => `${job.jobId} ${job.state}`)).toEqual([
      "401 ended",
      "403 running",
      "404 ended",
    ]);
    await Promise.all([controller.ended(401), controller.started(403), controller.ended(404)]);
    controller.order("c4", { kind: "end", jobId: 403, restarts: 0, cause: "cancelled", graceMs: 0 });
    await controller.ended(403);
    expect(controller.endings(402)).toEqual([]);
  });
});
