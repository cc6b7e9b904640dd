import { describe, expect, it } from "vitest";
import { jobRecord } from "../../../core/cli/scontrol/job-record.ts";
import { nodeRecord } from "../../../core/cli/scontrol/node-record.ts";
import { scontrol } from "../../../core/cli/scontrol/scontrol.ts";
import { timePrinter } from "../../../core/cli/time-format.ts";
import { UNLIMITED_S } from "../../../core/model/time.ts";
import { envOf, type Ran, run, useController } from "../controller.ts";
import { at, job, node, QUEUE } from "../views.ts";

const place = useController();

const ask = (...args: string[]): Promise<Ran> =>
  run(scontrol, "scontrol", args, { env: envOf(place.controller) });
const context = { nowS: at("19:07:22"), time: timePrinter({}), oneLine: false, details: false };

const JOB_1 = `\
JobId=1 JobName=hello
   UserId=root(0) GroupId=root(0) MCS_label=N/A
   Priority=4294901759 Nice=0 Account=(null) QOS=(null)
   JobState=RUNNING Reason=None Dependency=(null)
   Requeue=1 Restarts=0 BatchFlag=1 Reboot=0 ExitCode=0:0
   RunTime=00:00:01 TimeLimit=00:05:00 TimeMin=N/A
   SubmitTime=2026-11-24T19:07:20 EligibleTime=2026-11-24T19:07:20
   AccrueTime=2026-11-24T19:07:20
   StartTime=2026-11-24T19:07:21 EndTime=2026-11-24T19:12:21 Deadline=N/A
   SuspendTime=None SecsPreSuspend=0 LastSchedEval=2026-11-24T19:07:21 Scheduler=Main
   Partition=debug AllocNode:Sid=localhost:2481
   ReqNodeList=(null) ExcNodeList=(null)
   NodeList=n[1-2]
   BatchHost=n1
   NumNodes=2 NumCPUs=2 NumTasks=2 CPUs/Task=1 ReqB:S:C:T=0:0:*:*
   TRES=cpu=2,mem=200M,node=2,billing=2
   Socks/Node=* NtasksPerN:B:S:C=0:0:*:* CoreSpec=*
   MinCPUsNode=1 MinMemoryCPU=100M MinTmpDiskNode=0
   Features=(null) DelayBoot=00:00:00
   OverSubscribe=OK Contiguous=0 Licenses=(null) Network=(null)
   Command=/home/alice/job/hello.sh
   WorkDir=/home/alice/job
   StdErr=/home/alice/job/slurm-1.out
   StdIn=/dev/null
   StdOut=/home/alice/job/slurm-1.out
   Power=
   

`;

