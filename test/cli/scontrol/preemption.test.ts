/** What scontrol says of preemption, where a site has it. */
import { describe, expect, it } from "vitest";
import { configTable } from "../../../core/cli/scontrol/config-table.ts";
import { jobRecord } from "../../../core/cli/scontrol/job-record.ts";
import { timePrinter } from "../../../core/cli/time-format.ts";
import { at, job } from "../views.ts";

const context = { nowS: at("19:07:22"), time: timePrinter({}), oneLine: false, details: false };
const lines = (text: string): readonly string[] => text.split("\n").filter((line) => /Preempt/.test(line));

describe("scontrol show job", () => {
  it("says from when on a job may be preempted, and when it was", () => {
    const running = job({ jobId: 1, preemptEligibleS: at("19:07:21") });
    expect(lines(jobRecord(running, context))).toEqual([
      "   PreemptEligibleTime=2026-11-24T19:07:21 PreemptTime=None",
    ]);
    expect(lines(jobRecord({ ...running, preemptS: at("19:07:22") }, context))).toEqual([
      "   PreemptEligibleTime=2026-11-24T19:07:21 PreemptTime=2026-11-24T19:07:22",
    ]);
  });

  it("says nothing of it where jobs are not preempted", () => {
    expect(lines(jobRecord(job({ jobId: 1 }), context))).toEqual([]);
  });
});

describe("scontrol show config", () => {
  const cluster = {
    clusterName: "oracle",
    version: "0",
    host: "h",
    bootS: 0,
    nowS: 0,
    maxArraySize: 1001,
    minJobAgeS: 300,
    backfill: "planned",
    policies: [],
    firstJobId: 1,
    nextJobId: 2,
    stateDir: "/s",
  };

  it("names the type, the mode and the exempt time", () => {
    const preemption = { by: "qos", mode: "requeue", exemptTimeS: 300 };
    expect(lines(configTable({ ...cluster, preemption }, 0, String))).toEqual([
      "PreemptMode             = REQUEUE",
      "PreemptType             = preempt/qos",
      "PreemptExemptTime       = 00:05:00",
    ]);
    expect(lines(configTable(cluster, 0, String))).toEqual([
      "PreemptMode             = OFF",
      "PreemptType             = preempt/none",
    ]);
  });
});
