/** The reservation that a submission names: whether there is one, whether its owner may use it, and its nodes hold it. Pure. */
import type { NodeIndex } from "../model/ids.ts";
import type { JobSpec } from "../model/job-spec.ts";
import { ok, type Refusal, type Result, refuse } from "../model/refusal.ts";
import type { Request } from "../model/request.ts";
import { mayUse, type ReservationSpec } from "../model/reservation.ts";
import type { AdmitCluster } from "./cluster.ts";

/** undefined where none is asked. */
export function reservationOf(
  { reservation: name = "" }: JobSpec,
  cluster: AdmitCluster,
): Result<ReservationSpec | undefined> {
  if (name === "") return ok(undefined);
  if (name.includes(",")) {
    const message = "several names in --reservation are not supported by this version of Rota";
    return refuse("NOT_SUPPORTED", message, { option: "--reservation" });
  }
  const found = cluster.reservationOf(name);
  if (found !== undefined) return ok(found);
  return refuse("RESERVATION_INVALID", `there is no reservation ${name}`, { reservation: name });
}

/** Why the job may not have the reservation, or never could run in it. */
export function whyNotReserved(
  reservation: ReservationSpec,
  owner: { readonly user: string; readonly account: string; readonly group: string },
  request: Request,
): Refusal | undefined {
  const { name } = reservation;
  if (reservation.floatS !== undefined) {
    // It only keeps long jobs off its nodes.
    const message = `reservation ${name} never begins: its start moves on with time`;
    return { code: "RESERVATION_INVALID", message, details: { reservation: name } };
  }
  if (!mayUse(reservation, owner)) {
    const message = `reservation ${name} is not for user ${owner.user}${owner.account === "" ? "" : ` in account ${owner.account}`}`;
    return { code: "RESERVATION_ACCESS", message, details: { reservation: name, user: owner.user } };
  }
  const nodes = new Set<NodeIndex>(reservation.nodes);
  const most = reservation.nodes.length;
  if (request.minNodes > most) {
    const message = `reservation ${name} has ${most} nodes, and the job needs ${request.minNodes}`;
    const details = { reservation: name, nodes: most, asked: request.minNodes };
    return { code: "NODE_CONFIG_UNAVAILABLE", message, details };
  }
  if (request.requiredNodes.every((node) => nodes.has(node))) return undefined;
  const message = `a node that the job names is not in reservation ${name}`;
  return { code: "NODE_CONFIG_UNAVAILABLE", message, details: { reservation: name } };
}
