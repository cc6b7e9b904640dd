/** `rota policy shadow` against a running controller: begun, read, waited for, ended, and refused what cannot be. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { type FakeAgents, startFakeAgents } from "../../../agents/fake/fake-agents.ts";
import type { RunningController } from "../../../core/controller/start-controller.ts";
import type { ShadowView } from "../../../core/model/shadow-views.ts";
import { controllerHere } from "../../controller/controller-here.ts";
import { fakeNode } from "../../controller/fake-node.ts";
import { specOf } from "../../e2e/programs.ts";
import { type Ran, runWith } from "../rota/stand-in.ts";

let folder: string;
let controller: RunningController;
let agents: FakeAgents;
let starts = 0;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rota-shadow-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(async () => {
  controller = await controllerHere(join(folder, `state-${starts++}`));
  agents = await startFakeAgents({
    controllerUrl: controller.url,
    token: controller.token,
    count: 2,
    nodeSpec: (i) => fakeNode(`f${i}`, 2),
    runMs: () => 600_000,
  });
});
afterEach(async () => {
  agents.close();
  await controller.close();
});

const policy = (...args: string[]): Promise<Ran> =>
  runWith({ ROTA_URL: controller.url, ROTA_TOKEN: controller.token }, ["policy", ...args], { cwd: folder });

async function submit(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const body = JSON.stringify(specOf("#!/bin/sh\ntrue\n", folder, { timeLimitS: 600 - 60 * (i % 5) }));
    const headers = { authorization: `Bearer ${controller.token}`, "content-type": "application/json" };
    expect((await fetch(`${controller.url}/v1/jobs`, { method: "POST", headers, body })).status).toBe(201);
  }
}

it("runs a policy for some passes and shows what differs, as a table and as JSON", async () => {
  const before = await policy("shadow");
  expect(before.code).toBe(1);
  expect(before.err).toContain("POLICY_NO_SHADOW: no policy has been in the shadow");
  await submit(10);
  let isOver = false;
  const waiting = policy("shadow", "sjf", "--passes", "3", "--wait").finally(() => {
    isOver = true;
  });
  // Each submission makes a pass.
  while (!isOver) {
    await submit(1);
    await sleep(50);
  }
  const ran = await waiting;
  expect(ran).toMatchObject({ code: 0, err: "" });
  expect(ran.out).toMatch(
    /^policy +sjf 1\.0\.0 \(priority, sha256 [0-9a-f]{12}\)\nbeside +fifo 1\.0\.0\nstate +done\n/m,
  );
  expect(ran.out).toMatch(/^passes +3 of 3/m);
  expect(ran.out).toMatch(/^that differ +[1-9]\d* \(\d+\.\d %\), of \d+ jobs$/m);
  expect(ran.out).toMatch(/^mean planned wait s +[\d.]+ +[\d.]+ +[+-][\d.]+$/m);
  expect(ran.out).toMatch(/^ +\d+ +\d\d:\d\d:\d\d +(now on f|in \d)/m);
  const view = JSON.parse((await policy("shadow", "--json")).out) as ShadowView;
  expect(view).toMatchObject({ name: "sjf", kind: "priority", state: "done", passes: 3 });
  expect(view.jobs.length).toBeGreaterThan(0);
}, 60_000);

it("can be ended, and a second one waits its turn", async () => {
  expect((await policy("shadow", "placement/spread", "--set", "gpuWeight=2")).out).toContain(
    "passes  0 of 100",
  );
  expect((await policy("shadow", "sjf")).err).toContain("POLICY_SHADOW_RUNS: spread is in the shadow");
  expect((await policy("shadow", "--stop")).out).toMatch(/^state +stopped$/m);
  expect((await policy("shadow", "--stop")).err).toContain("POLICY_NO_SHADOW");
});

it("says what is wrong with what was typed", async () => {
  expect((await policy("shadow", "sjf", "--passes", "many")).err).toContain(
    '--passes is "many"; give a whole number',
  );
  expect((await policy("shadow", "--passes", "3")).err).toContain("--passes is of a policy that begins");
  expect((await policy("shadow", "nothing")).err).toContain("POLICY_UNREADABLE: nothing is neither");
  expect((await policy("shadow", "sjf", "--set", "x=1")).err).toContain("POLICY_PARAMETER");
  expect((await policy("shadow", "cheapest")).err).toContain("POLICY_NOT_SERVED: nothing is preempted");
  expect((await policy("shadow", "sjf", "--stop")).err).toContain("give no policy with it");
});
