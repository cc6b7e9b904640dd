/**
 * What it gains that the next pass is planned while the starts of the last are still written and ordered: jobs ended a
 * second on a busy cluster of fake agents, as it is, and with each pass held back until the last one's starts are on
 * disk and their orders have left. Alternating runs on fresh controllers; fails only when a job is lost, never on time.
 * `npx tsx bench/beside/beside.ts [--json] [--tiny]`
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { startFakeAgents } from "../../agents/fake/fake-agents.ts";
import type { RunningController } from "../../core/controller/start-controller.ts";
import { controllerHere } from "../../test/controller/controller-here.ts";
import { specOf, until } from "../../test/e2e/programs.ts";
import { postAll } from "../cluster/load.ts";
import { fillNode } from "../fill/fill-node.ts";
import { median, report } from "../report.ts";

const isTiny = process.argv.includes("--tiny");
const NODES = isTiny ? 8 : 200;
const JOBS = isTiny ? 64 : 6_000;
const PAIRS = isTiny ? 1 : 3;
/** A job holds half a node for this long. */
const RUN_MS = 20;
const CPUS = 64;

const beside: number[] = [];
const after: number[] = [];
let lost = 0;
for (let pair = 0; pair < PAIRS; pair++) {
  beside.push(await jobsPerSecond(false));
  after.push(await jobsPerSecond(true));
}
report("beside", lost === 0, {
  nodes: NODES,
  jobs: JOBS,
  perSecondBeside: median(beside),
  perSecondAfter: median(after),
  gain: Math.round((median(beside) / median(after)) * 100) / 100,
});

async function jobsPerSecond(isHeldBack: boolean): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "rota-beside-"));
  const controller = await controllerHere(join(folder, "state"));
  const agents = await startFakeAgents({
    controllerUrl: controller.url,
    token: controller.token,
    count: NODES,
    nodeSpec: fillNode,
    runMs: () => RUN_MS,
  });
  if (isHeldBack) holdBack(controller);
  try {
    const { tally, ledger } = controller.parts;
    const spec = specOf("#!/bin/sh\ntrue\n", folder, { cpusPerTask: CPUS, hold: true, name: "held" });
    const made = await postAll<{ jobId: number }>({
      url: controller.url,
      path: "/v1/jobs",
      token: controller.token,
      inFlight: 32,
      count: JOBS,
      body: () => spec,
    });
    const began = performance.now();
    const release = made.map(
      ({ jobId }) =>
        ({ type: "job.updated", atS: ledger.state.lastAtS, jobId, change: { held: "" } }) as const,
    );
    await ledger.append(release);
    await until("every job has ended", () => (tally.completed >= JOBS ? true : undefined), 300_000);
    const tookMs = performance.now() - began;
    lost += JOBS - tally.completed;
    return Math.round(JOBS / (tookMs / 1000));
  } finally {
    agents.close();
    await controller.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A pass begins once all that was appended before is on disk, and a turn later, when its orders have left. */
function holdBack({ parts: { runner, ledger } }: RunningController): void {
  const run = runner.run.bind(runner);
  runner.run = async (order) => {
    await ledger.append([]);
    for (let turn = 0; turn < 64; turn++) await nextTurn();
    return run(order);
  };
}
