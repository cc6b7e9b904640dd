/** GET /v1/events: from where to begin, and whether there is room; the streams do the rest. */
import { Type } from "@sinclair/typebox";
import type { FastifyInstance } from "fastify";
import type { EventStreams } from "./event-streams.ts";
import { RequestFault, sendRefusal } from "./faults.ts";
import type { ControllerPort } from "./port.ts";
import { answers } from "./schemas/answers.ts";
import { eventQuerySchema } from "./schemas/query-schemas.ts";

/** Adds the route. */
export const addEventRoute = (app: FastifyInstance, port: ControllerPort, streams: EventStreams): void => {
  app.get<{ Querystring: { after?: number } }>(
    "/v1/events",
    {
      schema: {
        tags: ["cluster"],
        operationId: "streamEvents",
        summary: "What happens, as server-sent events",
        description:
          "Each event has its number as `id`, its type as `event`, and {seq, atS, type, data} as `data`. Comments " +
          "are heartbeats. The last event of a stream that the controller ends is `stream.cut` (read too slowly) or " +
          "`stream.closing`, with {message, lastSeq}.",
        querystring: eventQuerySchema,
        response: answers(200, Type.String(), "text/event-stream"),
      },
    },
    async (request, reply) => {
      const resumed = resumedAfter(request.headers["last-event-id"]) ?? request.query.after;
      const after = resumed ?? (await port.stats()).journalSeq;
      if (!streams.open(reply.raw, after))
        return sendRefusal(reply, {
          code: "BUSY",
          message: `${streams.count()} event streams are open already; close one, or try again later`,
          details: { open: streams.count() },
        });
      reply.hijack();
      return reply;
    },
  );
};

const resumedAfter = (header: string | string[] | undefined): number | undefined => {
  if (header === undefined || header === "") return undefined;
  if (typeof header === "string" && /^[0-9]{1,15}$/.test(header)) return Number(header);
  throw new RequestFault(
    "header/last-event-id: is not the id of an event; give the digits of the last one read",
  );
};
