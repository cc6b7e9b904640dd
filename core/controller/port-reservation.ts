/** Reservations: listed, made, changed and ended, for operators. Each change is checked against the state of its moment. */
import { reservationView } from "../account/reservation-view.ts";
import type { Caller } from "../api/port.ts";
import { isEnded } from "../model/job.ts";
import { ok, type Refusal, type Result, refuse } from "../model/refusal.ts";
import {
  inOrder,
  isRecurring,
  MAX_RESERVATION_NAME_CHARS,
  MAX_RESERVATIONS,
  mayUse,
  type ReservationFlag,
  type ReservationSpec,
  readFlags,
} from "../model/reservation.ts";
import type { ReservationRequest, ReservationUpdate, ReservationView } from "../model/reservation-views.ts";
import { nextWindow, windowsFrom } from "../model/reservation-windows.ts";
import type { NodeView } from "../model/views.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { recordsById, reservationTables } from "../state/reservations.ts";
import { nowS } from "./clock.ts";
import { type CoreParts, eventTimeS } from "./core-parts.ts";
import { type Draft, nodesFor } from "./reservation-nodes.ts";

/** A reservation may be asked to begin so long ago and still begins now. */
const LATE_S = 60;
const MAX_END_S = 4_294_967_295;

export class PortReservation {
  private readonly parts: CoreParts;

  constructor(parts: CoreParts) {
    this.parts = parts;
  }

  /** By the order in which they were made. */
  async list(): Promise<readonly ReservationView[]> {
    const { ledger, clock } = this.parts;
    await ledger.settled();
    const now = nowS(clock);
    return recordsById(ledger.state).map((record) => reservationView(ledger.state, record, now));
  }

  /** Gives its name. */
  async create(asked: ReservationRequest, caller: Caller): Promise<Result<string>> {
    if (!caller.operator) return refuse("ACCESS_DENIED", "only an operator may make reservations");
    const { ledger } = this.parts;
    const { state } = ledger;
    const atS = eventTimeS(this.parts);
    if (state.reservations.byName.size >= MAX_RESERVATIONS)
      return refuse("BUSY", `there are ${MAX_RESERVATIONS} reservations already`);
    const draft = this.draftOf(asked, atS);
    if (!draft.ok) return draft;
    if (state.reservations.byName.has(draft.value.name))
      return refuse("RESERVATION_EXISTS", `there is a reservation ${draft.value.name} already`);
    const nodes = nodesFor(state, asked, draft.value, atS);
    if (!nodes.ok) return nodes;
    const reservation = { ...draft.value, nodes: nodes.value };
    await ledger.append([{ type: "reservation.created", atS, reservation }]);
    return ok(reservation.name);
  }

  async change(name: string, asked: ReservationUpdate, caller: Caller): Promise<Result<null>> {
    if (!caller.operator) return refuse("ACCESS_DENIED", "only an operator may change reservations");
    const { ledger } = this.parts;
    const { state } = ledger;
    const atS = eventTimeS(this.parts);
    const known = state.reservations.byName.get(name)?.spec;
    if (known === undefined) return unknown(name);
    // One that floats is where it is now.
    const before = { ...known, ...(known.floatS === undefined ? {} : windowsFrom(known, atS)[0]) };
    if (asked.skip === true) return this.skip(before, atS);
    const after = this.changed(before, asked, atS);
    if (!after.ok) return after;
    // What it has already is looked at again: its time, or its flags, may be others.
    const nodes = nodesFor(state, asked, after.value, atS, before);
    if (!nodes.ok) return nodes;
    const { name: _, ...change } = { ...after.value, nodes: nodes.value };
    await ledger.append([{ type: "reservation.changed", atS, name, change }]);
    return ok(null);
  }

  /** A recurring one goes on to the time after its current or next one. */
  private async skip(spec: ReservationSpec, atS: number): Promise<Result<null>> {
    const { name, startS, endS } = spec;
    const next = nextWindow(spec, { startS, endS });
    if (next === undefined) return refuse("INVALID_SPEC", `reservation ${name} does not recur`);
    await this.parts.ledger.append([{ type: "reservation.rolled", atS, name, ...next }]);
    return ok(null);
  }

