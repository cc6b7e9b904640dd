/** What a replay is told: read from the command line, checked, before any file of jobs is opened. */
import type { BackfillMode, BackfillOrder } from "../model/backfill.ts";

export const EVENT_ORDERS = ["batch", "serial"] as const;
/**
 * - `batch`: all events of a second, ends first, then one pass, as the controller does.
 * - `serial`: a pass after each event, submissions of a second before its ends, as published simulators do.
 */
export type EventOrder = (typeof EVENT_ORDERS)[number];

export const ESTIMATES = ["requested", "exact"] as const;
/** `exact`: the time limit of a job is its run time, at least a second. */
export type Estimates = (typeof ESTIMATES)[number];

export interface BackfillSettings {
  readonly mode: BackfillMode;
  /** In which order the jobs behind the first one are tried. */
  readonly order: BackfillOrder;
}

/** Of one run over one workload. */
export interface RunSettings {
  readonly label: string;
  readonly backfill: BackfillSettings;
  readonly eventOrder: EventOrder;
  readonly estimates: Estimates;
  /** An integer, 0 .. 2^32 - 1. */
  readonly seed: number;
  /** Whether it is kept which nodes each job ran on. */
  readonly keepPlacements: boolean;
}
