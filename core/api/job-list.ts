/**
 * Sends long lists: a page of jobs, ascending by job id, or all nodes. They go out in pieces between which the loop does
 * other work: 50,000 jobs are some 70 MB of text, which in one go would hold up the controller for half a second.
 */
import { Readable } from "node:stream";
import { setImmediate as breath } from "node:timers/promises";
import type { FastifyReply } from "fastify";
import type { JobView, NodeView } from "../model/views.ts";
import { LIST_CHUNK } from "./limits.ts";

/** Records with an id above `after`, at most `limit`; `next` is added where more follow. */
export const sendJobs = (
  reply: FastifyReply,
  found: readonly JobView[],
  after: number,
  limit: number,
): FastifyReply => {
  const rest = ascending(after === 0 ? found : found.filter((job) => job.jobId > after));
  const page = rest.length <= limit ? rest : rest.slice(0, limit);
  const next = page.length < rest.length ? page[page.length - 1]?.jobId : undefined;
  return sendList(reply, "jobs", page, next);
};

/** All nodes, in the order given. */
export const sendNodes = (reply: FastifyReply, nodes: readonly NodeView[]): FastifyReply =>
  sendList(reply, "nodes", nodes, undefined);

const sendList = (
  reply: FastifyReply,
  name: "jobs" | "nodes",
  list: readonly unknown[],
  next: number | undefined,
): FastifyReply => {
  if (list.length <= LIST_CHUNK)
    return reply.send(next === undefined ? { [name]: list } : { [name]: list, next });
  return reply.type("application/json; charset=utf-8").send(Readable.from(pieces(name, list, next)));
};

const ascending = (jobs: readonly JobView[]): readonly JobView[] => {
  const sorted = jobs.every((job, i) => i === 0 || jobs[i - 1]!.jobId <= job.jobId);
  return sorted ? jobs : [...jobs].sort((a, b) => a.jobId - b.jobId);
};

async function* pieces(
  name: string,
  list: readonly unknown[],
  next: number | undefined,
): AsyncGenerator<string> {
  for (let from = 0; from < list.length; from += LIST_CHUNK) {
    const text = JSON.stringify(list.slice(from, from + LIST_CHUNK));
    yield `${from === 0 ? `{"${name}":[` : ","}${text.slice(1, -1)}`;
    await breath();
  }
  yield next === undefined ? "]}" : `],"next":${next}}`;
}
