/** A small HTTP server that answers as the controller's API says, keeps what it was asked, and runs `rota` against it. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { runRotaWith } from "../../../core/cli/rota/index.ts";
import { PLAIN_TERMINAL } from "../../../core/cli/rota/terminal.ts";
import { NOW_S } from "./views.ts";

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
}

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface StandIn {
  readonly asked: Asked[];
  rota(
    args: readonly string[],
    more?: { readonly stdin?: string; readonly env?: Record<string, string>; readonly cwd?: string },
  ): Promise<Ran>;
  close(): Promise<void>;
}

export async function startStandIn(answer: (asked: Asked) => Answer): Promise<StandIn> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.setEncoding("utf8").on("data", (chunk) => {
      text += chunk;
    });
    request.on("end", () => {
      const question = {
        method: request.method!,
        path: request.url!,
        body: text === "" ? undefined : JSON.parse(text),
      };
      asked.push(question);
      const { status, body } = answer(question);
      response.writeHead(status, { "content-type": "application/json" });
      response.end(body === undefined ? "" : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    asked,
    rota: (args, more = {}) => runWith({ ROTA_URL: url, ROTA_TOKEN: "secret", ...more.env }, args, more),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** Runs `rota` with this environment alone. */
export async function runWith(
  env: Readonly<Record<string, string>>,
  args: readonly string[],
  { stdin = "", cwd = "/" }: { readonly stdin?: string; readonly cwd?: string } = {},
): Promise<Ran> {
  const ran = { out: "", err: "" };
  const code = await runRotaWith(
    {
      command: "rota",
      args,
      env,
      cwd,
      out: (text) => {
        ran.out += text;
      },
      err: (text) => {
        ran.err += text;
      },
      readAll: () => Buffer.from(stdin),
      readLine: () => undefined,
      nowS: () => NOW_S,
      sleep: () => Promise.resolve(),
    },
    { terminal: PLAIN_TERMINAL, errorTerminal: PLAIN_TERMINAL },
  );
  return { code, ...ran };
}
