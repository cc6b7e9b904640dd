/** When a site's accounting period began, by the local calendar: usage from before it is forgotten. Pure. */
import type { FairShareSpec } from "../model/account.ts";

/** Epoch seconds of the latest beginning of a period at or before `nowS`; 0 where usage is never forgotten. */
export function periodBeginS(reset: FairShareSpec["reset"], nowS: number): number {
  if (reset === "none") return 0;
  const begin = new Date(nowS * 1000);
  begin.setHours(0, 0, 0, 0);
  // A week begins on Sunday, as in Slurm.
  if (reset === "weekly") begin.setDate(begin.getDate() - begin.getDay());
  else if (reset === "monthly") begin.setDate(1);
  else if (reset === "quarterly") begin.setMonth(begin.getMonth() - (begin.getMonth() % 3), 1);
  else if (reset === "yearly") begin.setMonth(0, 1);
  return Math.floor(begin.getTime() / 1000);
}
