import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { printExplanation } from "../../../core/cli/rota/explanation-text.ts";
import { jobFacts, nodeFacts } from "../../../core/cli/rota/facts.ts";
import { printHistory } from "../../../core/cli/rota/history-table.ts";
import { printNodes } from "../../../core/cli/rota/node-table.ts";
import { printQueue } from "../../../core/cli/rota/queue-table.ts";
import { MAX_TABLE_ROWS, printFacts, printTable } from "../../../core/cli/rota/table.ts";
import { PLAIN_TERMINAL, terminalOf } from "../../../core/cli/rota/terminal.ts";
import { UNLIMITED_S } from "../../../core/model/time.ts";
import { explainView, historyView, jobView, NOW_S, nodeView, waitingJob } from "./views.ts";

const zone = process.env["TZ"];
beforeAll(() => {
  process.env["TZ"] = "UTC";
});
afterAll(() => {
  if (zone === undefined) delete process.env["TZ"];
  else process.env["TZ"] = zone;
});

describe("rota queue", () => {
  it("shows where jobs run and why others wait", () => {
    const jobs = [
      jobView({ numGpus: 2 }),
      jobView({
        displayId: "13",
        name: "array",
        state: "COMPLETED",
        endS: NOW_S - 2,
        timeLimitS: UNLIMITED_S,
      }),
      jobView({ displayId: "14", state: "FAILED", endS: NOW_S - 2, exitCode: 3, nodes: "n[1-2]" }),
      waitingJob({ displayId: "15", reason: "Resources", startS: NOW_S + 588, startIsExpected: true }),
      waitingJob({ displayId: "16_[2-9]", reason: "JobHeldUser", held: "user" }),
    ];
    expect(printQueue(jobs, NOW_S, PLAIN_TERMINAL)).toBe(
      `JOB       NAME   USER  PARTITION  STATE                  TIME  NODES  CPUS  GPUS  EXIT  WHERE OR WHY
12        train  ada   debug      RUNNING       0:12 of 10:00      1     2     2        n1
13        array  ada   debug      COMPLETED  0:10 of no limit      1     2              n1
14        train  ada   debug      FAILED        0:10 of 10:00      1     2           3  n[1-2]
15        train  ada   debug      PENDING               10:00      1     2              waits: Resources, starts in about 9:48
16_[2-9]  train  ada   debug      HELD                  10:00      1     2              waits: JobHeldUser
`,
    );
  });

  it("says that there are no jobs", () => {
    expect(printQueue([], NOW_S, PLAIN_TERMINAL)).toBe("No jobs.\n");
  });

  it("prints a name with control characters so that the terminal does not obey it", () => {
    const text = printQueue([jobView({ name: "x\u001b]0;title\u0007\n" })], NOW_S, PLAIN_TERMINAL);
    expect(text).toContain("x?]0;title??");
    expect(text).not.toContain("\u001b");
  });
});

describe("rota nodes", () => {
  it("shows use, state and trouble of each node", () => {
    const nodes = [
      nodeView(),
      nodeView({
        name: "n2",
        baseState: "idle",
        drain: true,
        reason: "operator: disk",
        runningJobs: 0,
        allocCpus: 0,
      }),
      nodeView({ name: "n3", baseState: "down", responding: false, devices: [], topologyLeaf: "s1" }),
    ];
    expect(printNodes(nodes, PLAIN_TERMINAL)).toBe(
      `NODE  STATE            CPUS USED  MEMORY USED  GPUS USED  JOBS  LOAD  PARTITIONS  LEAF  REASON
n1    mixed                  2/4   512M/4000M        1/2     1  1.25  debug
n2    drained                0/4   512M/4000M        1/2     0  1.25  debug             operator: disk
n3    down, no answer        2/4   512M/4000M                1  1.25  debug       s1
`,
    );
  });

  it("says how to get nodes where there are none", () => {
    expect(printNodes([], PLAIN_TERMINAL)).toContain("rota up");
  });
});

