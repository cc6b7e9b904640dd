/** The event stream: order, resuming, heartbeats, and what becomes of clients that do not keep up. */
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { setImmediate as breath, setTimeout as pause } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import type { ApiLimits } from "../../core/api/limits.ts";
import type { StreamEvent } from "../../core/api/port.ts";
import { type StartedApi, startedApi, TOKEN } from "./started-api.ts";

interface Received {
  readonly id: string;
  readonly event: string;
  readonly data: Record<string, unknown>;
}

interface Client {
  readonly response: IncomingMessage;
  readonly events: Received[];
  readonly comments: string[];
  /** Resolves once the stream has ended or broken. */
  readonly closed: Promise<void>;
}

let started: StartedApi;
afterEach(() => started.api.close());

const start = async (limits: Partial<ApiLimits> = {}) => {
  started = await startedApi({ limits });
};

const event = (seq: number, padding = ""): StreamEvent => ({
  seq,
  atS: 1_700_000_000 + seq,
  type: seq % 2 === 0 ? "job.started" : "job.submitted",
  data: { jobId: seq, text: `a\nb${padding}` },
});

const open = async (query = "", headers: Record<string, string> = {}): Promise<Client> => {
  const outgoing = request(`${started.api.url}/v1/events${query}`, {
    headers: { authorization: `Bearer ${TOKEN}`, ...headers },
    agent: false,
  });
  outgoing.end();
  const [response] = (await once(outgoing, "response")) as [IncomingMessage];
  expect(response.statusCode).toBe(200);
  expect(response.headers["content-type"]).toContain("text/event-stream");
  const events: Received[] = [];
  const comments: string[] = [];
  let rest = "";
  response.setEncoding("utf8");
  response.on("data", (chunk: string) => {
    const frames = (rest + chunk).split("\n\n");
    rest = frames.pop()!;
    for (const frame of frames) {
      if (frame.startsWith(":")) comments.push(frame);
      else if (!frame.startsWith("retry:")) events.push(read(frame));
    }
  });
  const closed = new Promise<void>((resolve) => {
    response.on("close", resolve);
    response.on("error", () => resolve());
  });
  return { response, events, comments, closed };
};

const read = (frame: string): Received => {
  const fields = Object.fromEntries(
    frame.split("\n").map((line) => line.split(/: (.*)/s) as [string, string]),
  );
  return { id: fields["id"] ?? "", event: fields["event"]!, data: JSON.parse(fields["data"]!) };
};

const until = async (met: () => boolean): Promise<void> => {
  while (!met()) await pause(2);
};

const openStreams = async (): Promise<string> =>
  /rota_event_stream_clients (\d+)/.exec((await started.ask("/metrics")).text)![1]!;

describe("the event stream", () => {
  it("gives every client each event, in order, as the controller has it", async () => {
    await start();
    const clients = await Promise.all([open("?after=0"), open("?after=0")]);
    for (let seq = 1; seq <= 500; seq++) started.port.emit(event(seq));
    for (const client of clients) {
      await until(() => client.events.length >= 500);
      expect(client.events.map(({ id }) => Number(id))).toEqual(Array.from({ length: 500 }, (_, i) => i + 1));
      expect(client.events[1]).toEqual({ id: "2", event: "job.started", data: { ...event(2) } });
    }
  });

  it("goes on behind ?after=, and behind last-event-id rather", async () => {
    await start();
    for (let seq = 1; seq <= 10; seq++) started.port.emit(event(seq));
    const behind = await open("?after=7");
    const resumed = await open("?after=2", { "last-event-id": "9" });
    started.port.emit(event(11));
    await until(() => behind.events.length >= 4 && resumed.events.length >= 2);
    expect(behind.events.map(({ id }) => id)).toEqual(["8", "9", "10", "11"]);
    expect(resumed.events.map(({ id }) => id)).toEqual(["10", "11"]);
  });

  it("begins with what comes next where nothing is said", async () => {
    await start();
    started.port.emit(event(100));
    const client = await open();
    started.port.emit(event(101));
    await until(() => client.events.length >= 1);
    expect(client.events.map(({ id }) => id)).toEqual(["101"]);
  });

  it("refuses a last-event-id that is none", async () => {
    await start();
    const answer = await started.ask("/v1/events", { headers: { "last-event-id": "last" } });
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({ code: "BAD_REQUEST" });
  });

  it("beats while nothing happens", async () => {
    await start({ heartbeatMs: 5 });
    const client = await open();
    await until(() => client.comments.length >= 3);
    expect(client.events).toEqual([]);
  });

  it("lets go of a client that went away", async () => {
    await start();
    const client = await open();
    expect(started.port.subscribers()).toBe(1);
    client.response.destroy();
    await until(() => started.port.subscribers() === 0);
    expect(await openStreams()).toBe("0");
  });

  it("takes so many clients and no more, until one goes", async () => {
    await start({ streamClients: 2 });
    const [first] = await Promise.all([open(), open()]);
    const answer = await started.ask("/v1/events");
    expect(answer.status).toBe(503);
    expect(answer.json).toMatchObject({ details: { open: 2 } });
    first.response.destroy();
    await until(() => started.port.subscribers() === 1);
    await open();
    expect(started.port.subscribers()).toBe(2);
  });
});

