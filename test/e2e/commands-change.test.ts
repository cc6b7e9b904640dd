/**
 * What is changed by command on a real cluster and what squeue and sinfo then say: holds, updates, requeues, ends, nodes
 * that are drained and come back, and the reason of every kind of job that waits.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ME, plain, QUEUE_HEADER, queueRow, Shell, untimed } from "./command-run.ts";
import { stopAll } from "./programs.ts";
import { CONTRACT_YAML, TestCluster } from "./test-cluster.ts";

const YAML = `${CONTRACT_YAML.replace("requeue_delay: 0s", "requeue_delay: 120s")}nodes:\n  - names: n[1-4]\n`;

let cluster: TestCluster;
let shell: Shell;

beforeAll(async () => {
  cluster = await TestCluster.start(["n1", "n2", "n3", "n4"], YAML);
  shell = new Shell(cluster);
});
afterEach(async () => {
  await shell.text("scancel --me");
  await shell.until("squeue -h", "");
  await shell.text("scontrol update NodeName=n[1-4] State=RESUME");
});
afterAll(stopAll);

const silent = { out: "", err: "", code: 0 };
const reasonOf = async (id: number): Promise<string> => (await shell.text(`squeue -h -j ${id} -o %r`)).trim();
const rowOf = async (id: number | string): Promise<string> =>
  untimed(await shell.text(`squeue -h -t all -j ${id}`));

describe("an idle cluster", () => {
  it("shows as in the captures", async () => {
    // Captures 001, 002, 004, 005.
    expect(await shell.text("sinfo")).toBe(`PARTITION AVAIL  TIMELIMIT  NODES  STATE NODELIST
debug*       up    1:00:00      4   idle n[1-4]
long         up   infinite      2   idle n[1-2]
`);
    expect(await shell.text("sinfo -s")).toBe(`PARTITION AVAIL  TIMELIMIT   NODES(A/I/O/T) NODELIST
debug*       up    1:00:00          0/4/0/4 n[1-4]
long         up   infinite          0/2/0/2 n[1-2]
`);
    expect(await shell.text(`sinfo -h -o "%P|%a|%l|%D|%t|%N"`)).toBe(
      "debug*|up|1:00:00|4|idle|n[1-4]\nlong|up|infinite|2|idle|n[1-2]\n",
    );
    expect(await shell.text("sinfo -h -o %C")).toBe("0/16/0/16\n");
    const line = `${"<host>".padEnd(100)}${"gpu:tesla:2".padEnd(512)}${"gpu:tesla:0".padEnd(512)}${"idle".padEnd(20)}\n`;
    // Capture 008, a line for each node of each partition; the host's name counts as wide as it is there.
    const hosts = plain(await shell.text("sinfo -ahNO nodehost:100,gres:512,gresused:512,statelong"));
    expect(hosts.replace(/<host> +/g, "<host>".padEnd(100))).toBe(line.repeat(6));
    expect(await shell.text("squeue")).toBe(QUEUE_HEADER);
  });

  it("has its partitions on record", async () => {
    // Capture 034.
    const debug = `PartitionName=debug
   AllowGroups=ALL AllowAccounts=ALL AllowQos=ALL
   AllocNodes=ALL Default=YES QoS=N/A
   DefaultTime=NONE DisableRootJobs=NO ExclusiveUser=NO GraceTime=0 Hidden=NO
   MaxNodes=UNLIMITED MaxTime=01:00:00 MinNodes=0 LLN=NO MaxCPUsPerNode=UNLIMITED
   Nodes=n[1-4]
   PriorityJobFactor=1 PriorityTier=1 RootOnly=NO ReqResv=NO OverSubscribe=NO
   OverTimeLimit=NONE PreemptMode=OFF
   State=UP TotalCPUs=16 TotalNodes=4 SelectTypeParameters=NONE
   JobDefaults=(null)
   DefMemPerCPU=100 MaxMemPerNode=UNLIMITED
   TRES=cpu=16,mem=16000M,node=4,billing=16

`;
    const long = debug
      .replace("=debug", "=long")
      .replace("Default=YES", "Default=NO")
      .replace("MaxTime=01:00:00", "MaxTime=UNLIMITED")
      .replace("n[1-4]", "n[1-2]")
      .replace("TotalCPUs=16 TotalNodes=4", "TotalCPUs=8 TotalNodes=2")
      .replace("cpu=16,mem=16000M,node=4,billing=16", "cpu=8,mem=8000M,node=2,billing=8");
    expect(await shell.text("scontrol show partition")).toBe(debug + long);
    const oneLine = (record: string): string => `${record.trim().split(/\n */).join(" ")}\n`;
    expect(await shell.text("scontrol show part -o")).toBe(oneLine(debug) + oneLine(long));
  });

  it("tells clients its settings, that it is up, and which Slurm it speaks as", async () => {
    const config = await shell.text("scontrol show config");
    expect(plain(config)).toMatch(/^Configuration data as of <time>\n/);
    // Those that clients read, in the layout of capture 036; every key is one of Slurm's.
    for (const [key, value] of [
      ["AccountingStorageType", "accounting_storage/none"],
      ["ClusterName", "oracle"],
      ["MaxArraySize", "1001"],
      ["MinJobAge", "300 sec"],
      ["SelectType", "select/cons_tres"],
      ["SLURM_VERSION", "22.05.8"],
    ]) {
      expect(config).toContain(`\n${key!.padEnd(23)} = ${value}\n`);
    }
    expect(plain(await shell.text("scontrol ping"))).toBe("Slurmctld(primary) at <host> is UP\n");
    for (const command of ["sbatch", "squeue", "sinfo", "scancel", "scontrol"])
      expect(await shell.text(`${command} --version`)).toBe("slurm-wlm 22.05.8\n");
  });

  it("folds and unfolds lists of hosts", async () => {
    // Captures 041-044.
    expect(await shell.text(`scontrol show hostnames "n[1-3,7],gpu[008-010]"`)).toBe(
      "n1\nn2\nn3\nn7\ngpu008\ngpu009\ngpu010\n",
    );
    expect(await shell.text("scontrol show hostlist n1,n2,n3,n7,gpu008,gpu009")).toBe(
      "n[1-3,7],gpu[008-009]\n",
    );
    expect(await shell.text(`scontrol show hostnames "rack[0-1]_blade[2-3]"`)).toBe(
      "rack0_blade2\nrack0_blade3\nrack1_blade2\nrack1_blade3\n",
    );
    expect(await shell.text("scontrol show hostlistsorted n7,n1,n3,n2,n2")).toBe("n[1-2,2-3,7]\n");
  });
});

describe("a waiting job", () => {
  it("is held, released and changed without a word", async () => {
    const id = await shell.submit("-H -n1 --wrap true");
    expect(await rowOf(id)).toBe(queueRow(id, "debug", "wrap", "PD", 1, "(JobHeldUser)"));
    expect(
      await shell.run(`scontrol update JobId=${id} TimeLimit=10 JobName=other Partition=long Nice=7`),
    ).toEqual(silent);
    expect(await shell.text(`squeue -h -j ${id} -o "%l|%j|%P|%y"`)).toBe("10:00|other|long|7\n");
    expect(await shell.run(`scontrol update JobId=${id} TimeMin=5 Deadline=2037-01-01T00:00:00`)).toEqual(
      silent,
    );
    expect(await shell.text(`scontrol show job ${id}`)).toMatch(
      /TimeMin=00:05:00[\s\S]*Deadline=2037-01-01T00:00:00/,
    );
    expect(await shell.run(`scontrol update JobId=${id} TimeMin=20`)).toMatchObject({ code: 1 });
    expect(await shell.run(`scontrol update JobId=${id} Deadline=now+1minute`)).toMatchObject({ code: 1 });
    expect(await shell.run(`scontrol release ${id}`)).toEqual(silent);
    await shell.untilState(id, "CD");
    const begins = await shell.submit("-b now+1hour --wrap true");
    expect(await shell.run(`scontrol hold ${begins}`)).toEqual(silent);
    expect(await reasonOf(begins)).toBe("JobHeldUser");
    expect(await shell.run(`scontrol update JobId=${begins} StartTime=now`)).toEqual(silent);
    expect(await shell.run(`scontrol release ${begins}`)).toEqual(silent);
    await shell.untilState(begins, "CD");
  });

  it("is not changed in what this version cannot change, and says so", async () => {
    const id = await shell.submit("-H -n1 --wrap true");
    expect(await shell.run(`scontrol update JobId=${id} NumNodes=2`)).toEqual({
      out: "",
      err: "Update of this parameter is not supported: NumNodes=2\nRequest aborted\n",
      code: 1,
    });
    expect(await shell.run(`scontrol update JobId=${id}`)).toMatchObject({
      err: "No changes specified\n",
      code: 1,
    });
    expect(await shell.run("scontrol update JobId=99999 TimeLimit=10")).toMatchObject({
      err: "Invalid job id specified for job 99999\n",
      code: 1,
    });
  });

  it("says why it waits: time limit, size, begin time, dependency, nodes", async () => {
    const runs = await shell.submit("-w n1 -n4 --wrap 'sleep 60'");
    await shell.untilState(runs, "R");
    const waits: Record<string, string> = {
      "-t 2:00:00": "PartitionTimeLimit",
      "-N 99 -n 99": "PartitionConfig",
      "-b now+1hour": "BeginTime",
      [`-d afterok:${runs}`]: "Dependency",
      "-w n1": "Resources",
      "-w n1 -c 2": "Priority",
    };
    for (const [options, reason] of Object.entries(waits)) {
      const id = await shell.submit(`${options} --wrap hostname`);
      await shell.until(`squeue -h -j ${id} -o %R`, `(${reason})`);
    }
    const after = await shell.submit(`-d afternotok:${runs} --wrap true`);
    await shell.text(`scancel ${runs}`);
    await shell.untilState(runs, "CA");
    // A job that was cancelled counts as one that failed.
    await shell.untilState(after, "CD");
  });

  it("says that it never will start when what it depends on went otherwise", async () => {
    const first = await shell.submit("--wrap true");
    await shell.untilState(first, "CD");
    const never = await shell.submit(`-d afternotok:${first} --wrap true`);
    await shell.until(`squeue -h -j ${never} -o %R`, "(DependencyNeverSatisfied)");
  });

  it("names the nodes that it asked for and that take no jobs", async () => {
    await shell.text(`scontrol update NodeName=n4 State=DRAIN Reason="bad disk"`);
    const id = await shell.submit("-w n4 -n1 --wrap hostname");
    await shell.until(`squeue -h -j ${id} -o %R`, "(ReqNodeNotAvail, UnavailableNodes:n4)");
    // A value of scontrol has no blanks.
    expect(await shell.text(`scontrol show job ${id}`)).toContain(
      "JobState=PENDING Reason=ReqNodeNotAvail,_UnavailableNodes:n4 Dependency=(null)\n",
    );
    await shell.text("scontrol update NodeName=n4 State=RESUME");
    await shell.untilState(id, "CD");
    expect(await rowOf(id)).toBe(queueRow(id, "debug", "wrap", "CD", 1, "n4"));
  });
});

describe("a task of an array", () => {
  it("is held, released and ended by itself", async () => {
    const id = await shell.submit("-H -a 1,3,5-9:2%2 --wrap 'sleep 60'");
    expect(await rowOf(id)).toBe(queueRow(`${id}_[1,3,5,7,9%2]`, "debug", "wrap", "PD", 1, "(JobHeldUser)"));
    await shell.text(`scontrol release ${id}_3`);
    await shell.until(`squeue -h -t R -o %i`, `${id}_3`);
    await shell.text(`scancel ${id}_3 ${id}_[5-7]`);
    await shell.until(`squeue -h -j ${id} -o "%i %t"`, `${id}_[1,9%2] PD`);
    const ended = await shell.text(`squeue -h -t CA -o %i -r | grep ^${id}_ | sort`);
    expect(ended).toBe([3, 5, 7].map((task) => `${id}_${task}\n`).join(""));
  });
});

describe("a requeue", () => {
  it("puts an ended or running job back, not before the delay", async () => {
    const ended = await shell.submit("--wrap 'exit 3'");
    await shell.untilState(ended, "F");
    expect(await rowOf(ended)).toBe(queueRow(ended, "debug", "wrap", "F", 1, "(NonZeroExitCode)"));
    const runs = await shell.submit("--wrap 'sleep 60'");
    await shell.untilState(runs, "R");
    for (const id of [ended, runs]) {
      expect(await shell.run(`scontrol requeue ${id}`)).toEqual(silent);
      await shell.until(`squeue -h -j ${id} -o "%t %R"`, "PD (BeginTime)");
      expect(await shell.text(`scontrol show job ${id}`)).toContain("Requeue=1 Restarts=1 ");
    }
    expect(await shell.run(`scontrol requeue ${runs}`)).toMatchObject({
      err: `Job is pending execution for job ${runs}\n`,
      code: 1,
    });
  });
});

describe("scancel", () => {
  it("ends what its filters select", async () => {
    const [named, other, held] = [
      await shell.submit("-J goes --wrap 'sleep 60'"),
      await shell.submit("-p long --wrap 'sleep 60'"),
      await shell.submit("-H --wrap true"),
    ];
    await shell.untilState(named, "R");
    await shell.untilState(other, "R");
    expect(await shell.run("scancel -v -n goes")).toEqual({
      out: "",
      err: `scancel: Terminating job ${named}\n`,
      code: 0,
    });
    await shell.untilState(named, "CA");
    await shell.text("scancel -t PENDING");
    expect(await rowOf(held)).toBe(queueRow(held, "debug", "wrap", "CA", 1, ""));
    expect(await shell.text("squeue -h -o %i")).toBe(`${other}\n`);
    // Captures 098 and 099.
    expect(await shell.run(`scancel -u ${ME.username}`)).toEqual(silent);
    await shell.until("squeue", QUEUE_HEADER.trim());
    expect(await rowOf(other)).toBe(queueRow(other, "long", "wrap", "CA", 1, "n1"));
  });
});

describe("a node", () => {
  it("is drained with a reason, runs its jobs out, and comes back", async () => {
    const id = await shell.submit("-w n4 --wrap 'sleep 60'");
    await shell.untilState(id, "R");
    expect(await shell.run(`scontrol update NodeName=n4 State=DRAIN Reason="bad disk"`)).toEqual(silent);
    expect(await shell.text("sinfo")).toBe(`PARTITION AVAIL  TIMELIMIT  NODES  STATE NODELIST
