/**
 * What the commands refuse on a real cluster: the messages and exit codes of the captures, and every option that this
 * version does not have, by name. Nothing of it may leave a job behind.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { OptionSpec } from "../../core/cli/getopt.ts";
import { SBATCH_OPTIONS } from "../../core/cli/sbatch/options.ts";
import { SCANCEL_OPTIONS } from "../../core/cli/scancel/options.ts";
import { SCONTROL_OPTIONS } from "../../core/cli/scontrol/options.ts";
import { SINFO_OPTIONS } from "../../core/cli/sinfo/options.ts";
import { SQUEUE_OPTIONS } from "../../core/cli/squeue/options.ts";
import { type Ran, Shell } from "./command-run.ts";
import { stopAll } from "./programs.ts";
import { TestCluster } from "./test-cluster.ts";

let cluster: TestCluster;
let shell: Shell;

beforeAll(async () => {
  cluster = await TestCluster.start(["n1", "n2", "n3", "n4"]);
  shell = new Shell(cluster);
  writeFileSync(join(cluster.workDir, "hello.sh"), "#!/bin/bash\ntrue\n");
  writeFileSync(join(cluster.workDir, "ns.sh"), "echo hi\n");
});
afterEach(async () => {
  expect(await shell.text("squeue -h -t all")).toBe("");
});
afterAll(stopAll);

const failed = (code: number, err: string): Ran => ({ out: "", err, code });
const sbatchFailed = (sentence: string): Ran =>
  failed(1, `sbatch: error: Batch job submission failed: ${sentence}\n`);

describe("sbatch refuses as Slurm does", () => {
  // Captures 055-069; where the capture has no output, Slurm 22.05.8's own.
  it.each<[line: string, ran: Ran]>([
    [
      "sbatch --bogus",
      failed(255, `sbatch: unrecognized option '--bogus'\nTry "sbatch --help" for more information\n`),
    ],
    ["sbatch nofile.sh", failed(1, "sbatch: error: Unable to open file nofile.sh\n")],
    [
      "sbatch ns.sh",
      failed(
        1,
        `sbatch: error: This does not look like a batch script.  The first
sbatch: error: line must start with #! followed by the path to an interpreter.
sbatch: error: For instance: #!/bin/sh
`,
      ),
    ],
    ["sbatch </dev/null", failed(1, "sbatch: error: Batch script is empty!\n")],
    [
      "sbatch -p nope hello.sh",
      failed(
        1,
        `sbatch: error: invalid partition specified: nope
sbatch: error: Batch job submission failed: Invalid partition name specified
`,
      ),
    ],
    [
      "sbatch -n1 --mem=99G --wrap hostname",
      failed(
        1,
        `sbatch: error: Memory specification can not be satisfied
sbatch: error: Batch job submission failed: Requested node configuration is not available
`,
      ),
    ],
    [
      "sbatch -n1 --gres=gpu:9 --wrap hostname",
      sbatchFailed("Requested node configuration is not available"),
    ],
    [
      "sbatch -n1 --gres=foo:1 --wrap hostname",
      failed(1, "sbatch: error: Invalid generic resource (gres) specification\n"),
    ],
    ["sbatch -t 1:2:3:4 --wrap hostname", failed(255, "sbatch: error: Invalid --time specification\n")],
    ["sbatch --mem=4X --wrap hostname", failed(255, "sbatch: error: Invalid --mem specification\n")],
    // 22.05 took an id that there is not; the manual of 26.05 has it refused.
    ["sbatch -d afterok:99999 --wrap hostname", sbatchFailed("Job dependency problem")],
    ["sbatch -C nofeat --wrap hostname", sbatchFailed("Invalid feature specification")],
    ["sbatch -w nonode --wrap hostname", sbatchFailed("Invalid node name specified")],
    ["sbatch -a 0-99999 --wrap hostname", sbatchFailed("Invalid job array specification")],
    [
      "sbatch -N 2-1 --wrap hostname",
      failed(255, "sbatch: error: Maximum node count 1 is less than minimum node count 2\n"),
    ],
    ["sbatch -n 0 --wrap hostname", failed(1, `sbatch: error: Invalid numeric value "0" for --ntasks.\n`)],
    [
      "ROTA_URL=http://127.0.0.1:1 ROTA_TOKEN=x sbatch hello.sh",
      sbatchFailed("Unable to contact slurm controller (connect failure)"),
    ],
    [`ROTA_URL=${"$"}URL ROTA_TOKEN=x sbatch hello.sh`, sbatchFailed("Authentication error")],
  ])("%s", async (line, ran) => {
    expect(await shell.run(line, "", { URL: cluster.url })).toEqual(ran);
  });
});

describe("the other commands refuse as Slurm's do", () => {
  const states =
    "PENDING,RUNNING,SUSPENDED,COMPLETED,CANCELLED,FAILED,TIMEOUT,NODE_FAIL,PREEMPTED,BOOT_FAIL,DEADLINE,OUT_OF_MEMORY,COMPLETING,CONFIGURING,RESIZING,RESV_DEL_HOLD,REQUEUED,REQUEUE_FED,REQUEUE_HOLD,REVOKED,SIGNALING,SPECIAL_EXIT,STAGE_OUT,STOPPED";
  // Captures 071-082.
  it.each<[line: string, ran: Ran]>([
    ["squeue -j 99999", failed(1, "slurm_load_jobs error: Invalid job id specified\n")],
    ["squeue -h -j 1,99999", { out: "", err: "", code: 0 }],
    ["scancel 99999", { out: "", err: "", code: 0 }],
    [
      "scancel -v 99999",
      failed(
        0,
        `scancel: Terminating job 99999
scancel: error: Kill job error on job id 99999: Invalid job id specified
`,
      ),
    ],
    ["scancel abc", failed(1, "scancel: error: Invalid job id abc\n")],
    ["scancel", failed(1, "scancel: error: No job identification provided\n")],
    ["scontrol show job 99999", failed(1, "slurm_load_jobs error: Invalid job id specified\n")],
    [
      "scontrol hold 99999",
      failed(
        1,
        `Invalid job id specified for job 99999
slurm_suspend error: Invalid job id specified
`,
      ),
    ],
    ["scontrol show node nope", { out: "Node nope not found\n", err: "", code: 1 }],
    ["scontrol show partition nope", { out: "Partition nope not found\n", err: "", code: 1 }],
    [
      "squeue -t bogus",
      failed(
        1,
        `squeue: error: Invalid job state specified: bogus
squeue: error: Valid job states include: ${states}

`,
      ),
    ],
    ["squeue -w n9", failed(1, "squeue: error: Invalid node name n9\n")],
  ])("%s", async (line, ran) => {
    expect(await shell.run(line)).toEqual(ran);
  });

  it("sinfo -t bogus", async () => {
    expect(await shell.run("sinfo -t bogus")).toMatchObject({
      out: "",
      err: expect.stringMatching(
        /^sinfo: error: Bad state string: "bogus"\nsinfo: error: valid states: unknown,down,/,
      ),
      code: 1,
    });
  });
});

describe("an option that this version does not have is refused by name", () => {
  const refused = (options: readonly OptionSpec[]): readonly OptionSpec[] =>
    options.filter((option) => option.refused === true);

  it.each([
    ["sbatch", SBATCH_OPTIONS, "--wrap true"],
    ["squeue", SQUEUE_OPTIONS, ""],
    ["sinfo", SINFO_OPTIONS, ""],
    ["scancel", SCANCEL_OPTIONS, "99999"],
    ["scontrol", SCONTROL_OPTIONS, "show job"],
  ] as const)("by %s", async (command, options, rest) => {
    const some = refused(options);
    expect(some.length).toBeGreaterThan(5);
    const typed = some.map(
      ({ long, arg }) => `${command} --${long}${arg === "required" ? "=1" : ""} ${rest}`,
    );
    const { out, err } = await shell.run(typed.map((line) => `${line}; echo $?`).join("\n"));
    expect(out).toBe("1\n".repeat(some.length));
    expect(err).toBe(
      some
        .map(({ long }) => `${command}: error: --${long} is not supported by this version of Rota\n`)
        .join(""),
    );
  });

  it("as a directive of the script and in the environment", async () => {
    const script = "#!/bin/bash\n#SBATCH --reservation=maintenance\ntrue\n";
    const said = failed(1, "sbatch: error: Batch job submission failed: Requested reservation is invalid\n");
    expect(await shell.run("sbatch", script)).toEqual(said);
    expect(await shell.run("sbatch --wrap true", "", { SBATCH_RESERVATION: "maintenance" })).toEqual(said);
  });

  it("by scontrol's keywords", async () => {
    for (const keyword of ["top 1", "reconfigure", "create partition=p", "show topology"]) {
      expect(await shell.run(`scontrol ${keyword}`)).toMatchObject({
        out: "",
        err: expect.stringMatching(/^scontrol: error: .* is not supported by this version of Rota\n$/),
        code: 1,
      });
    }
  });
});
