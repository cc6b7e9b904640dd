import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { runWith } from "../cli/rota/stand-in.ts";
import { simulate } from "./run-command.ts";

const folder = mkdtempSync(join(tmpdir(), "rota-simulate-"));
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const LOG = fileOf(
  "log.swf",
  [
    "; MaxProcs: 4",
    "1 0 -1 10 4 -1 -1 4 20 -1",
    "2 1 -1 10 4 -1 -1 4 20 -1",
    "3 1 -1 5 2 -1 -1 2 6 -1",
    "",
  ].join("\n"),
);
const CSV = fileOf(
  "jobs.csv",
  "id,nodes,gpus_per_node,cpus,time_limit_s,run_s\n7,2,8,16,60,30\n8,1,4,8,60,20\n9,1,4,8,60,20\n",
);

describe("rota simulate", () => {
  it("prints one JSON object with the figures, and nothing else", async () => {
    const { code, out, err } = await simulate([LOG], { backfill: "easy", json: true });
    expect([code, err]).toEqual([0, ""]);
    const figures = JSON.parse(out) as Record<string, number>;
    expect(Object.keys(figures)).toEqual([
      "jobs",
      "makespan_s",
      "utilization",
      "wait_mean_s",
      "wait_p50_s",
      "wait_p99_s",
      "bounded_slowdown_mean",
      "passes",
      "decisions",
      "wall_s",
      "peak_rss_mib",
      "prediction_error_p50_s",
    ]);
    expect(figures).toMatchObject({ jobs: 3, makespan_s: 25, wait_p50_s: 9 });
  });

  it("is a command of rota, with its own help", async () => {
    const help = await runWith({}, ["simulate", "--help"]);
    expect(help.out).toMatch(/--event-order <order>/);
    const { code, out } = await runWith({}, ["simulate", LOG, "--backfill", "easy", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ jobs: 3, makespan_s: 25 });
  });

  it("runs each workload with each order and backfill mode, in that order, one object a line", async () => {
    const { out } = await simulate([LOG, LOG], { backfill: "none,easy", order: "fcfs,sjf", json: true });
    expect(out.trim().split("\n")).toHaveLength(8);
    const table = await simulate([LOG], { backfill: "none,easy", order: "fcfs,sjf" });
    const labels = table.out.split("\n").slice(1, 5);
    expect(labels.map((line) => line.slice(LOG.length).trim().slice(0, 10))).toEqual([
      "none, fcfs",
      "easy, fcfs",
      "none, sjf,",
      "easy, sjf,",
    ]);
  });

  it("prints a readable list for one run", async () => {
    const { out } = await simulate([CSV], { nodes: "2", cpusPerNode: "16", gpusPerNode: "8" });
    expect(out).toMatch(/^cluster +2 nodes, 32 CPUs, 16 GPUs$/m);
    expect(out).toMatch(/^policy +planned, fcfs, pack$/m);
    expect(out).toMatch(/^bounded slowdown +\d+\.\d{4}$/m);
  });

  it("writes what became of every job", async () => {
    const jobs = join(folder, "out.csv");
    const flags = { nodes: "2", cpusPerNode: "16", gpusPerNode: "8", gpuModel: "h100", jobs };
    expect(await simulate([CSV], { ...flags, json: true })).toMatchObject({ code: 0, err: "" });
    expect(readFileSync(jobs, "utf8")).toBe(
      "id,submit,start,end,nodes\n7,0,0,30,2\n8,0,30,50,1\n9,0,30,50,1\n",
    );
  });

  it("takes nodes, partitions and policies of a rota.yaml", async () => {
    const cluster = fileOf(
      "rota.yaml",
      [
        "nodes:",
        "  - names: n[1-2]",
        "    cpus: 16",
        "    memory: 64G",
        "    gres: gpu:h100:8",
        "scheduler:",
        "  backfill: easy",
        "policies:",
        "  placement: spread",
        "",
      ].join("\n"),
    );
    const { code, out, err } = await simulate([CSV], { cluster });
    expect([code, err]).toEqual([0, ""]);
    expect(out).toMatch(/^cluster +2 nodes, 32 CPUs, 16 GPUs$/m);
    expect(out).toMatch(/^policy +easy, fifo, spread, tree$/m);
  });

  it("says on stderr what was left out", async () => {
    const { code, err } = await simulate([LOG], { nodes: "1", cpusPerNode: "3" });
    expect(code).toBe(0);
    expect(err).toBe(`rota: ${LOG}: 2 jobs of the log cannot be replayed and are left out\n`);
  });
});

describe("what cannot be simulated is refused in one line that says what to do", () => {
  it.each([
    [[LOG], { backfill: "best" }, /--backfill is "best"; give one of planned, easy, conservative, none/],
    [[LOG], { order: "fastest" }, /--order is "fastest"; give one of .*fcfs.*, or the path of a \.wasm file/],
    [
      [LOG],
      { placement: "x" },
      /--placement is "x"; give one of first-fit, best-fit, .*pack, random, spread, or the path of a \.wasm file/,
    ],
    [[LOG], { order: "/nowhere/x.wasm" }, /--order: .*\/nowhere\/x\.wasm/],
    [[LOG], { topology: "ring" }, /--topology is "ring"; give one of block, dragonfly, rail, torus, tree/],
    [[LOG], { estimates: "good" }, /--estimates is "good"; give one of requested, exact/],
    [[LOG], { eventOrder: "random" }, /--event-order is "random"; give one of batch, serial/],
    [
      [LOG],
      { backfill: "conservative", backfillOrder: "shortest" },
      /--backfill-order shortest is of easy alone; give --backfill easy with it/,
    ],
    [[LOG], { backfillOrder: "longest" }, /--backfill-order is "longest"; give one of queue, shortest/],
    [[LOG], { seed: "-1" }, /--seed is "-1"; give a whole number/],
    [[LOG], { nodes: "4" }, /--nodes is not all; give --nodes and --cpus-per-node together/],
    [[LOG], { nodes: "0", cpusPerNode: "1" }, /--nodes is "0"; give a whole number from 1/],
    [[LOG], { nodes: "1", cpusPerNode: "1", gpuModel: "h100" }, /give --gpus-per-node with it/],
    [[LOG], { nodes: "1", cpusPerNode: "1", memoryPerNode: "much" }, /--memory-per-node is "much"/],
    [[LOG], { cluster: "a.yaml", nodes: "1" }, /--cluster and --nodes both say/],
    [[LOG], { cluster: "/nowhere/rota.yaml" }, /--cluster \/nowhere\/rota\.yaml: ENOENT/],
    [[LOG, LOG], { jobs: "x.csv" }, /--jobs writes one run/],
    [[LOG], { jobs: "/nowhere/x.csv" }, /--jobs \/nowhere\/x\.csv cannot be written/],
    [[CSV], {}, /does not say what its machine is; give --nodes and --cpus-per-node/],
    [["/nowhere/x.swf"], {}, /WORKLOAD_UNREADABLE: \/nowhere\/x\.swf/],
  ])("%j %j", async (paths, flags, message) => {
    const { code, err } = await simulate(paths, flags);
    expect(code).toBe(1);
    expect(err).toMatch(message);
    expect(err.trim().split("\n")).toHaveLength(1);
  });
});
