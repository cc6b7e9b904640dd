/**
 * The queue as the commands show it: the captures of the real Slurm 22.05.8 on the contract's cluster, told again with
 * real controllers and agents. One scene is set up once and only looked at: two jobs and two tasks run until the file
 * `go` is there, the others wait, each for another reason.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ME, plain, QUEUE_HEADER, queueRow, Shell, untimed } from "./command-run.ts";
import { stopAll } from "./programs.ts";
import { CONTRACT_YAML, TestCluster } from "./test-cluster.ts";

/** Nodes that are listed are filled in the order of the list, as Slurm's are. */
const YAML = `${CONTRACT_YAML.replace("requeue_delay: 0s", "requeue_delay: 120s")}nodes:\n  - names: n[1-4]\n`;

const HELLO = `#!/bin/bash
#SBATCH -J hello
#SBATCH -n 2 -N 2
#SBATCH -t 5
env | grep -E '^(SLURM|SBATCH|CUDA|ROCR|GPU_)' | sort
until [ -e go ]; do sleep 0.1; done
exit 3
`;
const ARRAY = `sbatch --parsable -a 0-3%2 -o arr_%A_%a.out --wrap "env | grep SLURM_ARRAY | sort; until [ -e go ]; do sleep 0.1; done"`;

let cluster: TestCluster;
let shell: Shell;
/** Ids of the scene's jobs, by the ids that they have in the captures. */
const id: Record<1 | 2 | 3 | 4 | 5 | 6 | 7, number> = { 1: 0, 2: 0, 3: 0, 4: 0, 5: 0, 6: 0, 7: 0 };

beforeAll(async () => {
  cluster = await TestCluster.start(["n1", "n2", "n3", "n4"], YAML);
  shell = new Shell(cluster);
  writeFileSync(join(cluster.workDir, "hello.sh"), HELLO, { mode: 0o755 });
  const submitted = (text: string): number => Number(/^Submitted batch job (\d+)\n$/.exec(text)?.[1]);
  id[1] = submitted(await shell.text("sbatch hello.sh"));
  await shell.untilState(id[1], "R");
  id[2] = Number(await shell.text(ARRAY));
  await shell.until(`squeue -h -j ${id[2]} -t R -o %i | sort`, `${id[2]}_0\n${id[2]}_1`);
  id[3] = submitted(await shell.text("sbatch -H -n1 --wrap hostname"));
  id[4] = submitted(await shell.text(`sbatch -d afterok:${id[1]} -n1 --wrap hostname`));
  id[5] = submitted(await shell.text("sbatch -b now+1hour -n1 --wrap hostname"));
  id[6] = submitted(await shell.text(`sbatch -p debug,long -N4 -n16 --wrap "sleep 2"`));
  id[7] = submitted(await shell.text("sbatch -t 60 -N1 -n4 -w n1 < hello.sh"));
  await shell.until(`squeue -h -j ${id[7]} -o %r`, "Priority");
});
afterAll(stopAll);

/** Rows of `squeue` as in the captures, in their order; `of` chooses among them. */
const rows = (of: (row: { readonly state: string }) => boolean = () => true): string =>
  scene()
    .filter(of)
    .map(({ id, partition, name, state, nodes, where }) => queueRow(id, partition, name, state, nodes, where))
    .join("");

/**
 * Captures 016 and 021-023. Job 7 differs by a wish of ours: four tasks on n1, so that it cannot go before job 6, which
 * here as there waits for all nodes.
 */
const scene = () => [
  {
    id: `${id[2]}_[2-3%2]`,
    partition: "debug",
    name: "wrap",
    state: "PD",
    nodes: 1,
    where: "(JobArrayTaskLimit)",
  },
  { id: `${id[4]}`, partition: "debug", name: "wrap", state: "PD", nodes: 1, where: "(Dependency)" },
  { id: `${id[5]}`, partition: "debug", name: "wrap", state: "PD", nodes: 1, where: "(BeginTime)" },
  { id: `${id[7]}`, partition: "debug", name: "hello", state: "PD", nodes: 1, where: "(Priority)" },
  { id: `${id[3]}`, partition: "debug", name: "wrap", state: "PD", nodes: 1, where: "(JobHeldUser)" },
  { id: `${id[1]}`, partition: "debug", name: "hello", state: "R", nodes: 2, where: "n[1-2]" },
  { id: `${id[2]}_0`, partition: "debug", name: "wrap", state: "R", nodes: 1, where: "n1" },
  { id: `${id[2]}_1`, partition: "debug", name: "wrap", state: "R", nodes: 1, where: "n1" },
  { id: `${id[6]}`, partition: "debug,long", name: "wrap", state: "PD", nodes: 4, where: "(Resources)" },
];