describe("scontrol show job", () => {
  it("prints a job's record, over lines and on one", () => {
    expect(jobRecord(QUEUE[0]!, context)).toBe(JOB_1);
    expect(jobRecord(QUEUE[0]!, { ...context, oneLine: true })).toBe(
      `${JOB_1.trimEnd().split("\n   ").join(" ")} \n`,
    );
  });

  it("says the shortest limit and the deadline that a job asked", () => {
    const record = jobRecord({ ...QUEUE[0]!, timeMinS: 120, deadlineS: at("20:00:00") }, context);
    expect(record).toContain("TimeLimit=00:05:00 TimeMin=00:02:00\n");
    expect(record).toContain("EndTime=2026-11-24T19:12:21 Deadline=2026-11-24T20:00:00\n");
    const late = job({ jobId: 3, state: "DEADLINE", reason: "DeadLine", exitSignal: 1 });
    expect(jobRecord(late, context)).toContain("JobState=DEADLINE Reason=DeadLine");
    expect(jobRecord(late, context)).toContain("ExitCode=0:1");
  });

  it("says what a job asks of its nodes together, as Slurm does", () => {
    const asked = { features: "[a*2&b*1]", contiguous: true, switches: { count: 2, waitS: 300 } };
    const record = jobRecord({ ...QUEUE[0]!, ...asked }, context);
    expect(record).toContain("   Features=[a*2&b*1] DelayBoot=00:00:00\n");
    expect(record).toContain("   OverSubscribe=OK Contiguous=1 Licenses=(null) Network=(null)\n");
    expect(record).toContain("   StdOut=/home/alice/job/slurm-1.out\n   Switches=2@00:05:00\n   Power=\n");
  });

  it("prints an array's waiting rest and its tasks, the rest first and then the youngest", async () => {
    const { out } = await ask("show", "job", "2");
    expect(out.split("\n").filter((line) => line.startsWith("JobId="))).toEqual([
      "JobId=2 ArrayJobId=2 ArrayTaskId=2-3%2 ArrayTaskThrottle=2 JobName=wrap",
      "JobId=9 ArrayJobId=2 ArrayTaskId=1 ArrayTaskThrottle=2 JobName=wrap",
      "JobId=8 ArrayJobId=2 ArrayTaskId=0 ArrayTaskThrottle=2 JobName=wrap",
    ]);
    expect(out).toContain("   EligibleTime=Unknown\n".trim());
    expect(out).toContain("   StartTime=Unknown EndTime=Unknown Deadline=N/A\n");
    expect(out).toContain("   NodeList=\n   NumNodes=1 ");
    expect(out).toContain("   Command=(null)\n");
  });

  it("adds what a job asked and what --details asks", () => {
    const record = jobRecord(
      job({
        jobId: 2,
        state: "RUNNING",
        startS: at("19:07:00"),
        gresPerNode: "gpu:tesla:2",
        numGpus: 4,
        numNodes: 2,
        nodes: "n[2-3]",
        comment: "my comment",
        mailType: "END",
        mailUser: "a@b",
        exclusive: true,
        memPer: "node",
        memPerMib: 1536,
        cpusPerTask: 2,
        ntasksPerNode: 2,
        allocation: ["n2", "n3"].map((name) => ({
          node: name,
          tasks: 1,
          cpus: 1,
          memMib: 100,
          devices: [0, 1].map((lane) => ({ name: "gpu", type: "tesla", lane, thousandths: 1000 })),
        })),
      }),
      { ...context, details: true },
    );
    expect(record).toContain("\n   DerivedExitCode=0:0\n   RunTime=");
    expect(record).toContain(
      "CoreSpec=*\n   JOB_GRES=gpu:tesla:4\n     Nodes=n[2-3] CPU_IDs=N/A Mem=100 GRES=gpu:tesla:2(IDX:0-1)\n   MinCPUsNode=4 MinMemoryNode=1536M",
    );
    expect(record).toContain("OverSubscribe=NO");
    expect(record).toContain("\n   Comment=my comment \n   StdErr=");
    expect(record).toContain(
      "\n   Power=\n   TresPerNode=gres:gpu:tesla:2\n   MailUser=a@b MailType=END\n   \n\n",
    );
    expect(record).toContain("billing=1,gres/gpu=4\n");
  });

  it("shows what was said of sockets, cores and threads", () => {
    const record = jobRecord(
      job({
        jobId: 1,
        socketsPerNode: 2,
        coresPerSocket: 2,
        threadsPerCore: 1,
        ntasksPerCore: 1,
        gpusPerSocket: "1",
      }),
      context,
    );
    expect(record).toContain(" ReqB:S:C:T=0:0:2:1\n");
    expect(record).toContain("Socks/Node=2 NtasksPerN:B:S:C=0:0:*:1 CoreSpec=*");
    expect(record).toContain("\n   TresPerSocket=gres:gpu:1");
  });

  it("says with whose jobs a job shares its nodes", () => {
    const shared = jobRecord(job({ jobId: 1, exclusiveUser: true }), context);
    expect(shared).toContain("OverSubscribe=USER Contiguous=0");
    expect(nodeRecord(node(1, { owner: "root(0)" }), context)).toContain(" Owner=root(0) MCS_label=N/A");
  });

  it("does not know the end of a job that runs without a limit", () => {
    const endless = { state: "RUNNING", startS: at("19:07:00"), timeLimitS: UNLIMITED_S } as const;
    expect(jobRecord(job({ jobId: 1, ...endless }), context)).toContain("TimeLimit=UNLIMITED ");
    expect(jobRecord(job({ jobId: 1, ...endless }), context)).toContain(" EndTime=Unknown ");
  });

  it("shows the bounds of a waiting job's nodes", () => {
    const sizes = { minNodes: 2, maxNodes: 3, numNodes: 2 };
    expect(jobRecord(job({ jobId: 1, ...sizes }), context)).toContain("NumNodes=2-3 ");
    expect(jobRecord(job({ jobId: 1, ...sizes, maxNodes: 65_536 }), context)).toContain("NumNodes=2 ");
  });

  it.each([
    [["show", "job", "99999"], "slurm_load_jobs error: Invalid job id specified\n"],
    [["show", "job", "abc"], "scontrol_print_job error: Invalid job id specified\n"],
    [["show", "bogus"], "invalid entity:bogus for keyword:show \n"],
    [["show"], "too few arguments for keyword:show\n"],
    [["show", "job", "1", "2"], "too many arguments for keyword:show\n"],
    [["show", "topology"], "scontrol: error: show topology is not supported by this version of Rota\n"],
    [["bogus"], "invalid keyword: bogus\n"],
    [["top", "1"], "scontrol: error: top is not supported by this version of Rota\n"],
    [["suspend"], "too few arguments for keyword:suspend\n"],
    [["--bogus"], "scontrol: unrecognized option '--bogus'\nTry \"scontrol --help\" for more information\n"],
  ])("answers %j in Slurm's words", async (args, err) => {
    expect(await ask(...args)).toEqual({ out: "", err, status: 1 });
    if (!args.includes("--bogus")) expect((await ask("-Q", ...args)).err).toBe("");
  });

  it("takes the forms in which a job is named", async () => {
    const whole = (await ask("show", "job", "1")).out;
    for (const args of [
      ["show", "jobs", "1"],
      ["show", "jobid=1"],
      ["SHOW", "Job=1"],
      ["sho", "j", "1"],
    ]) {
      expect((await ask(...args)).out).toBe(whole);
    }
  });
});

