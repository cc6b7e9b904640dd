/**
 * The agent's end of the channel: connects to the controller, says hello, keeps the Link through breaks, sends
 * heartbeats and connects again for ever, with jittered and capped waits. Used by the node agent and by fake agents.
 * Knows nothing of jobs: orders are handed on, reports are pushed.
 */
import { WebSocket } from "ws";
import type { NodeSpec } from "../../core/model/node.ts";
import { decodeControllerFrame, encodeFrame, messageBytes } from "./codec.ts";
import {
  AGENT_PATH,
  type AgentBody,
  type ControllerBody,
  type ControllerFrame,
  type JobPresence,
  MAX_FRAME_BYTES,
  PROTOCOL_MAX,
  PROTOCOL_MIN,
  type StepKey,
  type WelcomeFrame,
} from "./frames.ts";
import { ACK_DELAY_MS, Link } from "./link.ts";

export interface UplinkOptions {
  /** `http://host:port` of the controller's API. */
  readonly controllerUrl: string;
  /** Asked for at every connection, so a token file may be renewed. */
  readonly token: () => string;
  /** New at each start of the process. */
  readonly agentSession: string;
  readonly hello: () => {
    readonly node: NodeSpec;
    readonly jobs: readonly JobPresence[];
    readonly steps?: readonly StepKey[];
  };
  readonly onOrder: (order: ControllerBody) => void;
  /** The controller knows nothing of this process yet: push what the hello's job list did not say. */
  readonly onNewSession: () => void;
  readonly load: () => { readonly cpuLoad: number; readonly freeMemMib: number };
  /** For the log; `refused` repeats at every attempt. */
  readonly onState?: (state: "connected" | "lost" | "refused" | "fault", detail: string) => void;
  /** First and longest wait before connecting again; defaults 50 ms and 3 s. */
  readonly firstBackoffMs?: number;
  readonly maxBackoffMs?: number;
  /** 0 .. 1; default Math.random. */
  readonly random?: () => number;
}

const HANDSHAKE_TIMEOUT_MS = 10_000;
/** Heartbeats without a word from the controller after which the connection counts as dead. */
const SILENT_HEARTBEATS = 3;
/** A connection that has lasted for this long was a good one: the waits begin anew. */
const SETTLED_MS = 1_000;

export class Uplink {
  readonly #options: UplinkOptions;
  #socket: WebSocket | undefined;
  #link: Link<AgentBody, ControllerBody> | undefined;
  #controllerSession = "";
  #attempts = 0;
  #closed = false;
  #connected = false;
  #welcomedMs = 0;
  #overflowed = false;
  #retry: NodeJS.Timeout | undefined;
  #beat: NodeJS.Timeout | undefined;
  #silentBeats = 0;
  /** As the last welcome had it. */
  #heartbeatMs = Number.POSITIVE_INFINITY;

  constructor(options: UplinkOptions) {
    this.#options = options;
  }

  /** Whether a welcome has been received on the present connection. */
  get connected(): boolean {
    return this.#connected;
  }

