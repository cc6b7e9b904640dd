/**
 * What classes need to know of shapes, kept from pass to pass: the demand, what it may be compared with, and the planes
 * that it takes from. A shape is looked at again only where one of its columns is another. One a kernel, kept by it, so
 * that it lives as long as whoever runs passes. Gives what would be made anew. Pure but for what it keeps.
 */
import { type PassTables, SHAPE_LAYOUT } from "../state/tables.ts";
import { comparable, frontierDemandOf } from "./comparable.ts";
import { type Demand, demandOf } from "./demand.ts";
import { type Take, takesOf } from "./descriptor.ts";
import type { FrontierDemand } from "./frontier.ts";
import { maskKeyOf } from "./masks.ts";

export interface KeptShape {
  readonly demand: Demand;
  /** Equal for shapes whose classes differ in amounts only, those of one mask. */
  readonly likeness: number;
  /** Equal for shapes that need the same mask in a partition. */
  readonly mask: number;
  readonly amounts: FrontierDemand;
  readonly takes: readonly Take[];
}

/** Texts that are told apart before all is forgotten: more than a pass has classes. */
const MAX_TEXTS = 131_072;

/** All columns but who uses the shape, which changes nothing of what it asks. */
const COLUMNS = Object.entries(SHAPE_LAYOUT).flatMap(([name, { planes }]) =>
  name === "users" ? [] : Array.from({ length: planes }, (_, plane) => ({ name, plane })),
);
const WIDTH = COLUMNS.length;

export class KeptShapes {
  readonly #shapes: (KeptShape | undefined)[] = [];
  /** By shape, what its columns had when it was looked at. All are of 32 bits or fewer. */
  #seen = new Int32Array(0);
  readonly #texts = new Map<string, number>();
  #dimensions = "";

  // Of the pass at hand.
  #tables: PassTables | undefined;
  #columns: readonly (Int32Array | Uint32Array | Uint8Array)[] = [];

  /** Before a pass: `gresParent` and `dimensions` say how devices are counted. */
  begin(tables: PassTables, gresParent: readonly number[], dimensions: readonly number[]): void {
    this.#tables = tables;
    const { columns, capacity } = tables.shapes;
    this.#columns = COLUMNS.map(({ name, plane }) => {
      const column = columns[name as keyof typeof columns];
      return plane === 0 ? column : column.subarray(plane * capacity);
    });
    const devices = `${gresParent.join()} ${dimensions.join()}`;
    if (devices !== this.#dimensions || this.#texts.size > MAX_TEXTS) {
      this.#shapes.length = 0;
      this.#texts.clear();
      this.#dimensions = devices;
    }
    if (this.#seen.length < tables.shapes.count * WIDTH) {
      const seen = new Int32Array(tables.shapes.capacity * WIDTH);
      seen.set(this.#seen);
      this.#seen = seen;
    }
  }

  /** What is known of a shape of the tables that were begun with. */
  of(shape: number, gresParent: readonly number[], dimensions: readonly number[], form = 0): KeptShape {
    const tables = this.#tables!;
    if (form > 0) return this.#make(demandOf(tables, shape, gresParent, form), gresParent, dimensions);
    const known = this.#shapes[shape];
    if (known !== undefined && this.#isAsSeen(shape)) return known;
    const demand = demandOf(tables, shape, gresParent);
    const kept = this.#make(demand, gresParent, dimensions);
    // Lists, constraints and rules lie in other tables.
    const isWhole = demand.required.length + demand.excluded.length === 0 && !this.#hasRules(shape);
    this.#shapes[shape] = isWhole ? kept : undefined;
    if (isWhole) this.#note(shape);
    return kept;
  }

  #make(demand: Demand, gresParent: readonly number[], dimensions: readonly number[]): KeptShape {
    return {
      demand,
      likeness: this.#numberOf(comparable(demand)),
      mask: this.#numberOf(maskKeyOf(demand)),
      amounts: frontierDemandOf(demand),
      takes: takesOf(dimensions, demand, gresParent),
    };
  }

  #hasRules(shape: number): boolean {
    const { constraints, setRules, parts } = this.#tables!;
    return (
      constraints?.has(shape) === true ||
      setRules?.rules.has(shape) === true ||
      parts?.demands.has(shape) === true
    );
  }

  /** Of a demand that a partition has cut. */
  likenessOf(demand: Demand): number {
    return this.#numberOf(comparable(demand));
  }

  #isAsSeen(shape: number): boolean {
    const base = shape * WIDTH;
    for (let i = 0; i < WIDTH; i++)
      if (this.#seen[base + i] !== (this.#columns[i]![shape]! | 0)) return false;
    return !this.#hasRules(shape);
  }

  #note(shape: number): void {
    const base = shape * WIDTH;
    for (let i = 0; i < WIDTH; i++) this.#seen[base + i] = this.#columns[i]![shape]!;
  }

  #numberOf(text: string): number {
    let number = this.#texts.get(text);
    if (number === undefined) {
      number = this.#texts.size;
      this.#texts.set(text, number);
    }
    return number;
  }
}
