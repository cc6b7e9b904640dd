/**
 * A worker thread that plans each snapshot twice, with the policies that serve and with the shadow's in their place, and
 * says how the plans differ. Both sides see the same snapshots and began with no promises, so whatever differs is the
 * policy's doing. Lowers its own priority, so that it takes CPU time from nobody who plans for real. Never writes a snapshot.
 */
import { setPriority } from "node:os";
import { Piscina } from "piscina";
import type { Plan } from "../model/plan.ts";
import { openPassSnapshot, type PassTables } from "../state/tables.ts";
import { ActiveModule } from "../wasm/active-module.ts";
import { CallTimes } from "../wasm/call-times.ts";
import { comparePlans } from "./shadow-compare.ts";
import type { ShadowAnswer, ShadowRequest, ShadowWorkerData } from "./shadow-messages.ts";
import { ShadowSide } from "./shadow-side.ts";

const NICE = 15;
/** Ids that are remembered as having moved; beyond it each one counts again. */
const MAX_MOVED_IDS = 200_000;

const data = Piscina.workerData as ShadowWorkerData;
const times = new CallTimes(new ActiveModule(new Int32Array(data.marker)));
const live = new ShadowSide(data.live, data.kernel, times);
const shadow = new ShadowSide(data.shadow, data.kernel, times);
const moved = new Set<number>();
let isLiveFirst = false;
yieldToOthers();

export default function run(request: ShadowRequest): ShadowAnswer {
  if ("open" in request) {
    const faults = shadow.policies.refused.filter(({ kind }) => kind === data.kind).map(({ fault }) => fault);
    return { nowS: 0, faults, calls: 0, usedUs: 0, tookUs: { live: 0, shadow: 0 } };
  }
  const tables = openPassSnapshot(request.snapshot);
  // In turns, since the first of two has the cold caches.
  isLiveFirst = !isLiveFirst;
  const first = timed(isLiveFirst ? live : shadow, tables, request);
  const second = timed(isLiveFirst ? shadow : live, tables, request);
  const [[lived, liveUs], [shadowed, shadowUs]] = isLiveFirst ? [first, second] : [second, first];
  const used = times.take().find(({ number }) => number === data.number);
  const { movedIds, ...difference } = comparePlans(tables, request.gresParent, lived, shadowed);
  const before = moved.size;
  for (const id of movedIds) if (moved.size < MAX_MOVED_IDS) moved.add(id);
  return {
    difference: { ...difference, newlyMoved: moved.size - before },
    nowS: tables.nowS,
    faults: shadowed.faults.filter(({ kind }) => kind === data.kind).map(({ fault }) => fault),
    calls: used?.calls ?? 0,
    usedUs: used?.usedUs ?? 0,
    tookUs: { live: liveUs, shadow: shadowUs },
  };
}

function timed(
  side: ShadowSide,
  tables: PassTables,
  request: Exclude<ShadowRequest, { open: true }>,
): readonly [Plan, number] {
  const beganMs = performance.now();
  const made = side.plan(tables, request);
  return [made, Math.round((performance.now() - beganMs) * 1000)];
}

/** On Linux 0 means this thread; elsewhere it would be the whole process. */
function yieldToOthers(): void {
  if (process.platform !== "linux") return;
  try {
    setPriority(0, NICE);
  } catch {
    // A thread that may not be lowered shares the CPUs as all others do.
  }
}
