/**
 * One side of a numbered, acknowledged conversation that outlives its sockets. Used alike by agent and controller, one
 * Link for a pair of sessions: when the peer's session changes (its process was restarted) the owner makes a new one.
 * Bodies are handed over in order, each exactly once, and acknowledged once they have been dealt with. Knows no
 * socket, no clock and no timer: the owner passes frames in and out and says when there is a connection.
 */
import { ok, type Result, refuse } from "../../core/model/refusal.ts";
import { type DataFrame, type HeartbeatFrame, MAX_UNACKED_FRAMES } from "./frames.ts";

/**
 * How long a real connection waits for a frame that carries an acknowledgement anyhow, before it sends one by itself.
 * Only what the sender keeps depends on it.
 */
export const ACK_DELAY_MS = 15;

export interface LinkOptions<Out, In> {
  /** Hands a frame to the connection; called only between resume and detach. */
  readonly send: (frame: DataFrame<Out> | HeartbeatFrame) => void;
  /**
   * Deals with a body. Called in order without waiting for earlier ones; a body is acknowledged when its promise and
   * those of all before it have resolved. A rejection breaks the link: nothing more is acknowledged.
   */
  readonly onBody: (body: In) => void | Promise<void>;
  readonly onFailure?: (error: unknown) => void;
  /** Bodies kept until acknowledged, and bodies taken but not dealt with yet; default MAX_UNACKED_FRAMES. */
  readonly maxUnacked?: number;
  /** What heartbeats say of the host; default -1 for both. */
  readonly load?: () => { readonly cpuLoad: number; readonly freeMemMib: number };
  /** Runs a function soon, after the bodies at hand; default setImmediate. */
  readonly defer?: (flush: () => void) => void;
}

export class Link<Out, In> {
  readonly #options: LinkOptions<Out, In>;
  readonly #maxUnacked: number;
  readonly #defer: (flush: () => void) => void;
  #attached = false;
  #failed = false;
  /** Bodies from #base on, not acknowledged yet; the first #dropped entries are already gone. */
  #kept: Out[] = [];
  #dropped = 0;
  #base = 1;
  /** Last body handed to onBody, last one dealt with, last one acknowledged on the wire. */
  #taken = 0;
  #lastReceived = 0;
  #acked = 0;
  #flushDue = false;
  /** Whether each body after #lastReceived, up to #taken, has been dealt with. */
  readonly #open: boolean[] = [];

  constructor(options: LinkOptions<Out, In>) {
    this.#options = options;
    this.#maxUnacked = options.maxUnacked ?? MAX_UNACKED_FRAMES;
    this.#defer = options.defer ?? ((flush) => void setImmediate(flush));
  }

  /** Last body of the peer that has been dealt with: what a hello or welcome says. */
  get lastReceived(): number {
    return this.#lastReceived;
  }

  /** Bodies pushed and not acknowledged. */
  get unacked(): number {
    return this.#kept.length - this.#dropped;
  }

  get attached(): boolean {
    return this.#attached;
  }

  /** Numbers a body, keeps it until it is acknowledged, and sends it when connected. False when the link is full. */
  push(body: Out): boolean {
    if (this.unacked >= this.#maxUnacked) return false;
    this.#kept.push(body);
    if (this.#attached) this.#sendData(this.#base + this.unacked - 1, body);
    return true;
  }

  /** Takes a frame of the peer. A Refusal means that the peer does not follow the protocol: close the connection. */
  receive(frame: DataFrame<In> | HeartbeatFrame): Result<null> {
    if (this.#failed) return refuse("INTERNAL", "This link is broken: a body could not be dealt with.");
    const pushed = this.#base + this.unacked - 1;
    if (frame.ack > pushed) {
      return refuse("BAD_REQUEST", `Frame ${frame.ack} is acknowledged, and ${pushed} is the last one sent.`);
    }
    this.#dropUpTo(frame.ack);
    if (frame.kind === "heartbeat") return ok(null);
    if (frame.seq <= this.#taken) {
      this.#acked = Math.min(this.#acked, frame.seq - 1);
      this.#oweAck();
      return ok(null);
    }
    if (frame.seq !== this.#taken + 1) {
      return refuse("BAD_REQUEST", `Frame ${frame.seq} came, and ${this.#taken + 1} is next.`);
    }
    if (this.#open.length >= this.#maxUnacked) {
      return refuse(
        "TOO_LARGE",
        `${this.#maxUnacked} frames wait to be dealt with; the peer sends too many.`,
      );
    }
    this.#taken = frame.seq;
    this.#take(frame.seq, frame.body);
    return ok(null);
  }

  /**
   * A connection is there, and the peer has dealt with our bodies up to this number: sends the rest again. A Refusal
   * means that the peer remembers another conversation, and a new Link is needed.
   */
  resume(peerLastReceived: number): Result<null> {
    const pushed = this.#base + this.unacked - 1;
    if (peerLastReceived < this.#base - 1 || peerLastReceived > pushed) {
      return refuse(
        "BAD_REQUEST",
        `The peer has frame ${peerLastReceived}, and ${this.#base - 1} to ${pushed} fit.`,
      );
    }
    this.#dropUpTo(peerLastReceived);
    this.#attached = true;
    const first = this.#base;
    const again = this.#kept.slice(this.#dropped);
    for (let i = 0; i < again.length && this.#attached; i++) this.#sendData(first + i, again[i]!);
    this.#acked = Math.min(this.#acked, this.#lastReceived);
    if (this.#acked < this.#lastReceived) this.#oweAck();
    return ok(null);
  }

  /** The connection is gone; bodies are kept for the next one. */
  detach(): void {
    this.#attached = false;
  }

  /** Sends a heartbeat, which acknowledges as well; nothing when not connected. */
  heartbeat(): void {
    if (!this.#attached) return;
    this.#acked = this.#lastReceived;
    const load = this.#options.load?.() ?? { cpuLoad: -1, freeMemMib: -1 };
    this.#options.send({ kind: "heartbeat", ack: this.#lastReceived, ...load });
  }

  #sendData(seq: number, body: Out): void {
    this.#acked = this.#lastReceived;
    this.#options.send({ kind: "data", seq, ack: this.#lastReceived, body });
  }

  #dropUpTo(ack: number): void {
    const gone = ack - this.#base + 1;
    if (gone <= 0) return;
    this.#base += gone;
    this.#kept.fill(undefined as Out, this.#dropped, this.#dropped + gone);
    this.#dropped += gone;
    // Moving the rest down costs as much as was dropped since the last time, so it stays linear in the whole.
    if (this.#dropped * 2 >= this.#kept.length) {
      this.#kept = this.#kept.slice(this.#dropped);
      this.#dropped = 0;
    }
  }

  #take(seq: number, body: In): void {
    this.#open.push(false);
    let pending: void | Promise<void>;
    try {
      pending = this.#options.onBody(body);
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (pending === undefined) this.#done(seq);
    else pending.then(() => this.#done(seq)).catch((error: unknown) => this.#fail(error));
  }

  #done(seq: number): void {
    this.#open[seq - this.#lastReceived - 1] = true;
    let ready = 0;
    while (this.#open[ready] === true) ready++;
    if (ready === 0) return;
    this.#open.splice(0, ready);
    if (this.#failed) return;
    this.#lastReceived += ready;
    this.#oweAck();
  }

  #fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#options.onFailure?.(error);
  }

  #oweAck(): void {
    if (this.#flushDue) return;
    this.#flushDue = true;
    this.#defer(() => {
      this.#flushDue = false;
      if (this.#attached && this.#acked < this.#lastReceived) this.heartbeat();
    });
  }
}
