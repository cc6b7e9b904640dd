/** The routes of jobs that are there: list, look at, wait for, change, end, explain. Each calls one method of the port. */
import { Type } from "@sinclair/typebox";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { isEnded } from "../model/job.ts";
import type { Result } from "../model/refusal.ts";
import type { CancelRequest, JobFilter, JobUpdate, JobView } from "../model/views.ts";
import type { Access } from "./access.ts";
import { sendRefusal, sendResult } from "./faults.ts";
import { sendJobs } from "./job-list.ts";
import { type ApiLimits, DEFAULT_POLL_MS, MAX_LIST } from "./limits.ts";
import type { ControllerPort } from "./port.ts";
import { answers, DONE } from "./schemas/answers.ts";
import { explainViewSchema, jobViewSchema } from "./schemas/job-schemas.ts";
import { endQuerySchema, jobQuerySchema, noQuerySchema, refParamsSchema } from "./schemas/query-schemas.ts";
import {
  callerHeadersSchema,
  cancelRequestSchema,
  jobUpdateSchema,
  requeueRequestSchema,
} from "./schemas/request-schemas.ts";
import { refTo } from "./schemas/schema.ts";

export interface JobRoutesOptions {
  readonly port: ControllerPort;
  readonly access: Access;
  readonly limits: ApiLimits;
  /** Resolves when the API begins to close: who waits for a job then gets what there is. */
  readonly closing: Promise<void>;
}

interface OnRef {
  Params: { ref: string };
}

/** Adds the routes under /v1/jobs but those that submit. */
export const addJobRoutes = (app: FastifyInstance, options: JobRoutesOptions): void => {
  addReadRoutes(app, options);
  addChangeRoutes(app, options);
};

const tags = ["jobs"];
const jobs = Type.Array(refTo(jobViewSchema));
const onRef = { tags, params: refParamsSchema, querystring: noQuerySchema };
const change = { ...onRef, headers: callerHeadersSchema, response: answers(204, DONE) };

interface JobQuery extends Partial<Record<ListKey, string>> {
  ended?: boolean;
  limit?: number;
  after?: number;
}

const LIST_KEYS = ["ids", "users", "partitions", "states", "names", "accounts"] as const;
type ListKey = (typeof LIST_KEYS)[number];

const addReadRoutes = (app: FastifyInstance, options: JobRoutesOptions): void => {
  const { port } = options;
  app.get<{ Querystring: JobQuery }>(
    "/v1/jobs",
    {
      schema: {
        tags,
        operationId: "listJobs",
        summary: "Jobs by filters, ascending by job id; `next` is there when more follow",
        querystring: jobQuerySchema,
        response: answers(200, Type.Object({ jobs, next: Type.Optional(Type.Integer()) })),
      },
    },
    async ({ query }, reply) => {
      const found = await port.jobs(filterOf(query));
      return sendJobs(reply, found, query.after ?? 0, query.limit ?? MAX_LIST);
    },
  );
  app.get<OnRef>(
    "/v1/jobs/:ref",
    {
      schema: {
        ...onRef,
        operationId: "getJob",
        summary: "All records of a reference",
        response: answers(200, Type.Object({ jobs })),
      },
    },
    async ({ params }, reply) => {
      const found = await port.job(params.ref);
      return found.ok ? reply.send({ jobs: found.value }) : sendRefusal(reply, found.refusal);
    },
  );
  app.get<OnRef>(
    "/v1/jobs/:ref/script",
    {
      schema: {
        ...onRef,
        operationId: "getJobScript",
        summary: "The batch script as submitted",
        response: answers(200, Type.String(), "text/plain"),
      },
    },
    async ({ params }, reply) => {
      const found = await port.script(params.ref);
      return found.ok
        ? reply.type("text/plain; charset=utf-8").send(found.value)
        : sendRefusal(reply, found.refusal);
    },
  );
  app.get<OnRef>(
    "/v1/jobs/:ref/explain",
    {
      schema: {
        ...onRef,
        operationId: "explainJob",
        summary: "Why it waits, with numbers",
        response: answers(200, Type.Object({ explanations: Type.Array(refTo(explainViewSchema)) })),
      },
    },
    async ({ params }, reply) => {
      const found = await port.explain(params.ref);
      return found.ok ? reply.send({ explanations: found.value }) : sendRefusal(reply, found.refusal);
    },
  );
  addEndRoute(app, options);
};

