/** Starting, stopping, waiting for jobs, and the channel of agents. */
import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { AGENT_PATH } from "../../agents/protocol/frames.ts";
import { type ApiOptions, startApi } from "../../core/api/start-api.ts";
import { ok } from "../../core/model/refusal.ts";
import { jobView } from "./job-values.ts";
import { type StartedApi, startedApi, TOKEN } from "./started-api.ts";

const running: StartedApi[] = [];
const start = async (options: Partial<ApiOptions> = {}): Promise<StartedApi> => {
  const started = await startedApi(options);
  running.push(started);
  return started;
};
afterEach(async () => {
  for (const started of running.splice(0)) await started.api.close();
});

describe("the API", () => {
  it("says where it listens, on a free port, and listens nowhere once closed", async () => {
    const started = await start();
    expect(started.api.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect((await started.ask("/healthz")).json).toEqual({ status: "ok", version: "0.1.0" });
    await started.api.close();
    await started.api.close();
    await expect(started.ask("/healthz")).rejects.toThrow();
  });

  it("rejects where the port is taken", async () => {
    const started = await start();
    const { port: taken } = new URL(started.api.url);
    const again = {
      port: started.port,
      host: "127.0.0.1",
      portNumber: Number(taken),
      token: "t",
      version: "0",
    };
    await expect(startApi(again)).rejects.toThrow(/EADDRINUSE/);
  });

  it("answers what is under way when it is closed, and does not wait for connections that are kept alive", async () => {
    const started = await start({ limits: { closeGraceMs: 60_000 } });
    let finish = (): void => {};
    started.port.override = {
      nodes: () =>
        new Promise((resolve) => {
          finish = () => resolve([]);
        }),
    };
    const under = started.ask("/v1/nodes");
    while (started.port.calls.at(-1)?.method !== "nodes") await pause(1);
    const closed = started.api.close();
    await pause(10);
    finish();
    expect(await under).toMatchObject({ status: 200, json: { nodes: [] } });
    await closed;
  });

  it("does not wait longer than the grace for a request that is never answered", async () => {
    const started = await start({ limits: { closeGraceMs: 30 } });
    started.port.override = { nodes: () => new Promise(() => {}) };
    const never = started.ask("/v1/nodes");
    while (started.port.calls.at(-1)?.method !== "nodes") await pause(1);
    const refused = expect(never).rejects.toThrow();
    await started.api.close();
    await refused;
  });
});

describe("waiting for the end of a job", () => {
  it("gives the controller the time, 30 s unless told, and says whether all have ended", async () => {
    const started = await start();
    expect((await started.ask("/v1/jobs/12/end?timeoutMs=1500")).json).toMatchObject({ ended: true });
    expect(started.port.calls.at(-1)?.args).toEqual(["12", 1500]);
    const records = [jobView({ state: "COMPLETED" }), jobView({ state: "RUNNING" })];
    started.port.override = { waitForEnd: async () => ok(records) };
    const answer = await started.ask("/v1/jobs/12/end");
    expect(answer.json).toEqual({ jobs: records, ended: false });
    expect(started.port.calls.at(-1)?.args).toEqual(["12", 30_000]);
  });

  it("is answered with what there is when the API closes", async () => {
    const started = await start();
    started.port.override = { waitForEnd: () => new Promise(() => {}) };
    const waiting = started.ask("/v1/jobs/12/end");
    while (started.port.calls.at(-1)?.method !== "waitForEnd") await pause(1);
    const closed = started.api.close();
    expect(await waiting).toMatchObject({ status: 200, json: { ended: false, jobs: [{ jobId: 12 }] } });
    await closed;
  });

  it("is bounded in number", async () => {
    const started = await start({ limits: { longPolls: 2 } });
    const finish: (() => void)[] = [];
    started.port.override = {
      waitForEnd: () =>
        new Promise((resolve) => finish.push(() => resolve(ok([jobView({ state: "FAILED" })])))),
    };
    const waiting = [started.ask("/v1/jobs/12/end"), started.ask("/v1/jobs/12/end")];
    while (finish.length < 2) await pause(1);
    expect((await started.ask("/v1/jobs/12/end")).status).toBe(503);
    for (const done of finish) done();
    for (const answer of await Promise.all(waiting)) expect(answer.json).toMatchObject({ ended: true });
    started.port.override = {};
    expect((await started.ask("/v1/jobs/12/end")).status).toBe(200);
  });
});

describe("the channel of agents", () => {
  const authorization = `Bearer ${TOKEN}`;
  const echoing = async (): Promise<StartedApi> => {
    const sockets = new WebSocketServer({ noServer: true });
    return start({
      onUpgrade: (request, socket, head) =>
        sockets.handleUpgrade(request, socket, head, (ws) => ws.on("message", (data) => ws.send(data))),
    });
  };
  const addressOf = (started: StartedApi, path: string) => started.api.url.replace("http", "ws") + path;

  it("is handed over with the token, and closed with the API", async () => {
    const started = await echoing();
    const ws = new WebSocket(addressOf(started, AGENT_PATH), { headers: { authorization } });
    const echo = await new Promise((resolve, reject) => {
      ws.on("open", () => ws.send("hello"));
      ws.on("message", (data) => resolve(String(data)));
      ws.on("error", reject);
    });
    expect(echo).toBe("hello");
    const closed = new Promise((resolve) => ws.on("close", resolve));
    await started.api.close();
    await closed;
  });

  it.each([
    [AGENT_PATH, "Bearer wrong", 401],
    [AGENT_PATH, "", 401],
    ["/v1/events", authorization, 404],
    [`${AGENT_PATH}/x`, authorization, 404],
  ])("is refused on %s with `%s`", async (path, token, status) => {
    const started = await echoing();
    const ws = new WebSocket(addressOf(started, path), { headers: { authorization: token } });
    const answered = await new Promise((resolve) => {
      ws.on("unexpected-response", (_request, response) => resolve(response.statusCode));
      ws.on("error", resolve);
    });
    expect(answered).toBe(status);
  });

  it("is refused where nobody takes it, and a reset on the way ends nothing", async () => {
    const started = await start();
    const { hostname, port } = new URL(started.api.url);
    const upgrade =
      `GET ${AGENT_PATH} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n` +
      `authorization: ${authorization}\r\n\r\n`;
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(Number(port), hostname, () => socket.write(upgrade));
      socket.on("data", (chunk) => resolve(String(chunk)));
    });
    expect(answer).toMatch(/^HTTP\/1\.1 404 NOT_FOUND\r\n/);
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), hostname, () =>
        socket.write(upgrade, () => socket.resetAndDestroy()),
      );
      socket.on("close", () => resolve());
    });
    expect((await started.ask("/healthz")).status).toBe(200);
  });
});
