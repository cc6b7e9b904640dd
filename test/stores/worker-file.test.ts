import { execFile } from "node:child_process";
import { copyFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { workerFile } from "../../plugins/sdk/worker-file.ts";
import { bundle, ROOT } from "./store-fixture.ts";

const run = promisify(execFile);
const TSX = join(ROOT, "node_modules/tsx/dist/loader.mjs");
const CALLER = join(ROOT, "test/stores/echo-caller.ts");

describe("the file of a worker", () => {
  it("is TypeScript beside its caller in a working copy, and runs", async () => {
    const { filename, execArgv } = workerFile(import.meta.url, "echo-worker");
    const worker = new Worker(filename, { execArgv: [...execArgv], workerData: 7 });
    const answer = await new Promise((resolve, reject) => worker.on("message", resolve).on("error", reject));
    expect(answer).toMatchObject({ data: 7 });
  });

  it("is found by tsx from any current directory", async () => {
    const { stdout } = await run(process.execPath, ["--import", TSX, CALLER], { cwd: tmpdir() });
    expect(JSON.parse(stdout)).toMatchObject({
      data: "ping",
      from: expect.stringMatching(/echo-worker\.ts$/),
    });
  });

  it("is the sibling .mjs in an ES module bundle", async () => {
    const dist = await bundle(["test/stores/echo-caller.ts", "test/stores/echo-worker.ts"]);
    const { stdout } = await run(process.execPath, [join(dist, "echo-caller.mjs")], { cwd: tmpdir() });
    expect(JSON.parse(stdout)).toMatchObject({
      data: "ping",
      from: expect.stringMatching(/dist\/echo-worker\.mjs$/),
    });
  });

  it("is the sibling .mjs in a CommonJS bundle, which has no import.meta.url", async () => {
    const dist = await bundle(["test/stores/echo-caller.ts"], "cjs");
    const workers = await bundle(["test/stores/echo-worker.ts"]);
    copyFileSync(join(workers, "echo-worker.mjs"), join(dist, "echo-worker.mjs"));
    const { stdout } = await run(process.execPath, [join(dist, "echo-caller.cjs")], { cwd: tmpdir() });
    expect(JSON.parse(stdout)).toMatchObject({
      data: "ping",
      from: expect.stringMatching(/dist\/echo-worker\.mjs$/),
    });
  });

  it("has no folder in its name", () => {
    expect(() => workerFile(import.meta.url, "../evil")).toThrow(/no folder/);
    expect(() => workerFile(import.meta.url, "")).toThrow(/no folder/);
  });
});
