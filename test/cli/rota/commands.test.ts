import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ownIdentity } from "../../../core/cli/identity.ts";
import { ERRORS } from "../../../core/model/errors.ts";
import { UNLIMITED_S } from "../../../core/model/time.ts";
import { type Answer, type Asked, runWith, type StandIn, startStandIn } from "./stand-in.ts";
import { explainView, historyView, jobView, NOW_S, nodeView, waitingJob } from "./views.ts";

let controller: StandIn;
let answer: (asked: Asked) => Answer;

beforeAll(async () => {
  controller = await startStandIn((asked) => answer(asked));
});
afterAll(() => controller.close());
beforeEach(() => {
  controller.asked.length = 0;
  answer = () => ({ status: 204 });
});

describe("reading commands", () => {
  it("ask for what the filters say", async () => {
    answer = () => ({ status: 200, body: { jobs: [] } });
    await controller.rota([
      "queue",
      "-u",
      "ada,bob",
      "--partition",
      "debug",
      "--state",
      "pending",
      "-n",
      "a b",
    ]);
    const { pathname, searchParams } = new URL(controller.asked[0]!.path, "http://x");
    expect(pathname).toBe("/v1/jobs");
    expect(Object.fromEntries(searchParams)).toMatchObject({
      users: "ada,bob",
      partitions: "debug",
      states: "PENDING",
      names: "a b",
      ended: "1",
    });
  });

  it("mean the caller's own jobs by --me", async () => {
    answer = () => ({ status: 200, body: { jobs: [] } });
    await controller.rota(["queue", "--me"]);
    expect(new URL(controller.asked[0]!.path, "http://x").searchParams.get("users")).toBe(ownIdentity().user);
  });

  it("print tables, and the API's answer with --json", async () => {
    const job = jobView();
    answer = () => ({ status: 200, body: { jobs: [job] } });
    expect((await controller.rota(["queue"])).out).toContain("12   train  ada");
    const { code, out } = await controller.rota(["queue", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual([job]);
  });

  it("show nodes of one partition, or those that are named", async () => {
    const nodes = [nodeView(), nodeView({ name: "n2", partitions: ["long"] })];
    answer = () => ({ status: 200, body: { nodes } });
    expect((await controller.rota(["nodes", "-p", "long"])).out).not.toContain("n1");
    expect((await controller.rota(["nodes", "n1"])).out).not.toContain("n2");
    const unknown = await controller.rota(["nodes", "n3"]);
    expect(unknown).toMatchObject({ code: 1, out: "" });
    expect(unknown.err).toContain("rota: UNKNOWN_NODE: there is no node n3\n");
  });

  it("show one thing whole", async () => {
    answer = ({ path }) => ({
      status: 200,
      body: path === "/v1/nodes" ? { nodes: [nodeView()] } : { jobs: [jobView({ displayId: "12_3" })] },
    });
    expect((await controller.rota(["show", "job", "12_3"])).out).toContain("12_3");
    expect(controller.asked[0]!.path).toBe("/v1/jobs/12_3");
    expect((await controller.rota(["show", "node", "n1"])).out).toContain("2 of 4 in use");
    expect((await controller.rota(["show", "thing"])).code).toBe(1);
  });

  it("explain a job, every record of it", async () => {
    answer = () => ({
      status: 200,
      body: { explanations: [explainView(), explainView({ displayId: "12_1" })] },
    });
    const { out } = await controller.rota(["explain", "12"]);
    expect(controller.asked[0]!.path).toBe("/v1/jobs/12/explain");
    expect(out.match(/waits: Resources/g)).toHaveLength(2);
  });

  it("ask the history for a span of time and print it oldest first", async () => {
    const newest = historyView({ displayId: "20" });
    const oldest = historyView({ displayId: "10" });
    answer = () => ({ status: 200, body: { history: [newest, oldest] } });
    const { out } = await controller.rota(["history", "--since", "now-1hour", "--limit", "5"]);
    const { searchParams } = new URL(controller.asked[0]!.path, "http://x");
    expect(Object.fromEntries(searchParams)).toEqual({ sinceS: String(NOW_S - 3600), limit: "5" });
    expect(out.indexOf("10 ")).toBeLessThan(out.indexOf("20 "));
    const bad = await controller.rota(["history", "--since", "yesteryear"]);
    expect(bad).toMatchObject({ code: 1, out: "" });
    expect(bad.err).toContain("--since: ");
  });

  it("list every error code without a controller", async () => {
    const { code, out } = await runWith({}, ["errors", "--json"]);
    expect(code).toBe(0);
    const codes = (JSON.parse(out) as { code: string }[]).map((row) => row.code);
    expect(codes).toEqual(Object.keys(ERRORS));
    expect((await runWith({}, ["errors", "queue_ful"])).err).toContain("did you mean QUEUE_FULL?");
  });
});

describe("changing commands", () => {
  it("cancel each job that is named", async () => {
    const { code, out } = await controller.rota(["cancel", "12", "13_2", "14_[1-3]"]);
    expect(code).toBe(0);
    expect(out).toBe("12 cancelled\n13_2 cancelled\n14_[1-3] cancelled\n");
    expect(
      controller.asked.map(({ method, path, body }) => [method, decodeURIComponent(path), body]),
    ).toEqual([
      ["POST", "/v1/jobs/12/cancel", {}],
      ["POST", "/v1/jobs/13_2/cancel", {}],
      ["POST", "/v1/jobs/14_[1-3]/cancel", {}],
    ]);
  });

  it("cancel what filters select, and of a waiting array its waiting tasks only", async () => {
    const jobs = [
      jobView({ jobId: 5 }),
      jobView({ jobId: 7, arrayJobId: 6, arrayTaskId: 1 }),
      waitingJob({ jobId: 6, arrayJobId: 6, displayId: "6_[2-9%2]", arrayTasks: "2-9%2" }),
      jobView({ jobId: 4, state: "COMPLETED" }),
    ];
    answer = ({ method }) => (method === "GET" ? { status: 200, body: { jobs } } : { status: 204 });
    await controller.rota(["cancel", "--user", "ada"]);
    expect(controller.asked.slice(1).map(({ path }) => decodeURIComponent(path))).toEqual([
      "/v1/jobs/5/cancel",
      "/v1/jobs/6_1/cancel",
      "/v1/jobs/6_[2-9]/cancel",
    ]);
  });

  it("cancel nothing when nothing is named", async () => {
    const { code, err } = await controller.rota(["cancel"]);
    expect(code).toBe(1);
    expect(err).toContain("name jobs");
    expect(controller.asked).toEqual([]);
  });

  it("send a signal instead of ending", async () => {
    expect((await controller.rota(["cancel", "-s", "USR1", "--batch", "12"])).out).toBe("12 signalled\n");
    expect(controller.asked[0]!.body).toEqual({ signal: 10, batchOnly: true });
    expect((await controller.rota(["cancel", "-s", "NOPE", "12"])).code).toBe(1);
    expect((await controller.rota(["cancel", "--batch", "12"])).code).toBe(1);
  });

  it("go on after a refusal, and end with 1", async () => {
    answer = ({ path }) =>
      path.includes("/12/")
        ? { status: 404, body: { code: "INVALID_JOB_ID", message: "there is no job 12" } }
        : { status: 204 };
    const { code, out, err } = await controller.rota(["hold", "12", "13"]);
    expect(code).toBe(1);
    expect(out).toBe("13 held\n");
    expect(err).toBe(
      "rota: INVALID_JOB_ID: 12: there is no job 12\n  Check the id with `squeue -t all` or `rota history`.\n",
    );
    const json = await controller.rota(["release", "12", "13", "--json"]);
    expect(JSON.parse(json.out)).toEqual([
      { job: "12", error: { code: "INVALID_JOB_ID", message: "there is no job 12" } },
      { job: "13" },
    ]);
  });
});

describe("rota suspend and resume", () => {
  it("ask for each job, and say what became of it", async () => {
    const before = controller.asked.length;
    answer = () => ({ status: 204 });
    expect((await controller.rota(["suspend", "12", "2_3"])).out).toBe("12 suspended\n2_3 suspended\n");
    expect((await controller.rota(["resume", "12"])).out).toBe("12 resumed\n");
    expect(controller.asked.slice(before).map(({ path }) => path)).toEqual([
      "/v1/jobs/12/suspend",
      "/v1/jobs/2_3/suspend",
      "/v1/jobs/12/resume",
    ]);
  });
});

describe("rota submit", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "rota-submit-"));
    answer = () => ({ status: 201, body: { jobId: 12, tasks: 1 } });
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const script = (lines: string): void =>
    writeFileSync(join(folder, "job.sh"), `#!/bin/sh\n${lines}\ntrue\n`);
  const spec = (): Record<string, unknown> => controller.asked.at(-1)!.body as Record<string, unknown>;

  it("submits a script with its directives, options first", async () => {
    script("#SBATCH --job-name=inside --nodes=2\n#SBATCH --mem=1G");
    const { code, out } = await controller.rota(["submit", "--name", "outside", "job.sh", "a b", "--time"], {
      cwd: folder,
    });
    expect({ code, out }).toEqual({ code: 0, out: "submitted job 12\n" });
    expect(controller.asked[0]).toMatchObject({ method: "POST", path: "/v1/jobs" });
    expect(spec()).toMatchObject({
      name: "outside",
      minNodes: 2,
      memPerNodeMib: 1024,
      args: ["a b", "--time"],
      workDir: folder,
      scriptPath: join(folder, "job.sh"),
      user: ownIdentity().user,
    });
  });

  it.each([
    ["an option", "", ["--time", "5s"], {}, 5],
    ["an option before the environment", "", ["-t", "5s"], { SBATCH_TIMELIMIT: "10" }, 5],
    ["the environment before a directive", "#SBATCH -t 7s", [], { SBATCH_TIMELIMIT: "90s" }, 90],
    ["a directive", "#SBATCH -N1 -t 7s -n1", [], {}, 7],
    ["a directive in Slurm's words", "#SBATCH --time=1-00:00:01", [], {}, 86_401],
    ["no limit", "#SBATCH --time=5", ["--time=0"], {}, UNLIMITED_S],
  ])("keeps the seconds of a time limit: %s", async (_, lines, args, env, timeLimitS) => {
    script(lines);
    const { err } = await controller.rota(["submit", ...args, "job.sh"], { cwd: folder, env });
    expect(err).toBe("");
    expect(spec()).toMatchObject({ timeLimitS });
  });

  it("has sbatch's options under their names, and its own", async () => {
    script("");
    const words =
      "-N 2 -n 4 -c 2 --mem 4G --gres gpu:tesla:2 -G 4 -a 0-3%2 --after 3,4 -p debug,long -o out-%j -e err-%j -H " +
      "--begin now+1hour --exclusive --no-requeue --nice 5 --comment hi --signal B:USR1@30 --mail-type END";
    const { err } = await controller.rota(["submit", ...words.split(" "), "job.sh"], { cwd: folder });
    expect(err).toBe("");
    expect(spec()).toMatchObject({
      minNodes: 2,
      maxNodes: 2,
      ntasks: 4,
      cpusPerTask: 2,
      memPerNodeMib: 4096,
      gres: "gpu:tesla:2",
      gpus: "4",
      array: "0-3%2",
      dependency: "afterok:3:4",
      partition: "debug,long",
      output: "out-%j",
      error: "err-%j",
      hold: true,
      beginS: NOW_S + 3600,
      exclusive: true,
      requeue: false,
      nice: 5,
      comment: "hi",
      signal: { signal: 10, beforeS: 30, batchOnly: true },
      mailType: ["END"],
    });
  });

  it("reads the script from standard input, or makes one of a command", async () => {
    await controller.rota(["submit"], { stdin: "#!/bin/sh\n#SBATCH -J piped\ntrue\n" });
    expect(spec()).toMatchObject({ name: "piped", script: "#!/bin/sh\n#SBATCH -J piped\ntrue\n" });
    await controller.rota(["submit", "-", "--name", "dash"], { stdin: "#!/bin/sh\ntrue\n" });
    await controller.rota(["submit", "--wrap", "echo hi"]);
    expect(spec()).toMatchObject({ name: "wrap" });
    expect(spec()["script"]).toContain("echo hi");
  });

  it("tells a mistake without submitting", async () => {
    script("#SBATCH --time=soon");
    for (const [args, words] of [
      [["job.sh"], "rota: INVALID_SPEC: --time: "],
      [["--mem", "4X", "job.sh"], "rota: INVALID_SPEC: Invalid --mem specification\n"],
      [["missing.sh"], "rota: INVALID_SPEC: Unable to open file missing.sh\n"],
      [["--bogus"], "rota: unknown option '--bogus'"],
    ] as const) {
      const { code, out, err } = await controller.rota(["submit", ...args], { cwd: folder });
      expect({ code, out }).toEqual({ code: 1, out: "" });
      expect(err).toContain(words);
    }
    writeFileSync(join(folder, "job.sh"), "#!/bin/sh\n#SBATCH --spread-job\ntrue\n");
    const refused = await controller.rota(["submit", "job.sh"], { cwd: folder });
    expect(refused.err).toContain("rota: NOT_SUPPORTED: --spread-job is not supported");
    expect(controller.asked).toEqual([]);
  });

  it("says what the controller refuses and what to do", async () => {
    script("");
    answer = () => ({
      status: 422,
      body: {
        code: "INVALID_PARTITION",
        message: "there is no partition nope",
        details: { partition: "nope" },
      },
    });
    const { code, err } = await controller.rota(["submit", "-p", "nope", "job.sh"], { cwd: folder });
    expect(code).toBe(1);
    expect(err).toBe(
      "rota: INVALID_PARTITION: there is no partition nope\n  Name a partition that `sinfo` lists.\n",
    );
    const json = await controller.rota(["submit", "--json", "-p", "nope", "job.sh"], { cwd: folder });
    expect(JSON.parse(json.err)).toEqual({
      code: "INVALID_PARTITION",
      message: "there is no partition nope",
      details: { partition: "nope" },
    });
  });

  it("waits for the end with --wait and takes the job's exit code", async () => {
    script("");
    answer = ({ method }) =>
      method === "POST"
        ? { status: 201, body: { jobId: 12, tasks: 1 } }
        : { status: 200, body: { jobs: [jobView({ state: "FAILED", exitCode: 3 })], ended: true } };
    expect((await controller.rota(["submit", "--wait", "job.sh"], { cwd: folder })).code).toBe(3);
  });

  it("asks when it would start with --test-only", async () => {
    script("");
    answer = () => ({
      status: 200,
      body: { jobId: 12, startS: NOW_S, cpus: 2, nodes: "n[1-2]", partition: "debug" },
    });
    const { out } = await controller.rota(["submit", "--test-only", "job.sh"], { cwd: folder });
    expect(controller.asked[0]!.path).toBe("/v1/jobs/test");
    expect(out).toMatch(/^would start at \S+ on n\[1-2\] of debug with 2 CPUs\n$/);
  });
});

describe("rota", () => {
  it("says how to start a controller where there is none", async () => {
    const empty = mkdtempSync(join(tmpdir(), "rota-none-"));
    const { code, out, err } = await runWith({ ROTA_STATE_DIR: empty }, ["queue"]);
    rmSync(empty, { recursive: true });
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toContain("rota: CONTROLLER_UNREACHABLE: ");
    expect(err).toContain("rota up");
  });

  it("prints its help for nothing, and its version", async () => {
    expect((await runWith({}, [])).out).toContain("Usage: rota");
    expect((await runWith({}, ["--help"])).code).toBe(0);
    expect((await runWith({}, ["submit", "--help"])).out).toContain("--after <jobs>");
    expect((await runWith({}, ["--version"])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it("refuses a command that it does not have, with the nearest", async () => {
    const { code, err } = await runWith({}, ["quue"]);
    expect(code).toBe(1);
    expect(err).toContain("rota: unknown command 'quue'\n(Did you mean queue?)");
  });
});
