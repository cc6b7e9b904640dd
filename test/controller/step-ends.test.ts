/** Steps whose job ends under them: reports that come after the end, however close, change nothing and fail nothing. */
import { expect, it } from "vitest";
import type { StepEndedReport } from "../../agents/protocol/frames.ts";
import { reportWithout } from "../../core/controller/job-run.ts";
import { jobId, type NodeIndex } from "../../core/model/ids.ts";
import { specOf, until } from "../e2e/programs.ts";
import { fakeCluster } from "./fake-cluster.ts";

const OPERATOR = { user: "root", uid: 0, operator: true };

it("takes the report of a step whose job's end is applied and not yet on disk", async () => {
  const { running, folder } = await fakeCluster(2, 2);
  const { ledger, steps, dispatcher, fleet } = running.parts;
  await fetch(`${running.url}/v1/jobs`, {
    method: "POST",
    headers: { authorization: `Bearer ${running.token}`, "content-type": "application/json" },
    body: JSON.stringify(specOf("#!/bin/sh\ntrue\n", folder, { minNodes: 2, maxNodes: 2 })),
  });
  const id = jobId(1);
  const job = await until("the job runs", () => {
    const found = ledger.state.jobs.get(id);
    return found?.state === "RUNNING" ? found : undefined;
  });
  const ask = { name: "s", minNodes: 2, port: 1, key: "a".repeat(64), srunHost: "h", srunPid: 1, waitMs: 0 };
  const started = await steps.start("1", ask, OPERATOR, "127.0.0.1");
  expect(started).toMatchObject({ ok: true, value: { stepId: 0 } });
  const reports: (void | Promise<void>)[] = [];
  ledger.onApplied((event) => {
    if (event.type !== "job.ended") return;
    queueMicrotask(() => {
      for (const node of [0, 1]) reports.push(steps.report(node as NodeIndex, report));
    });
  });
  await dispatcher.conclude(job, reportWithout(job, "exit", 0));
  await Promise.all(reports);
  expect(reports).toHaveLength(2);
  expect(ledger.state.steps.get(id)).toMatchObject({ running: [], ended: [{ stepId: 0 }] });
  expect([0, 1].map((node) => fleet.isConnected(node as NodeIndex))).toEqual([true, true]);
});

const report: StepEndedReport = {
  jobId: 1,
  restarts: 0,
  stepId: 0,
  exitCode: 0,
  signal: 0,
  cause: "exit",
  text: "",
  startedMs: 1,
  endedMs: 2,
  cpuTimeMs: -1,
  maxRssMib: -1,
};
