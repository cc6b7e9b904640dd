import { createServer as createHttp } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { sendRequest } from "../../core/cli/http-client.ts";
import { HttpResponseReader, MAX_RESPONSE_BODY_BYTES } from "../../core/cli/http-response.ts";

const open: { close(): void; closeAllConnections?(): void }[] = [];
afterEach(() => {
  for (const server of open.splice(0)) {
    server.closeAllConnections?.();
    server.close();
  }
});

const urlOf = async (server: Server): Promise<string> => {
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

/** A server that answers these bytes to everything. */
const answering = (bytes: string, thenEnd = true): Promise<string> =>
  urlOf(
    createServer((socket) => {
      socket.on("error", () => undefined);
      socket.once("data", () => {
        socket.write(bytes);
        if (thenEnd) socket.end();
      });
    }),
  );

const get = (url: string, timeoutMs = 20_000) =>
  sendRequest(url, { method: "GET", path: "/", headers: {}, timeoutMs });

describe("the HTTP client", () => {
  it("posts to a real server and reads an answer of known length and one in chunks", async () => {
    const server = createHttp((request, response) => {
      const pieces: Buffer[] = [];
      request.on("data", (piece: Buffer) => pieces.push(piece));
      request.on("end", () => {
        const body = Buffer.concat(pieces).toString();
        const answer = JSON.stringify({ said: body, token: request.headers.authorization });
        if (request.url === "/chunks") {
          response.write(answer.slice(0, 5));
          response.end(answer.slice(5));
        } else {
          response.setHeader("content-length", Buffer.byteLength(answer));
          response.end(answer);
        }
      });
    });
    const url = await urlOf(server);
    for (const path of ["/length", "/chunks"]) {
      const answer = await sendRequest(url, {
        method: "POST",
        path,
        headers: { authorization: "Bearer x\r\ninjected: y" },
        body: "grüße",
      });
      expect(answer.status).toBe(200);
      expect(JSON.parse(answer.body)).toEqual({ said: "grüße", token: "Bearer x  injected: y" });
    }
  });

  it("reads a body that lasts until the connection ends, and an answer without one", async () => {
    expect(await get(await answering("HTTP/1.1 200 OK\r\n\r\nall of it"))).toEqual({
      status: 200,
      body: "all of it",
    });
    expect(await get(await answering("HTTP/1.1 204 No Content\r\n\r\n", false))).toEqual({
      status: 204,
      body: "",
    });
  });

  it("passes over an interim answer", async () => {
    const url = await answering(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\nno",
    );
    expect(await get(url)).toEqual({ status: 404, body: "no" });
  });

  it.each([
    ["no HTTP", "SSH-2.0-OpenSSH\r\n\r\n\r\n"],
    ["a body cut short", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort"],
    ["a length that is none", "HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n"],
    ["a body above the bound", `HTTP/1.1 200 OK\r\ncontent-length: ${MAX_RESPONSE_BODY_BYTES + 1}\r\n\r\n`],
    ["a chunk above the bound", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffff\r\n"],
    ["a chunk without a size", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n"],
  ])("refuses %s", async (_what, bytes) => {
    await expect(get(await answering(bytes))).rejects.toMatchObject({ code: "INTERNAL" });
  });

  it("says that nothing answers, where nothing listens, where the URL is none and where no answer comes", async () => {
    const closed = await answering("");
    for (const server of open.splice(0)) server.close();
    await expect(get(closed)).rejects.toMatchObject({ code: "CONTROLLER_UNREACHABLE" });
    await expect(get("ftp://x")).rejects.toMatchObject({ code: "CONTROLLER_UNREACHABLE" });
    await expect(get(await answering("", false), 50)).rejects.toMatchObject({
      code: "CONTROLLER_UNREACHABLE",
    });
  });

  it("reads the same answer however its bytes are cut", () => {
    const whole = Buffer.from(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n7;x=y\r\n, world\r\n0\r\ntrailer: t\r\n\r\n",
    );
    fc.assert(
      fc.property(fc.array(fc.nat({ max: whole.length })), (cuts) => {
        const reader = new HttpResponseReader();
        const edges = [0, ...cuts.sort((a, b) => a - b), whole.length];
        let answer: unknown;
        for (let i = 1; i < edges.length; i++) {
          answer = reader.push(whole.subarray(edges[i - 1], edges[i])) ?? answer;
        }
        expect(answer).toEqual({ status: 200, body: "hello, world" });
      }),
    );
  });
});
