/**
 * PMI as MPICH's clients speak it, played by tasks that are sockets: two nodes whose barriers are joined as srun joins
 * them.
 */
import { Duplex } from "node:stream";
import { describe, expect, it } from "vitest";
import { NodePmi } from "../../../../agents/node/step-host/node-pmi.ts";
import { processMapping } from "../../../../agents/node/step-host/pmi-mapping.ts";
import { STEP_FRAME } from "../../../../agents/protocol/step-frames.ts";
import { PmiHub } from "../../../../core/cli/srun/pmi-hub.ts";

/** A task's end of its socket: what it says goes to the node, what the node answers is kept. */
class FakeTask extends Duplex {
  heard = "";
  override _read(): void {}
  override _write(bytes: Buffer, _encoding: string, done: () => void): void {
    this.heard += bytes.toString("latin1");
    done();
  }
  say(text: string): void {
    this.emit("data", Buffer.from(text, "latin1"));
  }
  /** What has been answered since the last time. */
  answer(): string {
    const { heard } = this;
    this.heard = "";
    return heard;
  }
}

const start = (layout: readonly (readonly number[])[]) => {
  const hub = new PmiHub(layout.length);
  const aborts: unknown[] = [];
  const nodes = layout.map(
    (ranks, at): NodePmi =>
      new NodePmi({
        jobId: "12.0",
        ranks,
        layout,
        fence: (number, pairs) => {
          const bytes = Buffer.from(JSON.stringify(pairs));
          const joined = hub.fence(at, { kind: STEP_FRAME.PMI_FENCE, number, bytes });
          if (joined === undefined || joined === "too large") return;
          for (const node of nodes) node.fenced({ kind: STEP_FRAME.PMI_KVS, ...joined });
        },
        abort: (rank, code) => aborts.push([rank, code]),
      }),
  );
  const tasks: FakeTask[] = [];
  layout.forEach((ranks, at) => {
    for (const rank of ranks) {
      tasks[rank] = new FakeTask();
      nodes[at]!.add(rank, tasks[rank]!);
    }
  });
  return { tasks, nodes, aborts };
};

describe("PMI-1", () => {
  it("says who a task is, and gives what another node's task has put once all have come", () => {
    const { tasks } = start([[0, 1], [2]]);
    for (const task of tasks) task.say("cmd=init pmi_version=1 pmi_subversion=1\n");
    expect(tasks[0]!.answer()).toBe("cmd=response_to_init pmi_version=1 pmi_subversion=1 rc=0\n");
    tasks[0]!.say("cmd=get_maxes\ncmd=get_my_kvsname\n");
    expect(tasks[0]!.answer()).toBe(
      "cmd=maxes rc=0 kvsname_max=256 keylen_max=64 vallen_max=1024\ncmd=my_kvsname rc=0 kvsname=12.0\n",
    );
    tasks[2]!.answer();
    tasks[2]!.say("cmd=put kvsname=12.0 key=bc value=tag#0$port#77\n");
    expect(tasks[2]!.answer()).toBe("cmd=put_result rc=0 msg=success\n");
    tasks[0]!.say("cmd=get kvsname=12.0 key=bc\n");
    expect(tasks[0]!.answer()).toBe("cmd=get_result rc=-1 msg=key_not_found value=unknown\n");
    tasks[0]!.say("cmd=barrier_in\n");
    tasks[2]!.say("cmd=barrier_in\n");
    expect(tasks[0]!.answer()).toBe("");
    tasks[1]!.say("cmd=barrier_in\n");
    expect(tasks[0]!.answer()).toBe("cmd=barrier_out rc=0\n");
    tasks[0]!.say("cmd=get kvsname=12.0 key=bc\ncmd=get kvsname=12.0 key=PMI_process_mapping\n");
    expect(tasks[0]!.answer()).toBe(
      "cmd=get_result rc=0 msg=success value=tag#0$port#77\n" +
        "cmd=get_result rc=0 msg=success value=(vector,(0,1,2),(1,1,1))\n",
    );
    tasks[0]!.say("cmd=finalize\n");
    expect(tasks[0]!.answer()).toBe("cmd=finalize_ack rc=0\n");
  });

  it("gives the step up when a task leaves in the middle, and not when it has said good-bye", () => {
    const { tasks, nodes, aborts } = start([[0, 1]]);
    for (const task of tasks) task.say("cmd=init pmi_version=1 pmi_subversion=1\n");
    tasks[0]!.say("cmd=finalize\n");
    nodes[0]!.left(0);
    expect(aborts).toEqual([]);
    nodes[0]!.left(1);
    expect(aborts).toEqual([[1, 1]]);
  });

  it("refuses keys and values that are too long", () => {
    const { tasks } = start([[0]]);
    tasks[0]!.say("cmd=init pmi_version=1 pmi_subversion=1\n");
    tasks[0]!.answer();
    tasks[0]!.say(`cmd=put kvsname=12.0 key=${"k".repeat(65)} value=1\n`);
    expect(tasks[0]!.answer()).toBe("cmd=put_result rc=-1 msg=too_long\n");
  });
});

