/** The routes of policies: everyone sees which serve, operators load others and take that back. */
import { Type } from "@sinclair/typebox";
import type { FastifyInstance } from "fastify";
import type { PolicyLoadRequest, PolicySetRequest, ServedKind } from "../model/policy-views.ts";
import type { Access } from "./access.ts";
import { sendRefusal, sendResult } from "./faults.ts";
import type { ControllerPort } from "./port.ts";
import { answers } from "./schemas/answers.ts";
import {
  MAX_LOAD_BYTES,
  policyKindParamsSchema,
  policyLoadSchema,
  policySetSchema,
  policyViewSchema,
} from "./schemas/policy-schemas.ts";
import { noQuerySchema } from "./schemas/query-schemas.ts";
import { callerHeadersSchema } from "./schemas/request-schemas.ts";
import { refTo } from "./schemas/schema.ts";

interface OnKind {
  Params: { kind: ServedKind };
}

const tags = ["cluster"];
const querystring = noQuerySchema;
const headers = callerHeadersSchema;
const params = policyKindParamsSchema;

/** Adds /v1/policies. */
export const addPolicyRoutes = (app: FastifyInstance, port: ControllerPort, access: Access): void => {
  app.get(
    "/v1/policies",
    {
      schema: {
        tags,
        operationId: "listPolicies",
        summary: "The policy that serves each kind: parameters, strikes, time used",
        querystring,
        response: answers(200, Type.Object({ policies: Type.Array(refTo(policyViewSchema)) })),
      },
    },
    async (_request, reply) => reply.send({ policies: await port.policies() }),
  );
  app.post<OnKind & { Body: PolicyLoadRequest }>(
    "/v1/policies/:kind/load",
    {
      bodyLimit: MAX_LOAD_BYTES,
      schema: {
        tags,
        operationId: "loadPolicy",
        summary: "Let another policy serve from the next pass on, until the controller ends; for operators",
        querystring,
        params,
        headers,
        body: refTo(policyLoadSchema),
        response: answers(200, refTo(policyViewSchema)),
      },
    },
    async (request, reply) => {
      const { kind } = request.params;
      return sendResult(
        reply,
        await port.loadPolicy(kind, request.body, access.caller(request.headers)),
        200,
      );
    },
  );
  app.post<OnKind & { Body: PolicySetRequest }>(
    "/v1/policies/:kind/set",
    {
      schema: {
        tags,
        operationId: "setPolicy",
        summary: "Other values for the policy that serves, of the cluster or of partitions; for operators",
        querystring,
        params,
        headers,
        body: refTo(policySetSchema),
        response: answers(200, refTo(policyViewSchema)),
      },
    },
    async (request, reply) => {
      const { kind } = request.params;
      return sendResult(reply, await port.setPolicy(kind, request.body, access.caller(request.headers)), 200);
    },
  );
  app.post<OnKind>(
    "/v1/policies/:kind/rollback",
    {
      schema: {
        tags,
        operationId: "rollbackPolicy",
        summary: "Let the policy that was loaded before serve again; for operators",
        querystring,
        params,
        headers,
        response: answers(200, Type.Object({ policies: Type.Array(refTo(policyViewSchema)) })),
      },
    },
    async (request, reply) => {
      const back = await port.rollbackPolicy(request.params.kind, access.caller(request.headers));
      if (!back.ok) return sendRefusal(reply, back.refusal);
      return reply.send({ policies: back.value === null ? [] : [back.value] });
    },
  );
};
