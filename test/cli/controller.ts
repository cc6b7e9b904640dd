/**
 * A small real HTTP server that answers as the controller's REST contract says, and a way to run a command against it
 * and read what it wrote.
 */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { type Command, type Invocation, processInvocation } from "../../core/cli/invocation.ts";
import type { JobView, NodeView, PartitionView } from "../../core/model/views.ts";
import { at, CLUSTER, IDLE_NODES, PARTITIONS, QUEUE } from "./views.ts";

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly headers: IncomingMessage["headers"];
}

export interface Answer {
  readonly status: number;
  /** An object is sent as JSON, a text as it is. */
  readonly body?: unknown;
}

export interface TestController {
  readonly url: string;
  readonly asked: readonly Asked[];
  close(): Promise<void>;
}

/** `answer` goes before the standing answers; undefined leaves a request to them. */
export const startController = async (
  answer: (asked: Asked) => Answer | undefined = () => undefined,
): Promise<TestController> => {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      const url = new URL(request.url ?? "/", "http://test");
      const text = Buffer.concat(pieces).toString();
      const one: Asked = {
        method: request.method ?? "",
        path: decodeURIComponent(url.pathname),
        query: Object.fromEntries(url.searchParams),
        body: text === "" ? undefined : JSON.parse(text),
        headers: request.headers,
      };
      asked.push(one);
      const { status, body } = answer(one) ?? standing(one);
      response.statusCode = status;
      if (typeof body === "string") response.end(body);
      else response.end(body === undefined ? undefined : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
};

export const refusal = (status: number, code: string, details?: unknown): Answer => ({
  status,
  body: { code, message: `test: ${code}`, ...(details === undefined ? {} : { details }) },
});

const standing = ({ method, path }: Asked): Answer => {
  const nodes: readonly NodeView[] = IDLE_NODES;
  const partitions: readonly PartitionView[] = PARTITIONS;
  if (method === "GET" && path === "/v1/jobs") return { status: 200, body: { jobs: QUEUE } };
  if (method === "GET" && path === "/v1/nodes") return { status: 200, body: { nodes } };
  if (method === "GET" && path === "/v1/partitions") return { status: 200, body: { partitions } };
  if (method === "GET" && path === "/v1/cluster") return { status: 200, body: CLUSTER };
  if (method === "POST" && path === "/v1/jobs") return { status: 201, body: { jobId: 1, tasks: 1 } };
  const ref = /^\/v1\/jobs\/(\d+)(_\S+?)?(\/\w+)?$/.exec(path);
  if (ref === null) return refusal(404, "NOT_FOUND");
  const id = Number(ref[1]);
  const found = QUEUE.filter((job: JobView) => job.jobId === id || job.arrayJobId === id);
  if (found.length === 0) return refusal(404, "INVALID_JOB_ID");
  return method === "GET" ? { status: 200, body: { jobs: found } } : { status: 204 };
};

export interface Ran {
  readonly out: string;
  readonly err: string;
  readonly status: number;
}

/** Runs a command as a shell would; standard input is `stdin`. */
export const run = async (
  command: Command,
  name: string,
  args: readonly string[],
  over: Partial<Invocation> & { readonly stdin?: string } = {},
): Promise<Ran> => {
  let out = "";
  let err = "";
  const lines = (over.stdin ?? "").split("\n");
  const invocation: Invocation = {
    ...processInvocation(name, args),
    env: {},
    cwd: "/tmp",
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    readAll: () => Buffer.from(over.stdin ?? ""),
    readLine: () => lines.shift(),
    nowS: () => at("19:07:21"),
    sleep: () => Promise.resolve(),
    ...over,
  };
  const status = await command(invocation);
  return { out, err, status };
};

/** The environment that leads a command to the test's controller. */
export const envOf = (controller: TestController): Record<string, string> => ({
  ROTA_URL: controller.url,
  ROTA_TOKEN: "secret",
});

/** A controller for the tests of one file: `answer` says what it answers, and is forgotten before each test. */
export interface TestPlace {
  readonly controller: TestController;
  answer: (asked: Asked) => Answer | undefined;
}

/** Starts it before the file's tests and closes it after them. */
export const useController = (): TestPlace => {
  let started: TestController | undefined;
  const place: TestPlace = {
    get controller(): TestController {
      if (started === undefined) throw new Error("the tests' controller has not started");
      return started;
    },
    answer: () => undefined,
  };
  beforeAll(async () => {
    started = await startController((asked) => place.answer(asked));
  });
  beforeEach(() => {
    place.answer = () => undefined;
  });
  afterAll(() => started?.close());
  return place;
};
