/**
 * Trackable resources: what usage is counted in and limits are set on, as places in a vector of amounts. The fixed ones
 * come first, then one for each GRES dimension of the cluster. Pure.
 */

/** Places of the fixed ones; GRES dimension d is at TRES.GRES + d. */
export const TRES = {
  CPU: 0,
  /** MiB. */
  MEM: 1,
  NODE: 2,
  /** What a job costs, by the weights of its partition. */
  BILLING: 3,
  /** 1 for each running job: its wall time. */
  WALL: 4,
  GRES: 5,
} as const;

const GRES_PREFIX = "gres/";
const FIXED: readonly string[] = ["cpu", "mem", "node", "billing", "wall"];

/** Place of a TRES by Slurm's name, `cpu`, `gres/gpu:a100`; undefined when there is no such one in the cluster. */
export function tresPlace(
  name: string,
  dimensionOf: (gres: string) => number | undefined,
): number | undefined {
  if (name.startsWith(GRES_PREFIX)) {
    const dimension = dimensionOf(name.slice(GRES_PREFIX.length));
    return dimension === undefined ? undefined : TRES.GRES + dimension;
  }
  const place = FIXED.indexOf(name);
  return place < 0 || place === TRES.WALL ? undefined : place;
}

/** Slurm's name of a place. */
export const tresName = (place: number, dimensionName: (dimension: number) => string): string =>
  FIXED[place] ?? `${GRES_PREFIX}${dimensionName(place - TRES.GRES)}`;
