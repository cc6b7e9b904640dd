/** Every failure has one form, the status of the table of errors, and lets nothing out that is not meant to. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ERRORS, type ErrorCode, RotaError } from "../../core/model/errors.ts";
import { refuse } from "../../core/model/refusal.ts";
import { spec } from "./job-values.ts";
import { type StartedApi, startedApi } from "./started-api.ts";

let started: StartedApi;
let logged: string[];

beforeAll(async () => {
  started = await startedApi({ logger: { error: (_fields, message) => logged.push(message) } });
});
beforeEach(() => {
  logged = [];
  started.port.override = {};
});
afterAll(() => started.api.close());

const CODES = Object.keys(ERRORS) as ErrorCode[];

describe("a refusal of the controller", () => {
  it.each(CODES)(
    "%s is answered with its status, message and numbers, on every kind of route",
    async (code) => {
      const no = async () => refuse(code, `no: ${code}`, { need: 4, node: "n1" });
      started.port.override = {
        submit: no,
        testOnly: no,
        job: no,
        script: no,
        waitForEnd: no,
        update: no,
        cancel: no,
        hold: no,
        release: no,
        requeue: no,
        explain: no,
        updateNode: no,
      };
      const asked = [
        started.ask("/v1/jobs", { body: spec() }),
        started.ask("/v1/jobs/test", { body: spec() }),
        started.ask("/v1/jobs/12"),
        started.ask("/v1/jobs/12/script"),
        started.ask("/v1/jobs/12/end"),
        started.ask("/v1/jobs/12/explain"),
        started.ask("/v1/jobs/12", { method: "PATCH", body: { nice: 1 } }),
        ...["cancel", "hold", "release", "requeue"].map((verb) =>
          started.ask(`/v1/jobs/12/${verb}`, { method: "POST" }),
        ),
        started.ask("/v1/nodes/n1", { method: "PATCH", body: { state: "DRAIN" } }),
      ];
      for (const answer of await Promise.all(asked)) {
        expect(answer.status).toBe(ERRORS[code].status);
        expect(answer.json).toEqual({ code, message: `no: ${code}`, details: { need: 4, node: "n1" } });
      }
      expect(logged).toEqual([]);
    },
  );

  it("without numbers is answered without details", async () => {
    started.port.override = { hold: async () => refuse("ACCESS_DENIED", "not yours") };
    const answer = await started.ask("/v1/jobs/12/hold", { method: "POST" });
    expect(answer.json).toEqual({ code: "ACCESS_DENIED", message: "not yours" });
  });
});

describe("a fault that is thrown", () => {
  it.each(CODES)("with the code %s has the code's status, and is logged where it is ours", async (code) => {
    started.port.override = {
      nodes: async () => {
        throw new RotaError(code, "it broke", { seq: 7 });
      },
    };
    const answer = await started.ask("/v1/nodes");
    expect(answer.status).toBe(ERRORS[code].status);
    expect(answer.json).toEqual({ code, message: "it broke", details: { seq: 7 } });
    expect(logged).toHaveLength(ERRORS[code].status >= 500 ? 1 : 0);
  });

  it.each([
    new TypeError("secret is undefined"),
    Object.assign(new Error("secret"), { code: "ENOSPC" }),
    "secret",
  ])("of any other kind is INTERNAL, logged, and not told: %s", async (fault) => {
    started.port.override = {
      stats: async () => {
        throw fault;
      },
    };
    for (const path of ["/v1/stats", "/metrics", "/v1/events"]) {
      const answer = await started.ask(path);
      expect(answer.status).toBe(500);
      expect(answer.json).toMatchObject({ code: "INTERNAL" });
      expect(answer.text).not.toContain("secret");
    }
    expect(logged).toHaveLength(3);
  });
});

describe("what is not there", () => {
  it.each([
    ["GET", "/"],
    ["GET", "/v2/jobs"],
    ["DELETE", "/v1/jobs/12"],
    ["PUT", "/v1/jobs"],
    ["POST", "/v1/nodes"],
    ["GET", "/v1/jobs/12/nothing"],
  ])("is NOT_FOUND: %s %s", async (method, path) => {
    const answer = await started.ask(path, { method });
    expect(answer.status).toBe(404);
    expect(answer.json).toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringContaining(`${method} ${path}`),
    });
  });

  it("is UNKNOWN_NODE for a node", async () => {
    const answer = await started.ask("/v1/nodes/n2");
    expect(answer.status).toBe(404);
    expect(answer.json).toMatchObject({ code: "UNKNOWN_NODE", details: { node: "n2" } });
  });
});