  /** Begins to connect; returns at once. */
  open(): void {
    if (this.#closed || this.#socket !== undefined) return;
    let token: string;
    try {
      token = this.#options.token();
    } catch (error) {
      this.#options.onState?.(
        "refused",
        `no token: ${error instanceof Error ? error.message : String(error)}`,
      );
      this.#retryLater();
      return;
    }
    const socket = new WebSocket(socketUrl(this.#options.controllerUrl), {
      headers: { authorization: `Bearer ${token}` },
      maxPayload: MAX_FRAME_BYTES,
      perMessageDeflate: false,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    });
    this.#socket = socket;
    let problem = "";
    socket.on("open", () => this.#sayHello(socket));
    socket.on("message", (message) => {
      this.#silentBeats = 0;
      const frame = decodeControllerFrame(messageBytes(message));
      if (frame.ok) this.#onFrame(socket, frame.value);
      else this.#fault(socket, frame.refusal.message);
    });
    socket.on("pong", () => {
      this.#silentBeats = 0;
    });
    socket.on("error", (error) => {
      problem = error.message;
    });
    socket.on("close", () => this.#onClosed(socket, problem));
  }

  /** Reports to the controller, now or when it is back. Before the first welcome nothing is kept: onNewSession tells. */
  push(body: AgentBody): void {
    if (this.#link !== undefined && !this.#link.push(body)) this.#overflowed = true;
  }

  /** Ends the connection for good. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    clearInterval(this.#beat);
    this.#link?.detach();
    this.#socket?.terminate();
  }

  #sayHello(socket: WebSocket): void {
    const { node, jobs, steps = [] } = this.#options.hello();
    socket.send(
      encodeFrame({
        kind: "hello",
        protocolMin: PROTOCOL_MIN,
        protocolMax: PROTOCOL_MAX,
        node,
        jobs,
        ...(steps.length === 0 ? {} : { steps }),
        agentSession: this.#options.agentSession,
        controllerSession: this.#link === undefined ? "" : this.#controllerSession,
        lastReceived: this.#link?.lastReceived ?? 0,
      }),
    );
  }

  #onFrame(socket: WebSocket, frame: ControllerFrame): void {
    if (frame.kind === "refused") {
      this.#options.onState?.("refused", `${frame.code}: ${frame.message}`);
      socket.close();
    } else if (frame.kind === "welcome") {
      this.#onWelcome(socket, frame);
    } else if (!this.#connected || this.#link === undefined) {
      this.#fault(socket, `a ${frame.kind} frame came before the welcome`);
    } else {
      const taken = this.#link.receive(frame);
      if (!taken.ok) this.#fault(socket, taken.refusal.message);
      else if (this.#overflowed && this.#link.unacked === 0) {
        this.#overflowed = false;
        this.#options.onNewSession();
      }
    }
  }

  #onWelcome(socket: WebSocket, welcome: WelcomeFrame): void {
    if (this.#connected) {
      this.#fault(socket, "a second welcome came");
      return;
    }
    this.#connected = true;
    this.#welcomedMs = performance.now();
    const same = welcome.controllerSession === this.#controllerSession;
    if (!same || this.#link === undefined || !this.#link.resume(welcome.lastReceived).ok) {
      this.#link?.detach();
      this.#controllerSession = welcome.controllerSession;
      this.#link = this.#newLink();
      this.#overflowed = false;
      this.#link.resume(0);
      this.#options.onNewSession();
    }
    this.#silentBeats = 0;
    this.#heartbeatMs = welcome.heartbeatMs;
    clearInterval(this.#beat);
    this.#beat = setInterval(() => this.#onBeat(), welcome.heartbeatMs);
    this.#options.onState?.("connected", welcome.controllerSession);
  }

  #newLink(): Link<AgentBody, ControllerBody> {
    return new Link<AgentBody, ControllerBody>({
      send: (frame) => this.#socket?.send(encodeFrame(frame)),
      onBody: this.#options.onOrder,
      load: this.#options.load,
      defer: (flush) => void setTimeout(flush, ACK_DELAY_MS),
      onFailure: (error) => {
        // An order that throws is a bug; a fresh conversation lets the controller say its orders again.
        this.#options.onState?.(
          "fault",
          error instanceof Error ? (error.stack ?? error.message) : String(error),
        );
        this.#link = undefined;
        this.#socket?.terminate();
      },
    });
  }

  #onBeat(): void {
    if (++this.#silentBeats > SILENT_HEARTBEATS) {
      this.#socket?.terminate();
      return;
    }
    this.#link?.heartbeat();
    // A controller that has nothing to say still answers a ping, so silence means a dead connection.
    this.#socket?.ping();
  }

  #fault(socket: WebSocket, detail: string): void {
    this.#options.onState?.("fault", detail);
    socket.terminate();
  }

  #onClosed(socket: WebSocket, problem: string): void {
    if (this.#socket !== socket) return;
    this.#socket = undefined;
    clearInterval(this.#beat);
    this.#link?.detach();
    const was = this.#connected;
    this.#connected = false;
    // One that is cut again and again is no reason to come back at once.
    if (was && performance.now() - this.#welcomedMs >= SETTLED_MS) this.#attempts = 0;
    if (was || problem !== "") this.#options.onState?.("lost", problem);
    this.#retryLater();
  }

  #retryLater(): void {
    if (this.#closed) return;
    const random = this.#options.random ?? Math.random;
    // Well within the time after which the controller takes a silent node for lost.
    const longest = Math.min(this.#options.maxBackoffMs ?? 3_000, this.#heartbeatMs);
    const waitMs = Math.min(
      longest,
      (this.#options.firstBackoffMs ?? 50) * 2 ** Math.min(this.#attempts++, 16),
    );
    this.#retry = setTimeout(() => this.open(), waitMs * (0.5 + random() / 2));
  }
}

const socketUrl = (controllerUrl: string): string => {
  const url = new URL(AGENT_PATH, controllerUrl);
  url.protocol = url.protocol === "https:" || url.protocol === "wss:" ? "wss:" : "ws:";
  return url.href;
};
