/**
 * A policy in the shadow of a running controller: what it shows, and that whatever it does changes nothing and harms nobody.
 * Real controller, real worker threads, real WASM, agents that play at running jobs.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FakeAgents, startFakeAgents } from "../../agents/fake/fake-agents.ts";
import { type ClusterConfig, defaultConfig } from "../../core/controller/config.ts";
import type { RunningController } from "../../core/controller/start-controller.ts";
import type { PolicyChoice } from "../../core/model/policy.ts";
import type { ShadowKind, ShadowView } from "../../core/model/shadow-views.ts";
import { specOf, until } from "../e2e/programs.ts";
import { placeBody, placeRows, wrongModule } from "../wasm/faults/wrong-module.ts";
import { controllerHere } from "./controller-here.ts";
import { fakeNode } from "./fake-node.ts";

const JOBS = 30;
let folder = "";
let controller: RunningController;
let agents: FakeAgents | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rota-shadow-"));
});
afterEach(async () => {
  agents?.close();
  agents = undefined;
  await controller.close();
  rmSync(folder, { recursive: true, force: true });
});

async function start(
  backfill: ClusterConfig["scheduler"]["backfill"] = "planned",
  runMs = 15,
): Promise<void> {
  const base = defaultConfig();
  controller = await controllerHere(join(folder, "state"), {
    scheduler: { ...base.scheduler, backfill },
    policies: { ...base.policies, callBudgetMs: 40 },
  });
  agents = await startFakeAgents({
    controllerUrl: controller.url,
    token: controller.token,
    count: 4,
    nodeSpec: (i) => fakeNode(`f${i}`, 4),
    runMs: () => runMs,
  });
}

const choice = (kind: ShadowKind, module: string): PolicyChoice & { kind: ShadowKind } => ({
  kind,
  module,
  parameters: {},
});

async function inShadow(
  kind: ShadowKind,
  module: string,
  passes: number,
  wasm?: Uint8Array,
): Promise<ShadowView> {
  const started = await controller.parts.shadow.start(choice(kind, module), wasm, passes, 0);
  if (!started.ok) throw new Error(started.refusal.message);
  return started.value;
}

let submitted = 0;
/** Jobs of different lengths and sizes, until the shadow is over; all of them end. */
async function serveUntilOver(): Promise<ShadowView> {
  const { tally, shadow } = controller.parts;
  let mine = 0;
  const view = await until("the shadow is over", async () => {
    if (submitted - tally.completed < JOBS) {
      for (let i = 0; i < 5; i++) await submit(mine++);
    }
    const seen = shadow.view();
    return seen !== undefined && seen.state !== "running" ? seen : undefined;
  });
  await until("all jobs ended", () => (tally.completed === submitted ? true : undefined));
  expect(tally.failed).toBe(0);
  expect(controller.parts.desk.strikes).toBe(0);
  return view;
}

async function submit(i: number): Promise<void> {
  const shape = i % 5 === 0 ? { minNodes: 2, ntasks: 4 } : { ntasks: 1 + (i % 3) };
  const spec = { ...shape, timeLimitS: 60 * (10 - (i % 7)) };
  const response = await fetch(`${controller.url}/v1/jobs`, {
    method: "POST",
    headers: { authorization: `Bearer ${controller.token}`, "content-type": "application/json" },
    body: JSON.stringify(specOf("#!/bin/sh\ntrue\n", folder, spec)),
  });
  expect(`${response.status} ${await response.text()}`).toMatch(/^201 /);
  submitted++;
}
beforeEach(() => {
  submitted = 0;
});

