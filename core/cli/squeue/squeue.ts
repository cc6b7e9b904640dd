/** squeue: shows the jobs in the queue, and with --steps the steps that run. Asks once and prints. */
import { expandHostlist } from "../../model/hostlist.ts";
import { ok, type Result } from "../../model/refusal.ts";
import type { StepView } from "../../model/step.ts";
import type { JobFilter, JobView } from "../../model/views.ts";
import { type Field, type Format, headerLine, parseFormat, parseLongFormat, rowLine } from "../columns.ts";
import { ControllerClient } from "../controller-client.ts";
import { done, type Failure, failure, loadFailure, type Outcome } from "../failure.ts";
import { helpText, usageText } from "../help-text.ts";
import { ownIdentity } from "../identity.ts";
import type { Command, Invocation } from "../invocation.ts";
import { newestFirst } from "../job-order.ts";
import { parseSort, sortRows } from "../ordering.ts";
import { SLURM_VERSION_LINE } from "../slurm-version.ts";
import { longDate, timePrinter } from "../time-format.ts";
import { jobFields } from "./job-fields.ts";
import { readSqueueOptions, SQUEUE_OPTIONS, type SqueueRequest } from "./options.ts";
import { selectJobs } from "./select-jobs.ts";
import { stepFields, stepsOf } from "./step-fields.ts";

const USAGE = "squeue [OPTIONS]";
const LOAD = "slurm_load_jobs error";

export const squeue: Command = async (invocation) => {
  const { command, args, env, out, err } = invocation;
  const request = readSqueueOptions(command, args, env);
  if (!request.ok) return fail(invocation, request);
  const { print } = request.value;
  if (print === "help") out(helpText(USAGE, SQUEUE_OPTIONS));
  else if (print === "usage") out(usageText(USAGE));
  else if (print === "version") out(SLURM_VERSION_LINE);
  if (print !== "") return 0;
  const client = new ControllerClient(env);
  const found = await findJobs(command, request.value, client);
  if (!found.ok) return fail(invocation, found);
  const steps = request.value.steps ? await client.steps() : ok([]);
  if (!steps.ok) return fail(invocation, loadFailure("slurm_load_job_steps error", steps.refusal));
  const printed = queueText(found.value, request.value, {
    steps: steps.value,
    command,
    nowS: invocation.nowS(),
    env,
    clusterName: await clusterNameFor(request.value, client),
  });
  err(printed.err);
  out(printed.out);
  return printed.status;
};

const fail = ({ err }: Invocation, { status, text }: Failure): number => {
  err(text);
  return status;
};

const findJobs = async (
  command: string,
  request: SqueueRequest,
  client: ControllerClient,
): Promise<Outcome<JobView[]>> => {
  const onNodes = await nodesAsked(command, request, client);
  if (!onNodes.ok) return onNodes;
  const jobs = await load(request, client);
  if (!jobs.ok) return loadFailure(LOAD, jobs.refusal);
  return done(selectJobs(jobs.value, request, ownIdentity(), onNodes.value));
};

/** One id is asked for by itself, and it is an error that there is no such job; of several, those there are. */
const load = async (
  request: SqueueRequest,
  client: ControllerClient,
): Promise<Result<readonly JobView[]>> => {
  const { ids } = request;
  if (ids?.length === 1) {
    const jobs = await client.job(String(ids[0]!.jobId));
    return jobs.ok ? ok(newestFirst(jobs.value)) : jobs;
  }
  return client.jobs(loadFilter(request, ownIdentity().user));
};

/** What the controller may leave out. It knows names only, so a uid is looked for in what it sends. */
export const loadFilter = (request: SqueueRequest, self: string): JobFilter => {
  const states = request.start ? ["PENDING"] : request.states;
  const queued = states?.every(
    (state) => state === "PENDING" || state === "RUNNING" || state === "SUSPENDED",
  );
  const users = request.me ? [self] : request.users;
  const named = users !== undefined && users.length > 0 && !users.some((user) => /^\d+$/.test(user));
  return {
    ...(states === undefined || queued === true ? {} : { ended: true }),
    ...(states !== undefined && queued === true && states.length > 0 ? { states } : {}),
    ...(named ? { users } : {}),
    ...(request.names !== undefined && request.names.length > 0 ? { names: request.names } : {}),
  };
};

