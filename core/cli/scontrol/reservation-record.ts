/** A reservation as `scontrol show reservation` prints it. Pure. */

import type { ReservationView } from "../../model/reservation-views.ts";
import { printDurationLong } from "../../model/time.ts";
import { orNull } from "../job-text.ts";
import type { RecordContext } from "./job-record.ts";

export const reservationRecord = (reservation: ReservationView, context: RecordContext): string => {
  const lines = reservationLines(reservation, context);
  return context.oneLine ? `${lines.join(" ")}\n` : `${lines.join("\n   ")}\n\n`;
};

const reservationLines = (reservation: ReservationView, { time }: RecordContext): readonly string[] => {
  const { name, startS, endS, nodes, nodeCount, coreCount, cpuCount } = reservation;
  const { features, partition, flags, users, groups, accounts, isActive } = reservation;
  const list = (names: readonly string[]): string => orNull(names.join(","));
  const duration = printDurationLong(endS - startS);
  return [
    `ReservationName=${name} StartTime=${time(startS)} EndTime=${time(endS)} Duration=${duration}`,
    `Nodes=${nodes} NodeCnt=${nodeCount} CoreCnt=${coreCount} Features=${orNull(features)} PartitionName=${orNull(partition)} Flags=${flags.join(",")}`,
    `TRES=cpu=${cpuCount}`,
    `Users=${list(users)} Groups=${list(groups)} Accounts=${list(accounts)} Licenses=(null) State=${isActive ? "ACTIVE" : "INACTIVE"} BurstBuffer=(null) Watts=n/a`,
    "MaxStartDelay=(null)",
  ];
};