describe("a slow client", () => {
  const PADDING = "x".repeat(8192);

  it("is cut off with a last event that says so, goes on from there, and holds nobody up", async () => {
    await start({ streamQueueChars: 256 * 1024 });
    const slow = await open("?after=0");
    slow.response.pause();
    const fast = await open("?after=0");
    // What the kernel buffers differs from machine to machine, so events come until the slow one is cut off.
    let sent = 0;
    while (started.port.subscribers() > 1) {
      started.port.emit(event(++sent, PADDING));
      await until(() => fast.events.length >= sent - 16);
      await breath();
    }
    await until(() => fast.events.length >= sent);
    expect(fast.events.at(-1)?.id).toBe(String(sent));

    slow.response.resume();
    await slow.closed;
    const last = slow.events.at(-1)!;
    expect(last.event).toBe("stream.cut");
    expect(last.id).toBe("");
    const got = slow.events.slice(0, -1).map(({ id }) => Number(id));
    expect(got).toEqual(Array.from({ length: got.length }, (_, i) => i + 1));
    expect(got.length).toBeLessThan(sent);
    expect(last.data["lastSeq"]).toBe(got.length);

    const again = await open("", { "last-event-id": String(got.length) });
    await until(() => again.events.at(-1)?.id === String(sent));
    expect(again.events.map(({ id }) => Number(id))).toEqual(
      Array.from({ length: sent - got.length }, (_, i) => got.length + 1 + i),
    );
  });

  it("that never reads again is dropped after a grace", async () => {
    await start({ streamQueueChars: 64 * 1024, cutGraceMs: 20 });
    const stuck = await open("?after=0");
    stuck.response.pause();
    for (let seq = 1; started.port.subscribers() > 0; seq++) {
      started.port.emit(event(seq, PADDING));
      await breath();
    }
    while ((await openStreams()) !== "0") await pause(5);
    stuck.response.destroy();
  });

  it("that reads nothing is cut off by the heartbeats, though its queue has room", async () => {
    await start({
      heartbeatMs: 10,
      stalledBeats: 3,
      cutGraceMs: 20,
      streamQueueChars: Number.MAX_SAFE_INTEGER,
    });
    const stuck = await open("?after=0");
    stuck.response.pause();
    for (let seq = 1; started.port.subscribers() > 0; seq++) {
      started.port.emit(event(seq, PADDING));
      await breath();
    }
    while ((await openStreams()) !== "0") await pause(5);
    stuck.response.destroy();
  });
});

describe("a controller that stops", () => {
  it("ends its streams with an event that says so", async () => {
    await start();
    const client = await open();
    started.port.emit(event(101));
    await started.api.close();
    await client.closed;
    expect(client.events.map((received) => received.event)).toEqual(["job.submitted", "stream.closing"]);
    expect(client.events[1]?.data).toMatchObject({ lastSeq: 101 });
    expect(started.port.subscribers()).toBe(0);
  });
});
