/** How the plan treats jobs that cannot start now. */
export const BACKFILL_MODES = ["planned", "easy", "none"] as const;
/**
 * - `planned`: every job of the queue gets its earliest start that delays no higher one.
 * - `easy`: only the first job that cannot start holds a reservation; lower ones start if they do not delay it.
 * - `none`: strict order; nothing passes a job that cannot start, in any partition that shares nodes with it.
 */
export type BackfillMode = (typeof BACKFILL_MODES)[number];