  async remove(name: string, caller: Caller): Promise<Result<null>> {
    const { ledger } = this.parts;
    const spec = ledger.state.reservations.byName.get(name)?.spec;
    if (!caller.operator && !this.mayRemove(spec, caller))
      return refuse("ACCESS_DENIED", "only an operator may end reservations");
    if (spec === undefined) return unknown(name);
    for (const job of ledger.state.jobs.values()) {
      if (job.reservation !== name || isEnded(job.state)) continue;
      const message = `job ${job.id} asks for reservation ${name}`;
      return refuse("RESERVATION_IN_USE", message, { reservation: name, jobId: job.id });
    }
    await ledger.append([{ type: "reservation.deleted", atS: eventTimeS(this.parts), name }]);
    return ok(null);
  }

  /** With USER_DELETE, whoever may run in it by name. */
  private mayRemove(spec: ReservationSpec | undefined, { user }: Caller): boolean {
    if (spec?.flags.includes("USER_DELETE") !== true || spec.groups.length > 0) return false;
    const isIn = (account: string): boolean =>
      this.parts.ledger.state.accounting.associations.admits(account, user);
    const accounts = spec.accounts.filter((account) => !account.startsWith("-"));
    if (accounts.length > 0 && !accounts.some(isIn)) return false;
    return mayUse({ ...spec, accounts: [] }, { user, account: "", group: "" });
  }

  private draftOf(asked: ReservationRequest, atS: number): Result<Draft> {
    const { state } = this.parts.ledger;
    const flags = flagsOf(asked.flags ?? []);
    if (!flags.ok) return flags;
    const users = asked.users ?? [];
    const accounts = asked.accounts ?? [];
    const groups = asked.groups ?? [];
    const wrong = this.whoProblem(users, accounts, groups);
    if (wrong !== undefined) return { ok: false, refusal: wrong };
    const isNamed = asked.nodes !== undefined;
    if (!isNamed && (asked.nodeCount ?? 0) === 0 && (asked.coreCount ?? 0) === 0)
      return refuse("INVALID_SPEC", "nodes, a number of nodes or a number of cores must be given");
    const partition = this.partitionOf(asked.partition, isNamed);
    if (!partition.ok) return partition;
    const first = (users[0] ?? groups[0] ?? accounts[0] ?? "").replace(/^-/, "");
    const name = asked.name ?? `${first}_${state.reservations.nextId}`;
    if (!/^[^\s,=/]+$/.test(name) || name.length > MAX_RESERVATION_NAME_CHARS)
      return refuse(
        "INVALID_SPEC",
        `a reservation's name has 1 to ${MAX_RESERVATION_NAME_CHARS} characters, no blank, comma, / or =`,
      );
    const draft: Draft = {
      name,
      startS: asked.startS,
      endS: asked.endS,
      features: asked.features ?? "",
      partition: partition.value,
      users,
      accounts,
      groups,
      flags: withNodeFlags(flags.flags, asked.nodes),
      purgeS: flags.purgeS,
      ...(flags.flags.includes("TIME_FLOAT") ? { floatS: Math.max(0, asked.startS - atS) } : {}),
    };
    const floating = floatProblem(draft) ?? partitionProblem(draft);
    if (floating !== undefined) return { ok: false, refusal: floating };
    const late = asked.startS < atS - LATE_S;
    const early = timeProblem(draft, atS) ?? featureProblem(state, draft.features);
    if (late && early === undefined) return refuse("RESERVATION_TIME", "it must not begin in the past");
    return early === undefined ? ok(draft) : { ok: false, refusal: early };
  }

