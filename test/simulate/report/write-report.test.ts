import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Script } from "node:vm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { generateWorkload } from "../../../core/simulate/generate/generate-workload.ts";
import { buildReportPage } from "../../../core/simulate/report/build-page.ts";
import { ganttData, MAX_GANTT_BYTES, MAX_GANTT_JOBS } from "../../../core/simulate/report/gantt-data.ts";
import { decodeJobs } from "../../../core/simulate/report/page/gantt-jobs.ts";
import { timeRange } from "../../../core/simulate/report/ran-jobs.ts";
import { classOf, MAX_SIZE_CLASSES, sizeClasses } from "../../../core/simulate/report/size-classes.ts";
import { SERIES_BINS, timeSeries } from "../../../core/simulate/report/time-series.ts";
import { waitQuantiles } from "../../../core/simulate/report/wait-quantiles.ts";
import { MAX_REPORT_RUNS, writeReport } from "../../../core/simulate/report/write-report.ts";
import type { Simulation } from "../../../core/simulate/simulation.ts";
import type { Workload } from "../../../core/simulate/workload.ts";
import { toySimulation } from "./toy-simulation.ts";

const CLUSTER = { nodes: 10, cpusPerNode: 64, gpusPerNode: 8 };
const workload = generateWorkload({ model: "gpu", jobs: 300, load: 1, ...CLUSTER, seed: 4 });
const simulation = toySimulation(workload, CLUSTER);

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "rota-report-"));
  await buildReportPage();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function pageOf(simulations: readonly Simulation[], command?: string): Promise<string> {
  const path = join(folder, "report.html");
  await writeReport(simulations, path, command === undefined ? {} : { command });
  return readFileSync(path, "utf8");
}

