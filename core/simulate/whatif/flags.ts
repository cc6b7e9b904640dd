/** The flags of `rota whatif`, checked; what they leave out is as the controller has it. Pure. */
import { BACKFILL_MODES, BACKFILL_ORDERS } from "../../model/backfill.ts";
import { parseBeginTime } from "../../model/begin-time.ts";
import type { PolicyChoice } from "../../model/policy.ts";
import { ok, type Result, refuse } from "../../model/refusal.ts";
import type { SnapshotFacts } from "../../model/state-snapshot.ts";
import { parseDuration } from "../../model/time.ts";
import { oneOf } from "../one-of.ts";
import { choiceOf, type PolicyNames } from "../policies.ts";
import type { BackfillSettings } from "../settings.ts";
import { type AddedNodes, MAX_ADDED_NODES } from "./changes.ts";
import { ENDS, type Ends } from "./run-length.ts";

/** As commander gives them. */
export interface WhatifFlags {
  readonly drain?: string;
  readonly addNodes?: string;
  readonly order?: string;
  readonly placement?: string;
  readonly topology?: string;
  readonly backfill?: string;
  readonly backfillOrder?: string;
  readonly until?: string;
  readonly ends?: string;
  readonly json?: boolean;
}

export interface WhatifSettings {
  readonly drain?: string | undefined;
  readonly addNodes?: AddedNodes | undefined;
  readonly policies: PolicyNames;
  /** Whether these are not the controller's own. */
  readonly hasOtherPolicies: boolean;
  readonly backfill: BackfillSettings;
  readonly untilS: number;
  readonly ends: Ends;
}

/** How far a forecast goes that nobody bounds. */
const DEFAULT_AHEAD_S = 30 * 86_400;
/** The cluster's clock is 32 bits, and an expected end must fit in it. */
const MAX_AHEAD_S = 10 * 365 * 86_400;
const ADDED = /^(\d{1,6})(?::(?:like[ =])?(.+))?$/;

export function readWhatifFlags(flags: WhatifFlags, facts: SnapshotFacts): Result<WhatifSettings> {
  const addNodes = readAdded(flags.addNodes);
  if (!addNodes.ok) return addNodes;
  const mode = oneOf("backfill", flags.backfill ?? facts.backfill, BACKFILL_MODES);
  if (!mode.ok) return mode;
  const order = oneOf("backfill-order", flags.backfillOrder ?? "queue", BACKFILL_ORDERS);
  if (!order.ok) return order;
  const ends = oneOf("ends", flags.ends ?? "limit", ENDS);
  if (!ends.ok) return ends;
  const untilS = readUntil(flags.until, facts.nowS);
  if (!untilS.ok) return untilS;
  const { priority, placement, topology, preemption } = facts.policies;
  return ok({
    drain: flags.drain,
    addNodes: addNodes.value,
    policies: {
      order: chosen("order", flags.order, priority),
      placement: chosen("placement", flags.placement, placement),
      topology: readTopology(flags.topology, topology),
      preemption,
    },
    hasOtherPolicies: [flags.order, flags.placement, flags.topology, flags.backfillOrder].some(
      (flag) => flag !== undefined,
    ),
    backfill: { mode: mode.value, order: order.value },
    untilS: untilS.value,
    ends: ends.value,
  });
}

/** The site's parameters hold for the site's module only. */
const chosen = (
  option: "order" | "placement",
  module: string | undefined,
  own: PolicyChoice,
): PolicyChoice => (module === undefined || module === own.module ? own : choiceOf(option, module));

function readTopology(module: string | undefined, own: PolicyChoice | undefined): PolicyChoice | undefined {
  if (module === undefined || module === own?.module) return own;
  return module === "none" ? undefined : choiceOf("topology", module);
}

function readAdded(text: string | undefined): Result<AddedNodes | undefined> {
  if (text === undefined) return ok(undefined);
  const match = ADDED.exec(text);
  const count = Number(match?.[1]);
  if (match !== null && count >= 1 && count <= MAX_ADDED_NODES) return ok({ count, like: match[2] });
  const forms = `a count up to ${MAX_ADDED_NODES}, or count:node for nodes like that one, as 4:n1`;
  return refuse("INVALID_SPEC", `--add-nodes is "${text}"; give ${forms}`);
}

/** A moment, or how far ahead. */
function readUntil(text: string | undefined, nowS: number): Result<number> {
  if (text === undefined) return ok(nowS + DEFAULT_AHEAD_S);
  const ahead = parseDuration(text);
  const moment = ahead.ok ? undefined : parseBeginTime(text, nowS);
  const untilS = ahead.ok ? nowS + ahead.value : moment?.ok === true ? moment.value : undefined;
  if (untilS !== undefined && untilS > nowS && untilS <= nowS + MAX_AHEAD_S) return ok(untilS);
  const why = untilS === undefined ? "" : untilS <= nowS ? ": that is past" : ": that is too far ahead";
  return refuse(
    "INVALID_SPEC",
    `--until is "${text}"; give a time, or how far ahead as 12h or 3-00:00:00${why}`,
  );
}
