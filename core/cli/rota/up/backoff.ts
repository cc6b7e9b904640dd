/** How long to wait before a program that ended is started again, and when to give up. Pure: time is passed in. */

const FIRST_MS = 100;
const LONGEST_MS = 10_000;
/** A life of at least this long was a healthy one. */
const HEALTHY_MS = 30_000;
/** Short lives in a row after which nobody tries again. */
export const MAX_SHORT_LIVES = 20;

export interface Backoff {
  /** Short lives in a row. */
  readonly shortLives: number;
}

export const NO_BACKOFF: Backoff = { shortLives: 0 };

/** After a life of `livedMs`: the wait before the next start, or undefined to give up. */
export function afterDeath(
  before: Backoff,
  livedMs: number,
): { readonly backoff: Backoff; readonly waitMs?: number } {
  const shortLives = livedMs >= HEALTHY_MS ? 1 : before.shortLives + 1;
  if (shortLives > MAX_SHORT_LIVES) return { backoff: { shortLives } };
  return { backoff: { shortLives }, waitMs: Math.min(FIRST_MS * 2 ** (shortLives - 1), LONGEST_MS) };
}
