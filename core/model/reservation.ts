/**
 * A reservation: nodes that for a time are kept for some users or accounts, or for maintenance. The record, its flags in
 * Slurm's words, and who may use it. Read by everyone who plans, admits or shows; never reads a clock.
 */
import type { NodeIndex } from "./ids.ts";
import { parseTimeLimit, printDurationLong } from "./time.ts";

/** In the order in which Slurm prints them. */
export const RESERVATION_FLAGS = [
  "MAINT",
  "FLEX",
  "OVERLAP",
  "IGNORE_JOBS",
  "HOURLY",
  "DAILY",
  "WEEKDAY",
  "WEEKEND",
  "WEEKLY",
  "SPEC_NODES",
  "ALL_NODES",
  "STATIC",
  "PART_NODES",
  "FIRST_CORES",
  "TIME_FLOAT",
  "REPLACE",
  "REPLACE_DOWN",
  "PURGE_COMP",
  "NO_HOLD_JOBS_AFTER_END",
  "MAGNETIC",
  "USER_DELETE",
] as const;
export type ReservationFlag = (typeof RESERVATION_FLAGS)[number];

export const MAX_RESERVATIONS = 256;
/** Names of users, of accounts or of groups of one reservation. */
export const MAX_RESERVATION_NAMES = 1_024;
export const MAX_RESERVATION_NAME_CHARS = 255;
/** Of PURGE_COMP without a time. */
export const DEFAULT_PURGE_S = 300;
/** What Slurm makes of a reservation without end. */
export const UNLIMITED_RESERVATION_S = 365 * 86_400;

/** What keeps nodes for whom. `users` and `accounts` with a leading `-` are those that may not; a list is all of one kind. */
export interface ReservationSpec {
  readonly name: string;
  /** Epoch seconds; of a recurring one those of the current or next time. `endS` is above `startS`. */
  readonly startS: number;
  readonly endS: number;
  /** Rows, ascending, each once. */
  readonly nodes: readonly NodeIndex[];
  /** As asked, for show; "" for none. */
  readonly features: string;
  readonly partition: string;
  readonly users: readonly string[];
  readonly accounts: readonly string[];
  readonly groups: readonly string[];
  /** In the order of RESERVATION_FLAGS. */
  readonly flags: readonly ReservationFlag[];
  /** Seconds without a job after which it ends; 0 for never. */
  readonly purgeS: number;
  /** Of one that floats (TIME_FLOAT): it begins so many seconds from now, whenever now is, and so never. */
  readonly floatS?: number;
}

export interface ReservationRecord {
  /** From 1, never given again: waiting rows name it by this. */
  readonly id: number;
  readonly spec: ReservationSpec;
}

/** A moment's request to change it; absent fields stay. */
export type ReservationChange = Partial<Omit<ReservationSpec, "name">>;

export const isRecurring = (spec: ReservationSpec): boolean =>
  spec.flags.some((flag) => RECURRING.includes(flag));

const RECURRING: readonly ReservationFlag[] = ["HOURLY", "DAILY", "WEEKDAY", "WEEKEND", "WEEKLY"];

/** Whether a job of this owner may run in the reservation: users (or groups) and accounts must both let it. */
export function mayUse(
  { users, accounts, groups }: Pick<ReservationSpec, "users" | "accounts" | "groups">,
  owner: { readonly user: string; readonly account: string; readonly group: string },
): boolean {
  const lets = (names: readonly string[], own: string): boolean => {
    if (names.length === 0) return true;
    return isDenying(names) ? !names.includes(`-${own}`) : names.includes(own);
  };
  return lets(users, owner.user) && lets(groups, owner.group) && lets(accounts, owner.account);
}

/** Whether a list of names says who may not. */
export const isDenying = (names: readonly string[]): boolean => names[0]?.startsWith("-") === true;

export type FlagsRead =
  | { readonly ok: true; readonly flags: readonly ReservationFlag[]; readonly purgeS: number }
  | { readonly ok: false; readonly word: string; readonly isKnown: boolean };

/**
 * Reads `MAINT,daily,PURGE_COMP=00:10:00`; words may be cut short where they stay clear. A word that Slurm has and Rota does
 * not is told apart from one that nobody knows.
 */
export function readFlags(text: string): FlagsRead {
  const flags = new Set<ReservationFlag>();
  let purgeS = 0;
  for (const word of text.split(",")) {
    const [name = "", value] = word.split("=", 2);
    const flag = flagOf(name);
    if (flag === undefined) return { ok: false, word, isKnown: isSlurmFlag(name) };
    if (flag === "PURGE_COMP") {
      const time = value === undefined ? undefined : parseTimeLimit(value);
      if (time?.ok === false) return { ok: false, word, isKnown: false };
      purgeS = time === undefined ? DEFAULT_PURGE_S : Math.max(1, time.value);
    } else if (value !== undefined) return { ok: false, word, isKnown: false };
    flags.add(flag);
  }
  return { ok: true, flags: inOrder(flags), purgeS };
}

/** Each once, in the order in which they are shown. */
export const inOrder = (flags: Iterable<ReservationFlag>): readonly ReservationFlag[] => {
  const set = new Set(flags);
  return RESERVATION_FLAGS.filter((flag) => set.has(flag));
};

/** Words that say a flag, with the fewest letters of each. Which nodes were asked for is never said by a flag. */
const FLAG_WORDS: readonly (readonly [word: string, least: number, flag: ReservationFlag])[] = [
  ["maintenance", 3, "MAINT"],
  ["flex", 1, "FLEX"],
  ["overlap", 1, "OVERLAP"],
  ["ignore_jobs", 1, "IGNORE_JOBS"],
  ["hourly", 1, "HOURLY"],
  ["daily", 1, "DAILY"],
  ["weekday", 5, "WEEKDAY"],
  ["weekend", 5, "WEEKEND"],
  ["weekly", 5, "WEEKLY"],
  ["static_alloc", 1, "STATIC"],
  ["part_nodes", 2, "PART_NODES"],
  ["first_cores", 2, "FIRST_CORES"],
  ["time_float", 1, "TIME_FLOAT"],
  ["replace", 1, "REPLACE"],
  ["replace_down", 8, "REPLACE_DOWN"],
  ["purge_comp", 2, "PURGE_COMP"],
  ["magnetic", 3, "MAGNETIC"],
  ["user_delete", 1, "USER_DELETE"],
  ["no_hold_jobs_after_end", 12, "NO_HOLD_JOBS_AFTER_END"],
];

function flagOf(name: string): ReservationFlag | undefined {
  const said = name.toLowerCase();
  return FLAG_WORDS.find(([word, least]) => said.length >= least && word.startsWith(said))?.[2];
}

/** Flags of Slurm that this version does not have. */
const OTHER_FLAGS = ["any_nodes", "force_start", "license_only"];

const isSlurmFlag = (name: string): boolean => {
  const said = name.toLowerCase();
  return said.length >= 3 && OTHER_FLAGS.some((word) => word.startsWith(said));
};

/** `MAINT,DAILY,PURGE_COMP=00:10:00`; "" for none. */
export const printFlags = (flags: readonly ReservationFlag[], purgeS: number): string =>
  flags.map((flag) => (flag === "PURGE_COMP" ? `${flag}=${printDurationLong(purgeS)}` : flag)).join(",");
