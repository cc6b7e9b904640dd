import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nodeIndex } from "../../core/model/ids.ts";
import { MAX_NODE_WEIGHT } from "../../core/model/node.ts";
import { POWER_STATES } from "../../core/model/node-power.ts";
import { RESERVATION_FLAGS } from "../../core/model/reservation.ts";
import { decodeEvent, type Event, type EventType, encodeEvent } from "../../core/state/events.ts";
import { device, fields, nodeSpec, partitionSpec } from "./fixture.ts";
import { History } from "./history.ts";

const text = fc.oneof(
  fc.string({ maxLength: 80 }),
  fc.string({ unit: "grapheme", maxLength: 80 }),
  fc.string({ unit: "binary", maxLength: 80 }),
);
const atS = fc.integer({ min: 0, max: 4_294_967_295 });
const id = fc.integer({ min: 1, max: 2_147_483_645 });
const amount = fc.integer({ min: -2_147_483_648, max: 2_147_483_647 });
const held = fc.constantFrom("", "user", "admin") as fc.Arbitrary<"" | "user" | "admin">;
const state = fc.constantFrom(
  "COMPLETED",
  "CANCELLED",
  "FAILED",
  "TIMEOUT",
  "PENDING",
) as fc.Arbitrary<"FAILED">;
const dependency = fc.record({
  mode: fc.constantFrom("all", "any") as fc.Arbitrary<"all" | "any">,
  terms: fc.array(
    fc.record(
      {
        kind: fc.constantFrom("after", "afterok", "singleton") as fc.Arbitrary<"after">,
        jobId: id,
        arrayTask: fc.oneof(fc.nat(1000), fc.constant("all" as const)),
        delayMin: fc.nat(100),
      },
      { requiredKeys: ["kind", "jobId"] },
    ),
    { minLength: 1, maxLength: 4 },
  ),
});

