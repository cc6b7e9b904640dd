/**
 * Usage that decays while it grows: what an association has used counts half after each half-life, and running jobs add
 * to it at a constant rate. Both together have a closed form, so usage at any second is known without ever being
 * settled, and only starts and ends of jobs write. Pure.
 *
 * Slurm decays in steps of PriorityCalcPeriod (five minutes) and adds what ran in the step undecayed; in the limit of
 * short steps that is this.
 */

const LN2 = Math.LN2;

/**
 * Usage `dtS` seconds after it was `amount`, with `rate` added each second in between. `halfLifeS` 0 is no decay. With
 * dtS 0 it is `amount` itself.
 */
export function decayed(amount: number, rate: number, dtS: number, halfLifeS: number): number {
  if (dtS <= 0) return amount;
  if (halfLifeS <= 0) return amount + rate * dtS;
  const left = 2 ** (-dtS / halfLifeS);
  // 1 - left loses digits when dt is short beside the half-life.
  const gone = -Math.expm1((-dtS * LN2) / halfLifeS);
  return amount * left + rate * (halfLifeS / LN2) * gone;
}
