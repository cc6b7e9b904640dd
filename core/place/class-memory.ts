/**
 * Memory of the classes of a pass, used again by the next one: as large as the largest pass needed. One a kernel, like
 * which it is scratch memory, but for the shapes, which are kept. Never shared by two passes at a time.
 */
import type { PassTables } from "../state/tables.ts";
import { Frontier } from "./frontier.ts";
import { KeptShapes } from "./kept-shapes.ts";
import type { PlanKernel } from "./kernel.ts";

/** Classes that have room for hints from the beginning. */
const FIRST_CLASSES = 1_024;

export class ClassMemory {
  static readonly #byKernel = new WeakMap<PlanKernel, ClassMemory>();

  readonly shapes = new KeptShapes();
  #hints = new Int32Array(0);
  /** 1.5 MiB each. */
  readonly #frontiers: Frontier[] = [];

  static of(kernel: PlanKernel): ClassMemory {
    let memory = ClassMemory.#byKernel.get(kernel);
    if (memory === undefined) {
      memory = new ClassMemory();
      ClassMemory.#byKernel.set(kernel, memory);
    }
    return memory;
  }

  begin(tables: PassTables, gresParent: readonly number[], dimensions: readonly number[]): void {
    this.shapes.begin(tables, gresParent, dimensions);
  }

  /** Cells of all classes, with those of this one cleared; others are as they were. Classes come in their order. */
  hintsFor(index: number, width: number): Int32Array<ArrayBuffer> {
    const needed = (index + 1) * width;
    if (this.#hints.length < needed) {
      const hints = new Int32Array(Math.max(2 * needed, FIRST_CLASSES * width));
      hints.set(this.#hints);
      this.#hints = hints;
    }
    this.#hints.fill(0, index * width, needed);
    return this.#hints;
  }

  /** An empty one. */
  frontier(number: number): Frontier {
    this.#frontiers[number]?.clear();
    this.#frontiers[number] ??= new Frontier();
    return this.#frontiers[number];
  }
}
