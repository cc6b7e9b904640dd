/**
 * What one class has learnt, for the classes that ask for at least as much: if a job finds no room before a slot, no
 * larger one does. Demands are levels in five dimensions; a tree of maxima over them (Fenwick's) holds the slots. Used
 * where many shapes share a mask, so that each need not search the full slots anew. Pure.
 */

/** Levels of each dimension: nodes, devices, CPUs, memory, length. */
const LEVELS = [10, 17, 21, 21, 21] as const;
const [NODE_LEVELS, GRES_LEVELS, CPU_LEVELS, MEM_LEVELS, LENGTH_LEVELS] = LEVELS;
const CELLS = LEVELS.reduce((product, levels) => product * levels, 1);

/** What a class asks of time and of its nodes; amounts as asked, not whole nodes. */
export interface FrontierDemand {
  readonly nodes: number;
  readonly gres: number;
  readonly cpus: number;
  readonly memMib: number;
}

export class Frontier {
  readonly #slots = new Uint8Array(CELLS);

  clear(): void {
    this.#slots.fill(0);
  }

  /** Notes that the demand finds no room before `slot`. */
  raise(demand: FrontierDemand, length: number, slot: number): void {
    const n0 = above(octaves(demand.nodes, 1), NODE_LEVELS);
    const g0 = above(demand.gres, GRES_LEVELS);
    const c0 = above(octaves(demand.cpus, 2), CPU_LEVELS);
    const m0 = above(octaves(demand.memMib, 1), MEM_LEVELS);
    const l0 = above(length / 8, LENGTH_LEVELS);
    for (let n = n0; n < NODE_LEVELS; n += n & -n) {
      for (let g = g0; g < GRES_LEVELS; g += g & -g) {
        for (let c = c0; c < CPU_LEVELS; c += c & -c) {
          for (let m = m0; m < MEM_LEVELS; m += m & -m) {
            const base = (((n * GRES_LEVELS + g) * CPU_LEVELS + c) * MEM_LEVELS + m) * LENGTH_LEVELS;
            for (let l = l0; l < LENGTH_LEVELS; l += l & -l) {
              if (this.#slots[base + l]! < slot) this.#slots[base + l] = slot;
            }
          }
        }
      }
    }
  }

  /** First slot that may hold the demand, going by every smaller one that was noted. */
  first(demand: FrontierDemand, length: number): number {
    const n0 = below(octaves(demand.nodes, 1), NODE_LEVELS);
    const g0 = below(demand.gres, GRES_LEVELS);
    const c0 = below(octaves(demand.cpus, 2), CPU_LEVELS);
    const m0 = below(octaves(demand.memMib, 1), MEM_LEVELS);
    const l0 = below(length / 8, LENGTH_LEVELS);
    let slot = 0;
    for (let n = n0; n > 0; n &= n - 1) {
      for (let g = g0; g > 0; g &= g - 1) {
        for (let c = c0; c > 0; c &= c - 1) {
          for (let m = m0; m > 0; m &= m - 1) {
            const base = (((n * GRES_LEVELS + g) * CPU_LEVELS + c) * MEM_LEVELS + m) * LENGTH_LEVELS;
            for (let l = l0; l > 0; l &= l - 1) {
              const known = this.#slots[base + l]!;
              if (known > slot) slot = known;
            }
          }
        }
      }
    }
    return slot;
  }
}

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
