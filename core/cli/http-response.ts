/**
 * Reads one HTTP/1.1 response from bytes as they come: a body of known length, in chunks, or to the end of the
 * connection. Pure of I/O; the socket is http-client.ts's. Never keeps more than the bounds below.
 */

export const MAX_RESPONSE_HEADER_BYTES = 64 * 1024;
export const MAX_RESPONSE_BODY_BYTES = 64 * 1024 * 1024;

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/** What is wrong with a response. */
export interface BadResponse {
  readonly bad: string;
}

type Stage = "head" | "length" | "chunk-size" | "chunk" | "chunk-end" | "trailer" | "to-end" | "done";

export class HttpResponseReader {
  private stage: Stage = "head";
  private pending: Buffer = Buffer.alloc(0);
  private readonly pieces: Buffer[] = [];
  private bodyBytes = 0;
  /** Bytes still to come of the body or of the chunk. */
  private left = 0;
  private status = 0;

  /** Takes bytes; answers the response once it is whole, and what is wrong once something is. */
  push(bytes: Buffer): HttpAnswer | BadResponse | undefined {
    this.pending = this.pending.length === 0 ? bytes : Buffer.concat([this.pending, bytes]);
    for (;;) {
      const before = this.stage;
      const pendingBefore = this.pending.length;
      const bad = this.step();
      if (bad !== undefined) return { bad };
      if (this.stage === "done") return this.answer();
      if (this.pending.length === 0) return undefined;
      if (this.stage === before && this.pending.length === pendingBefore) return undefined;
    }
  }

  /** The connection has ended. */
  end(): HttpAnswer | BadResponse {
    if (this.stage === "to-end" || this.stage === "done") return this.answer();
    return { bad: "the connection ended before the answer was whole" };
  }

  private answer(): HttpAnswer {
    this.stage = "done";
    return { status: this.status, body: Buffer.concat(this.pieces).toString("utf8") };
  }

  private step(): string | undefined {
    switch (this.stage) {
      case "head":
        return this.readHead();
      case "length":
      case "chunk":
        return this.readCounted();
      case "chunk-size":
        return this.readChunkSize();
      case "chunk-end":
        return this.readLineEnd();
      case "trailer":
        return this.readTrailer();
      case "to-end":
        return this.keep(this.pending.length);
      case "done":
        return undefined;
    }
  }

  private readHead(): string | undefined {
    const end = this.pending.indexOf("\r\n\r\n");
    if (end < 0)
      return this.pending.length > MAX_RESPONSE_HEADER_BYTES ? "the header is too long" : undefined;
    const lines = this.pending.toString("latin1", 0, end).split("\r\n");
    this.pending = this.pending.subarray(end + 4);
    const match = /^HTTP\/1\.[01] (\d{3})/.exec(lines[0] ?? "");
    if (match === null) return "this is not HTTP";
    this.status = Number(match[1]);
    // An interim response (100 Continue) is followed by the real one.
    if (this.status < 200) return undefined;
    return this.beginBody(lines.slice(1));
  }

  private beginBody(headers: readonly string[]): string | undefined {
    let length: string | undefined;
    let chunked = false;
    for (const header of headers) {
      const colon = header.indexOf(":");
      const name = header.slice(0, colon).toLowerCase();
      const value = header.slice(colon + 1).trim();
      if (name === "content-length") length = value;
      else if (name === "transfer-encoding") chunked = value.toLowerCase().endsWith("chunked");
    }
    if (this.status === 204 || this.status === 304) this.stage = "done";
    else if (chunked) this.stage = "chunk-size";
    else if (length === undefined) this.stage = "to-end";
    else {
      this.left = /^\d{1,15}$/.test(length) ? Number(length) : Number.NaN;
      if (Number.isNaN(this.left)) return "the length is not a number";
      if (this.left > MAX_RESPONSE_BODY_BYTES) return tooLong;
      this.stage = this.left === 0 ? "done" : "length";
    }
    return undefined;
  }

  private readCounted(): string | undefined {
    const taken = Math.min(this.left, this.pending.length);
    this.left -= taken;
    const bad = this.keep(taken);
    if (this.left === 0) this.stage = this.stage === "chunk" ? "chunk-end" : "done";
    return bad;
  }

  private readChunkSize(): string | undefined {
    const end = this.pending.indexOf("\r\n");
    if (end < 0) return this.pending.length > MAX_RESPONSE_HEADER_BYTES ? "a chunk has no size" : undefined;
    const match = /^([0-9a-fA-F]{1,8})(?:;.*)?$/.exec(this.pending.toString("latin1", 0, end).trim());
    if (match === null) return "a chunk has no size";
    this.pending = this.pending.subarray(end + 2);
    this.left = Number.parseInt(match[1]!, 16);
    if (this.bodyBytes + this.left > MAX_RESPONSE_BODY_BYTES) return tooLong;
    this.stage = this.left === 0 ? "trailer" : "chunk";
    return undefined;
  }

  private readLineEnd(): string | undefined {
    if (this.pending.length < 2) return undefined;
    if (this.pending[0] !== 13 || this.pending[1] !== 10) return "a chunk is longer than it said";
    this.pending = this.pending.subarray(2);
    this.stage = "chunk-size";
    return undefined;
  }

  private readTrailer(): string | undefined {
    const end = this.pending.indexOf("\r\n");
    if (end < 0)
      return this.pending.length > MAX_RESPONSE_HEADER_BYTES ? "the trailer is too long" : undefined;
    this.pending = this.pending.subarray(end + 2);
    if (end === 0) this.stage = "done";
    return undefined;
  }

  private keep(count: number): string | undefined {
    this.bodyBytes += count;
    if (this.bodyBytes > MAX_RESPONSE_BODY_BYTES) return tooLong;
    if (count > 0) this.pieces.push(this.pending.subarray(0, count));
    this.pending = this.pending.subarray(count);
    return undefined;
  }
}

const tooLong = `the answer is above ${MAX_RESPONSE_BODY_BYTES} bytes`;