/** The same lines in whatever order. */
const sorted = (text: string): string[] => text.split("\n").sort();

describe("squeue", () => {
  it("shows the queue with the reason of every job that waits", async () => {
    const shown = untimed(await shell.text("squeue"));
    expect(shown).toBe(QUEUE_HEADER + rows());
  });

  it("shows one's own jobs, and those of a user in a state", async () => {
    expect(untimed(await shell.text("squeue --me"))).toBe(QUEUE_HEADER + rows());
    const waiting = QUEUE_HEADER + rows(({ state }) => state === "PD");
    expect(sorted(untimed(await shell.text(`squeue -u ${ME.username} -t PD`)))).toEqual(sorted(waiting));
    expect(await shell.text("squeue -u nobody-of-that-name")).toBe(QUEUE_HEADER);
  });

  it("shows the long form under the date", async () => {
    const shown = plain(await shell.text("squeue -l"));
    expect(shown.split("\n").slice(0, 2)).toEqual([
      "<date>",
      "             JOBID PARTITION     NAME     USER    STATE       TIME TIME_LIMI  NODES NODELIST(REASON)",
    ]);
    const user = ME.username.slice(0, 8).padStart(8);
    expect(shown).toContain(
      `${`${id[2]}_[2-3%2]`.padStart(18)}     debug     wrap ${user}  PENDING       0:00   1:00:00      1 (JobArrayTaskLimit)\n`,
    );
    expect(shown).toMatch(
      new RegExp(
        `^ +${id[1]}     debug    hello ${user}  RUNNING +\\d:\\d\\d      5:00      2 n\\[1-2\\]$`,
        "m",
      ),
    );
  });

  it("shows the steps that run", async () => {
    const step = (name: string): string =>
      `${`${name}.batch`.padStart(15)}    batch     debug ${ME.username.slice(0, 8).padStart(8)}      0:00 n1\n`;
    expect((await shell.text("squeue -s")).replace(/ \d:\d\d /g, " 0:00 ")).toBe(
      `         STEPID     NAME PARTITION     USER      TIME NODELIST\n${step(`${id[1]}`)}${step(`${id[2]}_0`)}${step(`${id[2]}_1`)}`,
    );
  });

  it("shows one line for each task with -r", async () => {
    const shown = await shell.text(`squeue -r -h -o "%i %t %r" | grep "^${id[2]}_"`);
    expect(shown).toBe(
      [2, 3].map((task) => `${id[2]}_${task} PD JobArrayTaskLimit\n`).join("") +
        [0, 1].map((task) => `${id[2]}_${task} R None\n`).join(""),
    );
  });

  it("prints the formats that clients ask for", async () => {
    const states = scene().map(({ id, state }) => `${id} ${state}`);
    expect(sorted((await shell.text("squeue -h -o '%i %t' -t all")).trim())).toEqual(states.sort());
    expect(await shell.text(`squeue -h -j ${id[1]} -o '%T %B'`)).toBe("RUNNING n1\n");
    expect(await shell.text(`squeue --noheader --format="%i|%T" --states=all --name hello`)).toBe(
      `${id[7]}|PENDING\n${id[1]}|RUNNING\n`,
    );
    expect(
      await shell.text(`squeue -j ${id[1]} -O jobid,jobarrayid,statecompact,tres-alloc,reason,numcpus`),
    ).toBe(
      "JOBID               JOBID               ST                  TRES_ALLOC          REASON              CPUS                \n" +
        // A full column touches the next one.
        `${[`${id[1]}`, `${id[1]}`, "R"].map((cell) => cell.padEnd(20)).join("")}cpu=2,mem=200M,node=None                2                   \n`,
    );
  });

  it("shows when what waits is expected to start", async () => {
    const shown = await shell.text("squeue --start");
    expect(shown.split("\n")[0]).toBe(
      "             JOBID PARTITION     NAME     USER ST          START_TIME  NODES SCHEDNODES           NODELIST(REASON)",
    );
    const lineOf = (job: number): string => shown.split("\n").find((line) => line.includes(` ${job} `)) ?? "";
    expect(lineOf(id[5])).toMatch(/ \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d {6}1 \(null\) {15}\(BeginTime\)$/);
    expect(lineOf(id[6])).toMatch(/ \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d {6}4 \(null\) {15}\(Resources\)$/);
    expect(lineOf(id[3])).toMatch(/ N\/A {6}1 \(null\) {15}\(JobHeldUser\)$/);
    expect(shown).not.toContain(" R ");
  });
});