describe("scontrol show node", () => {
  it("prints a node's record", () => {
    const record = nodeRecord(node(1, { allocCpus: 3, allocMemMib: 300, baseState: "mixed" }), context);
    expect(record).toBe(`\
NodeName=n1 Arch=x86_64 CoresPerSocket=4 
   CPUAlloc=3 CPUEfctv=4 CPUTot=4 CPULoad=4.76
   AvailableFeatures=(null)
   ActiveFeatures=(null)
   Gres=gpu:tesla:2
   NodeAddr=127.0.0.1 NodeHostName=vm Port=0 Version=22.05.8
   OS=Linux 6.18.44 #1 SMP 
   RealMemory=4000 AllocMem=300 FreeMem=15011 Sockets=1 Boards=1
   State=MIXED ThreadsPerCore=1 TmpDisk=0 Weight=1 Owner=N/A MCS_label=N/A
   Partitions=debug,long 
   BootTime=2026-11-24T18:26:31 SlurmdStartTime=2026-11-24T19:07:17
   LastBusyTime=2026-11-24T19:07:17
   CfgTRES=cpu=4,mem=4000M,billing=4
   AllocTRES=cpu=3,mem=300M
   CapWatts=n/a
   CurrentWatts=0 AveWatts=0
   ExtSensorsJoules=n/s ExtSensorsWatts=0 ExtSensorsTemp=n/s

`);
  });

  it("prints states, reasons and, with details, what is in use", () => {
    const drained = node(3, {
      drain: true,
      responding: false,
      reason: "why",
      reasonUser: "root",
      reasonS: at("22:15:29"),
      gresUsed: "gpu:tesla:1(IDX:0)",
      features: ["fast", "ib"],
    });
    const record = nodeRecord(drained, { ...context, details: true, oneLine: true });
    expect(record).toContain(" State=IDLE+DRAIN+NOT_RESPONDING ");
    expect(record).toContain(
      " ActiveFeatures=fast,ib Gres=gpu:tesla:2 GresDrain=N/A GresUsed=gpu:tesla:1(IDX:0) ",
    );
    expect(record.endsWith(" Reason=why [root@2026-11-24T22:15:29]\n")).toBe(true);
    expect(record).toContain(" AllocTRES= CapWatts");
  });

  it("says on standard output which nodes and partitions there are not", async () => {
    const { out, status } = await ask("show", "node", "n1,nope");
    expect([out.startsWith("NodeName=n1 "), out.endsWith("\n\nNode nope not found\n"), status]).toEqual([
      true,
      true,
      1,
    ]);
    expect(await ask("show", "partition", "nope")).toEqual({
      out: "Partition nope not found\n",
      err: "",
      status: 1,
    });
  });
});

