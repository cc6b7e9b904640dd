/** srun and salloc outside of a job, on real controllers and agents: a job of their own, held and ended by them. */
import { spawn } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Shell } from "./command-run.ts";
import { BIN, stopAll } from "./programs.ts";
import { TestCluster } from "./test-cluster.ts";

let cluster: TestCluster;
let shell: Shell;

beforeAll(async () => {
  cluster = await TestCluster.start(["n1", "n2"]);
  shell = new Shell(cluster);
});
afterAll(stopAll);

const lines = (text: string): string[] => text.trimEnd().split("\n").sort();

describe("srun outside of a job", () => {
  it("makes a job, runs its tasks in it and ends it with their status", async () => {
    const ran = await shell.run("srun -N2 -n2 -l bash -c 'echo $SLURMD_NODENAME; exit $SLURM_PROCID'");
    expect(lines(ran.out)).toEqual(["0: n1", "1: n2"]);
    expect(ran).toMatchObject({ code: 1 });
    expect(ran.err).toContain("srun: error: n2: task 1: Exited with exit code 1\n");
    const rows = await shell.text("squeue -h -t all -o '%j %T'");
    expect(rows).toContain("bash FAILED\n");
  });

  it("waits for its resources and says so, or does not where that is asked", async () => {
    const holder = shell.run("salloc -N2 --exclusive sleep 6");
    await shell.until("squeue -h -t R -n interactive -o %T", "RUNNING");
    expect(await shell.run("srun -N2 --exclusive --immediate=1 true")).toMatchObject({
      err: "srun: error: Unable to allocate resources: Requested nodes are busy\n",
      code: 1,
    });
    const ran = await shell.run("srun -N2 -n2 --exclusive hostname");
    expect(ran.err).toMatch(
      /^srun: job (\d+) queued and waiting for resources\nsrun: job \1 has been allocated resources\n$/,
    );
    expect(lines(ran.out)).toHaveLength(2);
    await holder;
  });

  it("says why there is no job", async () => {
    expect(await shell.run("srun -p nope hostname")).toEqual({
      out: "",
      err:
        "srun: error: invalid partition specified: nope\n" +
        "srun: error: Unable to allocate resources: Invalid partition name specified\n",
      code: 1,
    });
  });
});

describe("salloc", () => {
  it("runs a command in an allocation, whose nodes srun then finds, and takes its status", async () => {
    const ran = await shell.run(
      "salloc -N2 -n2 bash -c 'srun -l hostname | wc -l; echo $SLURM_JOB_NODELIST; exit 5'",
    );
    expect(ran.out).toBe("2\nn[1-2]\n");
    expect(ran.err).toMatch(
      /^salloc: Granted job allocation (\d+)\nsalloc: Relinquishing job allocation \1\n$/,
    );
    expect(ran.code).toBe(5);
  });

  it("loses its allocation when the job is cancelled, and the job ends at once", async () => {
    const child = spawn(`${BIN}/salloc`, ["-J", "lost", "sleep", "60"], {
      env: { ...process.env, ROTA_STATE_DIR: cluster.stateDir },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    const ended = new Promise<number | null>((done) => child.once("exit", done));
    await shell.until("squeue -h -n lost -o %T", "RUNNING");
    await shell.text("scancel -n lost");
    expect(await ended).toBe(129);
    expect(said).toContain("has been revoked.\n");
    await shell.until("squeue -h -t all -n lost -o %T", "CANCELLED");
  });
});
