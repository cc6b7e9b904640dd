/** Job steps on real controllers and agents: srun in batch scripts, its streams, signals and statuses, and what is left. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StepView } from "../../core/model/step.ts";
import { Shell } from "./command-run.ts";
import { stopAll } from "./programs.ts";
import { TestCluster } from "./test-cluster.ts";

let cluster: TestCluster;
let shell: Shell;

beforeAll(async () => {
  cluster = await TestCluster.start(["n1", "n2", "n3", "n4"]);
  shell = new Shell(cluster);
});
afterAll(stopAll);

let made = 0;
/** Runs lines in a job of two nodes with two CPUs each; what its script has written. */
const inJob = async (lines: string, more = "-N2 --ntasks-per-node=2 -w n1,n2"): Promise<string> => {
  const name = `step-${made++}`;
  writeFileSync(join(cluster.workDir, `${name}.sh`), `#!/bin/bash\n${lines}\n`);
  const id = await shell.submit(`${more} -o ${name}.out ${name}.sh`);
  await cluster.ended(id);
  return readFileSync(join(cluster.workDir, `${name}.out`), "utf8").replaceAll(
    `StepId=${id}.`,
    "StepId=JOB.",
  );
};
const sorted = (text: string): string[] => text.trimEnd().split("\n").sort();
const stepsOf = async (id: number): Promise<StepView[]> =>
  (await cluster.client.get<{ steps: StepView[] }>(`/v1/jobs/${id}/steps`)).steps;

