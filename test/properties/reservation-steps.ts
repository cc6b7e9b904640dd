/**
 * Reservations of a history: what its steps make of them, as the port would let them, and what time does to them. Gives
 * events; applies none.
 */
import { whyNotReserved } from "../../core/admit/reservation-asked.ts";
import { type Draft, nodesFor } from "../../core/controller/reservation-nodes.ts";
import { isRecurring, type ReservationSpec } from "../../core/model/reservation.ts";
import { windowsFrom } from "../../core/model/reservation-windows.ts";
import type { ClusterState } from "../../core/state/cluster-state.ts";
import type { Event, SubmittedFields } from "../../core/state/events.ts";
import { recordsById } from "../../core/state/reservations.ts";
import type { Step } from "./plans.ts";
import { nameOf } from "./submissions.ts";

const MOST = 3;
const HOUR_S = 3600;
type ReservationStep = Extract<Step, { readonly kind: "reserve" | "rereserve" | "unreserve" }>;

/** None where the port would refuse it. */
export function reservationEvents(
  state: ClusterState,
  step: ReservationStep,
  nowS: number,
): readonly Event[] {
  const records = recordsById(state);
  if (step.kind === "reserve") {
    const free = Array.from({ length: MOST }, (_, i) => `r${i}`).find(
      (name) => !state.reservations.byName.has(name),
    );
    return free === undefined ? [] : reserve(state, free, step.reservation, nowS);
  }
  const spec = records[step.pick % Math.max(1, records.length)]?.spec;
  if (spec === undefined) return [];
  if (step.kind === "rereserve") return change(state, spec, step.reservation, nowS);
  const isUsed = [...state.jobs.values()].some(
    (job) => job.reservation === spec.name && (job.state === "RUNNING" || job.state === "PENDING"),
  );
  return isUsed ? [] : [{ type: "reservation.deleted", atS: nowS, name: spec.name }];
}

/** Reservations that are over at `nowS` go to their next time, or go. */
export const dueReservations = (state: ClusterState, nowS: number): readonly Event[] =>
  recordsById(state).flatMap(({ spec }): readonly Event[] => {
    if (spec.endS > nowS) return [];
    const [next] = isRecurring(spec) ? windowsFrom(spec, nowS) : [];
    const { name } = spec;
    if (next === undefined) return [{ type: "reservation.deleted", atS: nowS, name }];
    return [{ type: "reservation.rolled", atS: nowS, name, startS: next.startS, endS: next.endS }];
  });

/** When one begins or ends next; none of those that nobody waits beside. */
export function nextEdgeS(state: ClusterState, nowS: number): number {
  if (state.pending.count === 0) return Number.POSITIVE_INFINITY;
  let nextS = Number.POSITIVE_INFINITY;
  for (const { spec } of state.reservations.byName.values())
    for (const edgeS of [spec.startS, spec.endS]) if (edgeS > nowS) nextS = Math.min(nextS, edgeS);
  return nextS;
}

/** Name of the n-th reservation that takes the job, from 1; "" for none. */
export function namedBy(state: ClusterState, job: SubmittedFields, n: number): string {
  if (n === 0) return "";
  const owner = { user: job.spec.user, group: job.spec.group, account: job.account };
  const taking = recordsById(state).filter(
    ({ spec }) => whyNotReserved(spec, owner, job.request) === undefined,
  );
  return taking[n - 1]?.spec.name ?? "";
}

function reserve(
  state: ClusterState,
  name: string,
  plan: Extract<Step, { readonly kind: "reserve" }>["reservation"],
  nowS: number,
): readonly Event[] {
  const startS = nowS + plan.startInS;
  const { users, accounts, flags } = plan;
  const draft: Draft = {
    name,
    startS,
    endS: startS + (flags.includes("HOURLY") ? Math.min(plan.lengthS, HOUR_S / 2) : plan.lengthS),
    features: "",
    partition: "",
    users,
    accounts: users.length > 0 ? [] : accounts,
    groups: [],
    flags,
    purgeS: 0,
  };
  const nodes = nodesFor(state, { nodes: namesOf(state, plan.nodes) }, draft, nowS);
  return nodes.ok
    ? [{ type: "reservation.created", atS: nowS, reservation: { ...draft, nodes: nodes.value } }]
    : [];
}

function change(
  state: ClusterState,
  spec: ReservationSpec,
  plan: Extract<Step, { readonly kind: "rereserve" }>["reservation"],
  nowS: number,
): readonly Event[] {
  const hasBegun = spec.startS <= nowS;
  const startS = plan.startInS === undefined || hasBegun ? spec.startS : nowS + plan.startInS;
  const asLongS = spec.endS - spec.startS;
  const endS = startS + (isRecurring(spec) ? asLongS : (plan.lengthS ?? asLongS));
  if (endS <= nowS) return [];
  const { users = spec.users, accounts = spec.accounts } = plan;
  const owners = { users, accounts: users.length > 0 ? [] : accounts };
  const asked = plan.nodes === undefined ? {} : { nodes: namesOf(state, plan.nodes) };
  const nodes = nodesFor(state, asked, { ...spec, startS, endS, ...owners }, nowS, spec);
  if (!nodes.ok) return [];
  return [
    {
      type: "reservation.changed",
      atS: nowS,
      name: spec.name,
      change: { startS, endS, nodes: nodes.value, ...owners },
    },
  ];
}

const namesOf = (state: ClusterState, rows: readonly number[]): string => {
  const known = rows.filter((row) => row < state.nodeRecords.length);
  return (known.length === 0 ? [0] : known).map(nameOf).join(",");
};
