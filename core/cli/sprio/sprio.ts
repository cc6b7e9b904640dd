/** sprio: how the priorities of waiting jobs come about, factor by factor. Asks once and prints. */
import { askPriorities, type Priorities } from "../account-client.ts";
import { type Format, headerLine, parseFormat, rowLine } from "../columns.ts";
import { ControllerClient } from "../controller-client.ts";
import { type Failure, loadFailure } from "../failure.ts";
import { helpText, usageText } from "../help-text.ts";
import type { Command, Invocation } from "../invocation.ts";
import { parseSort, type SortKey, sortRows } from "../ordering.ts";
import { SLURM_VERSION_LINE } from "../slurm-version.ts";
import { readSprioOptions, SPRIO_OPTIONS, SPRIO_USAGE, type SprioRequest } from "./options.ts";
import { defaultFormat, PRIORITY_FIELDS, type PriorityRow } from "./priority-fields.ts";

export const sprio: Command = async (invocation) => {
  const { command, args, env, out, err } = invocation;
  const request = readSprioOptions(command, args, env);
  if (!request.ok) return fail(invocation, request);
  const { print, ids, users, partitions } = request.value;
  if (print !== "") {
    out(PRINTS[print]());
    return 0;
  }
  const found = await askPriorities(new ControllerClient(env), {
    ...(ids === undefined || ids.length === 0 ? {} : { ids }),
    ...(users === undefined || users.length === 0 ? {} : { users }),
    ...(partitions === undefined || partitions.length === 0 ? {} : { partitions }),
  });
  if (!found.ok) return fail(invocation, loadFailure("slurm_load_priority_factors", found.refusal));
  const printed = priorityText(found.value, request.value, command);
  // The header stands before a complaint about the order, so what was found goes first.
  out(printed.out);
  err(printed.err);
  return printed.status;
};

const PRINTS: Readonly<Record<Exclude<SprioRequest["print"], "">, () => string>> = {
  help: () => helpText("sprio [OPTIONS]", SPRIO_OPTIONS),
  usage: () => usageText(SPRIO_USAGE),
  version: () => SLURM_VERSION_LINE,
};

const fail = ({ err }: Invocation, { status, text }: Failure): number => {
  err(text);
  return status;
};

/** What sprio prints of the jobs that were selected. Pure. */
export const priorityText = (
  { policy, hasFactors, weights, priorities }: Priorities,
  request: SprioRequest,
  command: string,
): { readonly out: string; readonly err: string; readonly status: number } => {
  if (!hasFactors) {
    const plugin = policy === "fifo" ? "basic" : policy;
    const first = `You are not running a supported priority plugin\n(priority/${plugin}).\n`;
    return { out: "", err: `${first}Only 'priority/multifactor' is supported.\n`, status: 1 };
  }
  const ids = request.ids === undefined ? undefined : new Set(request.ids);
  const views = priorities.filter(({ jobId }) => ids === undefined || ids.has(String(jobId)));
  if (ids !== undefined && views.length === 0 && !request.weights)
    return { out: "Unable to find jobs matching user/id(s) specified\n", err: "", status: 0 };
  const text = request.format ?? defaultFormat(request, request.users !== undefined, weights);
  const format = parseFormat(text, PRIORITY_FIELDS);
  const err = format.unknown
    .map((name) => `${command}: error: Invalid job format specification: ${name}\n`)
    .join("");
  const columns = withoutUnknown(format);
  const header = request.header ? headerLine(columns) : "";
  if (request.weights)
    return { out: header + rowLine(columns, { kind: "weights", weights }), err, status: 0 };
  const sort = sortOf(request.sort);
  if (typeof sort === "string") {
    const problem = `${command}: error: Invalid sort specification: ${sort}\n`;
    return { out: header, err: err + problem, status: 1 };
  }
  const rows = views.map((view): PriorityRow => ({ kind: "job", view, weights }));
  return {
    out:
      header +
      sortRows(rows, sort)
        .map((row) => rowLine(columns, row))
        .join(""),
    err,
    status: 0,
  };
};

/** Slurm leaves a field that it does not know out, with the text behind it. */
const withoutUnknown = (format: Format<PriorityRow>): Format<PriorityRow> => {
  const unknown = [...format.unknown];
  const columns = format.columns.filter(({ field, suffix }) => {
    if (field !== undefined || unknown[0] === undefined || !suffix.startsWith(`%${unknown[0]}`)) return true;
    unknown.shift();
    return false;
  });
  return { columns, unknown: format.unknown };
};

/** The keys, or the letter that is none: Slurm looks at them from the last to the first. */
const sortOf = (text: string): readonly SortKey<PriorityRow>[] | string => {
  const sort = parseSort(text, PRIORITY_FIELDS);
  if (sort.ok) return sort.keys;
  const letters = [...text].filter((letter) => !/[-#,+ ]/.test(letter));
  return letters.findLast((one) => !PRIORITY_FIELDS.some(({ letter }) => letter === one)) ?? sort.letter;
};
