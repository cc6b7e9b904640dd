/** The commands that look and change nothing: queue, nodes, show, explain, history, errors. */
import { nearestName } from "../../controller/config-nearest.ts";
import { parseBeginTime } from "../../model/begin-time.ts";
import { ERRORS, type ErrorCode } from "../../model/errors.ts";
import { compareHostNames } from "../../model/hostlist.ts";
import { ok, type Result, refuse } from "../../model/refusal.ts";
import type { ExplainView, HistoryView, NodeView } from "../../model/views.ts";
import { answer, type CommandContext, fail } from "./context.ts";
import { printExplanation } from "./explanation-text.ts";
import { clusterFacts, type Facts, jobFacts, nodeFacts, partitionFacts } from "./facts.ts";
import { printHistory } from "./history-table.ts";
import { type FilterOptions, filterOf } from "./job-filter.ts";
import { printNodes } from "./node-table.ts";
import { printQueue } from "./queue-table.ts";
import { printFacts, printTable } from "./table.ts";

export interface QueueOptions extends FilterOptions {
  readonly json?: boolean;
  readonly all?: boolean;
}

/** Waiting and running jobs, with `--all` those ended a short while ago too. */
export async function runQueue(
  context: CommandContext,
  refs: readonly string[],
  options: QueueOptions,
): Promise<number> {
  const jobs = await context.client.jobs({
    ...filterOf(refs, options),
    ended: options.all === true || options.state !== undefined || refs.length > 0,
  });
  return answer(context, jobs, options.json ?? false, (found) =>
    printQueue(found, context.nowS(), context.terminal),
  );
}

export async function runNodes(
  context: CommandContext,
  names: readonly string[],
  options: { readonly json?: boolean; readonly partition?: string },
): Promise<number> {
  const nodes = await nodesByName(context);
  const unknown = nodes.ok
    ? names.find((name) => !nodes.value.some((node) => node.name === name))
    : undefined;
  if (unknown !== undefined) {
    const refusal = refuse("UNKNOWN_NODE", `there is no node ${unknown}`, { node: unknown }).refusal;
    return fail(context, refusal, options.json);
  }
  const chosen = nodes.ok
    ? ok(
        nodes.value.filter(
          (node) =>
            (names.length === 0 || names.includes(node.name)) &&
            (options.partition === undefined || node.partitions.includes(options.partition)),
        ),
      )
    : nodes;
  return answer(context, chosen, options.json ?? false, (found) => printNodes(found, context.terminal));
}

const SHOWN = ["job", "node", "partition", "cluster"] as const;

/** All that is known of one thing, or of all of a kind. The kind may be in the plural; a job id alone is a job. */
export async function runShow(
  context: CommandContext,
  said: string,
  saidName: string | undefined,
  options: { readonly json?: boolean },
): Promise<number> {
  const isJob = saidName === undefined && /^[1-9]\d*(_.+)?$/.test(said);
  const kind = isJob ? "job" : SHOWN.find((one) => one === said || `${one}s` === said);
  const name = isJob ? said : saidName;
  if (kind === undefined) {
    const message = `there is no kind ${said}: name a job id, or one of ${SHOWN.join(", ")}`;
    return fail(context, refuse("INVALID_SPEC", message).refusal, options.json);
  }
  const print = <Row>(result: Result<readonly Row[]>, facts: (row: Row) => Facts): number =>
    answer(context, result, options.json ?? false, (rows) =>
      rows.map((row) => printFacts(facts(row), context.terminal)).join("\n"),
    );
  switch (kind) {
    case "job":
      return print(
        name === undefined ? await context.client.jobs({ ended: true }) : await context.client.job(name),
        (job) => jobFacts(job, context.nowS()),
      );
    case "node":
      return print(named(await nodesByName(context), name, "node", "UNKNOWN_NODE"), nodeFacts);
    case "partition":
      return print(
        named(await context.client.partitions(), name, "partition", "UNKNOWN_PARTITION"),
        partitionFacts,
      );
    case "cluster":
      return answer(context, await context.client.cluster(), options.json ?? false, (cluster) =>
        printFacts(clusterFacts(cluster), context.terminal),
      );
  }
}

