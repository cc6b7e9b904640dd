/** What sbatch says when it refuses, waits, only tests or is asked about itself. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Invocation } from "../../../core/cli/invocation.ts";
import { sbatch } from "../../../core/cli/sbatch/sbatch.ts";
import { envOf, type Ran, refusal, run, useController } from "../controller.ts";
import { at, job } from "../views.ts";

const place = useController();
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rota-sbatch-"));
  script("hello.sh", "#SBATCH -J hello", "#SBATCH -n 2 -N 2", "#SBATCH -t 5", "exit 3");
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
const script = (name: string, ...lines: string[]): void =>
  write(name, ["#!/bin/bash", ...lines, ""].join("\n"));

const ask = (
  args: readonly string[],
  env: Record<string, string> = {},
  over: Partial<Invocation> & { stdin?: string } = {},
): Promise<Ran> =>
  run(sbatch, "sbatch", args, { cwd: folder, ...over, env: { ...envOf(place.controller), ...env } });

describe("sbatch", () => {
  it("refuses unknown options and bad begin times as Slurm does", async () => {
    expect(await ask(["--bogus"])).toEqual({
      out: "",
      err: "sbatch: unrecognized option '--bogus'\nTry \"sbatch --help\" for more information\n",
      status: 255,
    });
    expect(await ask(["-b", "garbage", "hello.sh"])).toEqual({
      out: "",
      err: "Invalid time specification (pos=0): garbage\nsbatch: error: Invalid --begin specification\n",
      status: 255,
    });
  });

  it("refuses a script's bad options and stray words", async () => {
    script("d.sh", "#SBATCH -J foo extra");
    expect(await ask(["d.sh"])).toMatchObject({
      err: "sbatch: error: Invalid directive found in batch script: extra\n",
      status: 255,
    });
    script("d.sh", "#SBATCH -t x");
    expect(await ask(["d.sh"])).toMatchObject({
      err: "sbatch: error: Invalid --time specification\n",
      status: 255,
    });
    script("d.sh", "#SBATCH --spread-job");
    expect((await ask(["d.sh"])).err).toBe(
      "sbatch: error: --spread-job is not supported by this version of Rota\n",
    );
  });

  it("tells a mistake of the command line before it opens the script", async () => {
    expect((await ask(["-t", "x", "nofile.sh"])).err).toBe("sbatch: error: Invalid --time specification\n");
  });

  it("refuses what is no batch script, in Slurm's lines", async () => {
    const err = async (text: string | undefined): Promise<string> => {
      if (text !== undefined) write("s.sh", text);
      return (await ask([text === undefined ? "nofile.sh" : "s.sh"])).err;
    };
    expect(await err(undefined)).toBe("sbatch: error: Unable to open file nofile.sh\n");
    expect(await err("echo hi\n")).toBe(
      "sbatch: error: This does not look like a batch script.  The first\nsbatch: error: line must start with #! followed by the path to an interpreter.\nsbatch: error: For instance: #!/bin/sh\n",
    );
    expect(await err("")).toBe("sbatch: error: Batch script is empty!\n");
    expect(await err(" \n")).toBe("sbatch: error: Batch script contains only whitespace!\n");
    expect(await err("#!/bin/sh\r\nhi\r\n")).toContain("DOS line breaks");
    expect(await err("#!/bin/sh\na\0b\n")).toContain("NULL character");
    expect((await ask(["."])).err).toBe("sbatch: error: Batch script is empty!\n");
  });

  it.each<[string, string]>([
    [
      "INVALID_PARTITION",
      "sbatch: error: invalid partition specified: nope\nsbatch: error: Batch job submission failed: Invalid partition name specified\n",
    ],
    [
      "MEMORY_NOT_SATISFIABLE",
      "sbatch: error: Memory specification can not be satisfied\nsbatch: error: Batch job submission failed: Requested node configuration is not available\n",
    ],
    [
      "NODE_CONFIG_UNAVAILABLE",
      "sbatch: error: Batch job submission failed: Requested node configuration is not available\n",
    ],
    ["INVALID_FEATURE", "sbatch: error: Batch job submission failed: Invalid feature specification\n"],
    ["INVALID_NODE_NAME", "sbatch: error: Batch job submission failed: Invalid node name specified\n"],
    ["INVALID_ARRAY", "sbatch: error: Batch job submission failed: Invalid job array specification\n"],
    ["INVALID_GRES", "sbatch: error: Invalid generic resource (gres) specification\n"],
    ["INVALID_SPEC", "sbatch: error: Batch job submission failed: test: INVALID_SPEC\n"],
  ])("says of %s what Slurm says", async (code, err) => {
    place.answer = () => refusal(422, code);
    expect(await ask(["-p", "nope", "hello.sh"])).toEqual({ out: "", err, status: 1 });
    expect((await ask(["hello.sh"], { SLURM_EXIT_ERROR: "77" })).status).toBe(77);
  });

  it("says that no controller answers", async () => {
    const ran = await ask(["hello.sh"], { ROTA_URL: "http://127.0.0.1:1" });
    expect(ran).toEqual({
      out: "",
      err: "sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect failure)\n",
      status: 1,
    });
  });

  it("tests only, and says so on standard error", async () => {
    place.answer = ({ path }) =>
      path === "/v1/jobs/test"
        ? {
            status: 200,
            body: { jobId: 17, startS: at("19:37:35"), cpus: 2, nodes: "n[1-2]", partition: "debug" },
          }
        : undefined;
    expect(await ask(["--test-only", "hello.sh"])).toEqual({
      out: "",
      err: "sbatch: Job 17 to start at 2026-11-24T19:37:35 using 2 processors on nodes n[1-2] in partition debug\n",
      status: 0,
    });
    place.answer = () => refusal(422, "NODE_CONFIG_UNAVAILABLE");
    expect((await ask(["--test-only", "hello.sh"])).err).toBe(
      "allocation failure: Requested node configuration is not available\n",
    );
  });

  it("waits and tries again while the queue is full", async () => {
    let tries = 0;
    place.answer = () => (++tries < 4 ? refusal(503, "QUEUE_FULL") : undefined);
    const slept: number[] = [];
    const sleep = async (ms: number): Promise<void> => {
      slept.push(ms);
    };
    expect(await ask(["hello.sh"], {}, { sleep })).toEqual({
      out: "Submitted batch job 1\n",
      err: "sbatch: error: Slurm temporarily unable to accept job, sleeping and retrying\n",
      status: 0,
    });
    expect(slept).toEqual([1000, 2000, 3000]);
    place.answer = () => refusal(503, "QUEUE_FULL");
    expect((await ask(["hello.sh"], {}, { sleep })).status).toBe(1);
    expect(slept).toHaveLength(3 + 15);
  });

  it("stays with --wait until all tasks have ended and takes the worst status", async () => {
    const ends = [
      { jobs: [], ended: false },
      {
        jobs: [
          job({ jobId: 1, state: "COMPLETED" }),
          job({ jobId: 2, state: "FAILED", exitCode: 4 }),
          job({ jobId: 3, state: "FAILED", exitCode: 2 }),
        ],
        ended: true,
      },
    ];
    place.answer = ({ path }) => (path.endsWith("/end") ? { status: 200, body: ends.shift() } : undefined);
    expect(await ask(["--wait", "hello.sh"])).toEqual({ out: "Submitted batch job 1\n", err: "", status: 4 });
    ends.push({ jobs: [job({ jobId: 1, state: "CANCELLED", exitSignal: 9 })], ended: true });
    expect((await ask(["-W", "hello.sh"])).status).toBe(1);
  });

  it("shows with -v which options are set", async () => {
    const { err } = await ask(["-vH", "-J", "x", "hello.sh"]);
    expect(err).toContain("sbatch: hold                : set\n");
    expect(err).toContain("sbatch: job-name            : x\n");
    expect(err).toContain("sbatch: verbose             : 1\n");
  });

  it("prints its version, its options and how to call it without submitting", async () => {
    const before = place.controller.asked.length;
    expect((await ask(["--version", "hello.sh"])).out).toBe("slurm-wlm 22.05.8\n");
    expect((await ask(["--usage"])).out).toMatch(/^Usage: sbatch /);
    expect((await ask(["-h"])).out).toContain("  -N, --nodes=VALUE\n");
    expect(place.controller.asked).toHaveLength(before);
  });
});
