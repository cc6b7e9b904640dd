/**
 * Sends a page of jobs, ascending by job id. A long one goes out in pieces between which the loop does other work:
 * 50,000 jobs are some 70 MB of text, which in one go would hold up the controller for half a second.
 */
import { Readable } from "node:stream";
import { setImmediate as breath } from "node:timers/promises";
import type { FastifyReply } from "fastify";
import type { JobView } from "../model/views.ts";
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
  if (page.length <= LIST_CHUNK)
    return reply.send(next === undefined ? { jobs: page } : { jobs: page, next });
  return reply.type("application/json; charset=utf-8").send(Readable.from(pieces(page, next)));
};

const ascending = (jobs: readonly JobView[]): readonly JobView[] => {
  const sorted = jobs.every((job, i) => i === 0 || jobs[i - 1]!.jobId <= job.jobId);
  return sorted ? jobs : [...jobs].sort((a, b) => a.jobId - b.jobId);
};

async function* pieces(page: readonly JobView[], next: number | undefined): AsyncGenerator<string> {
  for (let from = 0; from < page.length; from += LIST_CHUNK) {
    const list = JSON.stringify(page.slice(from, from + LIST_CHUNK));
    yield `${from === 0 ? '{"jobs":[' : ","}${list.slice(1, -1)}`;
    await breath();
  }
  yield next === undefined ? "]}" : `],"next":${next}}`;
}
