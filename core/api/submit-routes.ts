/**
 * The two routes that take a submission: for good, and to see when and where it would start. They check its size in
 * bytes, which the schema cannot; what it asks for is judged behind the port.
 */
import type { FastifyInstance } from "fastify";
import { type JobSpec, MAX_ENVIRONMENT_BYTES, MAX_SCRIPT_BYTES } from "../model/job-spec.ts";
import { type Refusal, refuse } from "../model/refusal.ts";
import type { Access } from "./access.ts";
import { sendRefusal, sendResult } from "./faults.ts";
import { MAX_SUBMIT_BYTES } from "./limits.ts";
import type { ControllerPort } from "./port.ts";
import { answers } from "./schemas/answers.ts";
import { submitAnswerSchema, testOnlyAnswerSchema } from "./schemas/job-schemas.ts";
import { noQuerySchema } from "./schemas/query-schemas.ts";
import { callerHeadersSchema, jobSpecSchema } from "./schemas/request-schemas.ts";
import { refTo } from "./schemas/schema.ts";

/** Adds POST /v1/jobs and POST /v1/jobs/test. */
export const addSubmitRoutes = (app: FastifyInstance, port: ControllerPort, access: Access): void => {
  app.post<{ Body: JobSpec }>(
    "/v1/jobs",
    {
      bodyLimit: MAX_SUBMIT_BYTES,
      schema: {
        ...submission,
        operationId: "submitJob",
        summary: "Submit a batch job; answered once it is on disk",
        response: answers(201, refTo(submitAnswerSchema)),
      },
    },
    async (request, reply) => {
      const caller = access.caller(request.headers);
      const outsize = tooLarge(request.body);
      if (outsize !== undefined) return sendRefusal(reply, outsize);
      return sendResult(reply, await port.submit(request.body, caller), 201);
    },
  );
  app.post<{ Body: JobSpec }>(
    "/v1/jobs/test",
    {
      bodyLimit: MAX_SUBMIT_BYTES,
      schema: {
        ...submission,
        operationId: "testJob",
        summary: "When and where a job would start; leaves no job",
        response: answers(200, refTo(testOnlyAnswerSchema)),
      },
    },
    async (request, reply) => {
      const caller = access.caller(request.headers);
      const outsize = tooLarge(request.body);
      if (outsize !== undefined) return sendRefusal(reply, outsize);
      return sendResult(reply, await port.testOnly(request.body, caller), 200);
    },
  );
};

const submission = {
  tags: ["jobs"],
  headers: callerHeadersSchema,
  querystring: noQuerySchema,
  body: refTo(jobSpecSchema),
};

const tooLarge = (spec: JobSpec): Refusal | undefined => {
  const scriptBytes = Buffer.byteLength(spec.script);
  if (scriptBytes > MAX_SCRIPT_BYTES) {
    const details = { bytes: scriptBytes, maxBytes: MAX_SCRIPT_BYTES };
    return refuse(
      "SCRIPT_TOO_LARGE",
      `body/script: ${scriptBytes} bytes are above ${MAX_SCRIPT_BYTES}`,
      details,
    ).refusal;
  }
  let bytes = 0;
  for (const key of Object.keys(spec.environment))
    bytes += Buffer.byteLength(key) + Buffer.byteLength(spec.environment[key]!) + 2;
  if (bytes <= MAX_ENVIRONMENT_BYTES) return undefined;
  const details = { bytes, maxBytes: MAX_ENVIRONMENT_BYTES };
  return refuse("TOO_LARGE", `body/environment: ${bytes} bytes are above ${MAX_ENVIRONMENT_BYTES}`, details)
    .refusal;
};
