/** `sinfo -T`: reservations, a line each. Pure. */

import type { ReservationView } from "../../model/reservation-views.ts";
import { printDurationLong } from "../../model/time.ts";
import type { TimePrinter } from "../time-format.ts";

const LEAST_NAME_WIDTH = 9;

export const reservationTable = (
  reservations: readonly ReservationView[],
  time: TimePrinter,
  header: boolean,
): string => {
  if (reservations.length === 0) return "No reservations in the system\n";
  const width = reservations.reduce((most, { name }) => Math.max(most, name.length), LEAST_NAME_WIDTH);
  const line = (cells: readonly [string, string, string, string, string, string]): string => {
    const [name, state, start, end, duration, nodes] = cells;
    return `${name.padEnd(width)}  ${state.padStart(8)}  ${start.padStart(19)}  ${end.padStart(19)}  ${duration.padStart(11)}  ${nodes}\n`;
  };
  const head = line(["RESV_NAME", "STATE", "START_TIME", "END_TIME", "DURATION", "NODELIST"]);
  const rows = reservations.map(({ name, isActive, startS, endS, nodes }) => {
    const state = isActive ? "ACTIVE" : "INACTIVE";
    return line([name, state, time(startS), time(endS), printDurationLong(endS - startS), nodes]);
  });
  return `${header ? head : ""}${rows.join("")}`;
};
