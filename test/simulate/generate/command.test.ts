import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runWith } from "../../cli/rota/stand-in.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rota-generate-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const CLUSTER = ["--jobs", "50", "--load", "0.9", "--nodes", "4", "--cpus-per-node", "8"];
const generate = (...args: readonly string[]) => runWith({}, ["generate", ...args], { cwd: folder });

it("rota generate prints a workload, the same each time", async () => {
  const first = await generate("--model", "gpu", ...CLUSTER);
  expect(first.code).toBe(0);
  expect(first.out.split("\n")).toHaveLength(52);
  expect(await generate("--model", "gpu", ...CLUSTER)).toEqual(first);
  expect((await generate("--model", "gpu", ...CLUSTER, "--seed", "2")).out).not.toBe(first.out);
});

it("rota generate writes what it prints to a file, in the format and compression of its name", async () => {
  const { out } = await generate("--model", "batch", ...CLUSTER, "--format", "swf");
  const wrote = await generate("--model", "batch", ...CLUSTER, "-o", "w.swf.gz");
  expect(wrote.out).toMatch(/^w\.swf\.gz: 50 jobs, load 0\.9\d\d over \d+\.\d days\n$/);
  expect(gunzipSync(readFileSync(join(folder, "w.swf.gz"))).toString()).toBe(out);
});

it.each([
  [["--model", "gpu", "--jobs", "5"], /required option '--load <load>' not specified/],
  [["--model", "fancy", ...CLUSTER], /--model is "fancy"; there are batch and gpu/],
  [["--model", "gpu", ...CLUSTER, "--format", "swf"], /--format swf has no place for GPUs/],
  [["--model", "gpu", ...CLUSTER, "--format", "xml"], /--format is "xml"; there are csv and swf/],
  [["--model", "gpu", ...CLUSTER, "--gpus-per-node", "x"], /--gpus-per-node is "x"; give a number/],
  [["--model", "gpu", ...CLUSTER, "--seed", "1.5"], /--seed is 1.5; give a whole number from 0 to/],
  [["--model", "batch", ...CLUSTER, "-o", "no/such/w.csv"], /no\/such\/w\.csv cannot be written/],
])("rota generate says what is wrong: %j", async (args, message) => {
  const { code, out, err } = await generate(...args);
  expect(code).toBe(1);
  expect(out).toBe("");
  expect(err).toMatch(message);
});
