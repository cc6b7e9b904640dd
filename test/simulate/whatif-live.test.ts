/** `rota whatif` against a real controller with agents that play at running jobs: the answers, and that nothing changes. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type FakeAgents, startFakeAgents } from "../../agents/fake/fake-agents.ts";
import type { RunningController } from "../../core/controller/start-controller.ts";
import type { ExplainView } from "../../core/model/views.ts";
import type { Compared } from "../../core/simulate/whatif/comparison.ts";
import { type Ran, runWith } from "../cli/rota/stand-in.ts";
import { controllerHere } from "../controller/controller-here.ts";
import { fakeNode } from "../controller/fake-node.ts";
import { specOf, until } from "../e2e/programs.ts";

const NODES = 2;
const CPUS = 4;
const HOUR_S = 3600;
const folder = mkdtempSync(join(tmpdir(), "rota-whatif-"));
let controller: RunningController;
let agents: FakeAgents;

beforeAll(async () => {
  controller = await controllerHere(join(folder, "state"));
  agents = await startFakeAgents({
    controllerUrl: controller.url,
    token: controller.token,
    count: NODES,
    nodeSpec: (i) => fakeNode(`n${i + 1}`, CPUS),
    runMs: () => 600_000,
  });
  writeFileSync(join(folder, "job.sh"), "#!/bin/sh\n#SBATCH --cpus-per-task=4\ntrue\n");
  // Jobs 1 and 2 take the nodes for one and two hours; 3 waits for one of them, 4 for the other.
  for (const hours of [1, 2, 3, 1]) {
    const asks = { cpusPerTask: CPUS, timeLimitS: hours * HOUR_S };
    const response = await fetch(new URL("/v1/jobs", controller.url), {
      method: "POST",
      headers: { authorization: `Bearer ${controller.token}`, "content-type": "application/json" },
      body: JSON.stringify({ ...specOf("#!/bin/sh\ntrue\n", folder), ...asks }),
    });
    expect(response.status).toBe(201);
  }
  const { state } = controller.parts.ledger;
  await until("two jobs run", () => (state.runningJobs.count === 2 ? true : undefined));
});

afterAll(async () => {
  agents.close();
  await controller.close();
  rmSync(folder, { recursive: true, force: true });
});

const rota = (...args: string[]): Promise<Ran> =>
  runWith({ ROTA_URL: controller.url, ROTA_TOKEN: controller.token, PATH: "/usr/bin:/bin" }, args, {
    cwd: folder,
  });

/** Hours from the answer's own now, rounded; undefined for what is not foreseen. */
async function hours(...args: string[]): Promise<readonly (string | number | undefined)[][]> {
  const { code, out, err } = await rota("whatif", "--json", ...args);
  expect(err).toBe("");
  expect(code).toBe(0);
  const { nowS, jobs } = JSON.parse(out) as Compared;
  const ahead = (startS: number | undefined): number | undefined =>
    startS === undefined || startS === 0 ? undefined : Math.round((startS - nowS) / HOUR_S);
  return jobs.map((job) => [
    job.submitted ? "new" : job.displayId,
    ahead(job.nowStartS),
    ahead(job.thenStartS),
  ]);
}

it("says when waiting jobs start, as things are and after changes, and changes nothing", async () => {
  const { state } = controller.parts.ledger;
  await controller.parts.ledger.settled();
  const before = state.lastSeq;
  expect(await hours()).toEqual([
    ["3", 1, undefined],
    ["4", 2, undefined],
  ]);
  expect(await hours("--add-nodes", "1")).toEqual([
    ["3", 1, 0],
    ["4", 2, 1],
  ]);
  expect(await hours("--drain", "n1,n2")).toEqual([
    ["3", 1, undefined],
    ["4", 2, undefined],
  ]);
  expect(await hours("--order", "sjf")).toEqual([
    ["3", 1, 2],
    ["4", 2, 1],
  ]);
  expect(await hours("--submit", "job.sh", "--time=10")).toEqual([
    ["3", 1, 1],
    ["4", 2, 2],
    ["new", undefined, 3],
  ]);
  expect(await hours("--ends", "observed", "--until", "90m")).toEqual([
    ["3", 1, undefined],
    ["4", undefined, undefined],
  ]);
  expect(state.lastSeq).toBe(before);
});

it("prints a table", async () => {
  const { out } = await rota("whatif", "--add-nodes", "1:n1");
  expect(out).toMatch(/^JOB +NAME +USER +NOW EXPECTED +THEN EXPECTED +DIFFERENCE\n/);
  expect(out).toMatch(/\n +3 .* now .* earlier\n/);
});

it("says what is wrong in one line", async () => {
  for (const [args, code] of [
    [["--drain", "n7"], "UNKNOWN_NODE"],
    [["--order", "nothing"], "INVALID_SPEC"],
    [["--fast"], "INVALID_SPEC"],
    [["--submit", "job.sh", "--cpus-per-task=9"], "NODE_CONFIG_UNAVAILABLE"],
    [["--submit", "none.sh"], "INVALID_SPEC"],
  ] as const) {
    const ran = await rota("whatif", ...args);
    expect(ran.code).toBe(1);
    expect(ran.out).toBe("");
    expect(ran.err).toContain(code);
  }
});

it("rota explain tries what would start a job at once, and changes nothing", async () => {
  const { state } = controller.parts.ledger;
  await controller.parts.ledger.settled();
  const before = state.lastSeq;
  const ran = await rota("explain", "4", "--json");
  const [view] = JSON.parse(ran.out) as readonly ExplainView[];
  expect(view).toMatchObject({
    jobId: 4,
    reason: "Priority",
    onlyPriority: false,
    behindJob: 3,
    // Nothing is free, so it is no job ahead that keeps it.
    tried: { keptByJob: 0, keptByStartS: 0, changes: [], isWhole: true },
  });
  expect(state.lastSeq).toBe(before);
});

it("gives one snapshot at a time, each of a moment after it was asked for", async () => {
  const ask = async (): Promise<number> => {
    const response = await fetch(new URL("/v1/snapshot", controller.url), {
      headers: { authorization: `Bearer ${controller.token}` },
    });
    const text = Buffer.from(await response.arrayBuffer()).toString("latin1");
    return (JSON.parse(text.slice(0, text.indexOf("\n"))) as { seq: number }).seq;
  };
  const { ledger } = controller.parts;
  const [first, second, third] = await Promise.all([ask(), ask(), ask()]);
  expect(first).toBe(ledger.state.lastSeq);
  expect([second, third]).toEqual([first, first]);
});
