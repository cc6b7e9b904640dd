/** Who may ask, and who is taken to ask. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAccess, isLoopback } from "../../core/api/access.ts";
import { type StartedApi, startedApi, TOKEN } from "./started-api.ts";

let started: StartedApi;
beforeAll(async () => {
  started = await startedApi();
});
afterAll(() => started.api.close());

const WRONG = [
  "",
  "Bearer",
  "Bearer ",
  `Bearer ${TOKEN}x`,
  `Bearer ${TOKEN.slice(1)}`,
  `bearer ${TOKEN}`,
  `Basic ${TOKEN}`,
  TOKEN,
  `Bearer ${"x".repeat(TOKEN.length)}`,
];

describe("the token", () => {
  it.each(WRONG)(
    "is asked for: `%s` is refused and nothing reaches the controller",
    async (authorization) => {
      const before = started.port.calls.length;
      for (const [method, path] of [
        ["GET", "/v1/jobs"],
        ["POST", "/v1/jobs/12/cancel"],
        ["GET", "/v1/events"],
        ["GET", "/metrics"],
        ["GET", "/no/such/route"],
      ] as const) {
        const answer = await started.ask(path, { method, headers: { authorization } });
        expect(answer.status).toBe(401);
        expect(answer.json).toMatchObject({ code: "UNAUTHORIZED" });
      }
      expect(started.port.calls.length).toBe(before);
    },
  );

  it("is not asked for by /healthz and /openapi.json on this machine, and is from elsewhere", async () => {
    for (const url of ["/healthz", "/openapi.json"]) {
      expect((await started.ask(url, { headers: { authorization: "" } })).status).toBe(200);
      const elsewhere = await started.api.inject({ url, remoteAddress: "192.0.2.7" });
      expect(elsewhere.statusCode).toBe(401);
      const authorization = `Bearer ${TOKEN}`;
      const known = await started.api.inject({ url, remoteAddress: "192.0.2.7", headers: { authorization } });
      expect(known.statusCode).toBe(200);
    }
  });

  it("cannot be empty", () => {
    expect(() => createAccess("")).toThrow();
  });

  it("knows this machine's addresses", () => {
    for (const address of ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"])
      expect(isLoopback(address)).toBe(true);
    for (const address of [undefined, "10.0.0.1", "::2", "::ffff:10.0.0.1", "1270.0.0.1"])
      expect(isLoopback(address)).toBe(false);
  });
});

describe("the caller", () => {
  const callerOf = async (headers: Record<string, string>) => {
    await started.ask("/v1/jobs/12/hold", { method: "POST", headers });
    return started.port.calls.at(-1)?.args[1];
  };
  const own = process.getuid?.() ?? 0;

  it("is the user of the headers, an operator for uid 0 and for the controller's own", async () => {
    expect(await callerOf({ "x-rota-user": "ada", "x-rota-uid": "54321" })).toEqual({
      user: "ada",
      uid: 54_321,
      operator: false,
    });
    expect(await callerOf({ "x-rota-user": "root", "x-rota-uid": "0" })).toMatchObject({
      uid: 0,
      operator: true,
    });
    expect(await callerOf({ "x-rota-user": "me", "x-rota-uid": String(own) })).toMatchObject({
      operator: true,
    });
  });

  it("is the controller's own user where nobody is named", async () => {
    expect(await callerOf({})).toMatchObject({ uid: own, operator: true });
  });

  it.each([
    [{ "x-rota-user": "ada" }, "x-rota-uid"],
    [{ "x-rota-uid": "7" }, "x-rota-user"],
    [{ "x-rota-user": "ada", "x-rota-uid": "-1" }, "x-rota-uid"],
    [{ "x-rota-user": "ada", "x-rota-uid": "7x" }, "x-rota-uid"],
    [{ "x-rota-user": "ada", "x-rota-uid": "99999999999" }, "x-rota-uid"],
    [{ "x-rota-user": "a da", "x-rota-uid": "7" }, "x-rota-user"],
  ])("is refused by halves and nonsense: %j", async (headers, field) => {
    const answer = await started.ask("/v1/jobs/12/hold", {
      method: "POST",
      headers: headers as Record<string, string>,
    });
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({
      code: "BAD_REQUEST",
      message: expect.stringContaining(`header/${field}`),
    });
  });
});
