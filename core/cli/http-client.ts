/**
 * One HTTP/1.1 request on one connection, for commands that start, ask and end: `node:http` takes some two
 * milliseconds longer to load than the socket under it, and shells call commands in loops. No redirects, no
 * keep-alive, no compression; answers are bounded (http-response.ts).
 */
import { connect, type Socket } from "node:net";
import { RotaError } from "../model/errors.ts";
import { type HttpAnswer, HttpResponseReader } from "./http-response.ts";

export interface HttpRequest {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Path and query, already encoded. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON text. */
  readonly body?: string;
  /** For the whole exchange, in milliseconds. */
  readonly timeoutMs?: number;
}

export const DEFAULT_TIMEOUT_MS = 60_000;

/**
 * Sends a request to `http://host:port` or `https://host:port` and resolves with its answer, whatever the status.
 * Throws a RotaError: CONTROLLER_UNREACHABLE where nothing answers in time, INTERNAL for an answer that is not HTTP.
 */
export const sendRequest = async (url: string, request: HttpRequest): Promise<HttpAnswer> => {
  const target = parseUrl(url);
  const socket = await open(target);
  return exchange(socket, target, request);
};

interface Target {
  readonly secure: boolean;
  readonly host: string;
  readonly port: number;
}

const parseUrl = (url: string): Target => {
  const match = /^(https?):\/\/(\[[0-9a-fA-F:.]+\]|[^/:?#@]+)(?::(\d{1,5}))?\/*$/.exec(url);
  if (match === null) throw unreachable(`the URL ${url} is not http://HOST:PORT`);
  const secure = match[1] === "https";
  return {
    secure,
    host: match[2]!.replace(/^\[|\]$/g, ""),
    port: match[3] === undefined ? (secure ? 443 : 80) : Number(match[3]),
  };
};

const open = async ({ secure, host, port }: Target): Promise<Socket> => {
  if (!secure) return connect(port, host);
  const tls = await import("node:tls");
  return tls.connect({ host, port, servername: host });
};

const exchange = (socket: Socket, target: Target, request: HttpRequest): Promise<HttpAnswer> =>
  new Promise((resolve, reject) => {
    const reader = new HttpResponseReader();
    const timeoutMs = request.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    const timer = setTimeout(() => fail(unreachable(`no answer within ${timeoutMs} ms`)), timeoutMs);
    const settle = (): void => {
      clearTimeout(timer);
      socket.destroy();
    };
    const fail = (error: Error): void => {
      settle();
      reject(error);
    };
    const take = (answer: ReturnType<HttpResponseReader["push"]>): void => {
      if (answer === undefined) return;
      if ("bad" in answer) {
        fail(new RotaError("INTERNAL", `bad answer: ${answer.bad}`));
        return;
      }
      settle();
      resolve(answer);
    };
    socket.setNoDelay(true);
    socket.on("error", (error) => fail(unreachable(error.message)));
    socket.on("data", (bytes: Buffer) => take(reader.push(bytes)));
    socket.on("end", () => take(reader.end()));
    socket.write(requestText(target, request));
  });

const requestText = ({ host, port }: Target, { method, path, headers, body }: HttpRequest): string => {
  const lines = [`${method} ${path} HTTP/1.1`, `host: ${host.includes(":") ? `[${host}]` : host}:${port}`];
  for (const name of Object.keys(headers)) lines.push(`${name}: ${oneLine(headers[name]!)}`);
  if (body !== undefined) {
    lines.push("content-type: application/json", `content-length: ${Buffer.byteLength(body)}`);
  }
  lines.push("connection: close", "", body ?? "");
  return lines.join("\r\n");
};

/** A header from outside cannot begin another one. */
const oneLine = (value: string): string => value.replace(/[\r\n\0]/g, " ");

const unreachable = (why: string): RotaError => new RotaError("CONTROLLER_UNREACHABLE", why);
