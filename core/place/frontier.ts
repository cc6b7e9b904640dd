/**
 * What one class has learnt, for the classes that ask for at least as much: if a job finds no room before a slot, no
 * larger one does. Demands are levels in five dimensions; a tree of maxima over them (Fenwick's) holds the slots. Used
 * where many shapes share a mask, so that each need not search the full slots anew. Pure.
 */

/** Levels of each dimension: nodes, devices, CPUs, memory, length. */
const LEVELS = [10, 17, 21, 21, 21] as const;
const [NODE_LEVELS, GRES_LEVELS, CPU_LEVELS, MEM_LEVELS, LENGTH_LEVELS] = LEVELS;
const CELLS = LEVELS.reduce((product, levels) => product * levels, 1);

/** What a class asks of its nodes, amounts as asked, not whole nodes, as levels: those at or above, at or below it. */
export interface FrontierDemand {
  readonly above: readonly [nodes: number, gres: number, cpus: number, memMib: number];
  readonly below: readonly [nodes: number, gres: number, cpus: number, memMib: number];
}

export function frontierDemand(nodes: number, gres: number, cpus: number, memMib: number): FrontierDemand {
  const [n, c, m] = [octaves(nodes, 1), octaves(cpus, 2), octaves(memMib, 1)];
  return {
    above: [above(n, NODE_LEVELS), above(gres, GRES_LEVELS), above(c, CPU_LEVELS), above(m, MEM_LEVELS)],
    below: [below(n, NODE_LEVELS), below(gres, GRES_LEVELS), below(c, CPU_LEVELS), below(m, MEM_LEVELS)],
  };
}

export class Frontier {
  readonly #slots = new Uint8Array(CELLS);

  clear(): void {
    this.#slots.fill(0);
  }

  /**
   * Notes that the demand finds no room before `slot`. A cell that knows as much already has told all those above it, so
   * each dimension is left at the first one.
   */
  raise(demand: FrontierDemand, length: number, slot: number): void {
    const slots = this.#slots;
    const [n0, g0, c0, m0] = demand.above;
    const l0 = above(length / 8, LENGTH_LEVELS);
    // Past the last level of any dimension there is nobody to tell.
    if (g0 >= GRES_LEVELS || c0 >= CPU_LEVELS || m0 >= MEM_LEVELS || l0 >= LENGTH_LEVELS) return;
    for (let n = n0; n < NODE_LEVELS; n += n & -n) {
      if (slots[cellOf(n, g0, c0, m0) + l0]! >= slot) return;
      for (let g = g0; g < GRES_LEVELS; g += g & -g) {
        if (slots[cellOf(n, g, c0, m0) + l0]! >= slot) break;
        for (let c = c0; c < CPU_LEVELS; c += c & -c) {
          if (slots[cellOf(n, g, c, m0) + l0]! >= slot) break;
          for (let m = m0; m < MEM_LEVELS; m += m & -m) {
            const base = cellOf(n, g, c, m);
            if (slots[base + l0]! >= slot) break;
            for (let l = l0; l < LENGTH_LEVELS; l += l & -l) {
              if (slots[base + l]! >= slot) break;
              slots[base + l] = slot;
            }
          }
        }
      }
    }
  }

  /** First slot that may hold the demand, going by every smaller one that was noted. */
  first(demand: FrontierDemand, length: number): number {
    const slots = this.#slots;
    const [n0, g0, c0, m0] = demand.below;
    const l0 = below(length / 8, LENGTH_LEVELS);
    let slot = 0;
    for (let n = n0; n > 0; n &= n - 1) {
      for (let g = g0; g > 0; g &= g - 1) {
        for (let c = c0; c > 0; c &= c - 1) {
          for (let m = m0; m > 0; m &= m - 1) {
            const base = cellOf(n, g, c, m);
            for (let l = l0; l > 0; l &= l - 1) {
              const known = slots[base + l]!;
              if (known > slot) slot = known;
            }
          }
        }
      }
    }
    return slot;
  }
}

/** Of the first of its lengths. */
const cellOf = (n: number, g: number, c: number, m: number): number =>
  (((n * GRES_LEVELS + g) * CPU_LEVELS + c) * MEM_LEVELS + m) * LENGTH_LEVELS;

/** Levels count from 1. A noted demand goes to the level at or above it, past the last one where there is none. */
function above(value: number, levels: number): number {
  return Math.min(Math.ceil(value) + 1, levels);
}

/** A demand that asks reads from the level at or below it. */
function below(value: number, levels: number): number {
  return Math.min(Math.floor(value) + 1, levels - 1);
}

function octaves(value: number, levelsPerOctave: number): number {
  return value <= 1 ? 0 : Math.log2(value) * levelsPerOctave;
}
