/** How many threads of a controller plan side by side. */
import { availableParallelism } from "node:os";

/** Each holds a kernel of up to 256 MiB. */
export const MAX_PLANNERS = 16;
const MAX_DEFAULT_PLANNERS = 4;

/** One core is left to the main thread. */
export const defaultPlanners = (cores = availableParallelism()): number =>
  Math.max(1, Math.min(MAX_DEFAULT_PLANNERS, cores - 1));
