/** What the watch makes of silence, and of nodes that are not silent after all. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type FakeAgents, startFakeAgents } from "../../agents/fake/fake-agents.ts";
import { defaultConfig } from "../../core/controller/config.ts";
import type { RunningController } from "../../core/controller/start-controller.ts";
import { jobId } from "../../core/model/ids.ts";
import { until } from "../e2e/programs.ts";
import { fields } from "../state/fixture.ts";
import { controllerHere } from "./controller-here.ts";
import { fakeNode } from "./fake-node.ts";

const folder = mkdtempSync(join(tmpdir(), "rota-watch-"));
let controller: RunningController;
let agents: FakeAgents;

beforeAll(async () => {
  const base = defaultConfig();
  controller = await controllerHere(join(folder, "state"), {
    timing: { ...base.timing, nodeGraceMs: 500, nodeTimeoutMs: 60_000, heartbeatMs: 300 },
  });
  agents = await startFakeAgents({
    controllerUrl: controller.url,
    token: controller.token,
    count: 2,
    nodeSpec: (i) => fakeNode(`w${i}`, 2),
    runMs: () => 0,
  });
});

afterAll(async () => {
  agents.close();
  await controller.close();
  rmSync(folder, { recursive: true, force: true });
});

const responding = (): boolean[] =>
  controller.parts.ledger.state.nodeRecords.map((record) => record.responding);

it("counts a connected node as answering again, whatever was written of it", async () => {
  const { ledger } = controller.parts;
  await ledger.append([{ type: "node.changed", atS: ledger.state.lastAtS, node: 0, responding: false }]);
  expect(responding()).toEqual([false, true]);
  await until("both nodes answer", () => (responding().every((answers) => answers) ? true : undefined));
});

it("does not take a node for silent between its hello and its welcome", async () => {
  const { ledger } = controller.parts;
  // As it is then: registered, not connected, and not heard of for long.
  const spec = fakeNode("late", 2);
  await ledger.append([{ type: "node.registered", atS: ledger.state.lastAtS, spec }]);
  expect(responding()).toEqual([true, true, true]);
  // Its agent never comes, so in the end it is silent all the same.
  await until("the late node is silent", () => (responding()[2] === false ? true : undefined));
});

it("ends a waiting job that can no longer keep its deadline", async () => {
  const { ledger } = controller.parts;
  const { state } = ledger;
  const id = jobId(state.nextJobId);
  const spec = { ...fields().spec, timeLimitS: 3600, deadlineS: state.lastAtS + 3599 };
  const job = fields({ spec, held: "user" });
  await ledger.append([{ type: "job.submitted", atS: state.lastAtS, jobId: id, scriptKey: 1, job }]);
  const end = await until("the job has ended", () => {
    const found = state.jobs.get(id);
    return found?.state === "PENDING" ? undefined : found;
  });
  expect(end).toMatchObject({ state: "DEADLINE", endReason: "DeadLine" });
});
