/** Shares and priorities of a running controller, over its API: real controller, real worker, agents that play. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type FakeAgents, startFakeAgents } from "../../agents/fake/fake-agents.ts";
import { type ClusterConfig, parseConfig } from "../../core/controller/config.ts";
import type { RunningController } from "../../core/controller/start-controller.ts";
import type { PriorityView, QosView, ShareView } from "../../core/model/account-views.ts";
import { specOf, until } from "../e2e/programs.ts";
import { controllerHere } from "./controller-here.ts";
import { fakeNode } from "./fake-node.ts";

let folder = "";
let controller: RunningController | undefined;
let agents: FakeAgents | undefined;

afterEach(async () => {
  agents?.close();
  await controller?.close();
  controller = undefined;
  agents = undefined;
  rmSync(folder, { recursive: true, force: true });
});

const SITE = `
partitions:
  - {name: debug, nodes: ALL, default: true, priority_job_factor: 10}
  - {name: long, nodes: ALL, priority_job_factor: 5}
qos:
  - {name: normal, priority: 10}
  - {name: high, priority: 40}
accounts:
  - {name: physics, shares: 3, users: [ada, bob], limits: {grp_tres: {cpu: 64}}}
  - {name: chemistry, users: [cyd]}
`;
const MULTIFACTOR = `
policies:
  priority:
    module: multifactor
    parameters: {ageWeight: 0, partitionWeight: 1000, fairshareWeight: 400, qosWeight: 100, sizeWeight: 0, tresCpuWeight: 80}
`;

async function start(yaml: string): Promise<RunningController> {
  folder = mkdtempSync(join(tmpdir(), "rota-accounts-"));
  const parsed = parseConfig(yaml, join(folder, "rota.yaml"));
  if (!parsed.ok) throw new Error(parsed.refusal.message);
  const config: ClusterConfig = { ...parsed.value, listen: { host: "127.0.0.1", port: 0 }, mailProgram: "" };
  controller = await controllerHere(join(folder, "state"), config);
  agents = await startFakeAgents({
    controllerUrl: controller.url,
    token: controller.token,
    count: 1,
    nodeSpec: (i) => fakeNode(`f${i}`, 8),
    runMs: () => 600_000,
  });
  return controller;
}

async function ask<T>(path: string, body?: unknown): Promise<T> {
  const running = controller!;
  const answer = await fetch(`${running.url}${path}`, {
    headers: { authorization: `Bearer ${running.token}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
  });
  if (answer.status >= 300) throw new Error(await answer.text());
  return (await answer.json()) as T;
}

const submit = async (user: string, more: Record<string, unknown>): Promise<number> => {
  const spec = { ...specOf("#!/bin/sh\ntrue\n", folder), user, uid: 1000, ...more };
  return (await ask<{ jobId: number }>("/v1/jobs", spec)).jobId;
};

/** The shares, once the running job has used something. */
const untilUsed = (): Promise<readonly ShareView[]> =>
  until("usage shows", async () => {
    const { shares } = await ask<{ shares: readonly ShareView[] }>("/v1/shares");
    return shares.some(({ rawUsage }) => rawUsage > 0) ? shares : undefined;
  });

interface Priorities {
  readonly policy: string;
  readonly hasFactors: boolean;
  readonly weights: Record<string, number>;
  readonly priorities: readonly PriorityView[];
  readonly next?: number;
}

