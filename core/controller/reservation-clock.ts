/**
 * What time does to reservations: one that is over moves to its next time or is gone, one that nobody uses is gone
 * after a while where its flags say so, and one has other nodes where those that it had are lost. Runs with every step of the watch; whatever happens is an event.
 */

import { isEnded } from "../model/job.ts";
import { isRecurring } from "../model/reservation.ts";
import { windowsFrom } from "../model/reservation-windows.ts";
import type { Event } from "../state/events.ts";
import { recordsById } from "../state/reservations.ts";
import { type Clock, nowS } from "./clock.ts";
import type { Ledger } from "./ledger.ts";
import { nodesByNow } from "./reservation-replace.ts";

export class ReservationClock {
  private readonly ledger: Ledger;
  private readonly clock: Clock;
  /** Since when nobody has used it, of those that end for want of use. A restart begins to count anew. */
  private readonly idleSinceS = new Map<string, number>();

  constructor(ledger: Ledger, clock: Clock) {
    this.ledger = ledger;
    this.clock = clock;
  }

  step(): void {
    const { state } = this.ledger;
    if (state.reservations.byName.size === 0) return;
    const now = nowS(this.clock);
    const atS = Math.max(now, state.lastAtS);
    const events: Event[] = [];
    const used = this.usedNames();
    for (const { spec } of recordsById(state)) {
      const { name } = spec;
      const isUnused = this.isUnused(
        name,
        spec.startS <= now && spec.purgeS > 0 && !used.has(name),
        now,
        spec.purgeS,
      );
      const isOver = spec.endS <= now && spec.floatS === undefined;
      if (!isOver && !isUnused) {
        const nodes = nodesByNow(state, spec, now);
        if (nodes !== undefined) events.push({ type: "reservation.changed", atS, name, change: { nodes } });
        continue;
      }
      const windows = isRecurring(spec) ? windowsFrom(spec, Math.max(now, spec.endS)) : [];
      const [next] = windows;
      this.idleSinceS.delete(name);
      if (next === undefined) events.push({ type: "reservation.deleted", atS, name });
      else events.push({ type: "reservation.rolled", atS, name, ...next });
    }
    if (events.length > 0) this.ledger.append(events).catch(() => undefined);
  }

  private isUnused(name: string, isIdle: boolean, now: number, purgeS: number): boolean {
    if (!isIdle) {
      this.idleSinceS.delete(name);
      return false;
    }
    const since = this.idleSinceS.get(name) ?? now;
    this.idleSinceS.set(name, since);
    return now - since >= purgeS;
  }

  /** Reservations that a job waits for or runs in; looked up only where one of them is to end for want of use. */
  private usedNames(): ReadonlySet<string> {
    const used = new Set<string>();
    const { state } = this.ledger;
    if (![...state.reservations.byName.values()].some(({ spec }) => spec.purgeS > 0)) return used;
    for (const job of state.jobs.values())
      if (job.reservation !== undefined && !isEnded(job.state)) used.add(job.reservation);
    return used;
  }
}
