/** Which jobs scancel's filters and ids mean, of those that are alive. Pure. */
import { parseArray } from "../../model/array.ts";
import { expandHostlist } from "../../model/hostlist.ts";
import type { JobView } from "../../model/views.ts";
import type { CancelFilters, CancelJobId, ScancelRequest } from "./options.ts";

export interface MatchedJob {
  /** As the controller takes it. */
  readonly ref: string;
  readonly job: JobView;
}

export interface Matches {
  readonly jobs: readonly MatchedJob[];
  /** Ids that are no job's. */
  readonly strangers: readonly CancelJobId[];
}

export const matchJobs = (
  jobs: readonly JobView[],
  { ids, filters, me }: ScancelRequest,
  selfUid: number,
): Matches => {
  const tests = testsOf(filters);
  if (me) tests.push((job) => job.uid === selfUid);
  const passes = (job: JobView): boolean => tests.every((test) => test(job));
  if (ids.length === 0)
    return { jobs: leadersOf(jobs.filter(passes)).map((job) => ({ ref: refOf(job), job })), strangers: [] };
  const matched: MatchedJob[] = [];
  const strangers: CancelJobId[] = [];
  for (const id of ids) {
    const known = recordsOf(jobs, id);
    if (known.length === 0 || id.step !== undefined) strangers.push(id);
    else matched.push(...known.filter(({ job }) => passes(job)));
  }
  return { jobs: matched, strangers };
};

/** What the filters were, as the message of -v lists them. */
export const describeFilters = ({ filters, me }: ScancelRequest, selfUid: number): string => {
  const parts: string[] = [];
  for (const name of ["account", "job_name", "partition", "qos", "reservation"] as const) {
    if (filters[name] !== undefined) parts.push(`${name}=${filters[name]} `);
  }
  if (filters.state !== undefined) parts.push(`state=${filters.state.join(",")} `);
  const user = filters.user_name ?? (me ? String(selfUid) : undefined);
  if (user !== undefined) parts.push(`user_name=${user} `);
  if (filters.wckey !== undefined) parts.push(`wckey=${filters.wckey} `);
  if (filters.nodelist !== undefined) parts.push(`nodelist=${filters.nodelist} `);
  return parts.join("");
};

const testsOf = (filters: CancelFilters): ((job: JobView) => boolean)[] => {
  const tests: ((job: JobView) => boolean)[] = [];
  const { account, job_name, partition, qos, reservation, state, user_name, nodelist, wckey } = filters;
  if (account !== undefined) tests.push((job) => job.account === account);
  if (job_name !== undefined) tests.push((job) => job.name === job_name);
  if (partition !== undefined) tests.push((job) => job.partition.split(",").includes(partition));
  if (qos !== undefined) tests.push((job) => job.qos === qos);
  if (reservation !== undefined) tests.push((job) => job.reservation === reservation);
  if (state !== undefined) tests.push((job) => state.includes(job.state));
  if (user_name !== undefined) tests.push((job) => job.user === user_name || String(job.uid) === user_name);
  if (wckey !== undefined) tests.push((job) => job.wckey === wckey);
  if (nodelist !== undefined) {
    const wanted = new Set(hostsOf(nodelist));
    tests.push((job) => hostsOf(job.nodes).some((name) => wanted.has(name)));
  }
  return tests;
};

const hostsOf = (hostlist: string): readonly string[] => {
  const names = expandHostlist(hostlist);
  return names.ok ? names.value : [];
};

/** A component whose leader is meant as well is ended with it. */
const leadersOf = (jobs: readonly JobView[]): readonly JobView[] => {
  const meant = new Set(jobs.map(({ jobId }) => jobId));
  return jobs.filter(
    ({ hetJobId, hetOffset }) => hetJobId === undefined || hetOffset === 0 || !meant.has(hetJobId),
  );
};

/** A task by its array; the waiting rest of an array by the tasks in it, so that no other is meant. */
const refOf = (job: JobView): string => {
  // The whole heterogeneous job is cancelled by its leader.
  if (job.hetOffset !== undefined && job.hetOffset > 0) return `${job.hetJobId}+${job.hetOffset}`;
  if (job.arrayTaskId >= 0) return `${job.arrayJobId}_${job.arrayTaskId}`;
  if (job.arrayTasks === "") return String(job.jobId);
  return `${job.arrayJobId}_[${job.arrayTasks.replace(/%.*$/, "")}]`;
};

const recordsOf = (jobs: readonly JobView[], id: CancelJobId): MatchedJob[] => {
  const { jobId, tasks, component } = id;
  if (component !== undefined)
    return jobs
      .filter((job) => job.hetJobId === jobId && job.hetOffset === component)
      .map((job) => ({ ref: refOf(job), job }));
  const records = jobs.filter((job) => job.jobId === jobId || job.arrayJobId === jobId);
  if (tasks === undefined) return records.map((job) => ({ ref: refOf(job), job }));
  const wanted = tasksOf(tasks);
  const matched: MatchedJob[] = [];
  for (const job of records) {
    if (job.arrayJobId !== jobId) continue;
    const own = job.arrayTaskId >= 0 ? [job.arrayTaskId] : tasksOf(job.arrayTasks);
    const meant = own.filter((task) => wanted.includes(task));
    if (meant.length > 0)
      matched.push({ ref: `${jobId}_${meant.length === 1 ? meant[0] : `[${meant.join(",")}]`}`, job });
  }
  return matched;
};

const tasksOf = (text: string): readonly number[] => {
  const tasks = text === "" ? undefined : parseArray(text);
  return tasks?.ok === true ? [...tasks.value.tasks] : [];
};