debug*       up    1:00:00      1   drng n4
debug*       up    1:00:00      3   idle n[1-3]
long         up   infinite      2   idle n[1-2]
`);
    expect(plain(await shell.text("sinfo -R"))).toMatch(
      /^REASON {15}USER {6}TIMESTAMP {11}NODELIST\nbad disk {13}\S+ +<time> n4\n$/,
    );
    const record = plain(await shell.text("scontrol show node n4"));
    expect(record).toContain("   State=MIXED+DRAIN ThreadsPerCore=1 ");
    expect(record).toMatch(/\n {3}Reason=bad disk \[\S+@<time>\]\n\n$/);
    await shell.text(`scancel ${id}`);
    await shell.until("sinfo -h -p debug -t drain -o '%t %N'", "drain n4");
    expect(await shell.run("scontrol update NodeName=n4 State=RESUME")).toEqual(silent);
    expect(await shell.text("sinfo -h -o '%P %t %N'")).toBe("debug* idle n[1-4]\nlong idle n[1-2]\n");
    expect(await shell.text("sinfo -h -R")).toBe("");
  });

  it("is set down, with all that runs on it, and its name must be one", async () => {
    await shell.text("scontrol update NodeName=n[3-4] State=DOWN Reason=power");
    expect(await shell.text("sinfo -h -p debug -o '%t %D %N'")).toBe("idle 2 n[1-2]\ndown 2 n[3-4]\n");
    const id = await shell.submit("-N4 -n4 --wrap hostname");
    await shell.until(`squeue -h -j ${id} -o %R`, "(ReqNodeNotAvail, UnavailableNodes:n[3-4])");
    expect(await shell.run("scontrol update NodeName=n4 State=DRAIN")).toMatchObject({
      err: "You must specify a reason when DOWNING or DRAINING a node. Request denied\n",
      code: 1,
    });
    expect(await shell.run("scontrol update NodeName=n9 State=DRAIN Reason=x")).toMatchObject({
      err: "slurm_update error: Invalid node name specified\n",
      code: 1,
    });
    await shell.text("scontrol update NodeName=n[3-4] State=RESUME");
    await shell.untilState(id, "CD");
  });

  it("whose agent stays away is down after the timeout, and back with its agent", async () => {
    const agent = cluster.agents.get("n3")!;
    agent.process.kill("SIGKILL");
    await agent.exited;
    await shell.until("sinfo -h -p debug -n n3 -o %t", "down*");
    expect(await shell.text("sinfo -h -R -o '%E %N'")).toBe("rota: not responding n3\n");
    cluster.startAgent("n3");
    await shell.until("sinfo -h -p debug -n n3 -o %t", "idle");
  });
});
