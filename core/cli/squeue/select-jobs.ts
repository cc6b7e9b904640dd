/** Which jobs squeue shows, and as how many lines: filters, and the lines of arrays and of several partitions. Pure. */
import { parseArray } from "../../model/array.ts";
import type { JobView } from "../../model/views.ts";
import { QUEUED_STATES, shownState } from "../job-states.ts";
import type { SqueueRequest } from "./options.ts";

/** Names of the user and its uid, for --me. */
export interface Self {
  readonly user: string;
  readonly uid: number;
}

/**
 * The lines that the request selects, in the order of the jobs. `onNodes` are the names that --nodelist stands for.
 */
export const selectJobs = (
  jobs: readonly JobView[],
  request: SqueueRequest,
  self: Self,
  onNodes: { readonly has: (job: JobView) => boolean } | undefined,
): JobView[] => {
  const states = new Set(request.start ? ["PENDING"] : (request.states ?? QUEUED_STATES));
  const tests: ((job: JobView) => boolean)[] = [(job) => states.has(shownState(job))];
  const { users, partitions, accounts, qos, names } = request;
  if (users !== undefined) tests.push((job) => users.includes(job.user) || users.includes(String(job.uid)));
  if (request.me) tests.push((job) => job.uid === self.uid);
  if (request.notMe) tests.push((job) => job.uid !== self.uid);
  if (partitions !== undefined)
    tests.push((job) => job.partition.split(",").some((partition) => partitions.includes(partition)));
  if (accounts !== undefined) tests.push((job) => accounts.includes(job.account));
  if (qos !== undefined) tests.push((job) => qos.includes(job.qos));
  if (names !== undefined) tests.push((job) => names.includes(job.name));
  if (request.reservation !== undefined) tests.push((job) => job.reservation === request.reservation);
  if (onNodes !== undefined) tests.push((job) => onNodes.has(job));
  const lines = jobs.filter((job) => tests.every((test) => test(job)));
  // A task that waits is found in its array's record, so the ids are looked at once tasks have lines of their own.
  const asked = request.ids?.some(({ tasks }) => tasks !== undefined) === true;
  const split = request.eachTask || asked ? lines.flatMap((job) => linesOfTasks(job, request)) : lines;
  const matching = request.ids === undefined ? split : split.filter((job) => isAsked(job, request));
  return request.eachPartition ? matching.flatMap(linesOfPartitions) : matching;
};

const linesOfTasks = (job: JobView, request: SqueueRequest): JobView[] => {
  if (job.arrayTasks === "") return [job];
  const tasks = parseArray(job.arrayTasks);
  if (!tasks.ok) return [job];
  const { ids } = request;
  const wanted = request.eachTask
    ? [...tasks.value.tasks]
    : [...tasks.value.tasks].filter((task) =>
        ids?.some(({ jobId, tasks: some }) => jobId === job.arrayJobId && some?.has(task) === true),
      );
  const whole =
    !request.eachTask &&
    ids?.some(({ jobId, tasks: some }) => jobId === job.arrayJobId && some === undefined);
  if (whole === true) return [job];
  return wanted.map((task) => ({
    ...job,
    displayId: `${job.arrayJobId}_${task}`,
    arrayTaskId: task,
    arrayTasks: "",
  }));
};

const isAsked = (job: JobView, { ids }: SqueueRequest): boolean =>
  ids?.some(({ jobId, tasks, component }) => {
    if (component !== undefined) return jobId === job.hetJobId && component === job.hetOffset;
    if (tasks !== undefined) return jobId === job.arrayJobId && tasks.has(job.arrayTaskId);
    return jobId === job.jobId || jobId === job.arrayJobId || jobId === job.hetJobId;
  }) === true;

const linesOfPartitions = (job: JobView): JobView[] => {
  if (job.state !== "PENDING" || !job.partition.includes(",")) return [job];
  return job.partition.split(",").map((partition) => ({ ...job, partition }));
};
