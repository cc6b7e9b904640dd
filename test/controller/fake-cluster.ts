/** A controller and fake agents in this process, closed after each test with the folder that they wrote to. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";
import { type FakeAgents, startFakeAgents } from "../../agents/fake/fake-agents.ts";
import type { RunningController } from "../../core/controller/start-controller.ts";
import { controllerHere } from "./controller-here.ts";
import { fakeNode } from "./fake-node.ts";

const open: { folder: string; controller: RunningController; agents: FakeAgents }[] = [];

afterEach(async () => {
  for (const { folder, controller, agents } of open.splice(0)) {
    agents.close();
    await controller.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

export interface FakeCluster {
  readonly running: RunningController;
  readonly folder: string;
}

/** `nodes` nodes of so many CPUs, whose jobs and steps run for ten minutes unless they are ended. */
export async function fakeCluster(nodes: number, cpus: number): Promise<FakeCluster> {
  const folder = mkdtempSync(join(tmpdir(), "rota-fake-"));
  const controller = await controllerHere(join(folder, "state"));
  const agents = await startFakeAgents({
    controllerUrl: controller.url,
    token: controller.token,
    count: nodes,
    nodeSpec: (i) => fakeNode(`f${i}`, cpus),
    runMs: () => 600_000,
    stepMs: () => 600_000,
  });
  open.push({ folder, controller, agents });
  return { running: controller, folder };
}
