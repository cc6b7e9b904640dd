import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { squeue } from "../../../core/cli/squeue/squeue.ts";
import type { StepView } from "../../../core/model/step.ts";
import type { JobView } from "../../../core/model/views.ts";
import { STEP } from "../../api/job-values.ts";
import { envOf, type Ran, refusal, run, startController, type TestController } from "../controller.ts";
import { at, job, QUEUE } from "../views.ts";

let controller: TestController;
let jobs: readonly JobView[] = QUEUE;
let steps: readonly StepView[] = [];
beforeAll(async () => {
  controller = await startController(({ path }) =>
    path === "/v1/jobs"
      ? { status: 200, body: { jobs } }
      : path === "/v1/steps"
        ? { status: 200, body: { steps } }
        : undefined,
  );
});
afterAll(() => controller.close());

const ask = (...args: string[]): Promise<Ran> => {
  jobs = QUEUE;
  return run(squeue, "squeue", args, { env: envOf(controller) });
};
const askOf = (records: readonly JobView[], args: readonly string[], env = {}): Promise<Ran> => {
  jobs = records;
  return run(squeue, "squeue", args, { env: { ...envOf(controller), ...env } });
};

const HEADER = "             JOBID PARTITION     NAME     USER ST       TIME  NODES NODELIST(REASON)\n";
const ROWS = `\
         2_[2-3%2]     debug     wrap     root PD       0:00      1 (JobArrayTaskLimit)
                 4     debug     wrap     root PD       0:00      1 (Dependency)
                 5     debug     wrap     root PD       0:00      1 (BeginTime)
                 7     debug    hello     root PD       0:00      2 (Priority)
                 3     debug     wrap     root PD       0:00      1 (JobHeldUser)
                 1     debug    hello     root  R       0:00      2 n[1-2]
               2_0     debug     wrap     root  R       0:00      1 n1
               2_1     debug     wrap     root  R       0:00      1 n1
                 6 debug,lon     wrap     root PD       0:00      4 (Resources)
`;

