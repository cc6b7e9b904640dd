/** A ranked queue in shared memory, so that all workers of a pass read the same one. Made in the worker that ranks. */
import type { RankedQueue } from "../model/ranked.ts";

export function sharedRanking(ranked: RankedQueue): RankedQueue {
  const { order, priority, reason, allowedLo, allowedHi, faults } = ranked;
  const columns = [order, priority, reason, allowedLo, allowedHi] as const;
  const buffer = new SharedArrayBuffer(columns.reduce((sum, { byteLength }) => sum + roundUp(byteLength), 0));
  let at = 0;
  const next = (bytes: number): number => {
    const from = at;
    at += roundUp(bytes);
    return from;
  };
  const shared = {
    order: new Int32Array(buffer, next(order.byteLength), order.length),
    priority: new Float64Array(buffer, next(priority.byteLength), priority.length),
    reason: new Uint8Array(buffer, next(reason.byteLength), reason.length),
    allowedLo: new Uint32Array(buffer, next(allowedLo.byteLength), allowedLo.length),
    allowedHi: new Uint32Array(buffer, next(allowedHi.byteLength), allowedHi.length),
  };
  shared.order.set(order);
  shared.priority.set(priority);
  shared.reason.set(reason);
  shared.allowedLo.set(allowedLo);
  shared.allowedHi.set(allowedHi);
  return { ...shared, faults };
}

/** Numbers of eight bytes lie at multiples of eight. */
const roundUp = (bytes: number): number => Math.ceil(bytes / 8) * 8;
