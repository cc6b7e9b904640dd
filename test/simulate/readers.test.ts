import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { openWorkload } from "../../core/simulate/generate/generate-workload.ts";
import { workloadText } from "../../core/simulate/generate/workload-text.ts";
import { readWorkload } from "../../core/simulate/read-workload.ts";
import type { ReadWorkload } from "../../core/simulate/workload.ts";

const folder = mkdtempSync(join(tmpdir(), "rota-readers-"));
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, name.endsWith(".gz") ? gzipSync(text) : text);
  return path;
}

async function read(name: string, text: string, machineCpus = 0): Promise<ReadWorkload> {
  const result = await readWorkload(fileOf(name, text), machineCpus);
  if (!result.ok) throw new Error(result.refusal.message);
  return result.value;
}

async function refusalOf(name: string, text: string): Promise<string> {
  const result = await readWorkload(fileOf(name, text), 0);
  if (result.ok) throw new Error("it was read");
  return result.refusal.message.replace(folder, "");
}

/** A line of a log: id, submit, run, allocated, requested, limit, user. */
const line = (...f: [number, number, number, number, number, number, number]): string =>
  `${f[0]} ${f[1]} -1 ${f[2]} ${f[3]} -1 -1 ${f[4]} ${f[5]} -1 1 ${f[6]} -1 -1 -1 -1 -1 -1\n`;

describe("a log", () => {
  it("gives the jobs and the size of its machine", async () => {
    const text = `; MaxProcs: 128\n;   MaxNodes: 64\n${line(7, 10, 50, 4, 8, 100, 3)}`;
    const { workload, left } = await read("a.swf", text);
    expect(left).toBe(0);
    expect(workload.machineCpus).toBe(128);
    expect(workload.machineNodes).toBe(64);
    expect(workload.jobs).toEqual([
      { id: 7, submitS: 10, nodes: 0, cpus: 8, gpusPerNode: 0, timeLimitS: 100, runS: 50, user: 3 },
    ]);
  });

  it("gives a job the allocated processors where none were requested, and no longer a run than its limit", async () => {
    const { workload } = await read("b.swf", line(1, 0, 500, 4, -1, 100, 3));
    expect(workload.jobs[0]).toMatchObject({ cpus: 4, runS: 100, timeLimitS: 100 });
  });

  it("leaves out and counts what cannot be replayed", async () => {
    const lines = [
      line(1, 0, 10, 9, 4, 10, 1),
      line(2, 0, 10, 4, 9, 10, 1),
      line(3, 0, 0, 4, 4, 10, 1),
      line(4, 0, 10, 4, 4, -1, 1),
      line(5, -1, 10, 4, 4, 10, 1),
      line(6, 0, 10, -1, -1, 10, 1),
      line(7, 0, 10, 8, 8, 10, 1),
    ];
    const { workload, left } = await read("c.swf", lines.join(""), 8);
    expect(workload.jobs.map(({ id }) => id)).toEqual([7]);
    expect(left).toBe(6);
  });

  it("is put in the order of submission, equal times as in the file", async () => {
    const lines = [line(1, 5, 1, 1, 1, 1, 1), line(2, 3, 1, 1, 1, 1, 1), line(3, 3, 1, 1, 1, 1, 1)];
    const { workload } = await read("d.swf", lines.join(""));
    expect(workload.jobs.map(({ id }) => id)).toEqual([2, 3, 1]);
  });

  it("may have fractions, tabs, blank lines, carriage returns and no last line break", async () => {
    const text = "\r\n \t 1\t0  -1 10.75 2 3.5 -1 2 20 -1\r\n2 1 -1 10 2 -1 -1 2 20";
    const { workload } = await read("e.swf", text);
    expect(workload.jobs.map(({ id, runS, user }) => [id, runS, user])).toEqual([
      [1, 10, -1],
      [2, 10, -1],
    ]);
  });

  it("is refused with the line and the word that is no number", async () => {
    expect(await refusalOf("f.swf", `; x\n${line(1, 0, 1, 1, 1, 1, 1)}1 2 three 4\n`)).toBe(
      '/f.swf:3: "three" is no number',
    );
    expect(await refusalOf("g.swf", "1 2 3\n")).toMatch(/:1: it has 3 fields/);
    expect(await refusalOf("h.swf", "; nothing\n")).toMatch(/no job/);
  });
});