/** The controller has them in the order of their first registration, which says nothing to anybody. */
async function nodesByName(context: CommandContext): Promise<Result<readonly NodeView[]>> {
  const nodes = await context.client.nodes();
  return nodes.ok ? ok([...nodes.value].sort((a, b) => compareHostNames(a.name, b.name))) : nodes;
}

export async function runExplain(
  context: CommandContext,
  ref: string,
  options: { readonly json?: boolean },
): Promise<number> {
  const path = `/v1/jobs/${encodeURIComponent(ref)}/explain`;
  const found = await context.client.ask<{ explanations: readonly ExplainView[] }>("GET", path);
  return answer(context, found.ok ? ok(found.value.explanations) : found, options.json ?? false, (views) =>
    views.map((view) => printExplanation(view, context.nowS(), context.terminal)).join("\n"),
  );
}

export interface HistoryOptions extends FilterOptions {
  readonly json?: boolean;
  readonly since?: string;
  readonly until?: string;
  readonly limit?: string;
}

/** Ended jobs, the oldest first as they are read from top to bottom; with --json as the API has them, newest first. */
export async function runHistory(
  context: CommandContext,
  refs: readonly string[],
  options: HistoryOptions,
): Promise<number> {
  const since = moment(options.since, "--since", context.nowS());
  if (!since.ok) return fail(context, since.refusal, options.json);
  const until = moment(options.until, "--until", context.nowS());
  if (!until.ok) return fail(context, until.refusal, options.json);
  const { ids, users, names, states } = filterOf(refs, options);
  const query = { ids, users, names, states, sinceS: since.value, untilS: until.value, limit: options.limit };
  const pairs = Object.entries(query).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}=${encodeURIComponent(String(value))}`],
  );
  const found = await context.client.ask<{ history: readonly HistoryView[] }>(
    "GET",
    `/v1/history${pairs.length > 0 ? `?${pairs.join("&")}` : ""}`,
  );
  const history = found.ok ? ok(found.value.history) : found;
  return answer(context, history, options.json ?? false, (jobs) =>
    printHistory(jobs.toReversed(), context.terminal),
  );
}

/** The table of errors, or one of them; needs no controller. */
export function runErrors(
  context: CommandContext,
  code: string | undefined,
  options: { readonly json?: boolean },
): number {
  const codes = Object.keys(ERRORS) as ErrorCode[];
  const wanted = code?.toUpperCase();
  const shown = codes.filter((known) => wanted === undefined || known === wanted);
  if (shown.length === 0) {
    const nearest = nearestName(code!, codes);
    const hint = nearest === undefined ? "" : `; did you mean ${nearest}?`;
    return fail(context, refuse("INVALID_SPEC", `there is no error ${code}${hint}`).refusal, options.json);
  }
  const rows = shown.map((known) => ({
    code: known,
    ...(ERRORS[known] as { status: number; slurm?: string; todo: string }),
  }));
  return answer(context, ok(rows), options.json ?? false, (table) =>
    printTable(
      [
        { title: "CODE", cell: (row) => row.code },
        { title: "HTTP", align: "right", cell: (row) => row.status },
        { title: "WHAT TO DO", cell: (row) => row.todo },
        { title: "SLURM SAYS", cell: (row) => row.slurm ?? "" },
      ],
      table,
      context.terminal,
    ),
  );
}

function named<View extends { readonly name: string }>(
  views: Result<readonly View[]>,
  name: string | undefined,
  what: string,
  code: ErrorCode,
): Result<readonly View[]> {
  if (!views.ok || name === undefined) return views;
  const found = views.value.filter((view) => view.name === name);
  return found.length > 0 ? ok(found) : refuse(code, `there is no ${what} ${name}`, { [what]: name });
}

function moment(text: string | undefined, option: string, nowS: number): Result<number | undefined> {
  if (text === undefined) return ok(undefined);
  const read = parseBeginTime(text, nowS);
  return read.ok ? ok(read.value) : refuse("INVALID_SPEC", `${option}: ${read.message}`);
}