/** The elements of a page with their attributes; throws where one is not closed. Only what this page uses. */
function elementsOf(page: string): { readonly name: string; readonly attributes: string }[] {
  const open: string[] = [];
  const elements: { name: string; attributes: string }[] = [];
  const text = page.replace(/(<(script|style)\b[^>]*>)[\s\S]*?(<\/\2>)/g, "$1$3");
  for (const [, end, name, attributes] of text.matchAll(
    /<(\/?)([a-z][a-z0-9]*)((?:\s+[\w:-]+(?:="[^"<>]*")?)*)\s*\/?>/gi,
  )) {
    const isVoid = /^(meta|br|line|path|rect|circle)$/.test(name!);
    if (end === "/") expect(open.pop()).toBe(name);
    else if (!isVoid) open.push(name!);
    if (end === "") elements.push({ name: name!, attributes: attributes! });
  }
  expect(open).toEqual([]);
  expect(text.replace(/<!doctype html>/, "").replaceAll(/<\/?[a-z][^<>]*>/gi, "")).not.toMatch(/[<>]/);
  return elements;
}

describe("a report", () => {
  it("is one page whose elements are closed and whose script is one", async () => {
    const page = await pageOf([simulation], "rota simulate x.csv");
    const names = elementsOf(page).map(({ name }) => name);
    expect(names.filter((name) => name === "canvas")).toHaveLength(1);
    expect(names.filter((name) => name === "table")).toHaveLength(2);
    const scripts = [...page.matchAll(/<script>([\s\S]*?)<\/script>/g)];
    expect(scripts).toHaveLength(1);
    expect(() => new Script(scripts[0]![1]!)).not.toThrow();
    expect(page).toContain("<code>rota simulate x.csv</code>");
  });

  it("asks the network for nothing", async () => {
    const page = await pageOf([simulation]);
    expect(page).not.toMatch(/https?:|\/\/[a-z]|@import|url\(|<link|<iframe|<img|\ssrc=/i);
    expect(page).toContain("default-src 'none'");
  });

  it("takes names and labels for text, whatever they hold", async () => {
    const evil = `</title></script><script>alert(1)</script>"'&<b onload=x>`;
    const hostile = { ...simulation, label: evil, workload: { ...workload, name: evil }, notes: [evil] };
    const page = await pageOf([hostile, simulation], evil);
    expect(page).not.toContain("<script>alert");
    expect(page).not.toContain("<b onload");
    const elements = elementsOf(page);
    expect(elements.some(({ attributes }) => /\son\w+=/.test(attributes))).toBe(false);
    expect(elements.filter(({ name }) => name === "script")).toHaveLength(2);
    expect(page).toContain("&lt;/title&gt;&lt;/script&gt;");
  });

  it("shows runs side by side, and says so where one kept no placements", async () => {
    const { placements: _, ...without } = { ...simulation, label: "other" };
    const page = await pageOf([simulation, without]);
    const names = elementsOf(page).map(({ name }) => name);
    expect(names.filter((name) => name === "figure")).toHaveLength(2);
    expect(names.filter((name) => name === "canvas")).toHaveLength(1);
    expect(page).toContain("No placements were kept.");
  });

  it("is written for a run in which nothing ran", async () => {
    const empty: Workload = { name: "empty", jobs: [], machineCpus: 0, machineNodes: 0 };
    elementsOf(await pageOf([toySimulation(empty, CLUSTER)]));
    const never = {
      ...simulation,
      jobs: {
        ...simulation.jobs,
        startS: new Float64Array(300).fill(-1),
        endS: new Float64Array(300).fill(-1),
      },
    };
    const page = await pageOf([never]);
    elementsOf(page);
    expect(page).not.toContain("NaN");
  });

  it("is refused for no run and for too many", async () => {
    await expect(pageOf([])).rejects.toThrow(RangeError);
    await expect(pageOf(new Array<Simulation>(MAX_REPORT_RUNS + 1).fill(simulation))).rejects.toThrow(
      RangeError,
    );
  });
});

describe("the data in the page", () => {
  it("decodes to the jobs that were given, in the order of their starts", async () => {
    const page = await pageOf([simulation]);
    const json = page.match(/<script type="application\/json" id="rota-data">(.*?)<\/script>/s)![1]!;
    const { runs } = JSON.parse(json) as { runs: { jobs: number; columns: string }[] };
    const decoded = decodeJobs(runs[0]!.jobs, Buffer.from(runs[0]!.columns, "base64"));
    const { jobs, placements } = simulation;
    const order = workload.jobs.map((_, i) => i).sort((a, b) => jobs.startS[a]! - jobs.startS[b]! || a - b);
    const classes = sizeClasses([simulation]);
    expect(decoded.count).toBe(300);
    for (const [at, i] of order.entries()) {
      const job = workload.jobs[i]!;
      expect({
        id: decoded.id[at],
        user: decoded.user[at],
        startS: decoded.startS[at],
        waitS: decoded.waitS[at],
        runS: decoded.runS[at],
        timeLimitS: decoded.timeLimitS[at],
        cpus: decoded.cpus[at],
        gpus: decoded.gpus[at],
        nodes: decoded.nodes[at],
        sizeClass: decoded.sizeClass[at],
      }).toEqual({
        id: job.id,
        user: job.user,
        startS: jobs.startS[i],
        waitS: jobs.startS[i]! - job.submitS,
        runS: job.runS,
        timeLimitS: job.timeLimitS,
        cpus: jobs.cpus[i],
        gpus: jobs.gpus[i],
        nodes: job.nodes,
        sizeClass: classOf(classes, jobs.gpus[i]!),
      });
      const runsOf = (offset: Int32Array, column: Int32Array, place: number) => [
        ...column.subarray(offset[place], offset[place + 1]),
      ];
      expect(runsOf(decoded.offset, decoded.first, at)).toEqual(
        runsOf(placements!.offset, placements!.first, i),
      );
      expect(runsOf(decoded.offset, decoded.last, at)).toEqual(
        runsOf(placements!.offset, placements!.last, i),
      );
    }
  });

  it("is at most 10 MB for 300,000 jobs, and the largest of them are kept where there are more", async () => {
    const count = 305_000;
    const many = manyJobs(count);
    const classes = sizeClasses([many]);
    const data = ganttData(many, classes, 1)!;
    expect(data.jobs).toBe(MAX_GANTT_JOBS);
    expect(data.ran).toBe(count);
    expect(data.share).toBeGreaterThan(0.95);
    expect(data.columns.length).toBeLessThan((MAX_GANTT_BYTES * 4) / 3 + 4);
    expect(data.columns.length).toBeLessThan(10_000_000);
    // Runs of one page share the bound.
    expect(ganttData(manyJobs(4000), classes, 100)!.jobs).toBe(MAX_GANTT_JOBS / 100);
    const page = await pageOf([many]);
    expect(page.length).toBeLessThan(10_000_000);
    expect(page).toContain("The picture holds 300\u202f000 of 305\u202f000 jobs");
  });
});

describe("the charts", () => {
  it("hold the time that jobs worked and waited", () => {
    const range = timeRange([simulation]);
    const { cpuUse, gpuUse, queue } = timeSeries(simulation, range);
    const binS = (range.toS - range.fromS) / SERIES_BINS;
    const total = (values: Float64Array) => values.reduce((sum, value) => sum + value * binS, 0);
    const { jobs } = simulation;
    const sum = (of: (i: number) => number) => workload.jobs.reduce((all, _, i) => all + of(i), 0);
    const runS = (i: number) => jobs.endS[i]! - jobs.startS[i]!;
    expect(total(cpuUse) * 640).toBeCloseTo(
      sum((i) => runS(i) * jobs.cpus[i]!),
      0,
    );
    expect(total(gpuUse!) * 80).toBeCloseTo(
      sum((i) => runS(i) * jobs.gpus[i]!),
      0,
    );
    expect(total(queue)).toBeCloseTo(
      sum((i) => jobs.startS[i]! - workload.jobs[i]!.submitS),
      0,
    );
    expect(Math.max(...cpuUse, ...gpuUse!)).toBeLessThanOrEqual(1 + 1e-9);
  });

  it("put each job into one of a few size classes, and its wait into that class's quantiles", () => {
    const classes = sizeClasses([simulation, manyJobs(3000)]);
    expect(classes.upTo.length).toBeLessThanOrEqual(MAX_SIZE_CLASSES);
    expect(classes.unit).toBe("GPUs");
    const quantiles = waitQuantiles(simulation, classes);
    expect(quantiles.reduce((sum, { jobs }) => sum + jobs, 0)).toBe(300);
    for (const { p5S, p25S, p50S, p75S, p95S, p99S } of quantiles) {
      const column = [p5S, p25S, p50S, p75S, p95S, p99S];
      expect(column).toEqual([...column].sort((a, b) => a - b));
    }
    const waits = workload.jobs
      .map((job, i) => ({ wait: simulation.jobs.startS[i]! - job.submitS, gpus: simulation.jobs.gpus[i]! }))
      .filter(({ gpus }) => gpus === 1)
      .map(({ wait }) => wait)
      .sort((a, b) => a - b);
    expect(quantiles[classOf(classes, 1)]!.p50S).toBe(waits[Math.ceil(waits.length / 2) - 1]);
  });
});

/** Jobs of 1 to 512 CPUs one after the other on 1000 nodes, without a scheduler. */
function manyJobs(count: number): Simulation {
  const at = Array.from({ length: count }, (_, i) => i);
  const jobs = at.map((i) => ({
    id: i + 1,
    submitS: 20 * i,
    nodes: 1,
    cpus: 1 + ((i * 7919) % 512),
    gpusPerNode: 0,
    timeLimitS: 86_400,
    runS: i % 16 === 0 ? 10 : 3600 + ((i * 31) % 40_000),
    user: i % 200,
  }));
  const startS = Float64Array.from(jobs, ({ submitS }, i) => submitS + ((i * 104_729) % 100_000));
  const node = Int32Array.from(at, (i) => (i * 17) % 1000);
  return {
    ...simulation,
    label: "many",
    workload: { name: "many", jobs, machineCpus: 0, machineNodes: 0 },
    clusterNodes: 1000,
    clusterCpus: 512_000,
    clusterGpus: 0,
    jobs: {
      startS,
      endS: startS.map((start, i) => start + jobs[i]!.runS),
      nodes: new Int32Array(count).fill(1),
      cpus: Int32Array.from(jobs, ({ cpus }) => cpus),
      gpus: new Int32Array(count),
    },
    placements: { offset: Int32Array.from({ length: count + 1 }, (_, i) => i), first: node, last: node },
  };
}