const nodesAsked = async (
  command: string,
  { nodelist }: SqueueRequest,
  client: ControllerClient,
): Promise<Outcome<{ has: (job: JobView) => boolean } | undefined>> => {
  if (nodelist === undefined) return done(undefined);
  const names = expandHostlist(nodelist);
  if (!names.ok) return failure(command, `Invalid node name ${nodelist}`);
  const nodes = await client.nodes();
  if (!nodes.ok) return loadFailure("slurm_load_node error", nodes.refusal);
  const known = new Set(nodes.value.map(({ name }) => name));
  const stray = names.value.find((name) => !known.has(name));
  if (stray !== undefined) return failure(command, `Invalid node name ${stray}`);
  const wanted = new Set(names.value);
  return done({ has: ({ nodes: list }) => hostsOf(list).some((name) => wanted.has(name)) });
};

const hostsOf = (hostlist: string): readonly string[] => {
  const names = expandHostlist(hostlist);
  return names.ok ? names.value : [];
};

/** The cluster's name is a column that few ask for. */
const clusterNameFor = async ({ format }: SqueueRequest, client: ControllerClient): Promise<string> => {
  if (format?.long !== true || !/\bcluster\b/i.test(format.text)) return "";
  const cluster = await client.cluster();
  return cluster.ok ? cluster.value.clusterName : "";
};

export interface QueueTextContext {
  /** Steps that run, for --steps. */
  readonly steps?: readonly StepView[];
  readonly command: string;
  readonly nowS: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clusterName: string;
}

export interface QueueText {
  readonly out: string;
  readonly err: string;
  readonly status: number;
}

/** What squeue prints of the jobs that were selected. Pure. */
export const queueText = (
  jobs: readonly JobView[],
  request: SqueueRequest,
  context: QueueTextContext,
): QueueText => {
  const { nowS, clusterName } = context;
  const time = timePrinter(context.env);
  if (request.steps) {
    const { stepIds } = request;
    const steps = stepsOf(jobs, context.steps).filter(({ stepId }) => stepIds?.includes(stepId) ?? true);
    return tableText(steps, stepFields(nowS, time), "%.15i %.8j %.9P %.8u %.9M %N", "P,i", request, context);
  }
  const [format, sort] = defaultsOf(request);
  return tableText(jobs, jobFields({ nowS, time, clusterName }), format, sort, request, context);
};

const defaultsOf = (request: SqueueRequest): readonly [format: string, sort: string] => {
  if (request.start) return ["%.18i %.9P %.8j %.8u %.2t %.19S %.6D %20Y %R", "S"];
  if (request.long) return ["%.18i %.9P %.8j %.8u %.8T %.10M %.9l %.6D %R", "P,t,-p"];
  if (request.onlyState) return ["%.18i %.8T", "i"];
  return ["%.18i %.9P %.8j %.8u %.2t %.10M %.6D %R", "P,t,-p"];
};

const tableText = <Row>(
  rows: readonly Row[],
  fields: readonly Field<Row>[],
  defaultFormat: string,
  defaultSort: string,
  request: SqueueRequest,
  { command, nowS }: QueueTextContext,
): QueueText => {
  const format = formatOf(request, fields, defaultFormat);
  const kind = request.steps ? "job step" : "job";
  const unknown = format.unknown.map(
    (name) => `${command}: error: Invalid ${kind} format specification: ${name}\n`,
  );
  let out = request.long && request.header ? `${longDate(nowS)}\n` : "";
  if (request.header) out += headerLine(format);
  const sort = parseSort(request.sort ?? defaultSort, fields);
  if (!sort.ok) {
    const problem = `${command}: error: Invalid sort specification: ${sort.letter}\n`;
    return { out, err: unknown.join("") + problem, status: 1 };
  }
  for (const row of sortRows(rows, sort.keys)) out += rowLine(format, row);
  return { out, err: unknown.join(""), status: 0 };
};

const formatOf = <Row>(
  { format }: SqueueRequest,
  fields: readonly Field<Row>[],
  defaultFormat: string,
): Format<Row> => {
  if (format === undefined) return parseFormat(defaultFormat, fields);
  return format.long ? parseLongFormat(format.text, fields) : parseFormat(format.text, fields);
};