  private changed(before: ReservationSpec, asked: ReservationUpdate, atS: number): Result<Draft> {
    const flags = asked.flags === undefined ? undefined : flagsOf(asked.flags);
    if (flags?.ok === false) return flags;
    if (asked.startS !== undefined && asked.startS !== before.startS && before.startS <= atS)
      return refuse("RESERVATION_STARTED", `reservation ${before.name} has begun already`);
    const users = asked.users ?? before.users;
    const accounts = asked.accounts ?? before.accounts;
    const groups = asked.groups ?? before.groups;
    const wrong = this.whoProblem(users, accounts, groups);
    if (wrong !== undefined) return { ok: false, refusal: wrong };
    const partition =
      asked.partition === undefined ? ok(before.partition) : this.partitionOf(asked.partition, true);
    if (!partition.ok) return partition;
    if (flags !== undefined && flags.flags.includes("TIME_FLOAT") !== before.flags.includes("TIME_FLOAT"))
      return refuse("INVALID_SPEC", "TIME_FLOAT can only be said of a new reservation");
    const startS = asked.startS ?? before.startS;
    const durationS = asked.durationS ?? before.endS - before.startS;
    const nodeFlags = before.flags.filter((flag) => NODE_FLAGS.includes(flag));
    const kept = flags === undefined ? before.flags : inOrder([...flags.flags, ...nodeFlags]);
    const counted = asked.nodes === undefined && (asked.nodeCount ?? asked.coreCount) !== undefined;
    const draft: Draft = {
      ...before,
      startS,
      endS: asked.endS ?? startS + durationS,
      features: asked.features ?? before.features,
      partition: counted && partition.value === "" ? this.defaultPartition() : partition.value,
      users,
      accounts,
      groups,
      flags: asked.nodes === undefined ? kept : withNodeFlags(kept, asked.nodes),
      purgeS: flags?.purgeS ?? before.purgeS,
      ...(before.floatS === undefined || asked.startS === undefined
        ? {}
        : { floatS: Math.max(0, asked.startS - atS) }),
    };
    const wrongly = floatProblem(draft) ?? partitionProblem(draft);
    if (wrongly !== undefined) return { ok: false, refusal: wrongly };
    const early = timeProblem(draft, atS) ?? featureProblem(this.parts.ledger.state, draft.features);
    return early === undefined ? ok(draft) : { ok: false, refusal: early };
  }

  private whoProblem(
    users: readonly string[],
    accounts: readonly string[],
    groups: readonly string[],
  ): Refusal | undefined {
    if (users.length + accounts.length + groups.length === 0)
      return { code: "RESERVATION_EMPTY", message: "users, groups or accounts must be given" };
    if (users.length > 0 && groups.length > 0)
      return { code: "INVALID_SPEC", message: "users and groups cannot both be given" };
    if (isMixed(users)) return { code: "INVALID_SPEC", message: "users are all allowed or all denied" };
    if (isMixed(accounts))
      return { code: "INVALID_ACCOUNT", message: "accounts are all allowed or all denied" };
    const known = this.parts.ledger.state.accounting.accounts;
    const missing = accounts
      .map((name) => name.replace(/^-/, ""))
      .find((name) => known.length > 0 && !known.some((account) => account.name === name));
    if (missing === undefined) return undefined;
    return {
      code: "INVALID_ACCOUNT",
      message: `there is no account ${missing}`,
      details: { account: missing },
    };
  }

  /** Nodes that are counted must be of one partition: the default one where none is named. */
  private partitionOf(name: string | undefined, isNamed: boolean): Result<string> {
    if (name === undefined || name === "") return ok(isNamed ? "" : this.defaultPartition());
    const { partitions } = this.parts.ledger.state;
    if (partitions.some(({ spec }) => spec.name === name)) return ok(name);
    return refuse("INVALID_PARTITION", `there is no partition ${name}`, { partition: name });
  }

  private defaultPartition(): string {
    return this.parts.ledger.state.partitions.find(({ spec }) => spec.isDefault)?.spec.name ?? "";
  }
}

