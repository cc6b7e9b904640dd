/** The smallest controller that speaks the agents' protocol: real sockets on a free port, and what agents reported. */
import { randomUUID } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { decodeAgentFrame, encodeFrame, messageBytes } from "../../agents/protocol/codec.ts";
import {
  AGENT_PATH,
  type AgentBody,
  type ControllerBody,
  type EndedReport,
  type HelloFrame,
  MAX_FRAME_BYTES,
  type StartedReport,
  type StartOrder,
} from "../../agents/protocol/frames.ts";
import { Link } from "../../agents/protocol/link.ts";
import { UNLIMITED_S } from "../../core/model/time.ts";

interface Peer {
  readonly agentSession: string;
  readonly link: Link<ControllerBody, AgentBody>;
  socket: WebSocket | undefined;
}

export const TOKEN = "a-token";

export class TestController {
  session = randomUUID();
  readonly hellos: HelloFrame[] = [];
  readonly reports: AgentBody[] = [];
  /** Reports are dealt with only once this resolves. */
  gate: Promise<void> = Promise.resolve();
  portNumber = 0;
  #server: Server | undefined;
  readonly #peers = new Map<string, Peer>();
  readonly #waiting = new Set<() => void>();

  get url(): string {
    return `http://127.0.0.1:${this.portNumber}`;
  }

  async open(): Promise<this> {
    const server = createServer();
    const sockets = new WebSocketServer({ server, path: AGENT_PATH, maxPayload: MAX_FRAME_BYTES });
    sockets.on("connection", (socket, request) => {
      if (request.headers.authorization !== `Bearer ${TOKEN}`) socket.close();
      else this.#serve(socket);
    });
    await new Promise<void>((resolve) => server.listen(this.portNumber, "127.0.0.1", resolve));
    this.portNumber = (server.address() as AddressInfo).port;
    this.#server = server;
    return this;
  }

  /** Goes away: no socket answers until open. The session and what it knows stay, as over a network fault. */
  async close(): Promise<void> {
    for (const peer of this.#peers.values()) peer.socket?.terminate();
    const server = this.#server;
    this.#server = undefined;
    server?.closeAllConnections();
    if (server !== undefined) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  /** Forgets all conversations, as a restarted process does. */
  restart(): void {
    this.session = randomUUID();
    this.#peers.clear();
  }

  cutConnections(): void {
    for (const peer of this.#peers.values()) peer.socket?.terminate();
  }

  order(nodeName: string, body: ControllerBody): void {
    const peer = this.#peers.get(nodeName);
    if (peer === undefined) throw new Error(`${nodeName} has not said hello`);
    peer.link.push(body);
  }

  /** Resolves with the first value that the look gives, asked again after every frame. */
  async until<T>(look: () => T | undefined, timeoutMs = 10_000): Promise<T> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      if (Date.now() > deadline)
        throw new Error(`not in ${timeoutMs} ms; reports: ${JSON.stringify(this.reports)}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 100);
        const wake = () => {
          clearTimeout(timer);
          this.#waiting.delete(wake);
          resolve();
        };
        this.#waiting.add(wake);
      });
    }
  }

  hello(nodeName: string, count = 1): Promise<HelloFrame> {
    return this.until(() => this.hellos.filter((hello) => hello.node.name === nodeName)[count - 1]);
  }

  started(jobId: number, timeoutMs?: number): Promise<StartedReport> {
    return this.until(
      () =>
        this.reports.find((report) => report.kind === "started" && report.jobId === jobId) as
          | StartedReport
          | undefined,
      timeoutMs,
    );
  }

  ended(jobId: number, timeoutMs?: number): Promise<EndedReport> {
    return this.until(() => this.endings(jobId)[0], timeoutMs);
  }

  endings(jobId: number): EndedReport[] {
    return this.reports.filter(
      (report): report is EndedReport & { kind: "ended" } =>
        report.kind === "ended" && report.jobId === jobId,
    );
  }

  #serve(socket: WebSocket): void {
    let peer: Peer | undefined;
    socket.on("message", (message) => {
      const decoded = decodeAgentFrame(messageBytes(message));
      if (!decoded.ok) throw new Error(decoded.refusal.message);
      const frame = decoded.value;
      if (frame.kind === "hello") peer = this.#welcome(socket, frame);
      else if (peer?.socket === socket) {
        const taken = peer.link.receive(frame);
        if (!taken.ok) throw new Error(taken.refusal.message);
      }
      this.#wake();
    });
    socket.on("close", () => {
      if (peer?.socket !== socket) return;
      peer.socket = undefined;
      peer.link.detach();
    });
  }

  #welcome(socket: WebSocket, hello: HelloFrame): Peer {
    const known = this.#peers.get(hello.node.name);
    const same = known?.agentSession === hello.agentSession && hello.controllerSession === this.session;
    const peer: Peer = same
      ? known
      : { agentSession: hello.agentSession, link: this.#newLink(hello.node.name), socket };
    known?.socket?.terminate();
    peer.link.detach();
    peer.socket = socket;
    this.#peers.set(hello.node.name, peer);
    const lastReceived = peer.link.lastReceived;
    socket.send(
      encodeFrame({
        kind: "welcome",
        protocol: 1,
        controllerSession: this.session,
        lastReceived,
        heartbeatMs: 500,
      }),
    );
    const resumed = peer.link.resume(same ? hello.lastReceived : 0);
    if (!resumed.ok) throw new Error(resumed.refusal.message);
    this.hellos.push(hello);
    return peer;
  }

  #newLink(nodeName: string): Link<ControllerBody, AgentBody> {
    return new Link<ControllerBody, AgentBody>({
      send: (frame) => this.#peers.get(nodeName)?.socket?.send(encodeFrame(frame)),
      onBody: async (body) => {
        await this.gate;
        this.reports.push(body);
        this.#wake();
      },
      onFailure: (error) => {
        throw error;
      },
    });
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}

/** A start order of this process's own user; `script` without its #! line. */
export const startOrder = (
  jobId: number,
  folder: string,
  script: string,
  more: Partial<StartOrder> = {},
): StartOrder & { kind: "start" } => ({
  kind: "start",
  jobId,
  restarts: 0,
  name: "a-job",
  user: "someone",
  uid: process.getuid?.() ?? 0,
  gid: process.getgid?.() ?? 0,
  workDir: folder,
  script: script.startsWith("#!") ? script : `#!/bin/sh\n${script}\n`,
  args: [],
  environment: { PATH: process.env["PATH"] ?? "/usr/bin:/bin", SLURM_JOB_ID: `${jobId}` },
  stdout: `${folder}/${jobId}.out`,
  stderr: `${folder}/${jobId}.out`,
  stdin: "/dev/null",
  openMode: "truncate",
  cpus: 1,
  memMib: 256,
  devices: [],
  timeLimitS: UNLIMITED_S,
  graceMs: 30_000,
  ...more,
});
