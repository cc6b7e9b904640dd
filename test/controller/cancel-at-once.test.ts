/** A cancel that comes between a job's start and the order for it: no agent has the job, and it must end all the same. */
import { expect, it } from "vitest";
import type { RunningController } from "../../core/controller/start-controller.ts";
import { jobId } from "../../core/model/ids.ts";
import { specOf, until } from "../e2e/programs.ts";
import { fakeCluster } from "./fake-cluster.ts";

const JOBS = 60;

it("ends every job, however soon after its submission it is cancelled", async () => {
  const { running, folder } = await fakeCluster(2, JOBS);
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
