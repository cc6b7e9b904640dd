/**
 * The connection of one node's part of a step to its srun: calls, shows its half of the key, checks srun's half, and
 * passes frames both ways. Full when srun reads slower than tasks write; the owner then reads no more from them.
 */
import { connect, type Socket } from "node:net";
import {
  frameJson,
  jsonFrame,
  keyHalves,
  STEP_FRAME,
  type StepFrame,
  StepFrameReader,
  type StepLaunch,
  stepFrame,
} from "./step-frames.ts";

export interface SrunLinkOptions {
  readonly srun: { readonly host: string; readonly port: number; readonly key: string };
  readonly nodeRank: number;
  readonly onLaunch: (launch: StepLaunch) => void;
  readonly onFrame: (frame: StepFrame) => void;
  /** Room for output again. */
  readonly onDrain: () => void;
  /** srun could not be reached, did not know the key, or is gone. Called once. */
  readonly onLost: (why: string) => void;
}

/** Bytes on their way to srun above which tasks are not read any more. */
const FULL_BYTES = 1024 * 1024;
const CONNECT_TIMEOUT_MS = 10_000;
/** srun answers a hello at once; it may be waiting for its own answer of the controller. */
const LAUNCH_TIMEOUT_MS = 60_000;

export class SrunLink {
  readonly #options: SrunLinkOptions;
  readonly #socket: Socket;
  readonly #reader = new StepFrameReader();
  #timer: NodeJS.Timeout | undefined;
  #launched = false;
  #over = false;

  constructor(options: SrunLinkOptions) {
    this.#options = options;
    const { srun, nodeRank } = options;
    const [own] = keyHalves(srun.key);
    this.#socket = connect({ host: srun.host, port: srun.port, noDelay: true });
    this.#timer = setTimeout(() => this.#lost("srun did not answer in time"), CONNECT_TIMEOUT_MS);
    this.#socket.on("connect", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#lost("srun sent no launch in time"), LAUNCH_TIMEOUT_MS);
      this.#socket.setKeepAlive(true, 30_000);
      this.#socket.write(jsonFrame(STEP_FRAME.HELLO, nodeRank, { key: own, nodeRank }));
    });
    this.#socket.on("data", (bytes) => this.#take(bytes));
    this.#socket.on("drain", () => options.onDrain());
    this.#socket.on("error", (error) => this.#lost(`no connection to srun: ${error.message}`));
    this.#socket.on("close", () => this.#lost("srun is gone"));
  }

  get isFull(): boolean {
    return this.#socket.writableLength > FULL_BYTES;
  }

  send(kind: number, number: number, bytes?: Buffer): void {
    if (!this.#over) this.#socket.write(stepFrame(kind, number, bytes));
  }

  sendJson(kind: number, number: number, value: unknown): void {
    if (!this.#over) this.#socket.write(jsonFrame(kind, number, value));
  }

  /** Everything is said; what is on its way is still sent. */
  end(): void {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#socket.end();
    // srun closes its end when it has read all; one that hangs must not keep the socket.
    setTimeout(() => this.#socket.destroy(), CONNECT_TIMEOUT_MS).unref();
  }

  #take(bytes: Buffer): void {
    const frames = this.#reader.push(bytes);
    if (typeof frames === "string") {
      this.#lost(`srun sent ${frames}`);
      return;
    }
    for (const frame of frames) {
      if (this.#over) return;
      if (this.#launched) this.#options.onFrame(frame);
      else this.#begin(frame);
    }
  }

  #begin(frame: StepFrame): void {
    const launch = frame.kind === STEP_FRAME.LAUNCH ? frameJson<StepLaunch>(frame) : undefined;
    if (launch?.key !== keyHalves(this.#options.srun.key)[1]) {
      this.#lost("whoever answers there is not this step's srun");
      return;
    }
    clearTimeout(this.#timer);
    this.#launched = true;
    this.#options.onLaunch(launch);
  }

  #lost(why: string): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    this.#socket.destroy();
    this.#options.onLost(why);
  }
}