describe("a CSV", () => {
  it("is read by the names of its columns, in any order", async () => {
    const { workload } = await read(
      "a.csv",
      "run_s,cpus,nodes,gpus_per_node,time_limit_s,id\n5,16,2,8,10,1\n",
    );
    expect(workload.jobs).toEqual([
      { id: 1, submitS: 0, nodes: 2, cpus: 16, gpusPerNode: 8, timeLimitS: 10, runS: 5, user: -1 },
    ]);
  });

  it("may have jobs that run into their limit", async () => {
    const { workload } = await read("b.csv", "id,nodes,cpus,time_limit_s,run_s\n1,1,1,10,99\n");
    expect(workload.jobs[0]?.runS).toBe(10);
  });

  it.each([
    [
      "id,nodes,cpus,time_limit_s,run_s,memory\n",
      /^\/x.csv:1: there is no column "memory"; the columns are id,/,
    ],
    ["id,nodes,cpus,time_limit_s\n", /^\/x.csv:1: the column run_s is missing/],
    ["id,id,nodes,cpus,time_limit_s,run_s\n", /^\/x.csv:1: the column id is there twice/],
    ["id,nodes,cpus,time_limit_s,run_s\n1,1,1,10,5\n1,1,0,10,5\n", /^\/x.csv:3: cpus is "0"; it is a whole/],
    ["id,nodes,cpus,time_limit_s,run_s\n1,1,1,1e3,5\n", /^\/x.csv:2: time_limit_s is "1e3"/],
    ["id,nodes,cpus,time_limit_s,run_s\n1,1,1,10,-5\n", /^\/x.csv:2: run_s is "-5"/],
    ["id,nodes,cpus,time_limit_s,run_s\n1,1,1,10\n", /^\/x.csv:2: it has 4 values/],
    ["id,nodes,cpus,time_limit_s,run_s\n1,1,1,10,5,6\n", /^\/x.csv:2: it has more values/],
    ["id,nodes,cpus,time_limit_s,run_s\n1,,1,10,5\n", /^\/x.csv:2: nodes is ""/],
    ["", /^\/x.csv: it is empty/],
  ])("is refused with line and reason: %j", async (text, message) => {
    expect(await refusalOf("x.csv", text)).toMatch(message);
  });
});

it("a file of another name, or none, is refused", async () => {
  expect(await refusalOf("jobs.txt", "")).toMatch(/ends in \.swf, \.swf\.gz, \.csv or \.csv\.gz/);
  const missing = await readWorkload(join(folder, "none.swf.gz"), 0);
  expect(missing.ok ? "" : missing.refusal.code).toBe("WORKLOAD_UNREADABLE");
  const damaged = join(folder, "damaged.swf.gz");
  writeFileSync(damaged, "no gzip");
  const broken = await readWorkload(damaged, 0);
  expect(broken.ok ? "" : broken.refusal.code).toBe("WORKLOAD_UNREADABLE");
});

describe("what is printed is read again", () => {
  const options = { jobs: 700, load: 0.9, nodes: 20, cpusPerNode: 16 };

  it.each([1, 2, 3])("as CSV, seed %i", async (seed) => {
    const source = openWorkload({ ...options, model: "gpu", gpusPerNode: 8, seed });
    if (!source.ok) throw new Error(source.refusal.message);
    const text = workloadText(source.value, "csv");
    if (!text.ok) throw new Error(text.refusal.message);
    const { workload } = await read("r.csv.gz", [...text.value].join(""));
    // A CSV says nothing of users.
    expect(workload.jobs).toEqual([...source.value.jobs()].map((job) => ({ ...job, user: -1 })));
  });

  it.each([1, 2, 3])("as a log, seed %i", async (seed) => {
    const source = openWorkload({ ...options, model: "batch", gpusPerNode: 0, seed });
    if (!source.ok) throw new Error(source.refusal.message);
    const text = workloadText(source.value, "swf");
    if (!text.ok) throw new Error(text.refusal.message);
    const { workload, left } = await read("r.swf.gz", [...text.value].join(""));
    expect(left).toBe(0);
    expect(workload.machineCpus).toBe(320);
    // A log knows processors, not nodes.
    expect(workload.jobs).toEqual(
      [...source.value.jobs()].map((job) => ({ ...job, nodes: 0, cpus: Math.max(1, job.nodes) * job.cpus })),
    );
  });
});