describe("scontrol show job", () => {
  it("prints the record of a job that runs, key by key", async () => {
    expect(plain(await shell.text(`scontrol show job ${id[1]}`))).toBe(record1());
    const oneLine = `${record1().trimEnd().split(/\n */).join(" ")} \n`;
    expect(plain(await shell.text(`scontrol -o show job ${id[1]}`))).toBe(oneLine);
  });

  it("prints the waiting rest of an array and each task that runs", async () => {
    const shown = plain(await shell.text(`scontrol show job ${id[2]}`));
    const records = shown.split("\n\n").filter((record) => record !== "");
    expect(records.map((record) => record.split("\n")[0])).toEqual([
      `JobId=${id[2]} ArrayJobId=${id[2]} ArrayTaskId=2-3%2 ArrayTaskThrottle=2 JobName=wrap`,
      expect.stringMatching(
        `^JobId=\\d+ ArrayJobId=${id[2]} ArrayTaskId=1 ArrayTaskThrottle=2 JobName=wrap$`,
      ),
      expect.stringMatching(
        `^JobId=\\d+ ArrayJobId=${id[2]} ArrayTaskId=0 ArrayTaskThrottle=2 JobName=wrap$`,
      ),
    ]);
    const lines = records[0]!.split("\n   ");
    for (const line of [
      "JobState=PENDING Reason=JobArrayTaskLimit Dependency=(null)",
      "RunTime=<run> TimeLimit=01:00:00 TimeMin=N/A",
      "SubmitTime=<time> EligibleTime=Unknown",
      "AccrueTime=Unknown",
      "StartTime=Unknown EndTime=Unknown Deadline=N/A",
      "NodeList=",
      "Command=(null)",
      `StdOut=${cluster.workDir}/arr_${id[2]}_4294967294.out`,
    ]) {
      expect(lines).toContain(line);
    }
    expect(records[1]!.split("\n   ")).toContain(`StdOut=${cluster.workDir}/arr_${id[2]}_1.out`);
  });

  it("says what a job waits for, and from when it could run", async () => {
    const dependent = plain(await shell.text(`scontrol show job ${id[4]}`));
    expect(dependent).toContain(`Reason=Dependency Dependency=afterok:${id[1]}(unfulfilled)\n`);
    expect(dependent).toContain("EligibleTime=Unknown\n   AccrueTime=Unknown\n");
    const begins = plain(await shell.text(`scontrol show job ${id[5]}`));
    expect(begins).toContain(
      "EligibleTime=<time>\n   AccrueTime=Unknown\n   StartTime=<time> EndTime=<time>",
    );
    const held = plain(await shell.text(`scontrol show job ${id[3]}`));
    expect(held).toContain("Priority=0 ");
    expect(held).toContain("JobState=PENDING Reason=JobHeldUser Dependency=(null)");
  });

  /** Capture 029. */
  const record1 = (): string => `JobId=${id[1]} JobName=hello
   UserId=root(0) GroupId=root(0) MCS_label=N/A
   Priority=4294901759 Nice=0 Account=(null) QOS=(null)
   JobState=RUNNING Reason=None Dependency=(null)
   Requeue=1 Restarts=0 BatchFlag=1 Reboot=0 ExitCode=0:0
   RunTime=<run> TimeLimit=00:05:00 TimeMin=N/A
   SubmitTime=<time> EligibleTime=<time>
   AccrueTime=<time>
   StartTime=<time> EndTime=<time> Deadline=N/A
   SuspendTime=None SecsPreSuspend=0 LastSchedEval=<time> Scheduler=Main
   Partition=debug AllocNode:Sid=<host>:<sid>
   ReqNodeList=(null) ExcNodeList=(null)
   NodeList=n[1-2]
   BatchHost=n1
   NumNodes=2 NumCPUs=2 NumTasks=2 CPUs/Task=1 ReqB:S:C:T=0:0:*:*
   TRES=cpu=2,mem=200M,node=2,billing=2
   Socks/Node=* NtasksPerN:B:S:C=0:0:*:* CoreSpec=*
   MinCPUsNode=1 MinMemoryCPU=100M MinTmpDiskNode=0
   Features=(null) DelayBoot=00:00:00
   OverSubscribe=OK Contiguous=0 Licenses=(null) Network=(null)
   Command=${cluster.workDir}/hello.sh
   WorkDir=${cluster.workDir}
   StdErr=${cluster.workDir}/slurm-${id[1]}.out
   StdIn=/dev/null
   StdOut=${cluster.workDir}/slurm-${id[1]}.out
   Power=
   

`;
});

