/** Sends a page of jobs, ascending by job id. */
import type { FastifyReply } from "fastify";
import type { JobView } from "../model/views.ts";
import { sendList } from "./send-list.ts";

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

const ascending = (jobs: readonly JobView[]): readonly JobView[] => {
  const sorted = jobs.every((job, i) => i === 0 || jobs[i - 1]!.jobId <= job.jobId);
  return sorted ? jobs : [...jobs].sort((a, b) => a.jobId - b.jobId);
};