describe("rota history", () => {
  it("shows how each job ended", () => {
    const jobs = [
      historyView(),
      historyView({
        displayId: "13_2",
        state: "TIMEOUT",
        exitSignal: 15,
        endReason: "TimeLimit",
        numGpus: 1,
      }),
      historyView({ displayId: "14", state: "CANCELLED", startS: 0, nodes: "" }),
    ];
    expect(printHistory(jobs, PLAIN_TERMINAL)).toBe(
      `JOB   NAME   USER  PARTITION  STATE           EXIT   RAN  CPUS  GPUS  NODES  ENDED                WHY
12    train  ada   debug      COMPLETED          0  1:00     2        n1     2026-11-24T09:59:30
13_2  train  ada   debug      TIMEOUT    signal 15  1:00     2     1  n1     2026-11-24T09:59:30  TimeLimit
14    train  ada   debug      CANCELLED          0     -     2               2026-11-24T09:59:30
`,
    );
  });
});

describe("rota explain", () => {
  it("says why a job waits, with the numbers", () => {
    expect(printExplanation(explainView(), NOW_S, PLAIN_TERMINAL)).toBe(
      `Job 12 waits: Resources
Waits for running jobs to end.
Place in the queue     2
Priority               100
Nodes needed           2
Nodes free for it now  1
Waits behind           job 11
Expected start         2026-11-24T10:01:30, in 1:30

NODES BY   REMOVED  LEFT
partition        2     4
free now         3     1
`,
    );
  });

  it("says so of a job that does not wait", () => {
    const view = explainView({ state: "RUNNING", text: "Runs on n1.", filters: [] });
    expect(printExplanation(view, NOW_S, PLAIN_TERMINAL)).toBe("Job 12 runs\nRuns on n1.\n");
    expect(printExplanation({ ...view, state: "FAILED", text: "" }, NOW_S, PLAIN_TERMINAL)).toBe(
      "Job 12 has ended: FAILED\n",
    );
  });

  it("does not make up a start that the plan does not have", () => {
    const view = explainView({ expectedStartS: 0, rank: 0, freeNodes: -1, behindJob: 0 });
    const text = printExplanation(view, NOW_S, PLAIN_TERMINAL);
    expect(text).toContain("Expected start         not known yet");
    expect(text).toContain("Place in the queue     not ranked");
    expect(text).not.toContain("Waits behind");
  });
});

describe("rota show", () => {
  it("lists a job's share of each node", () => {
    const share = {
      node: "n1",
      tasks: 1,
      cpus: 2,
      memMib: 512,
      devices: [{ name: "gpu", type: "tesla", lane: 0, thousandths: 1000 }],
    };
    const text = printFacts(jobFacts(jobView({ allocation: [share] }), NOW_S), PLAIN_TERMINAL);
    expect(text).toContain("On n1      1 task, 2 CPUs, 512M, gpu:tesla:0\n");
    expect(text).not.toContain("Comment");
  });

  it("lists a node's devices", () => {
    const text = printFacts(nodeFacts(nodeView()), PLAIN_TERMINAL);
    expect(text).toContain("Device 0     gpu:tesla, in use\nDevice 1     gpu:tesla, free\n");
  });
});

describe("a table", () => {
  it("shows a bounded number of rows and says how many are left out", () => {
    const rows = Array.from({ length: MAX_TABLE_ROWS + 7 }, (_, i) => i);
    const lines = printTable([{ title: "N", cell: (row: number) => row }], rows, PLAIN_TERMINAL).split("\n");
    expect(lines).toHaveLength(MAX_TABLE_ROWS + 3);
    expect(lines.at(-2)).toBe("and 7 more; --json prints all");
  });
});

describe("colour", () => {
  const terminal = { isTTY: true, columns: 100 };

  it("is used on a terminal", () => {
    expect(printQueue([jobView()], NOW_S, terminalOf(terminal, { TERM: "xterm" }))).toContain(
      "\u001b[32mRUNNING",
    );
  });

  it.each([
    ["a pipe", { isTTY: false }, { TERM: "xterm" }],
    ["NO_COLOR", terminal, { TERM: "xterm", NO_COLOR: "1" }],
    ["a dumb terminal", terminal, { TERM: "dumb" }],
  ])("is not used with %s", (_, stream, environment) => {
    expect(printQueue([jobView()], NOW_S, terminalOf(stream, environment))).not.toContain("\u001b");
  });
});
