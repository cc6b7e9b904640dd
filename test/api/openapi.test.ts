/** The OpenAPI document and what the routes answer are the same thing. */
import SwaggerParser from "@apidevtools/swagger-parser";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ERRORS } from "../../core/model/errors.ts";
import { jobView, spec } from "./job-values.ts";
import { type Ask, type StartedApi, startedApi } from "./started-api.ts";

interface Document {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, object> };
}

interface Operation {
  readonly operationId: string;
  readonly requestBody?: { readonly required?: boolean };
  readonly responses: Record<string, { readonly content?: Record<string, { readonly schema: object }> }>;
}

/** One request for each route's success, by method and path of the document. */
const CASES: Readonly<Record<string, Ask & { readonly path: string }>> = {
  "post /v1/jobs": { path: "/v1/jobs", body: spec() },
  "get /v1/jobs": { path: "/v1/jobs?states=RUNNING" },
  "post /v1/jobs/test": { path: "/v1/jobs/test", body: spec() },
  "get /v1/jobs/{ref}": { path: "/v1/jobs/12_%5B1-3,5%252%5D" },
  "patch /v1/jobs/{ref}": { path: "/v1/jobs/12", method: "PATCH", body: { nice: 5 } },
  "get /v1/jobs/{ref}/script": { path: "/v1/jobs/12/script" },
  "post /v1/jobs/{ref}/hold-allocation": { path: "/v1/jobs/12/hold-allocation", method: "POST", body: {} },
  "post /v1/jobs/{ref}/complete": { path: "/v1/jobs/12/complete", body: { exitCode: 0, signal: 0 } },
  "get /v1/steps": { path: "/v1/steps" },
  "get /v1/jobs/{ref}/steps": { path: "/v1/jobs/12/steps" },
  "post /v1/jobs/{ref}/steps": {
    path: "/v1/jobs/12/steps",
    body: {
      name: "hostname",
      ntasks: 4,
      port: 4711,
      key: "0".repeat(64),
      srunHost: "n1",
      srunPid: 4711,
      waitMs: 0,
    },
  },
  "post /v1/jobs/{ref}/steps/{step}/cancel": { path: "/v1/jobs/12/steps/0/cancel", method: "POST", body: {} },
  "get /v1/jobs/{ref}/explain": { path: "/v1/jobs/12/explain" },
  "get /v1/jobs/{ref}/end": { path: "/v1/jobs/12/end?timeoutMs=10" },
  "post /v1/jobs/{ref}/cancel": { path: "/v1/jobs/12/cancel", body: { signal: 9 } },
  "post /v1/jobs/{ref}/requeue": { path: "/v1/jobs/12/requeue", body: { hold: true } },
  "post /v1/jobs/{ref}/hold": { path: "/v1/jobs/12/hold", method: "POST" },
  "post /v1/jobs/{ref}/suspend": { path: "/v1/jobs/12/suspend", method: "POST" },
  "post /v1/jobs/{ref}/resume": { path: "/v1/jobs/12/resume", method: "POST" },
  "post /v1/jobs/{ref}/release": { path: "/v1/jobs/12/release", method: "POST" },
  "get /v1/nodes": { path: "/v1/nodes" },
  "get /v1/nodes/{name}": { path: "/v1/nodes/n1" },
  "patch /v1/nodes/{name}": {
    path: "/v1/nodes/n1",
    method: "PATCH",
    body: { state: "DRAIN", reason: "fans" },
  },
  "get /v1/partitions": { path: "/v1/partitions" },
  "get /v1/reservations": { path: "/v1/reservations" },
  "post /v1/reservations": {
    path: "/v1/reservations",
    body: { startS: 1, endS: 2, nodes: "n1", users: ["ada"], flags: ["MAINT"] },
  },
  "patch /v1/reservations/{name}": {
    path: "/v1/reservations/course",
    method: "PATCH",
    body: { durationS: 60 },
  },
  "delete /v1/reservations/{name}": { path: "/v1/reservations/course", method: "DELETE" },
  "get /v1/policies": { path: "/v1/policies" },
  "post /v1/policies/{kind}/load": {
    path: "/v1/policies/placement/load",
    body: { module: "/site/quiet.wasm", wasm: "AGFzbQEAAAA=", parameters: { gpuCost: 4.5 } },
  },
  "post /v1/policies/{kind}/set": {
    path: "/v1/policies/placement/set",
    method: "POST",
    body: { parameters: { gpuCost: 4 }, partitions: { gpu: { gpuCost: null } } },
  },
  "post /v1/policies/{kind}/rollback": { path: "/v1/policies/placement/rollback", method: "POST" },
  "get /v1/policies/shadow": { path: "/v1/policies/shadow" },
  "post /v1/policies/{kind}/shadow": {
    path: "/v1/policies/placement/shadow",
    body: { module: "spread", parameters: { gpuWeight: 2 }, passes: 5 },
  },
  "post /v1/policies/build": { path: "/v1/policies/build", body: { name: "mine", source: "class Mine {}" } },
  "post /v1/policies/test": {
    path: "/v1/policies/test",
    body: {
      name: "mine",
      source: "class Mine {}",
      cases: [{ name: "one", jobs: [{ jobId: 1 }] }],
      rounds: 5,
    },
  },
  "post /v1/policies/{kind}/simulate": {
    path: "/v1/policies/placement/simulate",
    body: { module: "spread", parameters: { gpuWeight: 2 }, backfill: "easy" },
  },
  "delete /v1/policies/shadow": { path: "/v1/policies/shadow", method: "DELETE" },
  "get /v1/cluster": { path: "/v1/cluster" },
  "get /v1/stats": { path: "/v1/stats" },
  "get /v1/snapshot": { path: "/v1/snapshot" },
  "get /v1/shares": { path: "/v1/shares?accounts=lab&users=ada" },
  "get /v1/qos": { path: "/v1/qos" },
  "get /v1/priorities": { path: "/v1/priorities?ids=12&partitions=debug" },
  "get /v1/errors": { path: "/v1/errors" },
  "get /v1/history": { path: "/v1/history?limit=10" },
  "get /healthz": { path: "/healthz" },
  "get /openapi.json": { path: "/openapi.json" },
  "get /metrics": { path: "/metrics" },
};
/** A stream has no end; its test is event-stream.test.ts. */
const STREAMS = ["get /v1/events"];