describe("srun in a batch script", () => {
  it("starts tasks on all nodes of the job, each told who it is", async () => {
    const out = await inJob(
      "srun -l bash -c 'echo $SLURM_LOCALID $SLURM_NODEID $SLURMD_NODENAME $SLURM_GTIDS'",
    );
    expect(sorted(out)).toEqual(["0: 0 0 n1 0,1", "1: 1 0 n1 0,1", "2: 0 1 n2 2,3", "3: 1 1 n2 2,3"]);
  });

  it("sets the variables of a step", async () => {
    const out = await inJob("srun -n2 -N1 env | grep ^SLURM | sort | uniq");
    for (const line of [
      "SLURM_DISTRIBUTION=block",
      "SLURM_NNODES=1",
      "SLURM_NPROCS=2",
      "SLURM_NTASKS=2",
      "SLURM_STEPID=0",
      "SLURM_STEP_ID=0",
      "SLURM_STEP_NODELIST=n1",
      "SLURM_STEP_NUM_NODES=1",
      "SLURM_STEP_NUM_TASKS=2",
      "SLURM_STEP_TASKS_PER_NODE=2",
      "SLURM_TASKS_PER_NODE=2",
      "SLURM_LAUNCH_NODE_IPADDR=127.0.0.1",
      "SLURM_SRUN_COMM_HOST=127.0.0.1",
      "SLURM_PROCID=0",
      "SLURM_PROCID=1",
    ])
      expect(out.split("\n")).toContain(line);
  });

  it("ends with the highest exit code, and says of each node's tasks how they ended", async () => {
    const out = await inJob(
      "srun bash -c 'exit $SLURM_NODEID'; echo rc=$?; srun -n1 bash -c 'kill -9 $$' 2>&1; echo rc=$?",
    );
    expect(out).toContain("srun: error: n2: tasks 2-3: Exited with exit code 1\nrc=1\n");
    expect(out).toContain("srun: error: n1: task 0: Killed\nsrun: Force Terminated StepId=JOB.1\nrc=137\n");
  });

  it("says what cannot be executed, with the errno as the exit code", async () => {
    const out = await inJob("srun -n1 -N1 no-such-program; echo rc=$?; srun -n1 -N1 /tmp; echo rc=$?");
    expect(out).toBe(
      "slurmstepd: error: execve(): no-such-program: No such file or directory\n" +
        "srun: error: n1: task 0: Exited with exit code 2\nrc=2\n" +
        "slurmstepd: error: execve(): /tmp: Permission denied\n" +
        "srun: error: n1: task 0: Exited with exit code 13\nrc=13\n",
    );
  });

  it("is refused what the job does not have", async () => {
    expect(await inJob("srun -n5 true; echo rc=$?")).toMatch(
      /^srun: error: Unable to create step for job \d+: More processors requested than permitted\nrc=1\n$/,
    );
  });

  it("takes stdin to all tasks, to one or to none, and every byte of it", async () => {
    const out = await inJob(
      "echo hi | srun -l cat; echo to one | srun -l -i 1 cat; echo no | srun -l -i none cat\n" +
        "head -c 1000000 /dev/zero | srun -n2 -N2 bash -c 'wc -c </dev/stdin'",
    );
    expect(sorted(out)).toEqual(
      ["0: hi", "1000000", "1000000", "1: hi", "1: to one", "2: hi", "3: hi"].sort(),
    );
  });

  it("passes all output however much, and lets tasks open their streams again", async () => {
    const out = await inJob(
      "srun bash -c 'head -c 500000 /dev/zero | tr \"\\0\" \"\\n\"' | wc -l; srun -n1 -N1 bash -c 'echo a >/dev/stdout; echo b >/dev/stderr' 2>&1",
    );
    expect(out).toBe("2000000\na\nb\n");
  });

  it("writes files of tasks, of nodes and of the step", async () => {
    await inJob("srun -o 'f.%t.%N' echo x; srun -o all.txt bash -c 'echo $SLURM_PROCID; echo e >&2'");
    const files = readdirSync(cluster.workDir).filter((name) => name.startsWith("f."));
    expect(files.sort()).toEqual(["f.0.n1", "f.1.n1", "f.2.n2", "f.3.n2"]);
    expect(readFileSync(join(cluster.workDir, "f.3.n2"), "utf8")).toBe("x\n");
    const all = readFileSync(join(cluster.workDir, "all.txt"), "utf8");
    expect(sorted(all)).toEqual(["0", "1", "2", "3", "e", "e", "e", "e"]);
  });

  it("runs several programs, by rank", async () => {
    writeFileSync(
      join(cluster.workDir, "programs.conf"),
      "0 echo zero %t %o\n1-2 echo rest %t %o\n* echo 'last one'\n",
    );
    expect(sorted(await inJob("srun -l --multi-prog programs.conf"))).toEqual([
      "0: zero 0 0",
      "1: rest 1 0",
      "2: rest 2 1",
      "3: last one",
    ]);
  });

  it("ends all tasks when one fails and that was asked, and those that stay too long behind the first", async () => {
    const out = await inJob(
      "srun -K bash -c '[ $SLURM_PROCID = 2 ] && exit 5; sleep 50'; echo rc=$?; srun -W 1 bash -c '[ $SLURM_PROCID = 0 ] || sleep 50'; echo rc=$?",
    );
    expect(out).toContain("srun: error: n2: task 2: Exited with exit code 5\n");
    expect(out).toContain("srun: launch/slurm: _step_signal: Terminating StepId=JOB.0\n");
    expect(out).toMatch(/slurmstepd: error: \*\*\* STEP \d+\.0 ON n1 CANCELLED AT \S+ \*\*\*\n/);
    expect(out).toContain("srun: Force Terminated StepId=JOB.0\nrc=143\n");
    expect(out).toContain(
      "srun: First task exited 1s ago\nsrun: StepId=JOB.1 tasks 1-3: running\nsrun: StepId=JOB.1 task 0: exited\n",
    );
    expect(out).toMatch(/rc=137\n$/);
  });

  it("runs steps beside each other where they ask for no more than there is", async () => {
    const out = await inJob(
      "for i in 1 2 3 4; do srun -Q --exact -N1 -n1 bash -c 'echo in; sleep 2; echo out' & done; wait",
    );
    expect(out).toBe("in\n".repeat(4) + "out\n".repeat(4));
  });

  it("shows each task devices of its own where that is asked", async () => {
    const out = await inJob(
      "srun -l --gpus-per-task=1 bash -c 'echo $SLURM_STEP_GPUS $CUDA_VISIBLE_DEVICES'; srun -n1 -N1 --gres=none bash -c 'echo [$CUDA_VISIBLE_DEVICES]'",
      "-N2 --ntasks-per-node=2 --gres=gpu:2",
    );
    expect(sorted(out)).toEqual(["0: 0 0", "1: 1 1", "2: 0 0", "3: 1 1", "[]"]);
  });

  it("passes signals on, and ends with the job", async () => {
    const id = await shell.submit("-N2 -n2 -o signals.out", "#!/bin/bash\nsrun sleep 60\n");
    await shell.until(`squeue -h -s -o %i -j ${id} | grep -v batch || :`, `${id}.0`);
    expect(await shell.text(`scontrol show step ${id}.0`)).toMatch(
      /^StepId=\d+\.0 [\s\S]*Nodes=2 CPUs=2 Tasks=2 Name=sleep/,
    );
    await shell.text(`scancel ${id}`);
    const [job] = await cluster.ended(id);
    expect(job).toMatchObject({ state: "CANCELLED" });
    expect(readFileSync(join(cluster.workDir, "signals.out"), "utf8")).toContain("srun: Job step aborted");
  });

  it("is on record with its tasks, its end and its status", async () => {
    const id = await shell.submit(
      "-N2 -n2 -o record.out",
      "#!/bin/bash\nsrun -J first true\nsrun -n1 bash -c 'exit 7'\n",
    );
    await cluster.ended(id);
    expect(await stepsOf(id)).toMatchObject([
      { stepId: 0, name: "first", state: "COMPLETED", exitCode: 0, tasks: 2, numNodes: 2 },
      { stepId: 1, name: "bash", state: "FAILED", exitCode: 7, tasks: 1, numNodes: 1 },
    ]);
  });

  it("leaves no process behind, and is ended without its srun", async () => {
    const mark = `7${process.pid}`;
    const out = await inJob(
      `srun -n1 -N1 bash -c 'setsid sleep ${mark} & exit 0'\nsrun sleep ${mark} & sleep 2; kill -9 $!; sleep 4; pgrep -fc 'sleep ${mark}'`,
    );
    expect(out.trimEnd().split("\n").at(-1)).toBe("0");
  });

  it("goes on when the agents are started again", async () => {
    const id = await shell.submit(
      "-N1 -n1 -w n4 -o again.out",
      "#!/bin/bash\nsrun bash -c 'echo a; sleep 6; echo b'\n",
    );
    // Once the step host has it: what an agent was only about to hand on goes with the agent.
    await shell.until("cat again.out 2>/dev/null || :", "a");
    cluster.agents.get("n4")!.process.kill("SIGKILL");
    cluster.startAgent("n4");
    await cluster.ended(id);
    expect(readFileSync(join(cluster.workDir, "again.out"), "utf8")).toBe("a\nb\n");
    expect(await stepsOf(id)).toMatchObject([{ state: "COMPLETED" }]);
  });
});