describe("a site with accounts and multifactor priority", () => {
  it("is told how each waiting job is ranked, partition by partition, as the pass ranks it", async () => {
    await start(SITE + MULTIFACTOR);
    await submit("ada", { account: "physics", ntasks: 8, qos: "normal" });
    await untilUsed();
    const poor = await submit("bob", { ntasks: 8, partition: "long,debug", qos: "high", nice: 7 });
    const rich = await submit("cyd", { ntasks: 4, partition: "long", qos: "normal" });
    await submit("cyd", { ntasks: 1, hold: true });
    await submit("cyd", { ntasks: 1, dependency: `afterok:${poor}` });
    const found = await ask<Priorities>("/v1/priorities");
    expect(found).toMatchObject({ policy: "multifactor", hasFactors: true });
    expect(found.weights).toMatchObject({ partition: 1000, fairshare: 400, tresCpu: 80, age: 0 });
    expect(found.priorities.map(({ jobId, partition, account }) => [jobId, partition, account])).toEqual([
      [poor, "long", "physics"],
      [poor, "debug", "physics"],
      [rich, "long", "chemistry"],
    ]);
    const [slow, fast, other] = found.priorities;
    expect(slow!.normal).toMatchObject({ partition: 0.5, qos: 1, tresCpu: 1 });
    expect(fast!.normal).toMatchObject({ partition: 1, qos: 1, tresCpu: 1 });
    // bob has used nothing and comes before ada; all of physics comes after chemistry.
    expect(fast!.normal.fairshare).toBeCloseTo(2 / 3, 9);
    expect(other!.normal).toMatchObject({ fairshare: 1, partition: 0.5, qos: 0.25, tresCpu: 0.5 });
    expect(fast!.priority).toBe(Math.floor(1000 + 400 * fast!.normal.fairshare + 100 + 80 - 7));
    expect(slow!.priority).toBe(fast!.priority - 500);
    expect(other!.priority).toBe(500 + 400 + 25 + 40);
    // What the queue shows is the best of the partitions.
    await until("a pass has ranked them", async () => {
      const { jobs } = await ask<{ jobs: { priority: number }[] }>(`/v1/jobs/${poor}`);
      return jobs[0]!.priority === fast!.priority ? true : undefined;
    });

    const few = await ask<Priorities>(`/v1/priorities?ids=${poor}&partitions=debug`);
    expect(few.priorities.map(({ partition }) => partition)).toEqual(["debug"]);
    expect((await ask<Priorities>("/v1/priorities?users=cyd")).priorities).toHaveLength(1);
    expect((await ask<Priorities>("/v1/priorities?accounts=physics")).priorities).toHaveLength(2);
    const page = await ask<Priorities>("/v1/priorities?limit=2");
    expect([page.priorities.length, page.next]).toEqual([2, 2]);
    const rest = await ask<Priorities>("/v1/priorities?limit=2&offset=2");
    expect([rest.priorities.length, rest.next]).toEqual([1, undefined]);
  });

  it("is told who has what share, has used what and has what left", async () => {
    await start(SITE + MULTIFACTOR);
    await submit("ada", { account: "physics", ntasks: 8, timeLimitS: 3600, qos: "normal" });
    const shares = await untilUsed();
    expect(shares.map(({ account, user }) => `${account}/${user}`)).toEqual([
      "root/",
      "chemistry/",
      "chemistry/cyd",
      "physics/",
      "physics/ada",
      "physics/bob",
    ]);
    const [root, chemistry, cyd, physics, ada, bob] = shares;
    expect(root).toMatchObject({ parent: "", runningJobs: 1, normShares: 1 });
    expect(chemistry).toMatchObject({ normShares: 0.25, levelFs: null, fairShare: 0 });
    expect([cyd!.fairShare, bob!.fairShare, ada!.fairShare]).toEqual([1, 2 / 3, 1 / 3]);
    expect(physics).toMatchObject({ rawShares: 3, levelFs: 0.75, limits: { grpTres: { cpu: 64 } } });
    expect(ada!.tresRunMins["cpu"]).toBeGreaterThan(400);
    expect(ada!.tresRunMins["cpu"]).toBeLessThanOrEqual(480);
    const some = await ask<{ shares: readonly ShareView[] }>("/v1/shares?accounts=physics&users=bob");
    expect(some.shares.map(({ account, user }) => `${account}/${user}`)).toEqual(["physics/", "physics/bob"]);
    const { qos } = await ask<{ qos: readonly QosView[] }>("/v1/qos");
    expect(qos.map(({ name, priority }) => [name, priority])).toEqual([
      ["normal", 10],
      ["high", 40],
    ]);
  });
});

describe("a site with neither", () => {
  it("has no shares and no factors", async () => {
    await start("partitions: [{name: debug, nodes: ALL, default: true}]\n");
    await submit("ada", { ntasks: 64 });
    expect(await ask("/v1/shares")).toEqual({ shares: [] });
    expect(await ask<Priorities>("/v1/priorities")).toMatchObject({
      policy: "fifo",
      hasFactors: false,
      priorities: [],
    });
  });
});
