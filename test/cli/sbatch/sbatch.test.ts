import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Invocation } from "../../../core/cli/invocation.ts";
import { sbatch } from "../../../core/cli/sbatch/sbatch.ts";
import type { JobSpec } from "../../../core/model/job-spec.ts";
import { UNLIMITED_S } from "../../../core/model/time.ts";
import { envOf, type Ran, run, useController } from "../controller.ts";
import { at } from "../views.ts";

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

/** The submission that a command line makes. */
const specOf = async (
  args: readonly string[],
  env: Record<string, string> = {},
  over: { stdin?: string } = {},
): Promise<JobSpec> => {
  const before = place.controller.asked.length;
  const ran = await ask(args, env, over);
  expect(ran.err.replace(/^sbatch: Warning:.*\n/m, "")).toBe("");
  return place.controller.asked[before]?.body as JobSpec;
};

describe("sbatch", () => {
  it("submits a script with what it says, who and where", async () => {
    const spec = await specOf(["hello.sh", "one", "two words", "-N7"], { HOME: "/home/a" });
    expect(spec).toMatchObject({
      name: "hello",
      script: "#!/bin/bash\n#SBATCH -J hello\n#SBATCH -n 2 -N 2\n#SBATCH -t 5\nexit 3\n",
      scriptPath: join(folder, "hello.sh"),
      args: ["one", "two words", "-N7"],
      ntasks: 2,
      minNodes: 2,
      maxNodes: 2,
      timeLimitS: 300,
      workDir: folder,
      environment: { HOME: "/home/a" },
      uid: process.getuid?.(),
      gid: process.getgid?.(),
    });
    const asked = place.controller.asked.at(-1)!;
    expect(asked.headers).toMatchObject({
      authorization: "Bearer secret",
      "x-rota-uid": String(process.getuid?.()),
    });
  });

  it("says the job's id in the form that was asked", async () => {
    expect(await ask(["hello.sh"])).toEqual({ out: "Submitted batch job 1\n", err: "", status: 0 });
    expect((await ask(["--parsable", "hello.sh"])).out).toBe("1\n");
    expect(await ask(["--quiet", "hello.sh"])).toEqual({ out: "", err: "", status: 0 });
  });

  it("reads the script from standard input", async () => {
    const spec = await specOf([], {}, { stdin: "#!/bin/sh\n#SBATCH -p long\nhi\n" });
    expect(spec).toMatchObject({
      name: "sbatch",
      script: "#!/bin/sh\n#SBATCH -p long\nhi\n",
      partition: "long",
    });
    expect(spec.scriptPath).toBeUndefined();
  });

  it("finds a script on the PATH, and one by its folder before that", async () => {
    mkdirSync(join(folder, "bin"));
    write("bin/tool", "#!/bin/sh\n");
    expect(await specOf(["tool"], { PATH: `/nosuch:${join(folder, "bin")}` })).toMatchObject({
      name: "tool",
      scriptPath: join(folder, "bin/tool"),
    });
    expect((await specOf(["./bin/tool"])).scriptPath).toBe("./bin/tool");
    expect((await specOf(["bin/tool"])).scriptPath).toBe(join(folder, "bin/tool"));
  });

  it("wraps a command", async () => {
    const spec = await specOf(["-H", "-n1", "--wrap", "hostname; date"]);
    expect(spec).toMatchObject({ name: "wrap", hold: true, ntasks: 1 });
    expect(spec.script).toMatch(/^#!\/bin\/sh\n[^\n]*\n\nhostname; date\n$/);
    expect((await ask(["--wrap", "x", "arg"])).err).toBe(
      "sbatch: error: Script arguments not permitted with --wrap option\n",
    );
  });

  it("lets the command line go before the environment, and that before the script", async () => {
    const env = { SBATCH_JOB_NAME: "env", SBATCH_TIMELIMIT: "9" };
    expect(await specOf(["hello.sh"], env)).toMatchObject({ name: "env", timeLimitS: 540, ntasks: 2 });
    expect(await specOf(["-J", "cli", "hello.sh"], env)).toMatchObject({ name: "cli", timeLimitS: 540 });
    expect(await specOf(["--job-n=a", "--job-name=b", "hello.sh"])).toMatchObject({ name: "b" });
  });

  it("reads what a job says of place and time into its fields", async () => {
    const args = [
      ...["--contiguous", "--overcommit", "-s", "--use-min-nodes", "-L", "matlab:2", "--wait-all-nodes=1"],
      ...["--ntasks-per-socket=2", "--ntasks-per-core=1", "--gpus-per-socket=tesla:1"],
      ...["--tres-per-task=cpu:2,gres/gpu:1", "--switches=2@10", "--time-min=10", "--deadline=now+1day"],
      ...["-m", "cyclic:block", "--gres-flags=Enforce-Binding", "--reservation=r1,r2"],
    ];
    expect(await specOf([...args, "--wrap", "x"])).toMatchObject({
      contiguous: true,
      overcommit: true,
      oversubscribe: true,
      useMinNodes: true,
      licenses: "matlab:2",
      waitAllNodes: true,
      ntasksPerSocket: 2,
      ntasksPerCore: 1,
      gpusPerSocket: "tesla:1",
      tresPerTask: "cpu:2,gres/gpu:1",
      switches: "2@10",
      timeMinS: 600,
      deadlineS: at("19:07:21") + 86_400,
      distribution: "cyclic:block",
      gresFlags: "enforce-binding",
      reservation: "r1,r2",
    });
  });

  it("lays tasks by the nodes of a file, which SLURM_HOSTFILE or the list itself names", async () => {
    write("hosts", "n2\nn1 # twice\n\nn1\n");
    const list = { distribution: "arbitrary", nodelist: "n2,n1,n1" };
    const env = { SLURM_HOSTFILE: join(folder, "hosts") };
    expect(await specOf(["-m", "arbitrary", "--wrap", "x"], env)).toMatchObject(list);
    expect(await specOf(["-m", "cyclic", "--wrap", "x"], env)).toMatchObject(list);
    expect(await specOf(["-m", "arbitrary", "-w", "./hosts", "--wrap", "x"])).toMatchObject(list);
    expect(await specOf(["-w", "n1", "--wrap", "x"], env)).toMatchObject({ ...list, nodelist: "n1" });
    expect((await ask(["-m", "arbitrary", "--wrap", "x"])).err).toBe(
      "sbatch: error: With Arbitrary distribution you need to specify a nodelist or hostfile with the -w option\n",
    );
    const lost = await ask(["--wrap", "x"], { SLURM_HOSTFILE: "/nope" });
    expect(lost).toMatchObject({ status: 1 });
    expect(lost.err).toContain("error opening file /nope, No such file or directory\n");
  });

  it("reads the shape of a node in one option or in three", async () => {
    const shape = { socketsPerNode: 2, coresPerSocket: 4, threadsPerCore: 1 };
    expect(await specOf(["-B", "2:4:1", "--wrap", "x"])).toMatchObject(shape);
    const three = ["--sockets-per-node=2", "--cores-per-socket=4", "--threads-per-core=1"];
    expect(await specOf([...three, "--wrap", "x"])).toMatchObject(shape);
    const open = await specOf(["-B", "*:4", "--wrap", "x"], { SBATCH_THREADS_PER_CORE: "2" });
    expect(open).toMatchObject({ coresPerSocket: 4, threadsPerCore: 2 });
    expect(open).not.toHaveProperty("socketsPerNode");
    expect((await ask(["-B", "2:x", "--wrap", "x"])).err).toBe(
      "sbatch: error: Invalid --extra-node-info specification\n",
    );
  });

  it("takes the later of --exclusive and --oversubscribe, and variables that make up one option", async () => {
    const shared = await specOf(["--exclusive", "-s", "--wrap", "x"]);
    expect([shared.exclusive, shared.oversubscribe]).toEqual([undefined, true]);
    const own = await specOf(["-s", "--exclusive", "--wrap", "x"]);
    expect([own.exclusive, own.oversubscribe]).toEqual([true, undefined]);
    const users = await specOf(["--exclusive", "--exclusive=user", "--wrap", "x"]);
    expect([users.exclusive, users.exclusiveUser]).toEqual([undefined, true]);
    const env = { SBATCH_REQ_SWITCH: "2", SBATCH_WAIT4SWITCH: "1:00" };
    expect((await specOf(["--wrap", "x"], env)).switches).toBe("2@1:00");
  });

  it("says what the controller does not support in its own line", async () => {
    const message = "--overcommit is not supported by this version of Rota";
    place.answer = () => ({ status: 422, body: { code: "NOT_SUPPORTED", message } });
    expect(await ask(["--overcommit", "-N2", "--wrap", "x"])).toMatchObject({
      err: `sbatch: error: ${message}\n`,
      status: 1,
    });
  });

  it("reads each option into its field", async () => {
    const args = [
      ...["-p", "debug,long", "-A", "acct", "-q", "high", "--comment", "a b", "--wckey=w", "-c2"],
      ...[
        "--ntasks-per-node=2",
        "--mem=1G",
        "--gres=gpu:tesla:1",
        "-C",
        "fast&ib",
        "-w",
        "n[1-2]",
        "-x",
        "n3",
      ],
      ...[
        "-a",
        "0-3%2",
        "-d",
        "afterok:1",
        "-b",
        "now+1hour",
        "--no-requeue",
        "--nice=5",
        "-o",
        "o/%j",
        "-e",
        "none",
      ],
      ...["-i", "in", "--open-mode=a", "--mail-type=END,FAIL", "--mail-user=a@b", "--signal=B:USR1@30"],
      ...["--exclusive", "--hint=nomultithread", "-G", "4", "--gpus-per-node=tesla:2", "--gpus-per-task=1"],
      ...["--cpus-per-gpu=3", "-D", "sub", "-N", "2-3"],
    ];
    expect(await specOf([...args, "--wrap", "x"])).toMatchObject({
      partition: "debug,long",
      account: "acct",
      qos: "high",
      comment: "a b",
      wckey: "w",
      cpusPerTask: 2,
      ntasksPerNode: 2,
      memPerNodeMib: 1024,
      gres: "gpu:tesla:1",
      constraint: "fast&ib",
      nodelist: "n[1-2]",
      exclude: "n3",
      array: "0-3%2",
      dependency: "afterok:1",
      beginS: at("20:07:21"),
      requeue: false,
      nice: 5,
      output: "o/%j",
      error: "/dev/null",
      input: "in",
      openMode: "append",
      mailType: ["END", "FAIL"],
      mailUser: "a@b",
      signal: { signal: 10, beforeS: 30, batchOnly: true },
      exclusive: true,
      hint: "nomultithread",
      gpus: "4",
      gpusPerNode: "tesla:2",
      gpusPerTask: "1",
      cpusPerGpu: 3,
      workDir: join(folder, "sub"),
      minNodes: 2,
      maxNodes: 3,
    });
  });

  it.each([
    ["90:30", 91 * 60],
    ["0:30", 60],
    ["1-0", 86_400],
    ["0", UNLIMITED_S],
    ["-1", UNLIMITED_S],
    ["infinite", UNLIMITED_S],
  ])("rounds -t %s up to minutes", async (limit, timeLimitS) => {
    expect((await specOf(["-t", limit, "--wrap", "x"])).timeLimitS).toBe(timeLimitS);
  });

  it("takes memory once, whichever way it is said", async () => {
    const script = ["--wrap", "x"];
    expect(await specOf(["--mem-per-cpu=10", ...script])).toMatchObject({ memPerCpuMib: 10 });
    expect(await specOf(["--mem-per-gpu=2G", ...script])).toMatchObject({ memPerGpuMib: 2048 });
    expect(await specOf(["--mem=0", ...script])).toMatchObject({ memPerNodeMib: 0 });
    expect((await specOf(["--mem=5", ...script], { SBATCH_MEM_PER_CPU: "10" })).memPerCpuMib).toBeUndefined();
    expect(await ask(["--mem=1G", "--mem-per-cpu=1G", ...script])).toEqual({
      out: "",
      err: "sbatch: fatal: --mem, --mem-per-cpu, and --mem-per-gpu are mutually exclusive.\n",
      status: 1,
    });
  });

  it("mails the submitter unless told, of the events that it knows", async () => {
    expect(await specOf(["--mail-type=BEGIN,foo", "--wrap", "x"])).toMatchObject({ mailType: ["BEGIN"] });
    expect((await specOf(["--mail-type=END", "--wrap", "x"])).mailUser).not.toBe("");
    expect((await specOf(["--mail-type=NONE", "--wrap", "x"])).mailUser).toBeUndefined();
  });

  it("warns of more nodes than tasks and asks for as many as there are tasks", async () => {
    const ran = await ask(["-N4", "-n2", "--wrap", "x"]);
    expect(ran.err).toBe("sbatch: Warning: can't run 2 processes on 4 nodes, setting nnodes to 2\n");
    expect(place.controller.asked.at(-1)?.body).toMatchObject({ minNodes: 2, maxNodes: 2, ntasks: 2 });
    expect(await specOf(["-n1", "-N1-4", "--wrap", "x"])).toMatchObject({ minNodes: 1, maxNodes: 1 });
  });

  it("passes over options of the script that are the command line's alone", async () => {
    script("d.sh", "#SBATCH --wrap=z --help -V --usage", "#SBATCH --hold --parsable");
    expect(await specOf(["d.sh"])).toMatchObject({ name: "d.sh", hold: true });
    expect((await ask(["d.sh"])).out).toBe("1\n");
  });

  it("reads #PBS and #BSUB lines unless told not to", async () => {
    script("d.sh", "#PBS -N pbs", "#SBATCH -J s", "#PBS -l walltime=00:10:00");
    expect(await specOf(["d.sh"])).toMatchObject({ name: "pbs", timeLimitS: 600 });
    const spec = await specOf(["--ignore-pbs", "d.sh"]);
    expect([spec.name, spec.timeLimitS]).toEqual(["s", undefined]);
  });

  it("exports what --export or SBATCH_EXPORT says", async () => {
    expect((await specOf(["--export=A", "--wrap", "x"], { A: "1", B: "2" })).environment).toEqual({
      A: "1",
      SLURM_EXPORT_ENV: "A",
      SLURM_GET_USER_ENV: "1",
    });
    expect((await specOf(["--wrap", "x"], { SBATCH_EXPORT: "NONE", B: "2" })).environment).not.toHaveProperty(
      "B",
    );
  });

  it.each<[string[], string]>([
    [["-N", "abc"], '"abc" is not a valid node count'],
    [["-N", "2-x"], '"x" is not a valid node count'],
    [["-N1Z"], '"1Z" is not a valid node count'],
    [["-N", "4-2"], "Maximum node count 2 is less than minimum node count 4"],
    [["-t", "1:2:3:4"], "Invalid --time specification"],
    [["--time-min=x"], "Invalid --time-min specification"],
    [["--switches=2@x"], "Invalid --switches specification"],
    [["--distribution=round"], "Invalid --distribution specification"],
    [["--gres-flags=none"], "Invalid --gres-flags specification"],
    [["--wait-all-nodes=2"], "Invalid --wait-all-nodes specification"],
    [["--mem=4X"], "Invalid --mem specification"],
    [["--mem-per-cpu=x"], "Invalid --mem-per-cpu specification"],
    [["--open-mode=x"], "Invalid --open-mode specification"],
    [["--signal=foo"], "Invalid --signal specification"],
    [["--mail-type=foo"], "Invalid --mail-type specification"],
    [["--exclusive=foo"], "Invalid --exclusive specification"],
    [["--nice=99999999999"], "Invalid --nice value, out of range (+/- 2147483645)"],
  ])("refuses %j as no command line, with status 255", async (args, message) => {
    const ran = await ask([...args, "--wrap", "hostname"], { SLURM_EXIT_ERROR: "77" });
    expect(ran).toEqual({ out: "", err: `sbatch: error: ${message}\n`, status: 255 });
  });

  it.each<[string[], string]>([
    [["-n", "x"], 'Invalid numeric value "x" for --ntasks.'],
    [["-n", "0"], 'Invalid numeric value "0" for --ntasks.'],
    [["-n2N1"], 'Invalid numeric value "2N1" for --ntasks.'],
    [["-c", "0"], 'Invalid numeric value "0" for --cpus-per-task.'],
    [["-N", "0"], "Batch job submission failed: Node count specification invalid"],
    [["--gpus=a:b:c"], "Invalid generic resource (gres) specification"],
    [["--gres=gpu:x:y:z"], "Invalid generic resource (gres) specification"],
    [["--hint=foo"], 'unrecognized --hint argument "foo", see --hint=help'],
    [["--get-user-env"], "--get-user-env is not supported by this version of Rota"],
    [["--exclusive=mcs"], "--exclusive=mcs is not supported by this version of Rota"],
    [["--exclusive=topo"], "--exclusive=topo is not supported by this version of Rota"],
    [["--switches=0@10"], 'Invalid numeric value "0" for --switches.'],
    [["--ntasks-per-core=0"], 'Invalid numeric value "0" for --ntasks-per-core.'],
    [["-N", "1,3"], "--nodes with a list of node counts is not supported by this version of Rota"],
  ])("refuses %j with status 1", async (args, message) => {
    expect(await ask([...args, "--wrap", "x"])).toEqual({
      out: "",
      err: `sbatch: error: ${message}\n`,
      status: 1,
    });
  });
});