describe("scontrol show partition and config", () => {
  it("prints partitions", async () => {
    const { out } = await ask("show", "partition");
    expect(out).toBe(`\
PartitionName=debug
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

PartitionName=long
   AllowGroups=ALL AllowAccounts=ALL AllowQos=ALL
   AllocNodes=ALL Default=NO QoS=N/A
   DefaultTime=NONE DisableRootJobs=NO ExclusiveUser=NO GraceTime=0 Hidden=NO
   MaxNodes=UNLIMITED MaxTime=UNLIMITED MinNodes=0 LLN=NO MaxCPUsPerNode=UNLIMITED
   Nodes=n[1-2]
   PriorityJobFactor=1 PriorityTier=1 RootOnly=NO ReqResv=NO OverSubscribe=NO
   OverTimeLimit=NONE PreemptMode=OFF
   State=UP TotalCPUs=8 TotalNodes=2 SelectTypeParameters=NONE
   JobDefaults=(null)
   DefMemPerCPU=100 MaxMemPerNode=UNLIMITED
   TRES=cpu=8,mem=8000M,node=2,billing=8

`);
    const lines = (await ask("show", "part", "-o")).out.split("\n");
    expect(lines[0]).toBe(out.split("\n\n")[0]!.split("\n   ").join(" "));
    expect(lines).toHaveLength(3);
  });

  it("prints the settings that clients read", async () => {
    const { out } = await ask("show", "config");
    expect(out.startsWith("Configuration data as of 2026-11-24T19:07:21\n")).toBe(true);
    for (const line of [
      "ClusterName             = oracle",
      "MaxArraySize            = 1001",
      "MinJobAge               = 600 sec",
      "NEXT_JOB_ID             = 10",
      "SLURM_VERSION           = 22.05.8",
      "SlurmctldHost[0]        = vm",
    ]) {
      expect(out).toContain(`\n${line}\n`);
    }
    expect(out.endsWith("\n\nSlurmctld(primary) at vm is UP\n")).toBe(true);
  });
});

describe("scontrol show hostnames", () => {
  it.each([
    [["hostnames", "n[1-3,7],gpu[008-010]"], "n1\nn2\nn3\nn7\ngpu008\ngpu009\ngpu010\n"],
    [["hostnames", "rack[0-1]_blade[2-3]"], "rack0_blade2\nrack0_blade3\nrack1_blade2\nrack1_blade3\n"],
    [["hostlist", "n1,n2,n3,n7,gpu008,gpu009"], "n[1-3,7],gpu[008-009]\n"],
    [["hostlistsorted", "n7,n1,n3,n2,n2"], "n[1-2,2-3,7]\n"],
  ])("turns %j", async (args, out) => {
    expect(await ask("show", ...args)).toEqual({ out, err: "", status: 0 });
  });

  it("takes the job's nodes where none are named, and refuses a list that is too long", async () => {
    const env = { SLURM_JOB_NODELIST: "a[1-2]" };
    expect((await run(scontrol, "scontrol", ["show", "hostnames"], { env })).out).toBe("a1\na2\n");
    expect((await ask("show", "hostnames")).err).toBe("scontrol: error: host list is empty\n");
    expect((await ask("show", "hostnames", "n[1-99999999]")).status).toBe(1);
  });
});