const filterOf = (query: JobQuery): JobFilter => {
  const filter: Partial<Record<ListKey, string[]>> & { ended?: boolean } = {};
  for (const key of LIST_KEYS) {
    const list = query[key];
    if (list !== undefined) filter[key] = list.split(",");
  }
  if (query.ended !== undefined) filter.ended = query.ended;
  return filter;
};

const addEndRoute = (app: FastifyInstance, { port, limits, closing }: JobRoutesOptions): void => {
  let waiting = 0;
  const endOf = async (ref: string, timeoutMs: number): Promise<Result<readonly JobView[]>> => {
    waiting++;
    try {
      const first = await Promise.race([port.waitForEnd(ref, timeoutMs), closing]);
      return first ?? (await port.job(ref));
    } finally {
      waiting--;
    }
  };
  app.get<OnRef & { Querystring: { timeoutMs?: number } }>(
    "/v1/jobs/:ref/end",
    {
      schema: {
        ...onRef,
        operationId: "awaitJobEnd",
        summary: "Answered once all records have ended, or after timeoutMs with what there is",
        querystring: endQuerySchema,
        response: answers(200, Type.Object({ jobs, ended: Type.Boolean() })),
      },
    },
    async ({ params, query }, reply) => {
      if (waiting >= limits.longPolls)
        return sendRefusal(reply, {
          code: "BUSY",
          message: `${waiting} requests wait for jobs already; ask again later`,
          details: { waiting, max: limits.longPolls },
        });
      const found = await endOf(params.ref, query.timeoutMs ?? DEFAULT_POLL_MS);
      if (!found.ok) return sendRefusal(reply, found.refusal);
      return reply.send({ jobs: found.value, ended: found.value.every((job) => isEnded(job.state)) });
    },
  );
};

const addChangeRoutes = (app: FastifyInstance, { port, access }: JobRoutesOptions): void => {
  app.patch<OnRef & { Body: JobUpdate }>(
    "/v1/jobs/:ref",
    {
      schema: {
        ...change,
        operationId: "updateJob",
        summary: "Change fields of a job",
        body: refTo(jobUpdateSchema),
      },
    },
    async (request, reply) =>
      sendResult(
        reply,
        await port.update(request.params.ref, request.body, access.caller(request.headers)),
        204,
      ),
  );
  app.post<OnRef & { Body: CancelRequest }>(
    "/v1/jobs/:ref/cancel",
    {
      schema: {
        ...change,
        operationId: "cancelJob",
        summary: "End a job, or send it a signal",
        body: refTo(cancelRequestSchema),
      },
    },
    async (request, reply) =>
      sendResult(
        reply,
        await port.cancel(request.params.ref, request.body, access.caller(request.headers)),
        204,
      ),
  );
  app.post<OnRef & { Body: { hold?: boolean } }>(
    "/v1/jobs/:ref/requeue",
    {
      schema: {
        ...change,
        operationId: "requeueJob",
        summary: "Put a job back into the queue",
        body: refTo(requeueRequestSchema),
      },
    },
    async (request, reply) => {
      const caller = access.caller(request.headers);
      return sendResult(
        reply,
        await port.requeue(request.params.ref, request.body.hold ?? false, caller),
        204,
      );
    },
  );
  const bare = { ...change, body: Type.Object({}, { additionalProperties: false }) };
  app.post<OnRef>(
    "/v1/jobs/:ref/hold",
    { schema: { ...bare, operationId: "holdJob", summary: "Keep a waiting job from starting" } },
    async (request: FastifyRequest<OnRef>, reply) =>
      sendResult(reply, await port.hold(request.params.ref, access.caller(request.headers)), 204),
  );
  app.post<OnRef>(
    "/v1/jobs/:ref/release",
    { schema: { ...bare, operationId: "releaseJob", summary: "Let a held job start" } },
    async (request: FastifyRequest<OnRef>, reply) =>
      sendResult(reply, await port.release(request.params.ref, access.caller(request.headers)), 204),
  );
  app.post<OnRef>(
    "/v1/jobs/:ref/suspend",
    { schema: { ...bare, operationId: "suspendJob", summary: "Have a running job stand still" } },
    async (request: FastifyRequest<OnRef>, reply) =>
      sendResult(reply, await port.suspend(request.params.ref, access.caller(request.headers)), 204),
  );
  app.post<OnRef>(
    "/v1/jobs/:ref/resume",
    { schema: { ...bare, operationId: "resumeJob", summary: "Let a suspended job go on" } },
    async (request: FastifyRequest<OnRef>, reply) =>
      sendResult(reply, await port.resume(request.params.ref, access.caller(request.headers)), 204),
  );
};
