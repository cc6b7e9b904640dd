/**
 * The agents that are connected: their sockets, their links, and when each was last heard. Says hello, passes bodies
 * on and notices silence. Knows nothing of jobs; what a hello or a report means is the dispatcher's business.
 */
import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Logger } from "pino";
import { type WebSocket, WebSocketServer } from "ws";
import { decodeAgentFrame, encodeFrame, messageBytes } from "../../agents/protocol/codec.ts";
import {
  type AgentBody,
  type ControllerBody,
  type HelloFrame,
  MAX_FRAME_BYTES,
  PROTOCOL_MAX,
  PROTOCOL_MIN,
  PROTOCOL_STEPS,
} from "../../agents/protocol/frames.ts";
import { Link } from "../../agents/protocol/link.ts";
import type { NodeIndex } from "../model/ids.ts";
import type { Result } from "../model/refusal.ts";
import type { Clock } from "./clock.ts";

export interface FleetOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly heartbeatMs: number;
  /** Takes the node in, or says why not; resolves once its registration is on disk. */
  readonly onHello: (hello: HelloFrame) => Promise<Result<NodeIndex>>;
  /** Called after the welcome, when orders can be pushed; a resumed agent is told those again that it has not had. */
  readonly onWelcomed: (node: NodeIndex, hello: HelloFrame, isResumed: boolean) => void;
  readonly onBody: (node: NodeIndex, body: AgentBody) => void | Promise<void>;
  readonly onLost: (node: NodeIndex) => void;
}

export interface AgentLoad {
  readonly cpuLoad: number;
  readonly freeMemMib: number;
}

interface Agent {
  readonly node: NodeIndex;
  /** As agreed at the last hello. */
  protocol: number;
  readonly agentSession: string;
  /** Names the conversation on `link` to the agent: a new link is a new one, also after a failure of this one. */
  readonly session: string;
  link: Link<ControllerBody, AgentBody>;
  socket: WebSocket | undefined;
  /** The connection below the socket, for sending several frames at once. */
  wire: Duplex | undefined;
  heardMs: number;
  load: AgentLoad;
}

/** A socket must say hello within this. */
const HELLO_TIMEOUT_MS = 10_000;
/**
 * How long a report's acknowledgement waits for an order that carries it. An agent keeps a report for no longer than
 * its job, and after a pass that started thousands of jobs there is better to do.
 */
const REPORT_ACK_DELAY_MS = 1000;
/** Silent heartbeats after which a socket is taken for dead. */
const SILENT_BEATS = 3;
export const MAX_AGENT_SOCKETS = 65_536;

/** Lets all frames of this turn of the event loop leave in one write: a pass may start many jobs on a node. */
function holdWire(wire: Duplex | undefined): void {
  if (wire === undefined || wire.writableCorked > 0) return;
  wire.cork();
  process.nextTick(() => wire.uncork());
}

