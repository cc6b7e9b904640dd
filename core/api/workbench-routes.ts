/** The routes of the author's workshop, for operators: build and test a policy's source, simulate a policy. */
import type { FastifyInstance } from "fastify";
import type { ShadowKind } from "../model/shadow-views.ts";
import type { PolicySimulateRequest, PolicySource, PolicyTestRequest } from "../model/workbench.ts";
import type { Access } from "./access.ts";
import { sendResult } from "./faults.ts";
import type { ControllerPort } from "./port.ts";
import { answers } from "./schemas/answers.ts";
import { MAX_LOAD_BYTES } from "./schemas/policy-schemas.ts";
import { noQuerySchema } from "./schemas/query-schemas.ts";
import { callerHeadersSchema } from "./schemas/request-schemas.ts";
import { refTo } from "./schemas/schema.ts";
import { shadowKindParamsSchema } from "./schemas/shadow-schemas.ts";
import {
  besideViewSchema,
  MAX_WORKBENCH_BYTES,
  policyBuildViewSchema,
  policySimulateSchema,
  policySourceSchema,
  policyTestRequestSchema,
  policyTestViewSchema,
} from "./schemas/workbench-schemas.ts";

const common = { tags: ["cluster"], querystring: noQuerySchema, headers: callerHeadersSchema };

/** Adds /v1/policies/build, /v1/policies/test and /v1/policies/{kind}/simulate. */
export const addWorkbenchRoutes = (app: FastifyInstance, port: ControllerPort, access: Access): void => {
  app.post<{ Body: PolicySource }>(
    "/v1/policies/build",
    {
      bodyLimit: MAX_WORKBENCH_BYTES,
      schema: {
        ...common,
        operationId: "buildPolicy",
        summary: "Compile a policy; what is wrong comes with file, line and column; for operators",
        body: refTo(policySourceSchema),
        response: answers(200, refTo(policyBuildViewSchema)),
      },
    },
    async ({ body, headers }, reply) =>
      sendResult(reply, await port.buildPolicy(body, access.caller(headers)), 200),
  );
  app.post<{ Body: PolicyTestRequest }>(
    "/v1/policies/test",
    {
      bodyLimit: MAX_WORKBENCH_BYTES,
      schema: {
        ...common,
        operationId: "testPolicy",
        summary:
          "Run a policy's cases and random inputs, as WASM and as TypeScript, and compare; for operators",
        body: refTo(policyTestRequestSchema),
        response: answers(200, refTo(policyTestViewSchema)),
      },
    },
    async ({ body, headers }, reply) =>
      sendResult(reply, await port.testPolicy(body, access.caller(headers)), 200),
  );
  app.post<{ Params: { kind: ShadowKind }; Body: PolicySimulateRequest }>(
    "/v1/policies/:kind/simulate",
    {
      bodyLimit: MAX_LOAD_BYTES,
      schema: {
        ...common,
        operationId: "simulatePolicy",
        summary: "Replay the ended jobs with a policy and with what serves; for operators",
        params: shadowKindParamsSchema,
        body: refTo(policySimulateSchema),
        response: answers(200, refTo(besideViewSchema)),
      },
    },
    async ({ params, body, headers }, reply) =>
      sendResult(reply, await port.simulatePolicy(params.kind, body, access.caller(headers)), 200),
  );
};