describe("PMI-2", () => {
  const message = (text: string): string => `${String(text.length).padStart(6)}${text}`;

  it("puts, fences and gets, with semicolons in values", () => {
    const { tasks } = start([[0], [1]]);
    for (const task of tasks) {
      task.say("cmd=init pmi_version=2 pmi_subversion=0\n");
      expect(task.answer()).toBe("cmd=response_to_init pmi_version=2 pmi_subversion=0 rc=0\n");
    }
    tasks[1]!.say(message("cmd=fullinit;pmijobid=12.0;pmirank=1;threaded=FALSE;"));
    expect(tasks[1]!.answer()).toMatch(/^ {3}\d+cmd=fullinit-response;.*rank=1;size=2;.*rc=0;$/);
    tasks[1]!.say(message("cmd=kvs-put;key=a;value=x;;y;"));
    expect(tasks[1]!.answer()).toBe(message("cmd=kvs-put-response;rc=0;"));
    for (const task of tasks) task.say(message("cmd=kvs-fence;"));
    expect(tasks[0]!.answer()).toBe(message("cmd=kvs-fence-response;rc=0;"));
    tasks[0]!.say(message("cmd=kvs-get;thrid=7;jobid=12.0;srcid=-1;key=a;"));
    expect(tasks[0]!.answer()).toBe(message("cmd=kvs-get-response;thrid=7;found=TRUE;value=x;;y;rc=0;"));
  });

  it("answers a node's attribute once a task of the node has put it", () => {
    const { tasks } = start([[0, 1]]);
    for (const task of tasks) task.say("cmd=init pmi_version=2 pmi_subversion=0\n");
    tasks[0]!.answer();
    tasks[0]!.say(message("cmd=info-getnodeattr;key=shm;wait=TRUE;"));
    expect(tasks[0]!.answer()).toBe("");
    tasks[1]!.say(message("cmd=info-putnodeattr;key=shm;value=/dev/shm/x;"));
    expect(tasks[0]!.answer()).toBe(
      message("cmd=info-getnodeattr-response;found=TRUE;value=/dev/shm/x;rc=0;"),
    );
  });
});

describe("the mapping of ranks to nodes", () => {
  it("is as short as its regularity allows", () => {
    const ranks = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);
    expect(processMapping([0, 1, 2, 3].map((node) => ranks(node * 16, 16)))).toBe("(vector,(0,4,16))");
    expect(
      processMapping([
        [0, 2],
        [1, 3],
      ]),
    ).toBe("(vector,(0,2,1),(0,2,1))");
    expect(processMapping([[0, 1, 2], [3]])).toBe("(vector,(0,1,3),(1,1,1))");
  });
});