/** By node row: how it is kept at that moment. */
export function reservedNow(
  state: ClusterState,
  atS: number,
): ReadonlyMap<number, NonNullable<NodeView["reserved"]>> {
  const reserved = new Map<number, NonNullable<NodeView["reserved"]>>();
  for (const { nodes, windows, isMaintenance } of reservationTables(state, atS) ?? []) {
    if (windows[0]!.startS > atS) continue;
    for (const node of nodes)
      if (isMaintenance || !reserved.has(node))
        reserved.set(node, isMaintenance ? "maintenance" : "reserved");
  }
  return reserved;
}

const NODE_FLAGS: readonly ReservationFlag[] = ["SPEC_NODES", "ALL_NODES"];

/** Says by flags how the nodes were asked. */
function withNodeFlags(
  flags: readonly ReservationFlag[],
  nodes: string | undefined,
): readonly ReservationFlag[] {
  const asked: ReservationFlag[] =
    nodes === undefined ? [] : nodes.toUpperCase() === "ALL" ? ["SPEC_NODES", "ALL_NODES"] : ["SPEC_NODES"];
  return inOrder([...flags.filter((flag) => !NODE_FLAGS.includes(flag)), ...asked]);
}

type Flags = { readonly ok: true; readonly flags: readonly ReservationFlag[]; readonly purgeS: number };

function flagsOf(words: readonly string[]): Flags | ReturnType<typeof refuse> {
  // A list as it is shown names how nodes were asked; that follows from the nodes.
  const said = words.filter((word) => !NODE_FLAGS.includes(word as ReservationFlag));
  if (said.length === 0) return { ok: true, flags: [], purgeS: 0 };
  const read = readFlags(said.join(","));
  if (read.ok) return read;
  return read.isKnown
    ? refuse("NOT_SUPPORTED", `the flag ${read.word} is not supported by this version of Rota`, {
        flag: read.word,
      })
    : refuse("INVALID_SPEC", `there is no flag ${read.word}`, { flag: read.word });
}

/** One that moves on with time does not recur. */
function floatProblem(draft: Draft): Refusal | undefined {
  if (!draft.flags.includes("TIME_FLOAT") || !isRecurring({ ...draft, nodes: [] })) return undefined;
  return { code: "INVALID_SPEC", message: "a reservation with TIME_FLOAT does not recur" };
}

/** All nodes of a partition are asked with its name and Nodes=ALL. */
function partitionProblem({ flags, partition }: Draft): Refusal | undefined {
  if (!flags.includes("PART_NODES") || (partition !== "" && flags.includes("ALL_NODES"))) return undefined;
  return { code: "INVALID_SPEC", message: "PART_NODES is asked with a partition and with the nodes ALL" };
}

function timeProblem(draft: Draft, atS: number): Refusal | undefined {
  const bad = (message: string): Refusal => ({ code: "RESERVATION_TIME", message });
  const { startS, endS } = draft;
  if (!Number.isInteger(startS) || !Number.isInteger(endS) || startS < 0 || endS > MAX_END_S)
    return bad("times are whole seconds after 1970, up to 2106");
  if (endS <= startS) return bad("it must end after it begins");
  if (endS <= atS) return bad("it would be over already");
  const next = nextWindow({ ...draft, nodes: [] }, { startS, endS });
  return next !== undefined && next.startS < endS ? bad("it would begin again before it ends") : undefined;
}

function featureProblem(state: ClusterState, features: string): Refusal | undefined {
  const unknown = features
    .split("&")
    .find((name) => name !== "" && !state.nodeRecords.some(({ spec }) => spec.features.includes(name)));
  if (unknown === undefined) return undefined;
  return {
    code: "INVALID_FEATURE",
    message: `no node has the feature ${unknown}`,
    details: { feature: unknown },
  };
}

const isMixed = (names: readonly string[]): boolean =>
  new Set(names.map((name) => name.startsWith("-"))).size > 1;
const unknown = (name: string) =>
  refuse("RESERVATION_INVALID", `there is no reservation ${name}`, { reservation: name });
