/** The routes of shares, QOS and priorities. Each asks the port once; long lists go out in pieces. */
import { Type } from "@sinclair/typebox";
import type { FastifyInstance, FastifyReply } from "fastify";
import { MAX_LIST } from "./limits.ts";
import type { ControllerPort } from "./port.ts";
import {
  factorNumbersSchema,
  priorityQuerySchema,
  priorityViewSchema,
  qosViewSchema,
  shareQuerySchema,
  shareViewSchema,
} from "./schemas/account-schemas.ts";
import { answers } from "./schemas/answers.ts";
import { noQuerySchema } from "./schemas/query-schemas.ts";
import { refTo } from "./schemas/schema.ts";
import { sendList } from "./send-list.ts";

const LIST_KEYS = ["ids", "users", "accounts", "partitions"] as const;
type ListKey = (typeof LIST_KEYS)[number];

interface ListQuery extends Partial<Record<ListKey, string>> {
  limit?: number;
  offset?: number;
}

const tags = ["accounts"];
const next = Type.Optional(Type.Integer({ description: "There are more: the `offset` of the next page." }));

/** Adds /v1/shares, /v1/qos and /v1/priorities. */
export const addAccountRoutes = (app: FastifyInstance, port: ControllerPort): void => {
  app.get<{ Querystring: ListQuery }>(
    "/v1/shares",
    {
      schema: {
        tags,
        operationId: "listShares",
        summary: "Accounts and users in them, in the order of the tree: shares, usage, fair share, limits",
        querystring: shareQuerySchema,
        response: answers(200, Type.Object({ shares: Type.Array(refTo(shareViewSchema)), next })),
      },
    },
    async ({ query }, reply) => sendPage(reply, "shares", await port.shares(listsOf(query)), query),
  );
  app.get(
    "/v1/qos",
    {
      schema: {
        tags,
        operationId: "listQos",
        summary: "All QOS",
        querystring: noQuerySchema,
        response: answers(200, Type.Object({ qos: Type.Array(refTo(qosViewSchema)) })),
      },
    },
    async (_request, reply) => reply.send({ qos: await port.qos() }),
  );
  app.get<{ Querystring: ListQuery }>(
    "/v1/priorities",
    {
      schema: {
        tags,
        operationId: "listPriorities",
        summary:
          "Priorities of waiting jobs, factor by factor, one entry a partition; none without multifactor",
        querystring: priorityQuerySchema,
        response: answers(
          200,
          Type.Object({
            policy: Type.String(),
            hasFactors: Type.Boolean(),
            weights: factorNumbersSchema,
            priorities: Type.Array(refTo(priorityViewSchema)),
            next,
          }),
        ),
      },
    },
    async ({ query }, reply) =>
      sendPage(reply, "priorities", await port.priorities(listsOf(query)), query, port.priorityPolicy()),
  );
};

const listsOf = (query: ListQuery): Partial<Record<ListKey, readonly string[]>> => {
  const lists: Partial<Record<ListKey, readonly string[]>> = {};
  for (const key of LIST_KEYS) {
    const list = query[key];
    if (list !== undefined) lists[key] = list.split(",");
  }
  return lists;
};

const sendPage = (
  reply: FastifyReply,
  name: string,
  found: readonly unknown[],
  { limit = MAX_LIST, offset = 0 }: ListQuery,
  head?: object,
): FastifyReply => {
  const list = found.slice(offset, offset + limit);
  const end = offset + list.length;
  return sendList(reply, name, list, end < found.length ? end : undefined, head);
};
