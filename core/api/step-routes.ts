/** The routes of job steps: srun's request, what is shown, and their end. Each calls one method of the port. */
import { Type } from "@sinclair/typebox";
import type { FastifyInstance } from "fastify";
import type { StepAsk } from "../model/step.ts";
import type { CancelRequest } from "../model/views.ts";
import type { Access } from "./access.ts";
import { sendRefusal, sendResult } from "./faults.ts";
import type { ControllerPort } from "./port.ts";
import { answers, DONE } from "./schemas/answers.ts";
import { noQuerySchema, refParamsSchema } from "./schemas/query-schemas.ts";
import { callerHeadersSchema, cancelRequestSchema } from "./schemas/request-schemas.ts";
import { refTo } from "./schemas/schema.ts";
import { stepAnswerSchema, stepAskSchema, stepViewSchema } from "./schemas/step-schemas.ts";

interface OnRef {
  Params: { ref: string };
}
interface OnStep {
  Params: { ref: string; step: string };
}

const tags = ["steps"];
const querystring = noQuerySchema;
const headers = callerHeadersSchema;
const steps = Type.Object({ steps: Type.Array(refTo(stepViewSchema)) });
/** An address of IPv4 that a socket of both kinds has. */
const MAPPED = /^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/;

/** Adds /v1/steps and /v1/jobs/:ref/steps. */
export const addStepRoutes = (app: FastifyInstance, port: ControllerPort, access: Access): void => {
  app.get(
    "/v1/steps",
    {
      schema: {
        tags,
        operationId: "listSteps",
        summary: "Job steps that run",
        querystring,
        response: answers(200, steps),
      },
    },
    async (_request, reply) => reply.send({ steps: await port.steps() }),
  );
  app.get<OnRef>(
    "/v1/jobs/:ref/steps",
    {
      schema: {
        tags,
        operationId: "listJobSteps",
        summary: "Steps of a job, those that have ended included",
        querystring,
        params: refParamsSchema,
        response: answers(200, steps),
      },
    },
    async ({ params }, reply) => {
      const found = await port.jobSteps(params.ref);
      return found.ok ? reply.send({ steps: found.value }) : sendRefusal(reply, found.refusal);
    },
  );
  app.post<OnRef & { Body: StepAsk }>(
    "/v1/jobs/:ref/steps",
    {
      schema: {
        tags,
        operationId: "startStep",
        summary: "Start a step of a running job; its nodes then call srun",
        querystring,
        headers,
        params: refParamsSchema,
        body: refTo(stepAskSchema),
        response: answers(201, refTo(stepAnswerSchema)),
      },
    },
    async (request, reply) => {
      const caller = access.caller(request.headers);
      const from = (request.socket.remoteAddress ?? "127.0.0.1").replace(MAPPED, "");
      return sendResult(reply, await port.startStep(request.params.ref, request.body, caller, from), 201);
    },
  );
  app.post<OnStep & { Body: CancelRequest }>(
    "/v1/jobs/:ref/steps/:step/cancel",
    {
      schema: {
        tags,
        operationId: "cancelStep",
        summary: "End a step, or send it a signal",
        querystring,
        headers,
        params: Type.Object(
          {
            ...refParamsSchema.properties,
            step: Type.String({ pattern: "^\\d{1,5}$", description: "a step's number" }),
          },
          { additionalProperties: false },
        ),
        body: refTo(cancelRequestSchema),
        response: answers(204, DONE),
      },
    },
    async (request, reply) => {
      const { ref, step } = request.params;
      return sendResult(
        reply,
        await port.cancelStep(ref, Number(step), request.body, access.caller(request.headers)),
        204,
      );
    },
  );
};
