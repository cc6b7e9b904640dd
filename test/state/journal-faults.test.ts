import { describe, expect, it } from "vitest";
import { RotaError } from "../../core/model/errors.ts";
import { nodeIndex } from "../../core/model/ids.ts";
import { emptyState } from "../../core/state/cluster-state.ts";
import { decodeEvent, type Event, encodeEvent } from "../../core/state/events.ts";
import { reduce, reduceEncoded } from "../../core/state/reduce.ts";
import { decodeState, encodeState } from "../../core/state/snapshot.ts";
import { Cluster, fields, oneNode } from "./fixture.ts";
import { checkState } from "./invariants.ts";

const faultOf = (run: () => unknown): RotaError => {
  try {
    run();
  } catch (error) {
    if (RotaError.is(error)) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
};

/** Job 1 has ended, 2 runs, 3 waits, 4 is an array of 0, 1 and 2, 5 one of a single task, 6 an array cancelled. */
const busy = (): Cluster => {
  const cluster = new Cluster(2);
  cluster.submit();
  cluster.submit();
  cluster.submit();
  cluster.submit({ tasks: [0, 1, 2] });
  cluster.submit({ tasks: [7] });
  cluster.submit({ tasks: [0, 1] });
  cluster.run(1);
  cluster.start(2);
  cluster.end(6, "CANCELLED");
  return cluster;
};

const atS = 1_800_000_000;
const started = (jobId: number, allocation = oneNode(0)): Event => ({
  type: "job.started",
  atS,
  jobId,
  partition: "debug",
  allocation,
});
const ended = (jobId: number, state: "FAILED" | "PENDING" | "RUNNING" = "FAILED"): Event => ({
  type: "job.ended",
  atS,
  jobId,
  state,
  exitCode: 1,
  exitSignal: 0,
  endReason: "",
});
const split = (jobId: number, taskId: number, newJobId: number): Event => ({
  type: "task.split",
  atS,
  jobId,
  taskId,
  newJobId,
});
const submitted = (jobId: number, tasks?: readonly number[]): Event => ({
  type: "job.submitted",
  atS,
  jobId,
  scriptKey: jobId,
  job: fields(),
  ...(tasks === undefined ? {} : { array: { tasks, throttle: 0 } }),
});
const requeued = (jobId: number): Event => ({
  type: "job.requeued",
  atS,
  jobId,
  beginS: 0,
  held: "",
  endReason: "",
});
const share = oneNode(0).nodes[0]!;
const holding = (lane: number, thousandths: number) => ({
  nodes: [{ ...share, devices: [{ lane, thousandths }] }],
});

const FAULTS: readonly (readonly [string, Event, string])[] = [
  ["an id that is taken", submitted(3), "job 3 exists already"],
  ["an array without tasks", submitted(9, []), "task ids are not ascending, or none"],
  ["task ids out of order", submitted(9, [2, 1]), "task ids are not ascending, or none"],
  ["a task id twice", submitted(9, [1, 1]), "task ids are not ascending, or none"],
  ["the start of a job that does not exist", started(99), "job 99 does not exist"],
  ["the start of a job that runs", started(2), "job 2 does not wait"],
  ["the start of a job that has ended", started(1), "job 1 does not wait"],
  ["the start of an array's rest", started(4), "job 4 does not wait"],
  ["a start on a node that does not exist", started(3, oneNode(2)), "node row 2 does not exist"],
  ["a start without nodes", started(3, { nodes: [] }), "the allocation has no nodes"],
  ["a start on one node twice", started(3, { nodes: [share, share] }), "a node is named twice"],
  ["less than no CPUs", started(3, oneNode(0, -1)), "-1 CPUs and 100 MiB of node row 0"],
  ["a lane past the last", started(3, holding(16, 1000)), "1000 thousandths of lane 16 of node row 0"],
  ["more than a device", started(3, holding(1, 1001)), "1001 thousandths of lane 1 of node row 0"],
  [
    "the ending of a job that waits",
    { type: "job.ending", atS, jobId: 3, state: "CANCELLED", byUid: 0 },
    "job 3 does not run",
  ],
  ["a second end", ended(1), "job 1 has ended before"],
  ["an end that is none", ended(2, "RUNNING"), "RUNNING is no end"],
  ["the requeue of a job that waits", requeued(3), "job 3 waits already"],
  ["the requeue of an array's rest that waits", requeued(4), "job 4 waits already"],
  ["the split of a job that is no array", split(3, 0, 9), "task 0 does not wait"],
  ["the split of a task that is not there", split(4, 3, 9), "task 3 does not wait"],
  ["the split of a cancelled task", split(6, 0, 9), "task 0 does not wait"],
  [
    "a split that leaves tasks without a record",
    split(4, 0, 4),
    "tasks are left, so the record stays theirs",
  ],
  [
    "a split of the last task into a record of its own",
    split(5, 7, 9),
    "the last task keeps the array's record",
  ],
  ["a split into an id that is taken", split(4, 0, 3), "job 3 exists already"],
  [
    "the change of a job that does not exist",
    { type: "job.updated", atS, jobId: 99, change: { nice: 1 } },
    "job 99 does not exist",
  ],
  [
    "the change of a node that does not exist",
    { type: "node.changed", atS, node: 2, drain: true },
    "node row 2 does not exist",
  ],
  ["the purge of a job that runs", { type: "jobs.purged", atS, jobIds: [1, 2] }, "job 2 has not ended"],
  ["the purge of a job twice", { type: "jobs.purged", atS, jobIds: [1, 1] }, "a job is named twice"],
  ["the purge of a job that is gone", { type: "jobs.purged", atS, jobIds: [1, 99] }, "job 99 does not exist"],
];

describe("an event that does not fit", () => {
  it.each(FAULTS)("is refused and leaves the state as it was: %s", (_, event, problem) => {
    const cluster = busy();
    const before = encodeState(cluster.state);
    const seq = cluster.events.length + 1;
    const fault = faultOf(() => reduce(cluster.state, seq, event));
    expect(fault.code).toBe("JOURNAL_CORRUPT");
    expect(fault.message).toBe(`${event.type} at event ${seq}: ${problem}`);
    expect(fault.details).toEqual({ seq });
    expect(Buffer.compare(encodeState(cluster.state), before)).toBe(0);
    checkState(cluster.state);
    // The same number is free for an event that fits.
    reduce(cluster.state, seq, started(3));
    checkState(cluster.state);
  });

  it("is one whose type a later version has added", () => {
    const cluster = new Cluster();
    const event = { type: "job.teleported", atS, jobId: 1 } as unknown as Event;
    const fault = faultOf(() => reduce(cluster.state, 3, event));
    expect(fault.code).toBe("JOURNAL_CORRUPT");
    expect(fault.message).toBe("event 3 is of unknown type job.teleported");
  });

  it("is one with a part missing, and it is named too", () => {
    const cluster = new Cluster();
    const event = { type: "node.registered", atS } as unknown as Event;
    const fault = faultOf(() => reduce(cluster.state, 3, event));
    expect(fault.code).toBe("JOURNAL_CORRUPT");
    expect(fault.message).toMatch(/^node\.registered at event 3: /);
  });
});

describe("a journal", () => {
  it.each([
    ["a gap", 4],
    ["an event twice", 2],
    ["an event from the beginning again", 1],
  ])("with %s is refused where it happens", (_, seq) => {
    const cluster = new Cluster();
    const before = encodeState(cluster.state);
    const fault = faultOf(() => reduce(cluster.state, seq, submitted(1)));
    expect(fault.code).toBe("JOURNAL_CORRUPT");
    expect(fault.message).toBe(`event ${seq} follows event 2`);
    expect(Buffer.compare(encodeState(cluster.state), before)).toBe(0);
  });

  it.each([
    ["no bytes", [], "bytes that are no MessagePack"],
    ["half an event", [...encodeEvent(submitted(1)).slice(0, 20)], "bytes that are no MessagePack"],
    ["bytes behind an event", [...encodeEvent(submitted(1)), 1], "bytes that are no MessagePack"],
    ["a number", [1], "bytes that are no event"],
    ["nothing", [0xc0], "bytes that are no event"],
    ["a map that is no event", [0x80], "bytes that are no event"],
  ])("with %s in the place of an event is refused, and names the place", (_, bytes, problem) => {
    const cluster = new Cluster();
    const fault = faultOf(() => reduceEncoded(cluster.state, 3, Uint8Array.from(bytes)));
    expect(fault.code).toBe("JOURNAL_CORRUPT");
    expect(fault.message).toMatch(new RegExp(`^event 3: ${problem}`));
    expect(faultOf(() => decodeEvent(Uint8Array.from(bytes))).code).toBe("JOURNAL_CORRUPT");
  });

  it("whose strings are no Unicode gives live and in replay the same state", () => {
    const live = new Cluster();
    const names = ["\ud800", "\udc00", "plain"];
    const bytes = live.events.map((event) => encodeEvent(event));
    for (const name of names) {
      const spec = live.state.nodeRecords[0]!.spec;
      const event: Event = { type: "node.registered", atS, spec: { ...spec, features: [name] } };
      bytes.push(encodeEvent(event));
      reduceEncoded(live.state, bytes.length, bytes[bytes.length - 1]!);
    }
    const replayed = emptyState();
    bytes.forEach((each, i) => {
      reduceEncoded(replayed, i + 1, each);
    });
    expect(live.state.features.names).toEqual(["\ufffd", "plain"]);
    expect(Buffer.compare(encodeState(replayed), encodeState(live.state))).toBe(0);
  });
});

describe("a snapshot", () => {
  it("of another version is refused, so that the journal is replayed instead", () => {
    const fault = faultOf(() => decodeState(Uint8Array.from([0x81, 0xa7, ...Buffer.from("version"), 99])));
    expect(fault.code).toBe("JOURNAL_CORRUPT");
    expect(fault.message).toBe("snapshot version 99, this build reads 3");
  });

  it.each([
    ["empty", 0],
    ["cut short", 100],
  ])("that is %s is refused", (_, length) => {
    const bytes = encodeState(busy().state).slice(0, length);
    expect(faultOf(() => decodeState(bytes)).code).toBe("JOURNAL_CORRUPT");
  });

  it("of an empty state reads back as one", () => {
    const bytes = encodeState(emptyState());
    expect(Buffer.compare(encodeState(decodeState(bytes)), bytes)).toBe(0);
  });

  it("does not change when the state that it was taken of goes on", () => {
    const cluster = busy();
    const bytes = encodeState(cluster.state);
    const copy = Uint8Array.from(bytes);
    cluster.start(3, oneNode(nodeIndex(1)));
    encodeState(cluster.state);
    expect(Buffer.compare(bytes, copy)).toBe(0);
    const restored = decodeState(bytes);
    checkState(restored);
    expect(restored.jobs.get(3 as never)?.state).toBe("PENDING");
  });
});
