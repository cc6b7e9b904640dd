/** Preemption on the virtual clock: what a replay and a what-if make of cancel, requeue and suspend. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { kernelPath } from "../../core/controller/built-file.ts";
import { shownState } from "../../core/model/job.ts";
import { firstFitPlacement } from "../../core/place/fallback.ts";
import { PlanKernel } from "../../core/place/kernel.ts";
import { fifoPriority } from "../../core/prioritise/fallback.ts";
import { forecast } from "../../core/simulate/whatif/forecast.ts";
import { atLimit } from "../../core/simulate/whatif/run-length.ts";
import { decodeState, encodeState } from "../../core/state/snapshot.ts";
import { PreemptSite } from "../place/preempt-site.ts";
import { simulate } from "./run-command.ts";

const folder = mkdtempSync(join(tmpdir(), "rota-preempt-"));
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const yaml = (mode: string, more = ""): string =>
  fileOf(
    `${mode}.yaml`,
    `nodes: [{names: "n[1-2]", cpus: 4, memory: 8G}]
qos: [{name: low}, {name: high, priority: 100, preempt: [low]${more}}]
preemption: {by: qos, mode: ${mode}}
`,
  );
const JOBS = fileOf(
  "jobs.csv",
  "id,submit_s,nodes,cpus,time_limit_s,run_s,qos\n1,0,2,4,1000,100,low\n2,10,1,4,60,20,high\n3,12,1,4,60,20,low\n",
);

/** Start and end by id, and what is said beside the figures. */
async function replayed(mode: string, flags: Parameters<typeof simulate>[1] = {}) {
  const jobs = join(folder, `${mode}.out.csv`);
  const { code, err } = await simulate([JOBS], { cluster: yaml(mode), jobs, ...flags });
  expect([code, code === 0 ? "" : err]).toEqual([0, ""]);
  const rows = readFileSync(jobs, "utf8").trim().split("\n").slice(1);
  const times = Object.fromEntries(
    rows.map((row) => {
      const [id, , start, end] = row.split(",").map(Number);
      return [id, [start, end]];
    }),
  );
  return { times, err };
}

describe("a replay with preemption", () => {
  it("has a job stand still and go on, with what it had left", async () => {
    const { times, err } = await replayed("suspend");
    // After two seconds of warning; the third has the other node meanwhile, since it ends by its limit when the second does.
    expect(times).toEqual({ 1: [0, 120], 2: [12, 32], 3: [12, 32] });
    expect(err).toContain("once a job was preempted: it stood still and went on later");
  });

  it("has a job go back to the queue and begin again", async () => {
    const { times, err } = await replayed("requeue");
    expect(times).toMatchObject({ 2: [11, 31], 1: [31, 131] });
    expect(err).toContain("once a job was preempted: it went back to the queue");
  });

  it("has a job end before its time", async () => {
    const { times, err } = await replayed("cancel");
    expect(times).toMatchObject({ 1: [0, 11], 2: [11, 31] });
    expect(err).toContain("once a job was preempted: it was cancelled");
  });

  it("is the same whatever the order of events, and preempts nobody in an exact mode", async () => {
    const serial = await replayed("suspend", { eventOrder: "serial" });
    expect(serial.times).toMatchObject({ 1: [0, 120], 2: [12, 32] });
    const easy = await replayed("suspend", { backfill: "easy" });
    expect(easy.times).toMatchObject({ 1: [0, 100], 2: [100, 120] });
  });

  it("refuses a QOS that the site does not have, by the job", async () => {
    const list = fileOf("other.csv", "id,nodes,cpus,time_limit_s,run_s,qos\n1,1,4,10,5,none\n2,1,4,10,5,\n");
    const { code, err } = await simulate([list], { cluster: yaml("requeue") });
    expect(code).toBe(0);
    expect(err).toMatch(/1 job was refused \(the first has id 1\): INVALID_QOS/);
  });
});

describe("a what-if of a cluster with preemption", () => {
  const kernel = new PlanKernel(readFileSync(kernelPath()));
  const placement = firstFitPlacement();
  const priority = fifoPriority();
  const ahead = (site: PreemptSite) =>
    forecast({
      state: decodeState(encodeState(site.state)),
      nowS: site.nowS,
      untilS: site.nowS + 1_000_000,
      backfill: { mode: "planned", order: "queue" },
      policies: {
        priority: { chosen: priority, fallback: priority },
        placement: { chosen: placement, fallback: placement },
        reseed: () => undefined,
      },
      kernel,
      runLength: atLimit,
    }).starts;

  it.each([
    ["requeue", 1],
    ["suspend", 2],
  ] as const)("starts who preempts by %s when its victim is out of the way", (mode, delayS) => {
    const site = new PreemptSite({ nodes: 1, preemption: { mode } });
    site.submit({ limitS: 3600 });
    site.pass();
    site.nowS += 60;
    const high = site.submit({ qos: "high", limitS: 600 });
    const behind = site.submit({ limitS: 600 });
    const starts = ahead(site);
    expect(starts.get(high)).toMatchObject({ firstS: site.nowS + delayS, tasks: 1 });
    // One that was requeued is behind the other by its place in the queue, one that stands still before it.
    const leftS = mode === "suspend" ? 3600 - 60 - delayS : 3600;
    expect(starts.get(behind)?.firstS).toBe(site.nowS + delayS + 600 + leftS);
  });

  it("knows who stands still already, for whom, and by whose hand", () => {
    const site = new PreemptSite({ nodes: 1, preemption: { mode: "suspend" } });
    const low = site.submit({ limitS: 3600 });
    site.pass();
    const high = site.submit({ qos: "high", limitS: 600 });
    site.pass();
    site.settle();
    expect(site.pass().started).toEqual([high]);
    expect(shownState(site.job(low))).toBe("SUSPENDED");
    site.nowS += 100;
    const behind = site.submit({ limitS: 60 });
    expect(ahead(site).get(behind)?.firstS).toBe(site.nowS + 500 + 3600);
    site.apply({ type: "job.suspending", atS: site.nowS, jobId: low, byUid: 0, byHand: true });
    expect(ahead(site).get(behind)?.firstS).toBe(site.nowS + 500);
  });
});
