/** The routes about the API itself: whether it is up, what it offers, what Prometheus reads. */
import { Type } from "@sinclair/typebox";
import type { FastifyInstance } from "fastify";
import type { EventStreams } from "./event-streams.ts";
import type { Metrics } from "./metrics.ts";
import type { ControllerPort } from "./port.ts";
import { answers } from "./schemas/answers.ts";
import { noQuerySchema } from "./schemas/query-schemas.ts";

export interface OwnRoutesOptions {
  readonly port: ControllerPort;
  readonly version: string;
  readonly metrics: Metrics;
  readonly streams: EventStreams;
}

/** Adds /healthz, /openapi.json and /metrics. */
export const addOwnRoutes = (
  app: FastifyInstance,
  { port, version, metrics, streams }: OwnRoutesOptions,
): void => {
  const tags = ["cluster"];
  const querystring = noQuerySchema;
  const open = { config: { openOnLoopback: true } };
  const noToken = { security: [{}, { token: [] }] };
  const health = Type.Object({ status: Type.Literal("ok"), version: Type.String() });
  app.get(
    "/healthz",
    {
      ...open,
      schema: {
        tags,
        operationId: "getHealth",
        summary: "Whether the controller answers; needs no token on its own machine",
        querystring,
        ...noToken,
        response: answers(200, health),
      },
    },
    async (_request, reply) => reply.send({ status: "ok", version }),
  );
  // Written once: the document does not change while the API runs.
  let document: string | undefined;
  app.get(
    "/openapi.json",
    {
      ...open,
      schema: {
        tags,
        operationId: "getOpenapi",
        summary: "This document; needs no token on its own machine",
        querystring,
        ...noToken,
        response: answers(200, Type.Object({ openapi: Type.String() }, { additionalProperties: true })),
      },
    },
    async (_request, reply) => {
      document ??= JSON.stringify(app.swagger());
      return reply.type("application/json; charset=utf-8").send(document);
    },
  );
  app.get(
    "/metrics",
    {
      schema: {
        tags,
        operationId: "getMetrics",
        summary: "Figures for Prometheus",
        querystring,
        response: answers(200, Type.String(), "text/plain"),
      },
    },
    async (_request, reply) =>
      reply.type(metrics.contentType).send(await metrics.text(await port.stats(), streams.count())),
  );
};
