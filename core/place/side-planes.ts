/**
 * What is kept beside the kernel's planes, on the host's side: whose jobs are where, and what of each device is taken. Each
 * is there only in a pass in which somebody asks. Follows what the kernel takes and gives. Scratch memory.
 */
import type { PassTables } from "../state/tables.ts";
import { type Owner, OwnerPlanes } from "./owner-planes.ts";
import { PartPlanes } from "./part-planes.ts";
import type { PlaneCells } from "./plane-cells.ts";
import { type EndColumns, runningEnds } from "./running-ends.ts";

/** Nodes that a class takes, or gives back. */
export interface PickedClass {
  readonly index: number;
  readonly owner: Owner;
  readonly nodes: Int32Array;
  /** Tasks on each node: of a class with the same on each all of them. */
  readonly tasks: (i: number) => number;
}

export class SidePlanes {
  readonly #ofOwners = new OwnerPlanes();
  /** undefined in a pass in which nobody asks whose jobs are where. */
  owners: OwnerPlanes | undefined;
  /** undefined in a pass in which nobody asks or has parts of devices. */
  parts: PartPlanes | undefined;

  get isUsed(): boolean {
    return this.owners !== undefined || this.parts !== undefined;
  }

  /** Begins a pass. `ownerCells` are asked for only where owners matter. */
  begin(
    tables: PassTables,
    dimensions: readonly number[],
    rows: number,
    slots: number,
    ownerCells: () => Int32Array,
  ): void {
    this.parts = tables.parts === undefined ? undefined : new PartPlanes(tables.parts, dimensions, slots);
    this.owners = tables.owners === undefined ? undefined : this.#ofOwners;
    this.owners?.begin(ownerCells(), rows, slots, runningEnds(tables, dimensions));
  }

  /** After the kernel's `fill`. */
  fill(ends: EndColumns, endSlotOf: (endS: number) => number, cells: () => PlaneCells): void {
    this.owners?.fill(ends, endSlotOf);
    this.parts?.fill(ends, endSlotOf, cells());
  }

  take({ index, owner, nodes, tasks }: PickedClass, from: number, to: number): void {
    if (this.owners !== undefined) for (const node of nodes) this.owners.hold(node, owner, from, to);
    this.parts?.take(index, nodes, tasks, from, to);
  }

  give({ index, owner, nodes }: PickedClass, from: number, to: number): void {
    this.parts?.give(index, nodes, from, to);
    if (this.owners !== undefined) for (const node of nodes) this.owners.release(node, owner, from, to);
  }
}
