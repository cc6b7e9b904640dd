/** `rota reservation`: lists, makes, changes and ends reservations. One request each; the first refusal is the exit code. */
import { parseBeginTime } from "../../model/begin-time.ts";
import { ok, type Refusal, type Result, refuse } from "../../model/refusal.ts";
import { UNLIMITED_RESERVATION_S } from "../../model/reservation.ts";
import type {
  ReservationRequest,
  ReservationUpdate,
  ReservationView,
} from "../../model/reservation-views.ts";
import { parseDuration, printDuration, printTimestamp, UNLIMITED_S } from "../../model/time.ts";
import { answer, type CommandContext, EXIT_FAILED, EXIT_OK, fail } from "./context.ts";
import { type Column, printTable } from "./table.ts";
import type { Terminal } from "./terminal.ts";

export interface ReservationOptions {
  readonly json?: boolean;
  readonly start?: string;
  readonly end?: string;
  readonly duration?: string;
  readonly nodes?: string;
  readonly count?: string;
  readonly cores?: string;
  readonly partition?: string;
  readonly features?: string;
  readonly users?: string;
  readonly accounts?: string;
  readonly groups?: string;
  readonly flags?: string;
}

export async function runReservationList(
  context: CommandContext,
  names: readonly string[],
  options: { readonly json?: boolean },
): Promise<number> {
  const all = await context.client.reservations();
  const unknown = all.ok ? names.find((name) => !all.value.some((one) => one.name === name)) : undefined;
  if (unknown !== undefined) {
    const { refusal } = refuse("RESERVATION_INVALID", `there is no reservation ${unknown}`);
    return fail(context, refusal, options.json);
  }
  const chosen = all.ok && names.length > 0 ? ok(all.value.filter(({ name }) => names.includes(name))) : all;
  return answer(context, chosen, options.json ?? false, (found) =>
    printReservations(found, context.nowS(), context.terminal),
  );
}

export async function runReservationCreate(
  context: CommandContext,
  name: string | undefined,
  options: ReservationOptions,
): Promise<number> {
  const terms = readTerms(options, context.nowS());
  if (!terms.ok) return fail(context, terms.refusal, options.json);
  const { startS, endS, durationS, ...rest } = terms.value;
  if (startS === undefined) return fail(context, missing("say when it begins, with --start"), options.json);
  if (endS === undefined && durationS === undefined)
    return fail(context, missing("say when it ends, with --end or --duration"), options.json);
  const request: ReservationRequest = {
    ...rest,
    startS,
    endS: endS ?? startS + (durationS ?? 0),
    ...(name === undefined ? {} : { name }),
  };
  const made = await context.client.createReservation(request);
  return answer(context, made, options.json ?? false, (given) => `Reservation ${given} made.\n`);
}

export async function runReservationChange(
  context: CommandContext,
  name: string,
  options: ReservationOptions,
): Promise<number> {
  const terms = readTerms(options, context.nowS());
  if (!terms.ok) return fail(context, terms.refusal, options.json);
  if (Object.keys(terms.value).length === 0)
    return fail(context, missing("say what to change; --help lists what there is"), options.json);
  const changed = await context.client.updateReservation(name, terms.value);
  return answer(context, changed, options.json ?? false, () => `Reservation ${name} changed.\n`);
}

export async function runReservationDelete(
  context: CommandContext,
  names: readonly string[],
  options: { readonly json?: boolean },
): Promise<number> {
  const outcomes: { reservation: string; error?: Refusal }[] = [];
  for (const name of names) {
    const gone = await context.client.deleteReservation(name);
    outcomes.push(gone.ok ? { reservation: name } : { reservation: name, error: gone.refusal });
    if (options.json !== true && gone.ok) context.out(`Reservation ${name} ended.\n`);
    if (options.json !== true && !gone.ok) fail(context, gone.refusal);
  }
  if (options.json === true) context.out(`${JSON.stringify(outcomes, null, 2)}\n`);
  return outcomes.some(({ error }) => error !== undefined) ? EXIT_FAILED : EXIT_OK;
}

const missing = (message: string): Refusal => ({ code: "INVALID_SPEC", message });

function readTerms(options: ReservationOptions, nowS: number): Result<ReservationUpdate> {
  const start = moment("--start", options.start, nowS);
  if (!start.ok) return start;
  const end = moment("--end", options.end, nowS);
  if (!end.ok) return end;
  const duration = options.duration === undefined ? undefined : parseDuration(options.duration);
  if (duration?.ok === false) return refuse("INVALID_SPEC", `--duration: ${duration.message}`);
  const count = whole("--count", options.count);
  if (!count.ok) return count;
  const cores = whole("--cores", options.cores);
  if (!cores.ok) return cores;
  if (end.value !== undefined && duration !== undefined)
    return refuse("INVALID_SPEC", "--end and --duration cannot both be given");
  const durationS = duration?.value === UNLIMITED_S ? UNLIMITED_RESERVATION_S : duration?.value;
  const list = (text: string | undefined) => text?.split(",").filter((word) => word !== "");
  const terms = {
    startS: start.value,
    endS: end.value,
    durationS,
    nodes: options.nodes,
    nodeCount: count.value,
    coreCount: cores.value,
    partition: options.partition,
    features: options.features,
    users: list(options.users),
    accounts: list(options.accounts),
    groups: list(options.groups),
    flags: list(options.flags),
  };
  return ok(
    Object.fromEntries(Object.entries(terms).filter(([, value]) => value !== undefined)) as ReservationUpdate,
  );
}

function moment(option: string, text: string | undefined, nowS: number): Result<number | undefined> {
  if (text === undefined) return ok(undefined);
  const at = parseBeginTime(text, nowS);
  return at.ok ? ok(at.value) : refuse("INVALID_SPEC", `${option}: ${at.message}`);
}

function whole(option: string, text: string | undefined): Result<number | undefined> {
  if (text === undefined) return ok(undefined);
  if (/^[1-9]\d{0,8}$/.test(text)) return ok(Number(text));
  return refuse("INVALID_SPEC", `${option}: ${text} is no whole number above 0`);
}

/** Reservations in the given order, or one sentence where there are none. Pure. */
export function printReservations(
  reservations: readonly ReservationView[],
  nowS: number,
  terminal: Terminal,
): string {
  if (reservations.length === 0) return "There are no reservations.\n";
  const when = ({ isActive, startS, endS }: ReservationView): string =>
    isActive ? `now, ${printDuration(endS - nowS)} more` : `in ${printDuration(Math.max(0, startS - nowS))}`;
  const columns: readonly Column<ReservationView>[] = [
    { title: "NAME", cell: ({ name }) => name },
    {
      title: "WHEN",
      cell: when,
      paint: (text, { isActive }) => (isActive ? terminal.colours.green(text) : text),
    },
    { title: "START", cell: ({ startS }) => printTimestamp(startS) },
    { title: "LENGTH", align: "right", cell: ({ startS, endS }) => printDuration(endS - startS) },
    { title: "NODES", align: "right", cell: ({ nodeCount }) => nodeCount },
    { title: "LIST", cell: ({ nodes }) => nodes },
    { title: "USERS", cell: ({ users }) => users.join(",") },
    { title: "GROUPS", cell: ({ groups }) => groups.join(",") },
    { title: "ACCOUNTS", cell: ({ accounts }) => accounts.join(",") },
    { title: "FLAGS", cell: ({ flags }) => flags.join(",") },
  ];
  return printTable(columns, reservations, terminal);
}