describe("a policy in the shadow", () => {
  it("differs in nothing when it is the one that serves", { timeout: 60_000 }, async () => {
    await start();
    await inShadow("placement", "pack", 12);
    const view = await serveUntilOver();
    expect(view).toMatchObject({ state: "done", passes: 12, differ: 0, movedJobs: 0, jobs: [], strikes: 0 });
    expect(view.decisions).toBeGreaterThan(0);
    expect(view.waitMeanS.shadow).toBe(view.waitMeanS.live);
    expect(view.fragmentation.shadow).toBe(view.fragmentation.live);
    expect(view.calls).toBeGreaterThan(0);
  });

  it("shows on which other nodes it would start jobs, and nothing starts there", {
    timeout: 60_000,
  }, async () => {
    await start();
    await inShadow("placement", "spread", 15);
    const view = await serveUntilOver();
    expect(view).toMatchObject({ state: "done", against: "pack 1.0.0" });
    expect(view.otherNodes).toBeGreaterThan(0);
    expect(view.movedJobs).toBeGreaterThan(0);
    expect(view.fragmentation.shadow).toBeGreaterThan(view.fragmentation.live);
    const [job] = view.jobs.filter(({ shadow }) => shadow.nodes !== "");
    expect(job!.shadow.nodes).toMatch(/^f/);
    expect(controller.parts.desk.choice("placement")!.module).toBe("pack");
  });

  it("of kind priority shows who would come earlier and who later", { timeout: 60_000 }, async () => {
    // So long that jobs wait for each other on a busy host too.
    await start("none", 150);
    await inShadow("priority", "sjf", 15);
    const view = await serveUntilOver();
    expect(view.state).toBe("done");
    expect(view.startsOnly.live + view.startsOnly.shadow + view.earlier + view.later).toBeGreaterThan(0);
  });

  it("may be of kind topology where none serves, or another one does", { timeout: 60_000 }, async () => {
    await start();
    await inShadow("topology", "block", 8);
    expect(await serveUntilOver()).toMatchObject({ state: "done", kind: "topology", strikes: 0 });
  });

  it("that faults is out after three strikes, and the one that serves has none", {
    timeout: 60_000,
  }, async () => {
    await start();
    await inShadow("placement", "wrong.wasm", 50, wrongModule({ place: placeRows([99]) }));
    const view = await serveUntilOver();
    expect(view).toMatchObject({ state: "out", lastFault: { code: "POLICY_BAD_NODE" } });
    expect(view.reason).toContain("3 faults");
  });

  it("that loops without end is out too, while passes go on", { timeout: 60_000 }, async () => {
    await start();
    await inShadow(
      "placement",
      "loop.wasm",
      50,
      wrongModule({ place: placeBody("(loop $l (br $l)) (i32.const 0)") }),
    );
    const view = await serveUntilOver();
    expect(view).toMatchObject({
      state: "out",
      strikes: 3,
      lastFault: { code: expect.stringMatching(/FUEL|BUDGET/) },
    });
    // Which wall it runs into depends on how much of a CPU its thread gets.
    expect(view.lastFault!.message).toMatch(/units of fuel in one call of place|in one call for more than/);
  });

  it("is one at a time, can be stopped and is then still to be read", async () => {
    await start();
    const { shadow } = controller.parts;
    expect(shadow.stop()).toMatchObject({ ok: false, refusal: { code: "POLICY_NO_SHADOW" } });
    await inShadow("placement", "spread", 10);
    expect(await shadow.start(choice("priority", "sjf"), undefined, 10, 0)).toMatchObject({
      ok: false,
      refusal: { code: "POLICY_SHADOW_RUNS" },
    });
    expect(shadow.stop()).toMatchObject({ ok: true, value: { state: "stopped", name: "spread" } });
    expect(shadow.view()).toMatchObject({ state: "stopped" });
    await inShadow("priority", "sjf", 10);
    expect(shadow.view()).toMatchObject({ state: "running", name: "sjf" });
  });

  it("is over when other policies serve, since it would be compared with two", {
    timeout: 60_000,
  }, async () => {
    await start();
    await inShadow("placement", "spread", 100);
    await controller.parts.desk.load({ kind: "priority", module: "sjf", parameters: {} }, undefined, 0);
    expect(await serveUntilOver()).toMatchObject({ state: "ended", reason: "other policies serve since" });
  });

  it("is refused with the reason of a load where it cannot serve", async () => {
    await start();
    const { shadow } = controller.parts;
    const refused = (kind: ShadowKind, module: string) => shadow.start(choice(kind, module), undefined, 5, 0);
    expect(await refused("preemption", "cheapest")).toMatchObject({ refusal: { code: "POLICY_NOT_SERVED" } });
    expect(await refused("placement", "nothing")).toMatchObject({ refusal: { code: "POLICY_UNREADABLE" } });
  });
});
