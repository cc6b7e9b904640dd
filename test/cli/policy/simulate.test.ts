/** `rota policy simulate` on a trace and on what a running controller has recorded, and what it refuses. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startFakeAgents } from "../../../agents/fake/fake-agents.ts";
import type { BesideView } from "../../../core/model/workbench.ts";
import { controllerHere } from "../../controller/controller-here.ts";
import { fakeNode } from "../../controller/fake-node.ts";
import { specOf, until } from "../../e2e/programs.ts";
import { type Ran, runWith } from "../rota/stand-in.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rota-beside-"));
  const lines = Array.from({ length: 60 }, (_, i) => `${i + 1},${i},1,4,${600 - 9 * i},${500 - 8 * i}`);
  writeFileSync(join(folder, "jobs.csv"), `id,submit_s,nodes,cpus,time_limit_s,run_s\n${lines.join("\n")}\n`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const policy = (env: Record<string, string>, ...args: string[]): Promise<Ran> =>
  runWith(env, ["policy", ...args], { cwd: folder });
const NODES = ["--nodes", "2", "--cpus-per-node", "8"];

describe("on a trace", () => {
  it("prints the figures of both, and who moved farthest", async () => {
    const ran = await policy({}, "simulate", "sjf", "jobs.csv", ...NODES);
    expect(ran).toMatchObject({ code: 0, err: "" });
    expect(ran.out).toMatch(
      /^policy +sjf 1\.0\.0 \(priority, sha256 [0-9a-f]{12}\)\nbeside +fcfs\nworkload +jobs\.csv$/m,
    );
    expect(ran.out).toMatch(/^MEASURE +FCFS +SJF +CHANGE$/m);
    expect(ran.out).toMatch(/^wait mean s +[\d.]+ +[\d.]+ +-[\d.]+$/m);
    expect(ran.out).toMatch(/^moved jobs +[1-9]\d*: \d+ earlier, \d+ later$/m);
    const again = JSON.parse(
      (await policy({}, "simulate", "sjf", "jobs.csv", ...NODES, "--json")).out,
    ) as BesideView;
    expect(again.candidate.waitMeanS).toBeLessThan(again.live.waitMeanS);
    expect(again.moved.farthest.length).toBeGreaterThan(0);
  });

  it("takes a policy of one's own with parameters, from its folder", async () => {
    expect((await policy({}, "new", "short-first", "--kind", "priority")).code).toBe(0);
    const unbuilt = await policy({}, "simulate", "short-first", "jobs.csv", ...NODES);
    expect(unbuilt.err).toContain("run rota policy build short-first");
    expect((await policy({}, "build", "short-first")).code).toBe(0);
    const ran = await policy(
      {},
      "simulate",
      "short-first",
      "jobs.csv",
      ...NODES,
      "--set",
      "patience=9",
      "--json",
    );
    expect(ran).toMatchObject({ code: 0, err: "" });
    expect(JSON.parse(ran.out)).toMatchObject({
      name: "short-first",
      parameters: { patience: 9 },
      against: "fcfs",
    });
    const far = await policy({}, "simulate", "short-first", "jobs.csv", ...NODES, "--set", "patience=-1");
    expect(far.err).toMatch(/POLICY_PARAMETER: .*0 .*1000/);
  }, 60_000);

  it("says what is wrong with what was typed", async () => {
    const said = async (...args: string[]) => (await policy({}, "simulate", ...args)).err;
    expect(await said("nothing", "jobs.csv", ...NODES)).toContain("POLICY_UNREADABLE: nothing is neither");
    expect(await said("sjf", "gone.csv", ...NODES)).toContain("gone.csv: ENOENT");
    expect(await said("sjf", "jobs.csv", ...NODES, "--backfill", "easy,planned")).toContain(
      "--backfill is a list",
    );
    expect(await said("cheapest", "jobs.csv", ...NODES)).toContain("nothing is preempted on this cluster");
  });
});

it("replays what the controller has recorded, beside what serves there and how it really was", async () => {
  const controller = await controllerHere(join(folder, "state"));
  const agents = await startFakeAgents({
    controllerUrl: controller.url,
    token: controller.token,
    count: 2,
    nodeSpec: (i) => fakeNode(`f${i}`, 2),
    runMs: ({ jobId }) => (jobId % 3) * 700,
  });
  const env = { ROTA_URL: controller.url, ROTA_TOKEN: controller.token };
  try {
    expect((await policy(env, "simulate", "sjf")).err).toContain("no job has run on this cluster yet");
    for (let i = 0; i < 20; i++) {
      const body = JSON.stringify(specOf("#!/bin/sh\ntrue\n", folder, { timeLimitS: 600 - 60 * (i % 5) }));
      const headers = { authorization: `Bearer ${controller.token}`, "content-type": "application/json" };
      expect((await fetch(`${controller.url}/v1/jobs`, { method: "POST", headers, body })).status).toBe(201);
    }
    await until("all have ended", () => (controller.parts.tally.completed === 20 ? true : undefined));
    const ran = await policy(env, "simulate", "sjf", "--json");
    expect(ran).toMatchObject({ code: 0, err: "" });
    const beside = JSON.parse(ran.out) as BesideView;
    expect(beside).toMatchObject({
      against: "fifo",
      nodes: 2,
      cpus: 4,
      live: { jobs: 20 },
      real: { jobs: 20 },
    });
    const same = JSON.parse((await policy(env, "simulate", "fifo", "--json")).out) as BesideView;
    expect(same.moved.jobs).toBe(0);
    expect((await policy(env, "simulate", "sjf", "--nodes", "4")).err).toContain("are of a trace");
  } finally {
    agents.close();
    await controller.close();
  }
}, 60_000);
