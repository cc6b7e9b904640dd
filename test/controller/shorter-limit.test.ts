/** A submission with --time-min in a running controller: it runs beside what was promised, and its agent knows the limit. */
import { expect, it } from "vitest";
import { jobId } from "../../core/model/ids.ts";
import type { Job } from "../../core/model/job.ts";
import type { JobSpec } from "../../core/model/job-spec.ts";
import { specOf, until } from "../e2e/programs.ts";
import { type FakeCluster, fakeCluster } from "./fake-cluster.ts";

const HOUR_S = 3600;

it("starts with the limit that ends when the job ahead is promised to start", async () => {
  const cluster = await fakeCluster(2, 2);
  const { state } = cluster.running.parts.ledger;
  const jobOf = (id: number): Job | undefined => state.jobs.get(jobId(id));
  const runs = (id: number): Promise<Job> =>
    until(`job ${id} runs`, () => (jobOf(id)?.state === "RUNNING" ? jobOf(id) : undefined));
  const whole = (nodes: number): Partial<JobSpec> => ({ minNodes: nodes, maxNodes: nodes, exclusive: true });
  await submit(cluster, { ...whole(1), timeLimitS: HOUR_S });
  const first = await runs(1);
  await submit(cluster, { ...whole(2), timeLimitS: HOUR_S });
  await submit(cluster, { ...whole(1), timeLimitS: 4 * HOUR_S });
  await submit(cluster, { ...whole(1), timeLimitS: 4 * HOUR_S, timeMinS: 600 });
  const shorter = await runs(4);
  expect(shorter.askedLimitS).toBe(4 * HOUR_S);
  expect(shorter.timeLimitS).toBeGreaterThanOrEqual(600);
  // Slots of the plan may round the promise up by a few seconds.
  expect(shorter.startS + shorter.timeLimitS).toBeLessThanOrEqual(first.startS + HOUR_S + 60);
  expect([jobOf(2)?.state, jobOf(3)?.state]).toEqual(["PENDING", "PENDING"]);
});

async function submit({ running, folder }: FakeCluster, over: Partial<JobSpec>): Promise<void> {
  const answer = await fetch(`${running.url}/v1/jobs`, {
    method: "POST",
    headers: { authorization: `Bearer ${running.token}`, "content-type": "application/json" },
    body: JSON.stringify({ ...specOf("#!/bin/sh\ntrue\n", folder), ...over }),
  });
  expect(await answer.text()).not.toContain("code");
}
