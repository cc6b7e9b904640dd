/**
 * srun's end of a step: listens for its nodes, tells each its tasks, and hands on what they say. A connection that does not
 * know the step's key is closed; one that comes before the controller's answer waits for it.
 */
import { timingSafeEqual } from "node:crypto";
import { createServer, type Server, type Socket } from "node:net";
import {
  frameJson,
  jsonFrame,
  keyHalves,
  STEP_FRAME,
  type StepFrame,
  StepFrameReader,
  type StepLaunch,
  stepFrame,
  type TaskEnds,
} from "../../../agents/protocol/step-frames.ts";

export interface SessionEvents {
  readonly onStarted: (node: number, pids: readonly number[]) => void;
  readonly onOutput: (stream: "stdout" | "stderr", rank: number, bytes: Buffer) => void;
  readonly onExited: (node: number, ends: TaskEnds) => void;
  readonly onFailed: (node: number, text: string, code: number) => void;
  readonly onEnding: () => void;
  readonly onTaken: (node: number, bytes: number) => void;
  readonly onFence: (node: number, frame: StepFrame) => void;
  readonly onAbort: (rank: number, code: number, text: string) => void;
  /** The node has nothing more to say; `whole` unless its connection broke. */
  readonly onDone: (node: number, whole: boolean) => void;
}

/** Connections that have not shown the key. */
const MAX_STRANGERS = 64;
const HELLO_TIMEOUT_MS = 10_000;
const MAX_HELLO_BYTES = 4096;
/** A number of bytes that were taken. */
const TAKEN_BYTES = 4;

export class StepSession {
  readonly #key: string;
  readonly #events: SessionEvents;
  readonly #server: Server;
  readonly #nodes = new Map<number, Socket>();
  readonly #early: { readonly node: number; readonly socket: Socket }[] = [];
  readonly #done = new Set<number>();
  #strangers = 0;
  #launch: Buffer | undefined;
  #count = 0;
  #closed = false;

  constructor(key: string, events: SessionEvents) {
    this.#key = key;
    this.#events = events;
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
  }

  /** Listens on a free port of all addresses; resolves with it. */
  listen(): Promise<number> {
    return new Promise((done, fail) => {
      this.#server.once("error", fail);
      this.#server.listen({ port: 0, exclusive: true, backlog: 1024 }, () => {
        const address = this.#server.address();
        done(typeof address === "object" && address !== null ? address.port : 0);
      });
    });
  }

  /** Tells so many nodes their tasks, those that have called and those that will. */
  begin(launch: Omit<StepLaunch, "key">, nodes: number): void {
    this.#launch = jsonFrame(STEP_FRAME.LAUNCH, 0, { ...launch, key: keyHalves(this.#key)[1] });
    this.#count = nodes;
    for (const { node, socket } of this.#early.splice(0)) this.#greet(node, socket);
  }

  /** Nodes that have not called. */
  missing(): number[] {
    return Array.from({ length: this.#count }, (_, node) => node).filter(
      (node) => !this.#nodes.has(node) && !this.#done.has(node),
    );
  }

  send(node: number, kind: number, number: number, bytes?: Buffer): void {
    this.#nodes.get(node)?.write(stepFrame(kind, number, bytes));
  }

  sendAll(kind: number, number: number, bytes?: Buffer): void {
    for (const node of this.#nodes.keys()) this.send(node, kind, number, bytes);
  }

  close(): void {
    this.#closed = true;
    this.#server.close();
    for (const { socket } of this.#early) socket.destroy();
    for (const socket of this.#nodes.values()) socket.destroy();
  }

  #accept(socket: Socket): void {
    socket.on("error", () => undefined);
    if (this.#strangers >= MAX_STRANGERS) {
      socket.destroy();
      return;
    }
    this.#strangers++;
    let isStranger = true;
    const known = (): void => {
      if (isStranger) this.#strangers--;
      isStranger = false;
      clearTimeout(hurry);
    };
    const hurry = setTimeout(() => socket.destroy(), HELLO_TIMEOUT_MS);
    socket.once("close", known);
    const reader = new StepFrameReader(MAX_HELLO_BYTES);
    const onData = (bytes: Buffer): void => {
      const frames = reader.push(bytes);
      const [first] = typeof frames === "string" ? [] : frames;
      if (typeof frames !== "string" && first === undefined) return;
      const node = first === undefined ? undefined : this.#nodeOf(first);
      if (node === undefined) {
        socket.destroy();
        return;
      }
      socket.off("data", onData);
      known();
      if (this.#launch === undefined) this.#early.push({ node, socket });
      else this.#greet(node, socket);
    };
    socket.on("data", onData);
  }

  #nodeOf(frame: StepFrame): number | undefined {
    if (frame.kind !== STEP_FRAME.HELLO) return undefined;
    const said = frameJson<{ key?: unknown; nodeRank?: unknown }>(frame);
    const [right] = keyHalves(this.#key);
    if (typeof said?.key !== "string" || typeof said.nodeRank !== "number") return undefined;
    const given = Buffer.from(said.key);
    const wanted = Buffer.from(right);
    return given.length === wanted.length && timingSafeEqual(given, wanted) ? said.nodeRank : undefined;
  }

  #greet(node: number, socket: Socket): void {
    if (this.#closed || node < 0 || node >= this.#count || this.#nodes.has(node) || this.#done.has(node)) {
      socket.destroy();
      return;
    }
    this.#nodes.set(node, socket);
    const reader = new StepFrameReader();
    socket.on("data", (bytes: Buffer) => {
      const frames = reader.push(bytes);
      if (typeof frames === "string") {
        socket.destroy();
        return;
      }
      for (const frame of frames) this.#take(node, frame);
    });
    socket.once("close", () => this.#over(node, false));
    socket.write(this.#launch!);
  }

  #take(node: number, frame: StepFrame): void {
    const events = this.#events;
    switch (frame.kind) {
      case STEP_FRAME.STDOUT:
        events.onOutput("stdout", frame.number, frame.bytes);
        break;
      case STEP_FRAME.STDERR:
        events.onOutput("stderr", frame.number, frame.bytes);
        break;
      case STEP_FRAME.STARTED:
        events.onStarted(node, frameJson<{ pids: number[] }>(frame)?.pids ?? []);
        break;
      case STEP_FRAME.EXITED: {
        const ends = frameJson<TaskEnds>(frame);
        if (ends !== undefined) events.onExited(node, ends);
        break;
      }
      case STEP_FRAME.FAILED: {
        const said = frameJson<{ text: string; code: number }>(frame);
        events.onFailed(node, said?.text ?? "", said?.code ?? 1);
        break;
      }
      case STEP_FRAME.ENDING:
        events.onEnding();
        break;
      case STEP_FRAME.STDIN:
        events.onTaken(node, frame.bytes.length === TAKEN_BYTES ? frame.bytes.readUInt32BE(0) : 0);
        break;
      case STEP_FRAME.PMI_FENCE:
        events.onFence(node, frame);
        break;
      case STEP_FRAME.PMI_ABORT: {
        const said = frameJson<{ code: number; text: string }>(frame);
        events.onAbort(frame.number, said?.code ?? 1, said?.text ?? "");
        break;
      }
      case STEP_FRAME.DONE:
        this.#over(node, true);
        break;
    }
  }

  #over(node: number, whole: boolean): void {
    if (this.#done.has(node) || this.#closed) return;
    this.#done.add(node);
    const socket = this.#nodes.get(node);
    this.#nodes.delete(node);
    socket?.end();
    this.#events.onDone(node, whole);
  }
}
