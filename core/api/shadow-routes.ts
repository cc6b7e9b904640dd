/** The routes of a policy in the shadow: everyone sees what it has shown, operators begin and end it. */
import { Type } from "@sinclair/typebox";
import type { FastifyInstance } from "fastify";
import type { ShadowKind, ShadowRequest } from "../model/shadow-views.ts";
import type { Access } from "./access.ts";
import { sendResult } from "./faults.ts";
import type { ControllerPort } from "./port.ts";
import { answers } from "./schemas/answers.ts";
import { MAX_LOAD_BYTES } from "./schemas/policy-schemas.ts";
import { noQuerySchema } from "./schemas/query-schemas.ts";
import { callerHeadersSchema } from "./schemas/request-schemas.ts";
import { refTo } from "./schemas/schema.ts";
import { shadowKindParamsSchema, shadowRequestSchema, shadowViewSchema } from "./schemas/shadow-schemas.ts";

const tags = ["cluster"];
const querystring = noQuerySchema;
const headers = callerHeadersSchema;

/** Adds /v1/policies/shadow and /v1/policies/{kind}/shadow. */
export const addShadowRoutes = (app: FastifyInstance, port: ControllerPort, access: Access): void => {
  app.get(
    "/v1/policies/shadow",
    {
      schema: {
        tags,
        operationId: "getPolicyShadow",
        summary:
          "The policy that runs beside those that serve, or the last one that did; none before the first",
        querystring,
        response: answers(200, Type.Object({ shadows: Type.Array(refTo(shadowViewSchema)) })),
      },
    },
    async (_request, reply) => {
      const view = await port.policyShadow();
      return reply.send({ shadows: view === null ? [] : [view] });
    },
  );
  app.post<{ Params: { kind: ShadowKind }; Body: ShadowRequest }>(
    "/v1/policies/:kind/shadow",
    {
      bodyLimit: MAX_LOAD_BYTES,
      schema: {
        tags,
        operationId: "startPolicyShadow",
        summary:
          "Plan the next passes with another policy as well and compare, nothing of it done; for operators",
        querystring,
        params: shadowKindParamsSchema,
        headers,
        body: refTo(shadowRequestSchema),
        response: answers(200, refTo(shadowViewSchema)),
      },
    },
    async ({ params, body, headers: given }, reply) =>
      sendResult(reply, await port.startShadow(params.kind, body, access.caller(given)), 200),
  );
  app.delete(
    "/v1/policies/shadow",
    {
      schema: {
        tags,
        operationId: "stopPolicyShadow",
        summary: "End the shadow; what it has shown stays to be read; for operators",
        querystring,
        headers,
        response: answers(200, refTo(shadowViewSchema)),
      },
    },
    async (request, reply) => sendResult(reply, await port.stopShadow(access.caller(request.headers)), 200),
  );
};