/** One arbitrary for each type: the record is complete or it does not compile. */
const EVENTS: { readonly [T in EventType]: fc.Arbitrary<Extract<Event, { type: T }>> } = {
  "cluster.configured": fc.record({
    type: fc.constant("cluster.configured"),
    atS,
    clusterName: text,
    partitions: fc.array(
      text.map((name) => partitionSpec(name)),
      { maxLength: 3 },
    ),
    qos: fc.array(fc.record({ name: text, priority: amount }), { maxLength: 3 }),
    nodes: fc.array(
      fc.record({
        name: text,
        cpus: amount,
        memoryMib: amount,
        gres: text,
        features: fc.array(text, { maxLength: 3 }),
        topologyLeaf: text,
      }),
      { maxLength: 3 },
    ),
  }),
  "usage.reset": fc.record({ type: fc.constant("usage.reset"), atS }),
  "reservation.created": fc.record({
    type: fc.constant("reservation.created"),
    atS,
    reservation: fc.record({
      name: text,
      startS: atS,
      endS: atS,
      nodes: fc.array(fc.nat(65_535).map(nodeIndex), { maxLength: 5 }),
      features: text,
      partition: text,
      users: fc.array(text, { maxLength: 3 }),
      accounts: fc.array(text, { maxLength: 3 }),
      groups: fc.array(text, { maxLength: 3 }),
      flags: fc.subarray([...RESERVATION_FLAGS]),
      purgeS: amount,
    }),
  }),
  "reservation.changed": fc.record({
    type: fc.constant("reservation.changed"),
    atS,
    name: text,
    change: fc.record({ startS: atS, users: fc.array(text, { maxLength: 3 }) }, { requiredKeys: [] }),
  }),
  "reservation.deleted": fc.record({ type: fc.constant("reservation.deleted"), atS, name: text }),
  "reservation.rolled": fc.record({
    type: fc.constant("reservation.rolled"),
    atS,
    name: text,
    startS: atS,
    endS: atS,
  }),
  "node.registered": fc.record({
    type: fc.constant("node.registered"),
    atS,
    spec: fc
      .tuple(text, text, fc.nat(16))
      .map(([name, type, count]) =>
        nodeSpec(name, { devices: Array.from({ length: count }, (_, lane) => device("gpu", type, lane)) }),
      ),
  }),
  "node.changed": fc.record(
    {
      type: fc.constant("node.changed"),
      atS,
      node: fc.nat(65_535),
      responding: fc.boolean(),
      down: fc.boolean(),
      drain: fc.boolean(),
      reason: text,
      uid: amount,
      weight: fc.integer({ min: 1, max: MAX_NODE_WEIGHT }),
      power: fc.option(
        fc.record(
          {
            state: fc.constantFrom(...POWER_STATES),
            wake: fc.constant(true as const),
            next: fc.constantFrom("RESUME" as const, "DOWN" as const),
            drained: fc.constant(true as const),
          },
          { requiredKeys: ["state"] },
        ),
      ),
    },
    { requiredKeys: ["type", "atS", "node"] },
  ),
  "step.started": fc.record({
    type: fc.constant("step.started"),
    atS,
    jobId: id,
    stepId: fc.nat(40_000),
    step: fc.record({
      name: text,
      shares: fc.array(
        fc.record({
          node: fc.nat(65_535).map(nodeIndex),
          tasks: amount,
          cpus: amount,
          memMib: amount,
          devices: fc.array(fc.record({ lane: fc.nat(15), thousandths: fc.nat(1000) }), { maxLength: 4 }),
        }),
        { maxLength: 4 },
      ),
      tasks: amount,
      cpusPerTask: amount,
      distribution: fc.constantFrom("block", "cyclic", "plane", "arbitrary"),
      holdsCpus: fc.boolean(),
      holdsDevices: fc.boolean(),
      timeLimitS: amount,
      srunHost: text,
      srunPid: amount,
    }),
  }),
  "step.ended": fc.record({
    type: fc.constant("step.ended"),
    atS,
    jobId: id,
    stepId: fc.nat(40_000),
    state: fc.constantFrom("COMPLETED", "FAILED", "CANCELLED"),
    exitCode: amount,
    exitSignal: amount,
  }),
  "het.submitted": fc
    .record({ atS, jobId: id, comments: fc.array(text, { minLength: 2, maxLength: 4 }) })
    .map(({ atS, jobId, comments }) => ({
      type: "het.submitted" as const,
      atS,
      jobId,
      scriptKey: jobId,
      jobs: comments.map((comment) => fields({ comment })),
    })),
  "job.submitted": fc
    .record({
      atS,
      jobId: id,
      comment: text,
      args: fc.array(text, { maxLength: 4 }),
      beginS: atS,
      dependency: fc.option(dependency, { nil: undefined }),
      tasks: fc.option(fc.array(fc.nat(4_194_303), { minLength: 1 }), { nil: undefined }),
    })
    .map(({ atS, jobId, comment, args, beginS, dependency, tasks }) => ({
      type: "job.submitted" as const,
      atS,
      jobId,
      scriptKey: jobId,
      job: {
        ...fields({ comment, beginS }),
        spec: { ...fields().spec, args },
        ...(dependency === undefined ? {} : { dependency }),
      },
      ...(tasks === undefined ? {} : { array: { tasks, throttle: 0 } }),
    })),
  "task.split": fc.record({
    type: fc.constant("task.split"),
    atS,
    jobId: id,
    taskId: fc.nat(),
    newJobId: id,
  }),
  "job.updated": fc.record({
    type: fc.constant("job.updated"),
    atS,
    jobId: id,
    change: fc.record(
      {
        timeLimitS: amount,
        nice: amount,
        setPriority: fc.oneof(
          atS,
          fc.double({ noNaN: true }).map((n) => n + 0),
        ),
        partitions: fc.array(text, { maxLength: 3 }),
        qos: text,
        account: text,
        comment: text,
        name: text,
        beginS: atS,
        throttle: amount,
        timeMinS: amount,
        deadlineS: atS,
        held,
        dependency: fc.option(dependency, { nil: null }),
      },
      { requiredKeys: [] },
    ),
  }),
  "job.started": fc.record({
    type: fc.constant("job.started"),
    atS,
    jobId: id,
    partition: text,
    allocation: fc.record({
      nodes: fc.array(
        fc.record({
          node: fc.nat(65_535).map(nodeIndex),
          tasks: amount,
          cpus: amount,
          memMib: amount,
          devices: fc.array(fc.record({ lane: fc.nat(15), thousandths: fc.nat(1000) }), { maxLength: 16 }),
        }),
        { maxLength: 20 },
      ),
    }),
  }),
  "job.ending": fc.record(
    { type: fc.constant("job.ending"), atS, jobId: id, state, byUid: atS, held, forJob: id },
    { requiredKeys: ["type", "atS", "jobId", "state", "byUid"] },
  ),
  "job.preempting": fc.record({
    type: fc.constant("job.preempting"),
    atS,
    jobId: id,
    partition: text,
    nodes: fc.array(fc.nat(65_535), { maxLength: 20 }),
    tasks: fc.array(amount, { maxLength: 20 }),
    victims: fc.array(id, { maxLength: 20 }),
    untilS: atS,
  }),
  "job.suspending": fc.record(
    {
      type: fc.constant("job.suspending"),
      atS,
      jobId: id,
      byUid: atS,
      forJob: id,
      byHand: fc.constant(true),
    },
    { requiredKeys: ["type", "atS", "jobId", "byUid"] },
  ),
  "job.suspended": fc.record({ type: fc.constant("job.suspended"), atS, jobId: id }),
  "job.resuming": fc.record({ type: fc.constant("job.resuming"), atS, jobId: id }),
  "job.resumed": fc.record({ type: fc.constant("job.resumed"), atS, jobId: id }),
  "job.ended": fc.record({
    type: fc.constant("job.ended"),
    atS,
    jobId: id,
    state,
    exitCode: amount,
    exitSignal: amount,
    endReason: text,
  }),
  "job.requeued": fc.record({
    type: fc.constant("job.requeued"),
    atS,
    jobId: id,
    beginS: atS,
    held,
    endReason: text,
  }),
  "jobs.purged": fc.record({
    type: fc.constant("jobs.purged"),
    atS,
    jobIds: fc.array(id, { maxLength: 2000 }),
  }),
};

