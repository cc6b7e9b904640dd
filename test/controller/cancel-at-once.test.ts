/** A cancel that comes between a job's start and the order for it: no agent has the job, and it must end all the same. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { afterEach, expect, it } from "vitest";
import { type FakeAgents, startFakeAgents } from "../../agents/fake/fake-agents.ts";
import { defaultConfig } from "../../core/controller/config.ts";
import { type RunningController, startController } from "../../core/controller/start-controller.ts";
import { jobId } from "../../core/model/ids.ts";
import { specOf, until } from "../e2e/programs.ts";
import { fakeNode } from "./fake-node.ts";

const JOBS = 60;
const folder = mkdtempSync(join(tmpdir(), "rota-cancel-"));
let controller: RunningController | undefined;
let agents: FakeAgents | undefined;

afterEach(async () => {
  agents?.close();
  await controller?.close();
  rmSync(folder, { recursive: true, force: true });
});

it("ends every job, however soon after its submission it is cancelled", async () => {
  const running = await startController({
    stateDir: join(folder, "state"),
    config: { ...defaultConfig(), listen: { host: "127.0.0.1", port: 0 }, mailProgram: "" },
    log: pino({ level: "silent" }),
    onFatal: (error) => {
      throw error;
    },
  });
  controller = running;
  agents = await startFakeAgents({
    controllerUrl: running.url,
    token: running.token,
    count: 2,
    nodeSpec: (i) => fakeNode(`c${i}`, JOBS),
    runMs: () => 600_000,
  });
  const { ledger, tally } = running.parts;
  // The worst moment: as soon as the start is applied, before it is on disk.
  ledger.onApplied((event) => {
    if (event.type !== "job.started" || event.jobId % 2 !== 0) return;
    queueMicrotask(() => {
      const job = ledger.state.jobs.get(jobId(event.jobId));
      if (job?.ending === undefined && job !== undefined)
        void running.parts.dispatcher.askEnd(job, "CANCELLED", 0);
    });
  });
  const sent = Array.from({ length: JOBS }, async (_, i) => {
    await post(running, "/v1/jobs", specOf("#!/bin/sh\ntrue\n", folder));
    if (i % 3 === 0) await post(running, `/v1/jobs/${i + 1}/cancel`, {});
  });
  await Promise.all(sent);
  for (let id = 1; id <= JOBS; id++) await post(running, `/v1/jobs/${id}/cancel`, {});
  await until("every job has ended", () => (tally.cancelled === JOBS ? true : undefined));
  expect(ledger.state.runningRows.size).toBe(0);
});

/** Whatever the answer: a job may have ended before. */
async function post(running: RunningController, path: string, body: unknown): Promise<void> {
  await fetch(`${running.url}${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${running.token}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}
