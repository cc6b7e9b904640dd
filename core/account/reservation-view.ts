/** A reservation as the outside sees it. Pure. */
import { compressSorted } from "../model/hostlist.ts";
import { printFlags, type ReservationRecord } from "../model/reservation.ts";
import type { ReservationView } from "../model/reservation-views.ts";
import { windowsFrom } from "../model/reservation-windows.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { nodeName } from "./node-names.ts";

export function reservationView(
  state: ClusterState,
  { spec }: ReservationRecord,
  nowS: number,
): ReservationView {
  const { totalCpus, threadsPerCore } = state.nodes.columns;
  // Between the end of one time and the event that moves it on, a recurring one is at its next.
  const { startS, endS } = windowsFrom(spec, nowS)[0] ?? spec;
  let coreCount = 0;
  let cpuCount = 0;
  for (const node of spec.nodes) {
    cpuCount += totalCpus[node]!;
    coreCount += Math.floor(totalCpus[node]! / Math.max(1, threadsPerCore[node]!));
  }
  const flags = printFlags(spec.flags, spec.purgeS);
  return {
    name: spec.name,
    startS,
    endS,
    nodes: compressSorted(spec.nodes.map((node) => nodeName(state, node))),
    nodeCount: spec.nodes.length,
    coreCount,
    cpuCount,
    features: spec.features,
    partition: spec.partition,
    users: spec.users,
    accounts: spec.accounts,
    groups: spec.groups,
    flags: flags === "" ? [] : flags.split(","),
    isActive: startS <= nowS && nowS < endS,
  };
}
