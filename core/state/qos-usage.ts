/**
 * What the jobs of each QOS have used, decayed as the usage of accounts is, or kept for ever where the QOS says so
 * (NoDecay). A job counts for its own QOS and for that of its partition. Changed by the reducer alone.
 */
import type { QosSpec } from "../model/partition.ts";
import { TRES_PLACES } from "./associations.ts";
import { decayed } from "./decay.ts";

interface QosUsage {
  running: number;
  /** Epoch seconds for which `usage` is true. */
  sinceS: number;
  /** TRES seconds by place, and what running jobs add each second. */
  readonly usage: Float64Array;
  readonly rate: Float64Array;
}

/** One QOS in a snapshot. */
export interface QosUsageRow {
  readonly name: string;
  readonly running: number;
  readonly sinceS: number;
  readonly usage: readonly number[];
  readonly rate: readonly number[];
}

export class QosUsageBook {
  private readonly byName = new Map<string, QosUsage>();
  private lasting: ReadonlySet<string> = new Set();
  private halfLifeS = 0;

  /** Takes over a configuration; what was used until then has decayed by the old one. QOS that are gone are kept. */
  configure(qos: readonly QosSpec[], halfLifeS: number, atS: number): void {
    for (const name of this.byName.keys()) this.settle(name, atS);
    this.index(qos, halfLifeS);
  }

  /** The same of a restored state: nothing is settled. */
  index(qos: readonly QosSpec[], halfLifeS: number): void {
    this.halfLifeS = halfLifeS;
    this.lasting = new Set(qos.filter(({ flags }) => flags?.includes("NoDecay")).map(({ name }) => name));
  }

  /** Seconds in which its usage counts half; 0 for no decay. */
  halfLifeOf(name: string): number {
    return this.lasting.has(name) ? 0 : this.halfLifeS;
  }

  /** A job has begun (+1) or ended (-1) to use `amounts` (by TRES place), each counted `factor` times. */
  count(name: string, amounts: ArrayLike<number>, factor: number, sign: 1 | -1, atS: number): void {
    const of = this.settle(name, atS);
    of.running += sign;
    for (let place = 0; place < TRES_PLACES; place++) of.rate[place]! += sign * factor * amounts[place]!;
    // Fractions that were added and taken away again may leave a trace.
    if (of.running === 0) of.rate.fill(0);
  }

  /** Forgets all usage but that of QOS that keep theirs; of one QOS, whatever it says. */
  reset(atS: number, only?: string): void {
    for (const [name, of] of this.byName) {
      if (only === undefined ? this.lasting.has(name) : name !== only) continue;
      of.usage.fill(0);
      of.sinceS = atS;
    }
  }

  /** TRES seconds. */
  usageOf(name: string, place: number, nowS: number): number {
    const of = this.byName.get(name);
    if (of === undefined) return 0;
    return decayed(of.usage[place]!, of.rate[place]!, nowS - of.sinceS, this.halfLifeOf(name));
  }

  /** For a snapshot, by name. */
  rows(): readonly QosUsageRow[] {
    return [...this.byName]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, { running, sinceS, usage, rate }]) => ({
        name,
        running,
        sinceS,
        usage: [...usage],
        rate: [...rate],
      }));
  }

  restore(rows: readonly QosUsageRow[]): void {
    for (const { name, running, sinceS, usage, rate } of rows)
      this.byName.set(name, {
        running,
        sinceS,
        usage: Float64Array.from(usage),
        rate: Float64Array.from(rate),
      });
  }

  private settle(name: string, atS: number): QosUsage {
    let of = this.byName.get(name);
    if (of === undefined) {
      of = {
        running: 0,
        sinceS: atS,
        usage: new Float64Array(TRES_PLACES),
        rate: new Float64Array(TRES_PLACES),
      };
      this.byName.set(name, of);
    }
    const dtS = atS - of.sinceS;
    if (dtS <= 0) return of;
    const halfLifeS = this.halfLifeOf(name);
    for (let place = 0; place < TRES_PLACES; place++)
      of.usage[place] = decayed(of.usage[place]!, of.rate[place]!, dtS, halfLifeS);
    of.sinceS = atS;
    return of;
  }
}
