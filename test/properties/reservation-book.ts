/**
 * The witness's own account of reservations, from events alone: when each keeps its nodes, and for whom. Recurring ones
 * are counted in hours and days, since histories know no change of summer time.
 */
import type { ReservationSpec } from "../../core/model/reservation.ts";
import type { Event } from "../../core/state/events.ts";
import { assert } from "./assert.ts";

/** Who asks: a job, waiting or about to start. */
export interface ReservedFor {
  readonly id: number;
  readonly user: string;
  readonly account: string;
  /** "" for none. */
  readonly reservation: string;
}

export class ReservationBook {
  readonly specs = new Map<string, ReservationSpec>();
  /** Whether there was ever one. */
  wasUsed = false;

  /** Gives the name of one that is gone. */
  apply(event: Extract<Event, { type: `reservation.${string}` }>): ReservationSpec | undefined {
    switch (event.type) {
      case "reservation.created":
        this.wasUsed = true;
        this.specs.set(event.reservation.name, event.reservation);
        return undefined;
      case "reservation.changed":
        this.specs.set(event.name, { ...this.#spec(event.name), ...event.change });
        return undefined;
      case "reservation.rolled": {
        const { startS, endS } = event;
        this.specs.set(event.name, { ...this.#spec(event.name), startS, endS });
        return undefined;
      }
      case "reservation.deleted": {
        const spec = this.#spec(event.name);
        this.specs.delete(event.name);
        return spec;
      }
    }
  }

  /** The reservation that keeps the node from the job at some time within [fromS, untilS); undefined for none. */
  keeps(job: ReservedFor, node: number, fromS: number, untilS: number): string | undefined {
    const own = this.specs.get(job.reservation);
    for (const spec of this.specs.values()) {
      if (spec.name === job.reservation || goesBy(own, spec)) continue;
      if (!spec.nodes.some((one) => one === node)) continue;
      if (windowsOf(spec, untilS).some(({ startS, endS }) => startS < untilS && fromS < endS))
        return spec.name;
    }
    return undefined;
  }

  /** Why the job may not run from now until then on a node by what its own reservation says; undefined where it may. */
  bars(job: ReservedFor, node: number, fromS: number, untilS: number): string | undefined {
    if (job.reservation === "") return undefined;
    const own = this.specs.get(job.reservation);
    if (own === undefined) return `there is no reservation ${job.reservation}`;
    if (!own.nodes.some((one) => one === node)) return `node ${node} is not in ${own.name}`;
    if (!isFor(own.users, job.user)) return `${own.name} is not for ${job.user}`;
    if (!isFor(own.accounts, job.account)) return `${own.name} is not for ${job.account}`;
    if (own.flags.includes("FLEX")) {
      return windowsOf(own, fromS + 1).length === 0 && own.endS <= fromS ? `${own.name} is over` : undefined;
    }
    const isWithin = windowsOf(own, untilS).some(({ startS, endS }) => startS <= fromS && untilS <= endS);
    return isWithin ? undefined : `it does not run within ${own.name}`;
  }

  #spec(name: string): ReservationSpec {
    const spec = this.specs.get(name);
    assert(spec !== undefined, `there is no reservation ${name}`);
    return spec;
  }
}

/** A maintenance's jobs go by all others, those of one that may overlap by all but maintenance. */
const goesBy = (own: ReservationSpec | undefined, other: ReservationSpec): boolean =>
  own !== undefined &&
  (own.flags.includes("MAINT") || (own.flags.includes("OVERLAP") && !other.flags.includes("MAINT")));

const isFor = (names: readonly string[], name: string): boolean => {
  if (names.length === 0) return true;
  return names[0]!.startsWith("-") ? !names.includes(`-${name}`) : names.includes(name);
};

/** Those that begin before `untilS`. */
function windowsOf({ startS, endS, flags }: ReservationSpec, untilS: number) {
  const everyS = flags.includes("HOURLY") ? 3600 : flags.includes("DAILY") ? 86_400 : 0;
  const windows = [{ startS, endS }];
  for (let by = everyS; everyS > 0 && startS + by < untilS; by += everyS)
    windows.push({ startS: startS + by, endS: endS + by });
  return windows;
}