export class Fleet {
  private readonly options: FleetOptions;
  private readonly server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_FRAME_BYTES,
    perMessageDeflate: false,
  });
  private readonly agents = new Map<NodeIndex, Agent>();
  private readonly beat: NodeJS.Timeout;
  /** Agents with a socket: each from `attach` until its socket is closed. */
  private connected = 0;

  constructor(options: FleetOptions) {
    this.options = options;
    this.beat = setInterval(() => this.onBeat(), options.heartbeatMs);
  }

  /** Takes an upgrade request over that has passed authentication. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.server.clients.size >= MAX_AGENT_SOCKETS) {
      socket.destroy();
      return;
    }
    this.server.handleUpgrade(request, socket, head, (ws) => this.accept(ws, socket));
  }

  /** Hands a body to the node's agent, now or when it is back. False when it has never been connected, or has too much to take. */
  push(node: NodeIndex, body: ControllerBody): boolean {
    return this.agents.get(node)?.link.push(body) ?? false;
  }

  /** Whether the node's agent is there and of a version that runs job steps. */
  knowsSteps(node: NodeIndex): boolean {
    const agent = this.agents.get(node);
    return agent?.socket !== undefined && agent.protocol >= PROTOCOL_STEPS;
  }

  isConnected(node: NodeIndex): boolean {
    return this.agents.get(node)?.socket !== undefined;
  }

  get connectedCount(): number {
    return this.connected;
  }

  loadOf(node: NodeIndex): AgentLoad | undefined {
    return this.agents.get(node)?.load;
  }

  close(): void {
    clearInterval(this.beat);
    for (const client of this.server.clients) client.terminate();
    this.server.close();
  }

  private accept(socket: WebSocket, wire: Duplex): void {
    let agent: Agent | undefined;
    let isGreeting = false;
    const hurry = setTimeout(() => socket.terminate(), HELLO_TIMEOUT_MS);
    socket.on("error", () => undefined);
    socket.on("message", (message) => {
      const frame = decodeAgentFrame(messageBytes(message));
      if (!frame.ok) return this.fault(socket, frame.refusal.message);
      if (frame.value.kind === "hello") {
        if (isGreeting) return this.fault(socket, "a second hello came");
        isGreeting = true;
        clearTimeout(hurry);
        this.greet(socket, wire, frame.value).then(
          (greeted) => {
            agent = greeted;
          },
          (error: unknown) => {
            this.options.log.error({ err: error }, "an agent could not be taken in");
            socket.terminate();
          },
        );
        return;
      }
      if (agent === undefined || agent.socket !== socket)
        return this.fault(socket, "a frame came before the welcome");
      agent.heardMs = this.options.clock.nowMs();
      if (frame.value.kind === "heartbeat") {
        agent.load = { cpuLoad: frame.value.cpuLoad, freeMemMib: frame.value.freeMemMib };
      }
      const taken = agent.link.receive(frame.value);
      if (!taken.ok) this.fault(socket, taken.refusal.message);
    });
    socket.on("ping", () => {
      if (agent !== undefined) agent.heardMs = this.options.clock.nowMs();
    });
    socket.on("close", () => {
      clearTimeout(hurry);
      if (agent !== undefined && agent.socket === socket) this.lose(agent);
    });
  }

  private async greet(socket: WebSocket, wire: Duplex, hello: HelloFrame): Promise<Agent | undefined> {
    const protocol = Math.min(hello.protocolMax, PROTOCOL_MAX);
    if (protocol < Math.max(hello.protocolMin, PROTOCOL_MIN)) {
      const range = `${PROTOCOL_MIN} to ${PROTOCOL_MAX}`;
      this.refuse(
        socket,
        "PROTOCOL_VERSION",
        `this controller speaks protocol ${range}, the agent ${hello.protocolMin} to ${hello.protocolMax}`,
      );
      return undefined;
    }
    const taken = await this.options.onHello(hello);
    if (socket.readyState !== socket.OPEN) return undefined;
    if (!taken.ok) {
      this.refuse(socket, taken.refusal.code, taken.refusal.message);
      return undefined;
    }
    const { agent, isResumed } = this.attach(taken.value, hello, socket, wire);
    socket.send(
      encodeFrame({
        kind: "welcome",
        protocol,
        controllerSession: agent.session,
        lastReceived: agent.link.lastReceived,
        heartbeatMs: this.options.heartbeatMs,
      }),
    );
    if (!agent.link.resume(isResumed ? hello.lastReceived : 0).ok) {
      // Both remember the session and do not agree on it: begin a new conversation with the next connection.
      this.agents.delete(agent.node);
      agent.socket = undefined;
      this.connected--;
      socket.terminate();
      return undefined;
    }
    this.options.onWelcomed(agent.node, hello, isResumed);
    return agent;
  }

  private attach(
    node: NodeIndex,
    hello: HelloFrame,
    socket: WebSocket,
    wire: Duplex,
  ): { agent: Agent; isResumed: boolean } {
    const before = this.agents.get(node);
    before?.socket?.terminate();
    const isResumed =
      before !== undefined &&
      before.agentSession === hello.agentSession &&
      hello.controllerSession === before.session;
    const agent: Agent = isResumed
      ? before
      : {
          node,
          protocol: 0,
          agentSession: hello.agentSession,
          session: randomUUID(),
          link: this.newLink(node),
          socket: undefined,
          wire: undefined,
          heardMs: 0,
          load: { cpuLoad: 0, freeMemMib: hello.node.memoryMib },
        };
    if (agent.socket === undefined) this.connected++;
    agent.protocol = Math.min(hello.protocolMax, PROTOCOL_MAX);
    agent.socket = socket;
    agent.wire = wire;
    agent.heardMs = this.options.clock.nowMs();
    this.agents.set(node, agent);
    return { agent, isResumed };
  }

  private newLink(node: NodeIndex): Link<ControllerBody, AgentBody> {
    // A conversation that another has followed has nothing to say on that one's connection, and does not cut it.
    const agentOfThis = (): Agent | undefined => {
      const agent = this.agents.get(node);
      return agent?.link === link ? agent : undefined;
    };
    const link: Link<ControllerBody, AgentBody> = new Link<ControllerBody, AgentBody>({
      send: (frame) => {
        const agent = agentOfThis();
        if (agent?.socket === undefined) return;
        holdWire(agent.wire);
        agent.socket.send(encodeFrame(frame));
      },
      onBody: (body) => this.options.onBody(node, body),
      defer: (flush) => void this.options.clock.after(REPORT_ACK_DELAY_MS, flush),
      onFailure: (error) => {
        this.options.log.error(
          { err: error, node },
          "a report could not be dealt with; the agent will say it again",
        );
        const agent = agentOfThis();
        if (agent === undefined) return;
        this.agents.delete(node);
        agent.socket?.terminate();
      },
    });
    return link;
  }

  private lose(agent: Agent): void {
    agent.socket = undefined;
    this.connected--;
    agent.link.detach();
    // A conversation that failed may have been followed by another before its socket was closed.
    if (this.agents.get(agent.node)?.socket === undefined) this.options.onLost(agent.node);
  }

  private refuse(socket: WebSocket, code: string, message: string): void {
    this.options.log.warn({ code }, message);
    socket.send(encodeFrame({ kind: "refused", code, message }));
    socket.close();
  }

  private fault(socket: WebSocket, detail: string): void {
    this.options.log.warn({ detail }, "an agent does not follow the protocol");
    socket.terminate();
  }

  /**
   * Ends what is silent, and says nothing itself: an agent pings, which is answered below, and acknowledgements go by
   * themselves, so a word to each of thousands of agents at once would be for nothing.
   */
  private onBeat(): void {
    const deadBefore = this.options.clock.nowMs() - SILENT_BEATS * this.options.heartbeatMs;
    for (const { socket, heardMs } of this.agents.values()) if (heardMs < deadBefore) socket?.terminate();
  }
}
