/**
 * What the SDK hands to a topology that chooses whole sets, written out plainly: nodes by their places, and the rows that
 * are taken. A test runs the author's source on it and compares with the module, whose own is assembly/drivers. Pure.
 */
import type { PortableType } from "./portable-types.ts";

/** One switch, block or group; `feasible`, `idle` and `mark` may be written. */
export interface PortableUnit {
  readonly id: number;
  readonly parent: number;
  nodes: number;
  feasible: number;
  idle: number;
  mark: number;
}

/** Parameters and result of each function that an author may call. */
export const SET_FUNCTIONS: Readonly<
  Record<string, { readonly parameters: readonly PortableType[]; readonly returns: PortableType }>
> = {
  isFeasible: { parameters: ["i32"], returns: "bool" },
  take: { parameters: ["i32"], returns: "bool" },
  takeAny: { parameters: [], returns: "void" },
  takeBest: { parameters: ["Unit", "i32"], returns: "i32" },
  bestFit: { parameters: ["i32", "i32", "i32"], returns: "i32" },
  countFeasible: { parameters: [], returns: "void" },
  countIdle: { parameters: [], returns: "void" },
  prepareUnits: { parameters: ["i32"], returns: "void" },
  rowOfUnit: { parameters: ["Unit", "i32"], returns: "i32" },
  unitAt: { parameters: ["i32", "i32"], returns: "Unit" },
  unitCount: { parameters: ["i32"], returns: "i32" },
  unitOf: { parameters: ["i32"], returns: "i32" },
  nodeAt: { parameters: ["i32"], returns: "Node" },
};
/** Numbers that it reads. */
export const SET_VALUES: readonly string[] = ["ANY", "depth", "taken"];

type Row = Readonly<Record<string, number>>;
const LEVELS = ["level0", "level1", "level2"] as const;

export class PortableSet {
  readonly ANY = -1;
  depth = 0;
  /** Rows that were taken, in their order. */
  readonly chosen: number[] = [];
  readonly #rows: readonly Row[];
  readonly #mask: boolean[];
  readonly #scores: readonly number[];
  readonly #want: number;
  /** By level. */
  #units: PortableUnit[][] = [];
  #rowsOf = new Map<PortableUnit, number[]>();
  #unitOfRow: number[] = [];

  /** `mask` says which rows are feasible, `scores` what the placement thinks of each. */
  constructor(rows: readonly Row[], mask: readonly boolean[], scores: readonly number[], want: number) {
    this.#rows = rows;
    this.#mask = [...mask];
    this.#scores = scores;
    this.#want = want;
  }

  get taken(): number {
    return this.chosen.length;
  }

  isFeasible(row: number): boolean {
    return this.#mask[row] === true;
  }

  take(row: number): boolean {
    if (!this.isFeasible(row) || this.taken === this.#want) return false;
    this.#mask[row] = false;
    this.chosen.push(row);
    return true;
  }

  takeAny(): void {
    for (let row = 0; row < this.#rows.length; row++) this.take(row);
  }

  takeBest(unit: PortableUnit, most: number): number {
    const want = Math.min(most, this.#want - this.taken, unit.feasible);
    if (want <= 0) return 0;
    const feasible = this.#rowsOf.get(unit)!.filter((row) => this.isFeasible(row));
    const best = [...feasible].sort((a, b) => this.#scores[b]! - this.#scores[a]! || a - b).slice(0, want);
    // Taken in the unit's own order.
    const given = feasible.filter((row) => best.includes(row));
    for (const row of given) {
      this.take(row);
      this.#uncount(row);
    }
    return given.length;
  }

  prepareUnits(count: number): void {
    const has = (level: number): boolean =>
      this.#rows.slice(0, count).some((row) => row[LEVELS[level]!]! >= 0);
    this.depth = has(2) ? 3 : has(1) ? 2 : 1;
    this.#units = [];
    this.#rowsOf = new Map();
    this.#unitOfRow = Array(count).fill(0) as number[];
    for (let level = 0; level < this.depth; level++) this.#group(level, count);
    const lowest = this.#units[this.depth - 1]!;
    for (let row = 0; row < count; row++) this.#rowsOf.get(lowest[this.#unitOfRow[row]!]!)!.push(row);
    for (let level = this.depth - 1; level > 0; level--)
      for (const unit of this.#units[level]!) {
        const above = this.#units[level - 1]![unit.parent]!;
        this.#rowsOf.get(above)!.push(...this.#rowsOf.get(unit)!);
      }
  }

  countFeasible(): void {
    for (const unit of this.#units.flat())
      unit.feasible = this.#rowsOf.get(unit)!.filter((row) => this.isFeasible(row)).length;
  }

  countIdle(): void {
    const isIdle = (row: number): boolean => {
      const { freeCpus, totalCpus, freeMemMib, totalMemMib, freeGpus, totalGpus } = this.#rows[row]!;
      return freeCpus === totalCpus && freeMemMib === totalMemMib && freeGpus === totalGpus;
    };
    for (const unit of this.#units.flat()) unit.idle = this.#rowsOf.get(unit)!.filter(isIdle).length;
  }

  /** Of several that are as good the first. */
  bestFit(level: number, parent: number, want: number): number {
    let [tightest, fullest] = [-1, -1];
    const units = this.#units[level]!;
    for (const [index, { feasible, parent: above }] of units.entries()) {
      if (feasible === 0 || (parent !== this.ANY && above !== parent)) continue;
      if (feasible >= want && (tightest < 0 || feasible < units[tightest]!.feasible)) tightest = index;
      if (fullest < 0 || feasible > units[fullest]!.feasible) fullest = index;
    }
    return tightest >= 0 ? tightest : fullest;
  }

  unitCount(level: number): number {
    return this.#units[level]?.length ?? 0;
  }

  unitAt(level: number, index: number): PortableUnit {
    return this.#units[level]![index]!;
  }

  unitOf(row: number): number {
    return this.#unitOfRow[row]!;
  }

  rowOfUnit(unit: PortableUnit, n: number): number {
    return this.#rowsOf.get(unit)![n]!;
  }

  nodeAt(row: number): Row {
    return { ...this.#rows[row]!, row };
  }

  /** A unit is known by its number and the one above it, and stands where it appeared first. */
  #group(level: number, count: number): void {
    const units: PortableUnit[] = [];
    for (let row = 0; row < count; row++) {
      const id = this.#rows[row]![LEVELS[level]!]!;
      const parent = level === 0 ? 0 : this.#unitOfRow[row]!;
      let index = units.findIndex((unit) => unit.id === id && unit.parent === parent);
      if (index < 0) {
        const unit = { id, parent, nodes: 0, feasible: 0, idle: 0, mark: 0 };
        index = units.push(unit) - 1;
        this.#rowsOf.set(unit, []);
      }
      units[index]!.nodes++;
      this.#unitOfRow[row] = index;
    }
    this.#units.push(units);
  }

  #uncount(row: number): void {
    let index = this.unitOf(row);
    for (let level = this.depth - 1; level >= 0; level--) {
      const unit = this.unitAt(level, index);
      unit.feasible--;
      index = unit.parent;
    }
  }
}