let started: StartedApi;
let document: Document;
let ajv: Ajv2020;

beforeAll(async () => {
  started = await startedApi();
  document = (await started.ask("/openapi.json")).json as Document;
  ajv = new Ajv2020({ strict: false, allErrors: true });
  ajv.addSchema(document, "document");
});

afterAll(() => started.api.close());

/** Faults of a value by the schema of an answer, [] for none. */
const faults = (key: string, status: string, value: unknown): unknown[] => {
  const [method, path] = key.split(" ") as [string, string];
  const point = (text: string) => encodeURIComponent(text.replaceAll("~", "~0").replaceAll("/", "~1"));
  const pointer = `document#/paths/${point(path)}/${method}/responses/${status}/content/${point("application/json")}/schema`;
  const validate = ajv.getSchema(pointer);
  if (validate === undefined) throw new Error(`the document has no schema at ${pointer}`);
  return validate(value) === true ? [] : (validate.errors ?? []);
};

const operations = (): [string, Operation][] =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]): [string, Operation] => [`${method} ${path}`, operation]),
  );

describe("the OpenAPI document", () => {
  it("is valid OpenAPI 3.1", async () => {
    expect(document.openapi).toBe("3.1.0");
    const parsed = await SwaggerParser.validate(structuredClone(document) as never);
    expect(parsed.info.version).toBe("0.1.0");
  });

  it("is checked by a validator that does refuse what is not OpenAPI 3.1", async () => {
    const wrong = structuredClone(document) as unknown as {
      paths: Record<string, { post: { responses: unknown } }>;
    };
    wrong.paths["/v1/jobs"]!.post.responses = 5;
    await expect(SwaggerParser.validate(wrong as never)).rejects.toThrow();
  });

  it("names every operation once", () => {
    const names = operations().map(([, operation]) => operation.operationId);
    expect(names).not.toContain(undefined);
    expect(new Set(names).size).toBe(names.length);
  });

  it("says that a body may be left out exactly where nothing in it is required", () => {
    const optional = operations().filter(([, { requestBody }]) => requestBody?.required === false);
    expect(optional.map(([key]) => key).sort()).toEqual([
      "post /v1/jobs/{ref}/cancel",
      "post /v1/jobs/{ref}/hold",
      "post /v1/jobs/{ref}/hold-allocation",
      "post /v1/jobs/{ref}/release",
      "post /v1/jobs/{ref}/requeue",
      "post /v1/jobs/{ref}/resume",
      "post /v1/jobs/{ref}/steps/{step}/cancel",
      "post /v1/jobs/{ref}/suspend",
      "post /v1/policies/{kind}/set",
    ]);
  });
});

describe("the routes", () => {
  it("have a case here each, and no case is without a route", () => {
    const routes = operations().map(([key]) => key);
    expect(routes.sort()).toEqual([...Object.keys(CASES), ...STREAMS].sort());
  });

  it.each(Object.entries(CASES))("answer %s as the document says", async (key, { path, ...init }) => {
    const [method] = key.split(" ") as [string];
    const answer = await started.ask(path, { method: method.toUpperCase(), ...init });
    const operation = operations().find(([candidate]) => candidate === key)![1];
    const success = Object.keys(operation.responses).find((status) => status.startsWith("2"))!;
    expect(`${answer.status}: ${answer.text}`).toMatch(new RegExp(`^${success}:`));
    const content = operation.responses[success]!.content;
    if (content === undefined) expect(answer.text).toBe("");
    else if (content["application/json"] === undefined)
      expect(answer.type).toContain(Object.keys(content)[0]);
    else expect(faults(key, success, answer.json)).toEqual([]);
  });

  it("answer failures as the document says", async () => {
    const answer = await started.ask("/v1/jobs/99");
    expect(answer.status).toBe(404);
    expect(answer.json).toEqual({
      code: "INVALID_JOB_ID",
      message: "There is no job 99.",
      details: { ref: "99" },
    });
    expect(faults("get /v1/jobs/{ref}", "4XX", answer.json)).toEqual([]);
  });

  it("would be caught answering a field too many, too few or of another type", async () => {
    const view = jobView();
    const { name: _, ...without } = view;
    for (const wrong of [{ ...view, extra: 1 }, without, { ...view, uid: "1000" }, { ...view, state: "RUN" }])
      expect(faults("get /v1/jobs", "200", { jobs: [wrong] })).not.toEqual([]);
  });

  it("hand the table of errors out whole", async () => {
    const { errors } = (await started.ask("/v1/errors")).json as {
      errors: { code: string; status: number }[];
    };
    expect(errors.map(({ code }) => code)).toEqual(Object.keys(ERRORS));
  });
});
