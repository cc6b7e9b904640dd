/** Starts the API on a free port with a port of plain values, and asks it over a real socket. */
import { type ApiOptions, type RunningApi, startApi } from "../../core/api/start-api.ts";
import { createFakePort, type FakePort } from "./fake-port.ts";

export const TOKEN = "a-token-of-the-tests";

export interface StartedApi {
  readonly api: RunningApi;
  readonly port: FakePort;
  /** With the token, unless `headers` say otherwise; `body` is sent as JSON, text as it is. */
  ask(path: string, init?: Ask): Promise<Answer>;
}

export interface Ask {
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
  /** The parsed body of a JSON answer. */
  readonly json: unknown;
}

export const startedApi = async (options: Partial<ApiOptions> = {}): Promise<StartedApi> => {
  const port = createFakePort();
  const api = await startApi({
    port,
    host: "127.0.0.1",
    portNumber: 0,
    token: TOKEN,
    version: "0.1.0",
    ...options,
  });
  return { api, port, ask: (path, init = {}) => ask(api.url + path, init) };
};

const ask = async (url: string, { method, body, headers }: Ask): Promise<Answer> => {
  const payload = body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) };
  const response = await fetch(url, {
    method: method ?? (body === undefined ? "GET" : "POST"),
    ...payload,
    headers: {
      authorization: `Bearer ${TOKEN}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
  });
  const text = await response.text();
  const type = response.headers.get("content-type") ?? "";
  return {
    status: response.status,
    type,
    text,
    json: type.startsWith("application/json") ? JSON.parse(text) : undefined,
  };
};
