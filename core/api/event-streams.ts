/**
 * The event stream: server-sent events to a bounded number of clients, each with a bounded queue. A client that does
 * not keep up is cut off with a last event that says where it was, from where it can go on by `last-event-id`. Events
 * of one turn of the loop go out in one write. It never holds up who makes the events.
 */
import type { ServerResponse } from "node:http";
import type { ApiLimits } from "./limits.ts";
import type { ControllerPort, StreamEvent } from "./port.ts";

export interface EventStreams {
  /** Takes over the response, or gives false where too many clients are there already. */
  open(response: ServerResponse, afterSeq: number): boolean;
  count(): number;
  /** Ends every stream with `stream.closing`. */
  close(): void;
}

export const createEventStreams = (port: ControllerPort, limits: ApiLimits): EventStreams => {
  const clients = new Set<Client>();
  const heart = setInterval(() => {
    for (const client of clients) client.beat();
  }, limits.heartbeatMs);
  heart.unref();
  return {
    open: (response, afterSeq) => {
      if (clients.size >= limits.streamClients) return false;
      const client = new Client(response, afterSeq, limits);
      clients.add(client);
      response.on("close", () => {
        clients.delete(client);
        client.stop();
      });
      client.begin(port);
      return true;
    },
    count: () => clients.size,
    close: () => {
      clearInterval(heart);
      for (const client of clients)
        client.end("stream.closing", "The controller is stopping; connect again later.");
    },
  };
};

class Client {
  readonly #response: ServerResponse;
  readonly #limits: ApiLimits;
  #lastSeq: number;
  #waiting = "";
  #scheduled = false;
  #ended = false;
  #stalledBeats = 0;
  #unsubscribe: (() => void) | undefined;

  constructor(response: ServerResponse, afterSeq: number, limits: ApiLimits) {
    this.#response = response;
    this.#limits = limits;
    this.#lastSeq = afterSeq;
  }

  begin(port: ControllerPort): void {
    // A client that goes away in the middle of a write is no fault; `close` follows.
    this.#response.on("error", () => {});
    this.#response.writeHead(200, {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
      "x-accel-buffering": "no",
    });
    this.#response.write("retry: 1000\n\n");
    const unsubscribe = port.subscribe(this.#lastSeq, (event) => this.#push(event));
    // The port may call back before it returns, and the client may be cut off by then.
    if (this.#ended) unsubscribe();
    else this.#unsubscribe = unsubscribe;
  }

  beat(): void {
    if (this.#ended) return;
    if (this.#response.writableLength === 0) {
      this.#stalledBeats = 0;
      this.#response.write(": heartbeat\n\n");
    } else if (++this.#stalledBeats >= this.#limits.stalledBeats) this.#cut();
  }

  stop(): void {
    this.#ended = true;
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    this.#waiting = "";
  }

  end(type: string, message: string): void {
    if (this.#ended) return;
    this.#flush();
    this.stop();
    const data = JSON.stringify({ message, lastSeq: this.#lastSeq });
    this.#response.end(`event: ${type}\ndata: ${data}\n\n`);
    const grace = setTimeout(() => this.#response.destroy(), this.#limits.cutGraceMs);
    grace.unref();
    this.#response.on("close", () => clearTimeout(grace));
  }

  #push(event: StreamEvent): void {
    if (this.#ended) return;
    const frame = `id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
    if (this.#waiting.length + this.#response.writableLength + frame.length > this.#limits.streamQueueChars) {
      this.#cut();
      return;
    }
    this.#waiting += frame;
    this.#lastSeq = event.seq;
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#flush());
  }

  #cut(): void {
    this.end("stream.cut", "Read too slowly; connect again with last-event-id to go on from lastSeq.");
  }

  #flush(): void {
    this.#scheduled = false;
    if (this.#ended || this.#waiting === "") return;
    this.#response.write(this.#waiting);
    this.#waiting = "";
  }
}
