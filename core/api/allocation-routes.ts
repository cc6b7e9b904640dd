/** The routes of jobs without a batch script: who holds one says so, and when it is done with it. */
import { Type } from "@sinclair/typebox";
import type { FastifyInstance } from "fastify";
import type { AllocationEnd } from "../model/views.ts";
import type { Access } from "./access.ts";
import { sendRefusal, sendResult } from "./faults.ts";
import type { ControllerPort } from "./port.ts";
import { answers, DONE } from "./schemas/answers.ts";
import { noQuerySchema, refParamsSchema } from "./schemas/query-schemas.ts";
import { callerHeadersSchema } from "./schemas/request-schemas.ts";
import { whole } from "./schemas/schema.ts";

interface OnRef {
  Params: { ref: string };
}

const common = {
  tags: ["steps"],
  querystring: noQuerySchema,
  headers: callerHeadersSchema,
  params: refParamsSchema,
};
const MAX_EXIT_CODE = 255;
const MAX_SIGNAL = 127;

/** Adds /v1/jobs/:ref/hold-allocation and /v1/jobs/:ref/complete. */
export const addAllocationRoutes = (app: FastifyInstance, port: ControllerPort, access: Access): void => {
  app.post<OnRef>(
    "/v1/jobs/:ref/hold-allocation",
    {
      schema: {
        ...common,
        operationId: "holdAllocation",
        summary: "Say that a job without a script is still wanted; answers its variables once it runs",
        body: Type.Object({}, { additionalProperties: false }),
        response: answers(200, Type.Object({ environment: Type.Record(Type.String(), Type.String()) })),
      },
    },
    async (request, reply) => {
      const held = await port.holdAllocation(request.params.ref, access.caller(request.headers));
      return held.ok ? reply.send({ environment: held.value }) : sendRefusal(reply, held.refusal);
    },
  );
  app.post<OnRef & { Body: AllocationEnd }>(
    "/v1/jobs/:ref/complete",
    {
      schema: {
        ...common,
        operationId: "completeAllocation",
        summary: "End a running job without a script, with the status of what ran in it",
        body: Type.Object(
          { exitCode: whole(0, MAX_EXIT_CODE), signal: whole(0, MAX_SIGNAL) },
          { additionalProperties: false },
        ),
        response: answers(204, DONE),
      },
    },
    async (request, reply) => {
      const caller = access.caller(request.headers);
      return sendResult(reply, await port.completeAllocation(request.params.ref, request.body, caller), 204);
    },
  );
};
