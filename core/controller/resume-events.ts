/** The events of what a commit lets go on. Pure; the caller appends them in one write, before any other event. */
import type { JobId } from "../model/ids.ts";
import type { Event } from "../state/events.ts";

export interface ResumeEvents {
  readonly events: readonly Event[];
  /** Ids of the jobs that go on once the events are applied. */
  readonly resumed: readonly JobId[];
}

export const resumeEvents = (jobs: readonly number[], atS: number): ResumeEvents => ({
  events: jobs.map((jobId) => ({ type: "job.resumed", atS, jobId })),
  resumed: jobs as readonly JobId[],
});