describe("squeue", () => {
  it("prints the queue as Slurm does, by partition, state and priority", async () => {
    expect(await ask()).toEqual({ out: HEADER + ROWS, err: "", status: 0 });
  });

  it("prints the long form with the date above", async () => {
    const { out } = await ask("-l");
    expect(out).toBe(`\
Tue Nov 24 19:07:21 2026
             JOBID PARTITION     NAME     USER    STATE       TIME TIME_LIMI  NODES NODELIST(REASON)
         2_[2-3%2]     debug     wrap     root  PENDING       0:00   1:00:00      1 (JobArrayTaskLimit)
                 4     debug     wrap     root  PENDING       0:00   1:00:00      1 (Dependency)
                 5     debug     wrap     root  PENDING       0:00   1:00:00      1 (BeginTime)
                 7     debug    hello     root  PENDING       0:00      5:00      2 (Priority)
                 3     debug     wrap     root  PENDING       0:00   1:00:00      1 (JobHeldUser)
                 1     debug    hello     root  RUNNING       0:00      5:00      2 n[1-2]
               2_0     debug     wrap     root  RUNNING       0:00   1:00:00      1 n1
               2_1     debug     wrap     root  RUNNING       0:00   1:00:00      1 n1
                 6 debug,lon     wrap     root  PENDING       0:00   1:00:00      4 (Resources)
`);
  });

  it("prints the steps that srun has started before the job's batch step", async () => {
    steps = [{ ...STEP, jobId: 1, stepId: 3, name: "train", startS: at("19:07:20"), nodes: "n[1-2]" }];
    const { out } = await ask("-s", "1.3");
    steps = [];
    expect(out.split("\n")[1]).toMatch(/^ {12}1\.3 {4}train {5}debug {5}root .* n\[1-2\]$/);
  });

  it("prints the batch steps of running jobs", async () => {
    expect((await ask("-s")).out).toBe(`\
         STEPID     NAME PARTITION     USER      TIME NODELIST
        1.batch    batch     debug     root      0:00 n1
      2_0.batch    batch     debug     root      0:00 n1
      2_1.batch    batch     debug     root      0:00 n1
`);
    expect((await ask("-s", "-h", "-o", "%i", "-j", "2")).out).toBe("2_0.batch\n2_1.batch\n");
    expect(await ask("-s", "161")).toEqual({
      out: "",
      err: "squeue: error: Invalid job_step id: 161.??\n",
      status: 1,
    });
  });

  it("prints when waiting jobs are to start", async () => {
    const { out } = await ask("--start");
    const lines = out.split("\n");
    expect(lines[0]).toBe(
      "             JOBID PARTITION     NAME     USER ST          START_TIME  NODES SCHEDNODES           NODELIST(REASON)",
    );
    expect(lines[1]).toBe(
      "                 5     debug     wrap     root PD 2026-11-24T20:07:20      1 (null)               (BeginTime)",
    );
    expect(lines[2]).toBe(
      "         2_[2-3%2]     debug     wrap     root PD                 N/A      1 (null)               (JobArrayTaskLimit)",
    );
    expect(lines).toHaveLength(8);
  });

  it("gives each waiting task a line with -r", async () => {
    const { out } = await ask("-r", "-h", "-o", "%i %A %K %F");
    expect(out.split("\n").slice(0, 3)).toEqual(["2_2 2 2 2", "2_3 2 3 2", "4 4 N/A 4"]);
    expect((await ask("-h", "-j", "2_3", "-o", "%i")).out).toBe("2_3\n");
  });

  it.each([
    [["-h", "-u", "root", "-t", "PD", "-o", "%i"], "2_[2-3%2] 4 5 7 3 6"],
    [["-h", "-u", "0", "-t", "r", "-o", "%i"], "1 2_0 2_1"],
    [["-h", "-u", "alice", "-o", "%i"], ""],
    [["-h", "-t", "CG", "-o", "%i"], ""],
    [["-h", "-p", "long", "-o", "%i"], "6"],
    [["-h", "-n", "hello", "-o", "%i"], "7 1"],
    [["-h", "--name=hello,nosuch", "-o", "%i"], "7 1"],
    [["-h", "-A", "acct", "-o", "%i"], ""],
    [["-h", "-w", "n2", "-o", "%i"], "1"],
    [["-h", "-j", "1,99999", "-o", "%i"], "1"],
    [["-h", "-S", "-i", "-o", "%i"], "7 6 5 4 3 2_1 2_0 2_[2-3%2] 1"],
    [["-h", "-S", "j,-i", "-o", "%i"], "7 1 6 5 4 3 2_1 2_0 2_[2-3%2]"],
    [["-h", "--sort=-D,i", "-o", "%i", "-t", "R"], "1 2_0 2_1"],
  ])("selects and sorts with %j", async (args, ids) => {
    expect((await ask(...args)).out.trim().split("\n").join(" ")).toBe(ids);
  });

  it("prints what clients ask for, in the words that they parse", async () => {
    expect((await ask("-h", "-o", "%i %t", "-t", "all")).out).toBe(
      "2_[2-3%2] PD\n4 PD\n5 PD\n7 PD\n3 PD\n1 R\n2_0 R\n2_1 R\n6 PD\n",
    );
    expect((await ask("--noheader", "--format=%i|%T", "--states=all", "--name", "hello")).out).toBe(
      "7|PENDING\n1|RUNNING\n",
    );
    expect((await ask("-h", "-j", "1", "-o", "%T %B")).out).toBe("RUNNING n1\n");
    expect((await ask("-a", "-r", "-h", "-o", "%A,%T,%r", "--states=all")).out).toMatch(
      /^2,PENDING,JobArrayTaskLimit\n2,/,
    );
  });

  it("prints the deadline and the shortest limit that a job asked, and a late job as DL", async () => {
    const records = [
      job({ jobId: 1, state: "DEADLINE", reason: "DeadLine", deadlineS: at("20:00:00"), timeMinS: 600 }),
      job({ jobId: 2 }),
    ];
    const args = [
      "-h",
      "-t",
      "all",
      "-S",
      "i",
      "-O",
      "jobid:3,statecompact:3,deadline:20,mintime:6,reason:9",
    ];
    expect((await askOf(records, args)).out).toBe(
      "1  DL 2026-11-24T20:00:00 10:00 DeadLine \n2  PD N/A                 0:00  None     \n",
    );
  });

  it("prints -O fields 20 wide and without a gap where they are full", async () => {
    const { out } = await ask(
      "-O",
      "jobid,jobarrayid,statecompact,state,tres-alloc,tres-per-node,reason,numcpus",
      "-j",
      "6",
    );
    expect(out).toBe(
      "JOBID               JOBID               ST                  STATE               TRES_ALLOC          TRES_PER_NODE       REASON              CPUS                \n" +
        "6                   6                   PD                  PENDING             cpu=16,mem=1600M,nodN/A                 Resources           16                  \n",
    );
    expect((await ask("-O", "jobid:8,name:.10,state:.12|,username:", "-j", "6")).out).toBe(
      "JOBID         NAME       STATE|USER\n6             wrap     PENDING|root\n",
    );
  });

  it("prints %all with every letter, as Slurm's", async () => {
    const { out } = await ask("-o", "%all", "-j", "4");
    expect(out).toBe(
      "ACCOUNT|TRES_PER_NODE|MIN_CPUS|MIN_TMP_DISK|END_TIME|FEATURES|GROUP|OVER_SUBSCRIBE|JOBID|NAME|COMMENT|TIME_LIMIT|MIN_MEMORY|REQ_NODES|COMMAND|PRIORITY|QOS|REASON||ST|USER|RESERVATION|WCKEY|EXC_NODES|NICE|S:C:T|JOBID|EXEC_HOST|CPUS|NODES|DEPENDENCY|ARRAY_JOB_ID|GROUP|SOCKETS_PER_NODE|CORES_PER_SOCKET|THREADS_PER_CORE|ARRAY_TASK_ID|TIME_LEFT|TIME|NODELIST|CONTIGUOUS|PARTITION|PRIORITY|NODELIST(REASON)|START_TIME|STATE|UID|SUBMIT_TIME|LICENSES|CORE_SPEC|SCHEDNODES|WORK_DIR\n" +
        "(null)|N/A|1|0|N/A|(null)|root|OK|4|wrap|(null)|1:00:00|100M||(null)|0.99998474051244|(null)|Dependency||PD|root|(null)|(null)||0|*:*:*|4|n/a|1|1|afterok:1(unfulfilled)|4|0|*|*|*|N/A|1:00:00|0:00||0|debug|4294901756|(Dependency)|N/A|PENDING|0|2026-11-24T19:07:20|(null)|N/A|(null)|/home/alice/job\n",
    );
  });

  it("shows reasons of jobs that failed and nodes of those that ended well", async () => {
    const ended = { startS: at("19:07:00"), endS: at("19:07:03"), nodes: "n1" };
    const { out } = await askOf(
      [
        job({ jobId: 12, state: "COMPLETED", ...ended }),
        job({ jobId: 13, state: "FAILED", reason: "NonZeroExitCode", ...ended }),
        job({ jobId: 14, state: "TIMEOUT", reason: "TimeLimit", ...ended }),
        job({ jobId: 15, state: "CANCELLED", reason: "None", startS: at("19:07:03"), endS: at("19:07:03") }),
        job({ jobId: 16, state: "RUNNING", completing: true, ...ended }),
        job({ jobId: 17, state: "NODE_FAIL", reason: "NodeDown", ...ended }),
        job({ jobId: 18, state: "OUT_OF_MEMORY", reason: "OutOfMemory", ...ended }),
      ],
      ["-h", "-t", "all", "-o", "%i %t %M %R", "-S", "i"],
    );
    expect(out).toBe(
      "12 CD 0:03 n1\n13 F 0:03 (NonZeroExitCode)\n14 TO 0:03 (TimeLimit)\n15 CA 0:00 \n16 CG 0:21 n1\n17 NF 0:03 n1\n18 OOM 0:03 (OutOfMemory)\n",
    );
  });

  it("shows COMPLETING jobs unless told, and not those that have ended", async () => {
    const records = [
      job({ jobId: 1, state: "COMPLETED" }),
      job({ jobId: 2, state: "RUNNING", completing: true }),
    ];
    expect((await askOf(records, ["-h", "-o", "%i"])).out).toBe("2\n");
    expect((await askOf(records, ["-h", "-o", "%i", "-t", "CD"])).out).toBe("1\n");
  });

  it("shows a job that waits for its nodes to be there as CF", async () => {
    const records = [job({ jobId: 7, state: "RUNNING", configuring: true, nodes: "n1" })];
    expect((await askOf(records, ["-h", "-o", "%i %t %T %R"])).out).toBe("7 CF CONFIGURING n1\n");
  });

  it("gives a waiting job a line for each partition with -P", async () => {
    expect((await ask("-P", "-h", "-S", "i", "-o", "%i %P", "-n", "wrap", "-t", "PD")).out).toContain(
      "6 debug\n6 long\n",
    );
  });

  it("takes formats, states, order and users from the environment", async () => {
    expect((await askOf(QUEUE, ["-j", "1"], { SQUEUE_FORMAT: "%i/%T" })).out).toBe(
      "JOBID/STATE\n1/RUNNING\n",
    );
    expect((await askOf(QUEUE, ["-h", "-o", "%i"], { SQUEUE_STATES: "R", SQUEUE_SORT: "-i" })).out).toBe(
      "2_1\n2_0\n1\n",
    );
    expect((await askOf(QUEUE, ["-h"], { SQUEUE_USERS: "nobody" })).out).toBe("");
    expect((await askOf(QUEUE, ["-h", "-j", "1", "-o", "%V"], { SLURM_TIME_FORMAT: "%s" })).out).toBe(
      `${at("19:07:20")}\n`,
    );
  });

  it("formats as -o says: widths, sides, text between, what is no field", async () => {
    const { out, err } = await ask("-j", "4", "-o", "%5i|%.5i|%.3T|%-8j|%%|%Zx|%q");
    expect(out).toBe(
      "JOBID|JOBID|STA|%-8j|%|WORK_DIRx|QOS\n4    |    4|PEN|%-8j|%|/home/alice/jobx|(null)\n",
    );
    expect(err).toBe("squeue: error: Invalid job format specification: -\n");
    expect((await ask("-j", "4", "-o", "abc")).out).toBe("abc\nabc\n");
  });

  it.each([
    [["-j", "99999"], 1, "slurm_load_jobs error: Invalid job id specified\n"],
    [["-j", "abc"], 1, "squeue: error: Invalid job id: abc\n"],
    [["-w", "nope"], 1, "squeue: error: Invalid node name nope\n"],
    [["foo"], 1, "squeue: error: Unrecognized option: foo\n"],
    [["--json"], 1, "squeue: error: --json is not supported by this version of Rota\n"],
    [["-L", "x"], 1, "squeue: error: --licenses is not supported by this version of Rota\n"],
    [["--bogus"], 1, "squeue: unrecognized option '--bogus'\nTry \"squeue --help\" for more information\n"],
    [
      ["-t", "bogus"],
      1,
      "squeue: error: Invalid job state specified: bogus\nsqueue: error: Valid job states include: PENDING,RUNNING,SUSPENDED,COMPLETED,CANCELLED,FAILED,TIMEOUT,NODE_FAIL,PREEMPTED,BOOT_FAIL,DEADLINE,OUT_OF_MEMORY,COMPLETING,CONFIGURING,RESIZING,RESV_DEL_HOLD,REQUEUED,REQUEUE_FED,REQUEUE_HOLD,REVOKED,SIGNALING,SPECIAL_EXIT,STAGE_OUT,STOPPED\n\n",
    ],
  ])("answers %j with what Slurm says", async (args, status, err) => {
    expect(await ask(...args)).toEqual({ out: "", err, status });
  });

  it("says where the order is none, behind the header as Slurm does", async () => {
    expect(await ask("-S", "i,%")).toEqual({
      out: HEADER,
      err: "squeue: error: Invalid sort specification: %\n",
      status: 1,
    });
  });

  it("says that no controller answers", async () => {
    const { err, status } = await run(squeue, "squeue", [], {
      env: { ROTA_URL: "http://127.0.0.1:1", ROTA_TOKEN: "x" },
    });
    expect([err, status]).toEqual([
      "slurm_load_jobs error: Unable to contact slurm controller (connect failure)\n",
      1,
    ]);
  });

  it("names itself as the release whose output it prints", async () => {
    expect((await ask("--version")).out).toBe("slurm-wlm 22.05.8\n");
  });

  it("asks for pages until there are no more", async () => {
    const paged = await startController(({ path, query }) => {
      if (path !== "/v1/jobs") return refusal(404, "NOT_FOUND");
      const after = Number(query["after"] ?? 0);
      return {
        status: 200,
        body: { jobs: [job({ jobId: after + 1 })], ...(after < 2 ? { next: after + 1 } : {}) },
      };
    });
    const { out } = await run(squeue, "squeue", ["-h", "-o", "%i"], { env: envOf(paged) });
    await paged.close();
    expect(out).toBe("1\n2\n3\n");
  });
});
