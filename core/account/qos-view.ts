/** QOS as the outside sees them, with what their jobs have used. Runs when somebody asks; pure. */
import type { QosView } from "../model/account-views.ts";
import { TRES, tresName } from "../model/tres.ts";
import { TRES_PLACES } from "../state/associations.ts";
import type { ClusterState } from "../state/cluster-state.ts";

/** In the order of the configuration. */
export function qosViews(state: ClusterState, nowS: number): readonly QosView[] {
  const { qosUsage } = state.accounting;
  return state.qos.map((qos) => ({
    name: qos.name,
    priority: qos.priority,
    usageFactor: qos.usageFactor ?? 1,
    usageThreshold: qos.usageThreshold ?? 0,
    limitFactor: qos.limitFactor ?? 1,
    minPrioThreshold: qos.minPrioThreshold ?? 0,
    graceTimeS: qos.graceTimeS ?? 0,
    flags: qos.flags ?? [],
    preempt: qos.preempt ?? [],
    limits: qos.limits ?? {},
    tresMins: tresMinsOf(state, qos.name, nowS),
    wallS: qosUsage.usageOf(qos.name, TRES.WALL, nowS),
  }));
}

function tresMinsOf(state: ClusterState, qos: string, nowS: number): Record<string, number> {
  const mins: Record<string, number> = {};
  const places = Math.min(TRES_PLACES, TRES.GRES + state.dimensions.names.length);
  for (let place = 0; place < places; place++) {
    if (place === TRES.WALL) continue;
    const seconds = state.accounting.qosUsage.usageOf(qos, place, nowS);
    if (seconds > 0) mins[tresName(place, (dimension) => state.dimensions.nameOf(dimension))] = seconds / 60;
  }
  return mins;
}
