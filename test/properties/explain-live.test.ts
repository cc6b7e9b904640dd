/** `rota explain` of a real controller: what is tried of a waiting job, with agents that play at running jobs. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type FakeAgents, startFakeAgents } from "../../agents/fake/fake-agents.ts";
import { defaultConfig } from "../../core/controller/config.ts";
import type { RunningController } from "../../core/controller/start-controller.ts";
import type { ExplainView } from "../../core/model/views.ts";
import { runWith } from "../cli/rota/stand-in.ts";
import { controllerHere } from "../controller/controller-here.ts";
import { fakeNode } from "../controller/fake-node.ts";
import { specOf, until } from "../e2e/programs.ts";

const CPUS = 4;
const HOUR_S = 3600;
const folder = mkdtempSync(join(tmpdir(), "rota-explain-"));
let controller: RunningController;
let agents: FakeAgents;

beforeAll(async () => {
  const base = defaultConfig();
  const [all] = base.partitions;
  controller = await controllerHere(join(folder, "state"), {
    partitions: [
      { ...all!, nodes: "n[1-2]" },
      { ...all!, name: "spare", nodes: "n3", isDefault: false },
    ],
  });
  agents = await startFakeAgents({
    controllerUrl: controller.url,
    token: controller.token,
    count: 3,
    nodeSpec: (i) => fakeNode(`n${i + 1}`, CPUS),
    runMs: () => 600_000,
  });
  // Job 1 takes one of the two nodes for an hour; 2 wants both; 3 fits on the other, and is longer than an hour.
  await submit({ minNodes: 1, timeLimitS: HOUR_S });
  const { state } = controller.parts.ledger;
  await until("the first job runs", () => (state.runningJobs.count === 1 ? true : undefined));
  await submit({ minNodes: 2, timeLimitS: HOUR_S });
  await submit({ minNodes: 1, timeLimitS: 10 * HOUR_S });
});

afterAll(async () => {
  agents.close();
  await controller.close();
  rmSync(folder, { recursive: true, force: true });
});

async function submit(asks: { readonly minNodes: number; readonly timeLimitS: number }): Promise<void> {
  const job = { ...asks, maxNodes: asks.minNodes, ntasksPerNode: 1, cpusPerTask: CPUS };
  const response = await fetch(new URL("/v1/jobs", controller.url), {
    method: "POST",
    headers: { authorization: `Bearer ${controller.token}`, "content-type": "application/json" },
    body: JSON.stringify({ ...specOf("#!/bin/sh\ntrue\n", folder), ...job }),
  });
  expect(response.status).toBe(201);
}

async function explain(job: number): Promise<ExplainView> {
  const env = { ROTA_URL: controller.url, ROTA_TOKEN: controller.token };
  const { code, out } = await runWith(env, ["explain", String(job), "--json"]);
  expect(code).toBe(0);
  return (JSON.parse(out) as readonly ExplainView[])[0]!;
}

it("names the reservation that keeps a job from a free node, and what would start the job now", async () => {
  const { state } = controller.parts.ledger;
  await controller.parts.ledger.settled();
  const before = state.lastSeq;
  const { reason, onlyPriority, freeNodes, tried } = await explain(3);
  expect({ reason, onlyPriority, freeNodes }).toEqual({
    reason: "Priority",
    onlyPriority: true,
    freeNodes: 1,
  });
  expect(tried).toMatchObject({ keptByJob: 2, isWhole: true });
  const startS = state.jobs.get(1 as never)!.startS;
  expect(Math.abs(tried!.keptByStartS - startS - HOUR_S)).toBeLessThanOrEqual(60);
  expect(
    tried!.changes.map(({ change, to }) => (change === "time limit" ? change : `${change} ${to}`)),
  ).toEqual(["time limit", "partition spare"]);
  const longest = Number(tried!.changes[0]!.to);
  expect(longest).toBeGreaterThan(HOUR_S - 120);
  expect(longest).toBeLessThanOrEqual(HOUR_S);
  expect(state.lastSeq).toBe(before);
  expect(state.jobs.size).toBe(3);
});

it("finds how many nodes a gang could have now", async () => {
  const { reason, tried } = await explain(2);
  expect(reason).toBe("Resources");
  expect(tried).toMatchObject({ keptByJob: 0, keptByStartS: 0 });
  expect(tried!.changes).toContainEqual({ change: "nodes", to: "1" });
});
