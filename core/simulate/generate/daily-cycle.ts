/**
 * The hours of the day: turns a steady stream of arrivals into one that is dense by day and thin by night. Holds a
 * table of half hours and nothing else.
 */

export const HALF_HOURS = 48;
const HALF_HOUR_S = 1800;
const DAY_S = 86_400;

/** How many even seconds have gone by at a time of the workload, and the other way; both begin at midnight with 0. */
export interface DailyCycle {
  evenAt(timeS: number): number;
  timeAt(even: number): number;
}

/** `weights`: HALF_HOURS of them, each > 0, relative. A day has as many even seconds as it has seconds. */
export function dailyCycle(weights: readonly number[]): DailyCycle {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const rates = weights.map((weight) => (weight / total) * HALF_HOURS);
  // Even seconds at the beginning of each half hour, and at the day's end.
  const begins = [0];
  for (const rate of rates) begins.push(begins[begins.length - 1]! + rate * HALF_HOUR_S);
  begins[HALF_HOURS] = DAY_S;
  return {
    evenAt(timeS) {
      const day = Math.floor(timeS / DAY_S);
      const inDayS = timeS - day * DAY_S;
      const i = Math.min(HALF_HOURS - 1, Math.floor(inDayS / HALF_HOUR_S));
      return day * DAY_S + begins[i]! + (inDayS - i * HALF_HOUR_S) * rates[i]!;
    },
    timeAt(even) {
      const day = Math.floor(even / DAY_S);
      const inDay = even - day * DAY_S;
      let i = 0;
      while (i < HALF_HOURS - 1 && begins[i + 1]! <= inDay) i++;
      return day * DAY_S + i * HALF_HOUR_S + (inDay - begins[i]!) / rates[i]!;
    },
  };
}
