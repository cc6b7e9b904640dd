/** sinfo: shows partitions and nodes. Asks for both once and prints. */
import { readFileSync } from "node:fs";
import { expandHostlist } from "../../model/hostlist.ts";
import type { NodeView, PartitionView } from "../../model/views.ts";
import {
  ALL_FIELDS,
  type Field,
  type Format,
  hasField,
  headerLine,
  parseFormat,
  parseLongFormat,
  rowLine,
} from "../columns.ts";
import { ControllerClient } from "../controller-client.ts";
import { type Failure, loadFailure } from "../failure.ts";
import { helpText, usageText } from "../help-text.ts";
import type { Command, Invocation } from "../invocation.ts";
import { parseSort, sortRows } from "../ordering.ts";
import { SLURM_VERSION_LINE } from "../slurm-version.ts";
import { longDate, timePrinter } from "../time-format.ts";
import { nodeFields, RANK_FIELD, rankNodes } from "./node-fields.ts";
import { groupNodes, type NodeGroup } from "./node-groups.ts";
import { readSinfoOptions, SINFO_OPTIONS, type SinfoRequest } from "./options.ts";
import { reservationTable } from "./reservation-table.ts";

const USAGE = "sinfo [OPTIONS]";

export const sinfo: Command = async (invocation) => {
  const { command, args, env, out, err } = invocation;
  const request = readSinfoOptions(command, args, env);
  if (!request.ok) return fail(invocation, request);
  const { print } = request.value;
  if (print !== "" && print !== "reservation") {
    out(PRINTS[print]());
    return 0;
  }
  const client = new ControllerClient(env);
  if (print === "reservation") {
    const reservations = await client.reservations();
    if (!reservations.ok)
      return fail(invocation, loadFailure("slurm_load_reservations", reservations.refusal));
    out(reservationTable(reservations.value, timePrinter(env), request.value.header));
    return 0;
  }
  const [partitions, nodes] = await Promise.all([client.partitions(), client.nodes()]);
  if (!partitions.ok) return fail(invocation, loadFailure("slurm_load_partitions", partitions.refusal));
  if (!nodes.ok) return fail(invocation, loadFailure("slurm_load_node", nodes.refusal));
  const context = { command, nowS: invocation.nowS(), env, uidOf: localUid };
  const printed = infoText(nodes.value, partitions.value, request.value, context);
  err(printed.err);
  out(printed.out);
  return 0;
};

const PRINTS: Readonly<Record<Exclude<SinfoRequest["print"], "" | "reservation">, () => string>> = {
  help: () => helpText(USAGE, SINFO_OPTIONS),
  usage: () => usageText(USAGE),
  version: () => SLURM_VERSION_LINE,
};

const fail = ({ err }: Invocation, { status, text }: Failure): number => {
  err(text);
  return status;
};

/** A uid from the machine's own user file. */
const localUid = (user: string): number | undefined => {
  try {
    const line = readFileSync("/etc/passwd", "utf8")
      .split("\n")
      .find((entry) => entry.startsWith(`${user}:`));
    return line === undefined ? undefined : Number(line.split(":")[2]);
  } catch {
    return undefined;
  }
};

export interface InfoTextContext {
  readonly command: string;
  readonly nowS: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uidOf: (user: string) => number | undefined;
}

/** What sinfo prints of the cluster. Pure. */
export const infoText = (
  nodes: readonly NodeView[],
  partitions: readonly PartitionView[],
  request: SinfoRequest,
  context: InfoTextContext,
): { readonly out: string; readonly err: string } => {
  const { command, nowS, env, uidOf } = context;
  const shown = partitions.filter(({ name }) => request.partitions?.includes(name) ?? true);
  const rankOfNode = rankNodes(nodes);
  const fields = nodeFields({ time: timePrinter(env), rankOfNode, uidOf });
  const format: Format<NodeGroup> =
    request.format === undefined
      ? parseFormat(defaultFormat(request, shown, nodes), fields)
      : request.format.long
        ? parseLongFormat(request.format.text, fields)
        : parseFormat(writtenOut(request.format.text, fields), fields);
  const groups = groupNodes(selectNodes(nodes, request), shown, {
    exact: request.exact,
    byNode: request.byNode,
    shows: (names) => hasField(format, names),
  });
  const sort = sortOf(request.sort ?? defaultSort(request), [...fields, RANK_FIELD]);
  let out = request.long && request.header ? `${longDate(nowS)}\n` : "";
  if (request.header) out += headerLine(format);
  for (const group of sortRows(groups, sort)) out += rowLine(format, group);
  const unknown = format.unknown.map((name) =>
    request.format?.long === true
      ? `${command}: error: Invalid job format specification: ${name}\n`
      : `Invalid node format specification: ${name}\n`,
  );
  return { out, err: unknown.join("") };
};

/** Slurm's sinfo, unlike its squeue, puts a blank behind the fields with capital letters of `%all`. */
const writtenOut = (format: string, fields: readonly Field<NodeGroup>[]): string =>
  format.trim() !== ALL_FIELDS
    ? format
    : fields
        .flatMap(({ letter }) =>
          letter === undefined ? [] : [/[A-Z]/.test(letter) ? `%${letter} ` : `%${letter}`],
        )
        .join("|");

const selectNodes = (nodes: readonly NodeView[], request: SinfoRequest): NodeView[] => {
  const tests: ((node: NodeView) => boolean)[] = [];
  if (request.nodes !== undefined) {
    const names = expandHostlist(request.nodes);
    const wanted = new Set(names.ok ? names.value : []);
    tests.push((node) => wanted.has(node.name));
  }
  if (request.hasState !== undefined) tests.push(request.hasState);
  if (request.dead) tests.push((node) => !node.responding);
  if (request.responding) tests.push((node) => node.responding);
  if (request.reasons) tests.push((node) => node.reason !== "");
  return nodes.filter((node) => tests.every((test) => test(node)));
};

/** Widths of partitions and nodes follow the longest name, from 9. */
const defaultFormat = (
  request: SinfoRequest,
  partitions: readonly PartitionView[],
  nodes: readonly NodeView[],
): string => {
  const LEAST_WIDTH = 9;
  const width = (names: readonly string[]): number =>
    names.reduce((most, name) => Math.max(most, name.length), LEAST_WIDTH);
  const partition = width(partitions.map(({ name, isDefault }) => (isDefault ? `${name}*` : name)));
  const node = width(nodes.map(({ name }) => name));
  if (request.summarize) return `%${partition}P %.5a %.10l %.16F %N`;
  if (request.reasons) return request.long ? "%20E %12U %19H %6t %N" : "%20E %9u %19H %N";
  if (request.byNode && request.long)
    return `%${node}N %.6D %.${partition}P %.11T %4c %.8z %.6m %.8d %.6w %.8f %20E`;
  if (request.byNode) return `%${node}N %.6D %.${partition}P %6t`;
  if (request.long) return `%${partition}P %.5a %.10l %.10s %.4r %.8h %.10g %.6D %.11T %N`;
  return `%${partition}P %.5a %.10l %.6D %.6t %N`;
};

const defaultSort = (request: SinfoRequest): string => {
  if (request.byNode) return "N";
  return request.reasons ? "-t" : "#P,-t";
};

/** Slurm passes over letters that it does not know here. */
const sortOf = (text: string, fields: Parameters<typeof parseSort<NodeGroup>>[1]) => {
  const known = [...text].filter(
    (letter) => /[-#,+]/.test(letter) || fields.some((one) => one.letter === letter),
  );
  const sort = parseSort(known.join(""), fields);
  return sort.ok ? sort.keys : [];
};
