import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DataFrame, HeartbeatFrame } from "../../../agents/protocol/frames.ts";
import { Link } from "../../../agents/protocol/link.ts";

type Frame = DataFrame<number> | HeartbeatFrame;

/** One end with its outgoing wire; deferred flushes run when told. */
class End {
  readonly wire: Frame[] = [];
  readonly got: number[] = [];
  readonly flushes: (() => void)[] = [];
  readonly settle: (() => void)[] = [];
  readonly link: Link<number, number>;

  constructor(slow: boolean, maxUnacked?: number) {
    this.link = new Link<number, number>({
      send: (frame) => this.wire.push(frame),
      onBody: (body) => {
        this.got.push(body);
        return slow ? new Promise<void>((resolve) => this.settle.push(resolve)) : undefined;
      },
      defer: (flush) => this.flushes.push(flush),
      ...(maxUnacked === undefined ? {} : { maxUnacked }),
    });
  }

  flush(): void {
    for (const flush of this.flushes.splice(0)) flush();
  }
}

const connect = (a: End, b: End): void => {
  const [atA, atB] = [a.link.lastReceived, b.link.lastReceived];
  expect(a.link.resume(atB).ok).toBe(true);
  expect(b.link.resume(atA).ok).toBe(true);
};

const cut = (a: End, b: End): void => {
  a.link.detach();
  b.link.detach();
  a.wire.length = 0;
  b.wire.length = 0;
};

const deliver = (from: End, to: End, count: number): void => {
  for (const frame of from.wire.splice(0, count)) expect(to.link.receive(frame).ok).toBe(true);
};

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("a link", () => {
  it("delivers every body once and in order over a channel that is cut and resumed anywhere", async () => {
    const step = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({ do: fc.constant("push"), side: fc.nat(1), n: fc.integer({ min: 1, max: 5 }) }),
      },
      {
        weight: 6,
        arbitrary: fc.record({
          do: fc.constant("deliver"),
          side: fc.nat(1),
          n: fc.integer({ min: 1, max: 6 }),
        }),
      },
      {
        weight: 4,
        arbitrary: fc.record({
          do: fc.constant("settle"),
          side: fc.nat(1),
          n: fc.integer({ min: 1, max: 4 }),
        }),
      },
      { weight: 2, arbitrary: fc.record({ do: fc.constant("flush"), side: fc.nat(1), n: fc.constant(1) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant("cut"), side: fc.nat(1), n: fc.constant(1) }) },
      { weight: 3, arbitrary: fc.record({ do: fc.constant("connect"), side: fc.nat(1), n: fc.constant(1) }) },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 120 }),
        fc.boolean(),
        fc.boolean(),
        async (steps, slowA, slowB) => {
          const ends = [new End(slowA), new End(slowB)] as const;
          const sent: [number[], number[]] = [[], []];
          let next = 1;
          for (const { do: action, side, n } of steps) {
            const here = ends[side]!;
            const there = ends[1 - side]!;
            if (action === "push") {
              for (let i = 0; i < n; i++) {
                expect(here.link.push(next)).toBe(true);
                sent[side]!.push(next++);
              }
            } else if (action === "deliver") deliver(here, there, n);
            else if (action === "settle") for (const settle of here.settle.splice(0, n)) settle();
            else if (action === "flush") here.flush();
            else if (action === "cut") cut(here, there);
            else if (!here.link.attached) connect(here, there);
            if (action === "settle") await turn();
          }
          if (!ends[0].link.attached) connect(ends[0], ends[1]);
          for (let round = 0; round < 6; round++) {
            deliver(ends[0], ends[1], Number.POSITIVE_INFINITY);
            deliver(ends[1], ends[0], Number.POSITIVE_INFINITY);
            for (const end of ends) for (const settle of end.settle.splice(0)) settle();
            await turn();
            for (const end of ends) end.flush();
          }
          expect(ends[1].got).toEqual(sent[0]);
          expect(ends[0].got).toEqual(sent[1]);
          expect(ends.map((end) => end.link.unacked)).toEqual([0, 0]);
        },
      ),
      { numRuns: 150 },
    );
  });

  it("acknowledges a body only when it and all before it have been dealt with", async () => {
    const a = new End(false);
    const b = new End(true);
    connect(a, b);
    a.link.push(1);
    a.link.push(2);
    deliver(a, b, 2);
    b.settle[1]!();
    await turn();
    expect(b.link.lastReceived).toBe(0);
    b.settle[0]!();
    await turn();
    expect(b.link.lastReceived).toBe(2);
    b.flush();
    deliver(b, a, 1);
    expect(a.link.unacked).toBe(0);
  });

  it("carries acknowledgements on bodies and sends a frame of its own only when there is none", () => {
    const a = new End(false);
    const b = new End(false);
    connect(a, b);
    a.link.push(1);
    deliver(a, b, 1);
    b.link.push(7);
    b.flush();
    expect(b.wire).toEqual([{ kind: "data", seq: 1, ack: 1, body: 7 }]);
  });

  it("takes no more bodies than it may keep", () => {
    const end = new End(false, 2);
    expect([end.link.push(1), end.link.push(2), end.link.push(3)]).toEqual([true, true, false]);
    end.link.resume(0);
    end.link.receive({ kind: "heartbeat", ack: 1, cpuLoad: -1, freeMemMib: -1 });
    expect(end.link.push(3)).toBe(true);
  });

  it("refuses a gap, an acknowledgement of what was never sent, and a peer with another past", () => {
    const end = new End(false);
    end.link.resume(0);
    expect(end.link.receive({ kind: "data", seq: 2, ack: 0, body: 5 }).ok).toBe(false);
    expect(end.link.receive({ kind: "heartbeat", ack: 1, cpuLoad: -1, freeMemMib: -1 }).ok).toBe(false);
    expect(end.link.resume(4).ok).toBe(false);
    expect(end.got).toEqual([]);
  });

  it("stops for good, unacknowledged, when a body cannot be dealt with", async () => {
    const failures: unknown[] = [];
    const link = new Link<number, number>({
      send: () => undefined,
      onBody: async () => Promise.reject(new Error("disk full")),
      onFailure: (error) => failures.push(error),
    });
    link.resume(0);
    expect(link.receive({ kind: "data", seq: 1, ack: 0, body: 5 }).ok).toBe(true);
    await turn();
    expect(failures).toHaveLength(1);
    expect(link.lastReceived).toBe(0);
    expect(link.receive({ kind: "data", seq: 2, ack: 0, body: 6 }).ok).toBe(false);
  });
});
