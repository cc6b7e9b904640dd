/**
 * The journal of one history, as lines of JSON: the settings, then every event, and where passes were. What a pass decided
 * follows it marked as decided, so that a replay can tell whether it decides the same.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { BackfillMode, BackfillOrder } from "../../core/model/backfill.ts";
import type { Event } from "../../core/state/events.ts";

export interface HistorySettings {
  readonly mode: BackfillMode;
  readonly backfillOrder: BackfillOrder;
  /** Later starts are rounded up to the slots of a plan. */
  readonly rounded: boolean;
  /** Starts that were given once are kept, also against jobs ahead. */
  readonly keepsPromises: boolean;
  /** Placement and order by the built-in modules instead of the planner's own. */
  readonly modules: boolean;
  /** There may be reservations and heterogeneous jobs, for which every mode plans in slots. */
  readonly rich?: boolean;
}

export type JournalLine =
  | { readonly settings: HistorySettings }
  | { readonly event: Event }
  | { readonly passAtS: number }
  | { readonly decided: Event };

export function writeJournal(path: string, lines: readonly JournalLine[]): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
}

export const readJournal = (path: string): readonly JournalLine[] =>
  readFileSync(path, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as JournalLine);
