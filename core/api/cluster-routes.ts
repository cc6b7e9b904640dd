/** The routes of nodes, partitions, the cluster, its figures, ended jobs and the table of errors. */
import { Type } from "@sinclair/typebox";
import type { FastifyInstance } from "fastify";
import { ERRORS, type ErrorEntry } from "../model/errors.ts";
import type { NodeUpdate } from "../model/node-update.ts";
import { refuse } from "../model/refusal.ts";
import type { HistoryFilter } from "../model/views.ts";
import type { Access } from "./access.ts";
import { sendRefusal, sendResult } from "./faults.ts";
import type { ControllerPort } from "./port.ts";
import { answers, DONE } from "./schemas/answers.ts";
import {
  clusterViewSchema,
  errorEntrySchema,
  nodeViewSchema,
  partitionViewSchema,
  statsViewSchema,
} from "./schemas/cluster-schemas.ts";
import { historyViewSchema } from "./schemas/job-schemas.ts";
import { historyQuerySchema, nodeParamsSchema, noQuerySchema } from "./schemas/query-schemas.ts";
import { callerHeadersSchema, nodeUpdateSchema } from "./schemas/request-schemas.ts";
import { refTo } from "./schemas/schema.ts";
import { sendList } from "./send-list.ts";

/** Adds /v1/nodes, /v1/partitions, /v1/cluster, /v1/stats, /v1/history and /v1/errors. */
export const addClusterRoutes = (app: FastifyInstance, port: ControllerPort, access: Access): void => {
  addNodeRoutes(app, port, access);
  addReadings(app, port);
  addHistoryRoute(app, port);
};

interface OnNode {
  Params: { name: string };
}

const tags = ["cluster"];
const querystring = noQuerySchema;

const addNodeRoutes = (app: FastifyInstance, port: ControllerPort, access: Access): void => {
  const nodes = Type.Object({ nodes: Type.Array(refTo(nodeViewSchema)) });
  app.get(
    "/v1/nodes",
    {
      schema: {
        tags,
        operationId: "listNodes",
        summary: "All nodes",
        querystring,
        response: answers(200, nodes),
      },
    },
    async (_request, reply) => sendList(reply, "nodes", await port.nodes()),
  );
  app.get<OnNode>(
    "/v1/nodes/:name",
    {
      schema: {
        tags,
        operationId: "getNode",
        summary: "One node",
        querystring,
        params: nodeParamsSchema,
        response: answers(200, refTo(nodeViewSchema)),
      },
    },
    async ({ params }, reply) => {
      const node = (await port.nodes()).find((candidate) => candidate.name === params.name);
      if (node !== undefined) return reply.send(node);
      const message = `There is no node ${params.name}; GET /v1/nodes lists them.`;
      return sendRefusal(reply, refuse("UNKNOWN_NODE", message, { node: params.name }).refusal);
    },
  );
  app.patch<OnNode & { Body: NodeUpdate }>(
    "/v1/nodes/:name",
    {
      schema: {
        tags,
        operationId: "updateNode",
        summary: "Drain, resume or down a node, or weigh it; for operators",
        querystring,
        params: nodeParamsSchema,
        headers: callerHeadersSchema,
        body: refTo(nodeUpdateSchema),
        response: answers(204, DONE),
      },
    },
    async (request, reply) => {
      const changed = await port.updateNode(
        request.params.name,
        request.body,
        access.caller(request.headers),
      );
      return sendResult(reply, changed, 204);
    },
  );
};

const addReadings = (app: FastifyInstance, port: ControllerPort): void => {
  const partitions = Type.Object({ partitions: Type.Array(refTo(partitionViewSchema)) });
  app.get(
    "/v1/partitions",
    {
      schema: {
        tags,
        operationId: "listPartitions",
        summary: "All partitions",
        querystring,
        response: answers(200, partitions),
      },
    },
    async (_request, reply) => reply.send({ partitions: await port.partitions() }),
  );
  app.get(
    "/v1/cluster",
    {
      schema: {
        tags,
        operationId: "getCluster",
        summary: "The cluster and its controller",
        querystring,
        response: answers(200, refTo(clusterViewSchema)),
      },
    },
    async (_request, reply) => reply.send(await port.cluster()),
  );
  app.get(
    "/v1/stats",
    {
      schema: {
        tags,
        operationId: "getStats",
        summary: "Figures since the controller started",
        querystring,
        response: answers(200, refTo(statsViewSchema)),
      },
    },
    async (_request, reply) => reply.send(await port.stats()),
  );
  const errors = Type.Object({ errors: Type.Array(refTo(errorEntrySchema)) });
  const table = Object.entries<ErrorEntry>(ERRORS).map(([code, entry]) => ({ code, ...entry }));
  app.get(
    "/v1/errors",
    {
      schema: {
        tags,
        operationId: "listErrors",
        summary: "Every error code, what it means and what to do",
        querystring,
        response: answers(200, errors),
      },
    },
    async (_request, reply) => reply.send({ errors: table }),
  );
};

interface HistoryQuery
  extends Partial<Record<ListKey, string>>,
    Pick<HistoryFilter, "sinceS" | "untilS" | "limit"> {}

const LIST_KEYS = ["ids", "users", "names", "states"] as const;
type ListKey = (typeof LIST_KEYS)[number];

const addHistoryRoute = (app: FastifyInstance, port: ControllerPort): void => {
  const history = Type.Object({ history: Type.Array(refTo(historyViewSchema)) });
  app.get<{ Querystring: HistoryQuery }>(
    "/v1/history",
    {
      schema: {
        tags: ["jobs"],
        operationId: "listHistory",
        summary: "Ended jobs, newest first",
        querystring: historyQuerySchema,
        response: answers(200, history),
      },
    },
    async ({ query }, reply) => {
      const { ids, users, names, states, ...rest } = query;
      const lists = { ids, users, names, states };
      const filter: HistoryFilter & Partial<Record<ListKey, string[]>> = { ...rest };
      for (const key of LIST_KEYS) {
        const list = lists[key];
        if (list !== undefined) Object.assign(filter, { [key]: list.split(",") });
      }
      return reply.send({ history: await port.history(filter) });
    },
  );
};