/** An object without its undefined fields, which JSON leaves out as well. */
const plain = (event: Event): unknown => JSON.parse(JSON.stringify(event));

describe("an event's bytes", () => {
  for (const [type, arbitrary] of Object.entries(EVENTS) as [EventType, fc.Arbitrary<Event>][]) {
    it(`give back a ${type} as it was`, () => {
      fc.assert(
        fc.property(arbitrary, (event) => {
          const bytes = encodeEvent(event);
          expect(decodeEvent(bytes)).toEqual(event);
          // What is encoded again is the same to the byte: a journal can be copied through the codec.
          expect(Buffer.compare(encodeEvent(decodeEvent(bytes)), bytes)).toBe(0);
        }),
      );
    });
  }

  it("keep the difference between a field that is absent, null and empty", () => {
    const base = { type: "job.updated", atS: 1, jobId: 1 } as const;
    const changes = [{}, { dependency: null }, { name: "" }, { throttle: 0 }, { held: "" as const }];
    for (const change of changes) {
      const back = decodeEvent(encodeEvent({ ...base, change }));
      expect(back).toStrictEqual({ ...base, change });
    }
  });

  it("read an undefined field as one that is absent", () => {
    const event = {
      type: "node.changed",
      atS: 1,
      node: 0,
      down: true,
      reason: undefined,
    } as unknown as Event;
    const back = decodeEvent(encodeEvent(event));
    expect(plain(back)).toEqual(plain(event));
    expect((back as { reason?: string }).reason).toBeUndefined();
  });

  it("stay as they are when the next event is encoded", () => {
    const { events } = new History(1).runTo(150);
    const all = events.map((event) => encodeEvent(event));
    const copies = all.map((bytes) => Uint8Array.from(bytes));
    for (const event of events) encodeEvent(event);
    all.forEach((bytes, i) => {
      expect(Buffer.compare(bytes, copies[i]!)).toBe(0);
      expect(plain(decodeEvent(bytes))).toEqual(plain(events[i]!));
    });
  });
});
