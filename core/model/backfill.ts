/** How the plan treats jobs that cannot start now. */
export const BACKFILL_MODES = ["planned", "easy", "conservative", "none"] as const;
/**
 * - `planned`: every job of the queue gets its earliest start that delays no higher one, rounded up to a time slot, and
 *   keeps it against all behind until it can start before.
 * - `easy`: only the first job that cannot start holds a reservation, to the second; lower ones start if they do not
 *   delay it.
 * - `conservative`: every job gets a start, what was promised once is kept whatever comes after, and moves up in the
 *   order of the queue when jobs end early.
 * - `none`: strict order; nothing passes a job that cannot start, in any partition that shares nodes with it.
 */
export type BackfillMode = (typeof BACKFILL_MODES)[number];

/** In which order `easy` looks at the jobs behind the first that cannot start. */
export const BACKFILL_ORDERS = ["queue", "shortest"] as const;
/** `queue`: as ranked. `shortest`: the shortest time limit first, equal ones as ranked. */
export type BackfillOrder = (typeof BACKFILL_ORDERS)[number];
