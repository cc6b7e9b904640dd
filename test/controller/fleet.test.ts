/** Conversations with agents over real sockets: what becomes of one that has failed. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import pino from "pino";
import { afterEach, expect, it } from "vitest";
import type { AgentBody } from "../../agents/protocol/frames.ts";
import { Uplink } from "../../agents/protocol/uplink.ts";
import { systemClock } from "../../core/controller/clock.ts";
import { Fleet } from "../../core/controller/fleet.ts";
import type { NodeIndex } from "../../core/model/ids.ts";
import { ok } from "../../core/model/refusal.ts";
import { until } from "../e2e/programs.ts";
import { fakeNode } from "./fake-node.ts";

const open: { fleet: Fleet; server: Server; uplink: Uplink }[] = [];

afterEach(() => {
  for (const { fleet, server, uplink } of open.splice(0)) {
    uplink.close();
    fleet.close();
    server.close();
  }
});

const REPORT: AgentBody = { kind: "suspended", jobId: 1, restarts: 0, atMs: 1 };

it("begins a conversation anew once a report could not be dealt with, and does not cut it again", async () => {
  const resumed: boolean[] = [];
  const lost: NodeIndex[] = [];
  let taken = 0;
  const fleet = new Fleet({
    clock: systemClock,
    log: pino({ level: "silent" }),
    heartbeatMs: 200,
    onHello: () => Promise.resolve(ok(0 as NodeIndex)),
    onWelcomed: (_node, _hello, isResumed) => resumed.push(isResumed),
    onBody: () => {
      taken++;
      if (taken === 1) throw new Error("a report that is not understood");
    },
    onLost: (node) => lost.push(node),
  });
  const server = createServer();
  server.on("upgrade", (request, socket: Duplex, head) => fleet.upgrade(request, socket, head));
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const uplink: Uplink = new Uplink({
    controllerUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token: () => "t",
    agentSession: "a",
    hello: () => ({ node: fakeNode("n1", 1), jobs: [] }),
    onOrder: () => undefined,
    onNewSession: () => uplink.push(REPORT),
    load: () => ({ cpuLoad: 0, freeMemMib: 0 }),
  });
  open.push({ fleet, server, uplink });
  uplink.open();
  await until("the report is taken", () => (taken === 2 ? true : undefined));
  await until("a heartbeat has passed", () => (fleet.isConnected(0 as NodeIndex) ? true : undefined));
  expect(resumed).toEqual([false, false]);
  expect(fleet.connectedCount).toBe(1);
  expect(lost.length).toBeLessThanOrEqual(1);
});

it("does not cut the conversation that followed when a report of the last one fails late", async () => {
  let fail = (_error: Error): void => {};
  const welcomed: string[] = [];
  const fleet = new Fleet({
    clock: systemClock,
    log: pino({ level: "silent" }),
    heartbeatMs: 200,
    onHello: () => Promise.resolve(ok(0 as NodeIndex)),
    onWelcomed: (_node, hello) => welcomed.push(hello.agentSession),
    onBody: () =>
      new Promise<void>((_resolve, reject) => {
        fail = reject;
        welcomed.push("report");
      }),
    onLost: () => undefined,
  });
  const server = createServer();
  server.on("upgrade", (request, socket: Duplex, head) => fleet.upgrade(request, socket, head));
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const dial = (agentSession: string, onNewSession: (uplink: Uplink) => void): Uplink => {
    const uplink: Uplink = new Uplink({
      controllerUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      token: () => "t",
      agentSession,
      hello: () => ({ node: fakeNode("n1", 1), jobs: [] }),
      onOrder: () => undefined,
      onNewSession: () => onNewSession(uplink),
      load: () => ({ cpuLoad: 0, freeMemMib: 0 }),
    });
    open.push({ fleet, server, uplink });
    uplink.open();
    return uplink;
  };
  const first = dial("a", (uplink) => uplink.push(REPORT));
  await until("the report is there", () => (welcomed.includes("report") ? true : undefined));
  first.close();
  dial("b", () => undefined);
  await until("the next one is there", () => (welcomed.includes("b") ? true : undefined));
  fail(new Error("the disk is full"));
  await new Promise((resolve) => setImmediate(resolve));
  expect(fleet.isConnected(0 as NodeIndex)).toBe(true);
  expect(welcomed).toEqual(["a", "report", "b"]);
});