describe("a job's environment", () => {
  it("has the variables that Slurm sets, and no other of its kind but newer ones of Slurm's", async () => {
    const lines = readFileSync(join(cluster.workDir, `slurm-${id[1]}.out`), "utf8")
      .trim()
      .split("\n");
    const found = new Map(
      lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
    );
    // Capture 093. There is no slurm.conf, so SLURM_CONF is not set.
    const expected: Record<string, string> = {
      SLURMD_NODENAME: "n1",
      SLURM_CLUSTER_NAME: "oracle",
      SLURM_CPUS_ON_NODE: "1",
      SLURM_GTIDS: "0",
      SLURM_JOBID: `${id[1]}`,
      SLURM_JOB_CPUS_PER_NODE: "1(x2)",
      SLURM_JOB_GID: `${ME.gid}`,
      SLURM_JOB_ID: `${id[1]}`,
      SLURM_JOB_NAME: "hello",
      SLURM_JOB_NODELIST: "n[1-2]",
      SLURM_JOB_NUM_NODES: "2",
      SLURM_JOB_PARTITION: "debug",
      SLURM_JOB_UID: `${ME.uid}`,
      SLURM_JOB_USER: ME.username,
      SLURM_LOCALID: "0",
      SLURM_MEM_PER_CPU: "100",
      SLURM_NNODES: "2",
      SLURM_NODEID: "0",
      SLURM_NODELIST: "n[1-2]",
      SLURM_NODE_ALIASES: "(null)",
      SLURM_NPROCS: "2",
      SLURM_NTASKS: "2",
      SLURM_PROCID: "0",
      SLURM_SUBMIT_DIR: cluster.workDir,
      SLURM_TASKS_PER_NODE: "1(x2)",
      SLURM_TOPOLOGY_ADDR: "n1",
      SLURM_TOPOLOGY_ADDR_PATTERN: "node",
    };
    for (const [name, value] of Object.entries(expected))
      expect([name, found.get(name)]).toEqual([name, value]);
    for (const name of ["SLURM_PRIO_PROCESS", "SLURM_SUBMIT_HOST", "SLURM_TASK_PID", "SLURM_WORKING_CLUSTER"])
      expect(found.get(name)).toMatch(/./);
    // An empty list hides the devices of the node from a job that asked for none.
    expect(found.get("CUDA_VISIBLE_DEVICES")).toBe("");
  });

  it("tells a task of an array which one it is", () => {
    expect(readFileSync(join(cluster.workDir, `arr_${id[2]}_0.out`), "utf8")).toBe(
      `SLURM_ARRAY_JOB_ID=${id[2]}
SLURM_ARRAY_TASK_COUNT=4
SLURM_ARRAY_TASK_ID=0
SLURM_ARRAY_TASK_MAX=3
SLURM_ARRAY_TASK_MIN=0
SLURM_ARRAY_TASK_STEP=1
`,
    );
  });
});

describe("nodes under this load", () => {
  it("show in sinfo and scontrol with what is taken of them", async () => {
    expect(await shell.text("sinfo")).toBe(`PARTITION AVAIL  TIMELIMIT  NODES  STATE NODELIST
debug*       up    1:00:00      2    mix n[1-2]
debug*       up    1:00:00      2   idle n[3-4]
long         up   infinite      2    mix n[1-2]
`);
    expect(await shell.text("sinfo -h -o %C")).toBe("4/12/0/16\n");
    expect(await shell.text("sinfo -aho %F/%C")).toBe("2/2/0/4/4/12/0/16\n");
    const [first, , third] = (await shell.text("scontrol -o show node")).split("\n");
    // Capture 033; load, free memory, host and times are this machine's, the version is Rota's.
    expect(first).toContain("NodeName=n1 Arch=");
    expect(first).toContain(" CPUAlloc=3 CPUEfctv=4 CPUTot=4 CPULoad=");
    expect(first).toContain(" AvailableFeatures=(null) ActiveFeatures=(null) Gres=gpu:tesla:2 NodeAddr=");
    expect(first).toContain(" RealMemory=4000 AllocMem=300 FreeMem=");
    expect(first).toContain(
      " State=MIXED ThreadsPerCore=1 TmpDisk=0 Weight=1 Owner=N/A MCS_label=N/A Partitions=debug,long  BootTime=",
    );
    expect(first).toContain(" CfgTRES=cpu=4,mem=4000M,billing=4 AllocTRES=cpu=3,mem=300M CapWatts=n/a ");
    expect(third).toContain("NodeName=n3 ");
    expect(third).toContain(" CPUAlloc=0 ");
    expect(third).toContain(" State=IDLE ");
    expect(third).toContain(" Partitions=debug  BootTime=");
  });
});
