/**
 * What nodes hold while running jobs are on their way out: the planes of the pass, and beside them what will be given
 * back soon. Jobs whose end has been asked for count as ending with the slot `soonSlot`; before it, what they hold is
 * free for those that wait for it and for nobody else. One a pass.
 */

import { type Amounts, noAmounts, type PlaneCells } from "./plane-cells.ts";
import type { NodeNeeds } from "./preempt-amounts.ts";

/** What one running job gives back on one node, in all slots before the one with which its limit would end it. */
export interface Credit {
  readonly victim: number;
  readonly amounts: Amounts;
  readonly endSlot: number;
}

/** A slot in which less may be free than before: only these need be looked at. */
interface LowSlot {
  readonly slot: number;
  readonly free: Amounts;
}

export class PreemptRoom {
  readonly #cells: PlaneCells;
  readonly soonSlot: number;
  /** By node: what ends soon and is not taken. */
  readonly #soon = new Map<number, Amounts>();
  /** By node: what is free at this moment and kept for jobs that wait for the rest. */
  readonly #kept = new Map<number, Amounts>();

  constructor(cells: PlaneCells, soonSlot: number) {
    this.#cells = cells;
    this.soonSlot = soonSlot;
  }

  /** Nodes on which something ends soon. */
  get ending(): Iterable<number> {
    return this.#soon.keys();
  }

  /** Notes what a job that is ending holds on a node; the planes know it from `soonSlot` on. */
  addEnding(node: number, amounts: Readonly<Amounts>): void {
    addTo(this.#soonOf(node), amounts);
  }

  /** A running job is to end: what it holds on the node is free from `soonSlot` on. */
  addVictim(node: number, { amounts, endSlot }: Credit): void {
    for (let slot = this.soonSlot; slot < endSlot; slot++) this.#cells.add(slot, node, amounts, 1);
    this.addEnding(node, amounts);
  }

  /** Takes for a job that waits for what ends soon and then holds it until slot `end`. */
  take(node: number, needed: Readonly<Amounts>, end: number): void {
    const soon = this.#soonOf(node);
    const now = noAmounts(soon.gres.length);
    now.cpus = Math.max(0, needed.cpus - soon.cpus);
    now.memMib = Math.max(0, needed.memMib - soon.memMib);
    soon.cpus = Math.max(0, soon.cpus - needed.cpus);
    soon.memMib = Math.max(0, soon.memMib - needed.memMib);
    for (let plane = 0; plane < soon.gres.length; plane++) {
      now.gres[plane] = Math.max(0, needed.gres[plane]! - soon.gres[plane]!);
      soon.gres[plane] = Math.max(0, soon.gres[plane]! - needed.gres[plane]!);
    }
    for (let slot = 0; slot < end; slot++)
      this.#cells.add(slot, node, slot < this.soonSlot ? now : needed, -1);
    const kept = this.#kept.get(node);
    if (kept === undefined) this.#kept.set(node, now);
    else addTo(kept, now);
  }

  /** Units that a node holds at this moment beside what runs and starts there, kept or not. */
  heldUnkept(needs: NodeNeeds, node: number): number {
    return needs.held(node, this.#freeAt(0, node, this.#kept.get(node)));
  }

  /** Units that a node holds from now until slot `end` by what is really free. */
  heldNow(needs: NodeNeeds, node: number, end: number): number {
    let held = needs.mostOnNode;
    for (let slot = 0; slot < end && held > 0; slot++)
      held = Math.min(held, needs.held(node, this.#freeAt(slot, node, undefined)));
    return held;
  }

  /** Units that a node holds until slot `end` with what ends soon, by which of these running jobs are gone too. */
  holder(needs: NodeNeeds, node: number, end: number, credits: readonly Credit[]): NodeHolder {
    const first = { slot: 0, free: this.#freeAt(0, node, this.#soon.get(node)) };
    return new NodeHolder(needs, node, credits, first, () => this.#lowSlots(node, end, credits));
  }

  /** Slots after the first in which less is free than in the one before, and those with which a credit ends. */
  #lowSlots(node: number, end: number, credits: readonly Credit[]): readonly LowSlot[] {
    const cells = this.#cells;
    const soon = this.#soon.get(node);
    const lows: LowSlot[] = [];
    for (let slot = 1; slot < end; slot++) {
      const isEnd = soon !== undefined && slot === this.soonSlot;
      // What ends soon is in the planes from then on, so there the sums must be compared.
      const isLow = isEnd
        ? isLess(this.#freeAt(slot, node, soon), this.#freeAt(slot - 1, node, soon))
        : cells.isLess(slot, node);
      if (isLow || credits.some(({ endSlot }) => endSlot === slot))
        lows.push({ slot, free: this.#freeAt(slot, node, soon) });
    }
    return lows;
  }

  #freeAt(slot: number, node: number, soon: Amounts | undefined): Amounts {
    const cells = this.#cells;
    const free = noAmounts(cells.planes);
    const more = soon !== undefined && slot < this.soonSlot ? soon : undefined;
    free.cpus = cells.cpus(slot, node) + (more?.cpus ?? 0);
    free.memMib = cells.memMib(slot, node) + (more?.memMib ?? 0);
    for (let plane = 0; plane < cells.planes; plane++)
      free.gres[plane] = cells.gres(plane, slot, node) + (more?.gres[plane] ?? 0);
    return free;
  }

  #soonOf(node: number): Amounts {
    let soon = this.#soon.get(node);
    if (soon === undefined) {
      soon = noAmounts(this.#cells.planes);
      this.#soon.set(node, soon);
    }
    return soon;
  }
}

/** One node and the running jobs on it that may go. */
export class NodeHolder {
  readonly #needs: NodeNeeds;
  readonly #node: number;
  readonly #credits: readonly Credit[];
  readonly #first: LowSlot;
  readonly #later: () => readonly LowSlot[];
  #lows: readonly LowSlot[] | undefined;
  readonly #free: Amounts;

  constructor(
    needs: NodeNeeds,
    node: number,
    credits: readonly Credit[],
    first: LowSlot,
    later: () => readonly LowSlot[],
  ) {
    this.#needs = needs;
    this.#node = node;
    this.#credits = credits;
    this.#first = first;
    this.#later = later;
    this.#free = noAmounts(first.free.gres.length);
  }

  /** Units that it holds once these are gone. */
  held(isGone: (victim: number) => boolean): number {
    const gone = this.#credits.filter(({ victim }) => isGone(victim));
    let held = Math.min(this.#needs.mostOnNode, this.#heldIn(this.#first, gone));
    // Most nodes are too full at this moment already: the other slots are then not looked at.
    if (held === 0) return 0;
    this.#lows ??= this.#later();
    for (const low of this.#lows) {
      held = Math.min(held, this.#heldIn(low, gone));
      if (held === 0) break;
    }
    return held;
  }

  #heldIn(low: LowSlot, gone: readonly Credit[]): number {
    const free = this.#free;
    free.cpus = low.free.cpus;
    free.memMib = low.free.memMib;
    for (let plane = 0; plane < free.gres.length; plane++) free.gres[plane] = low.free.gres[plane]!;
    for (const { amounts, endSlot } of gone) if (endSlot > low.slot) addTo(free, amounts);
    return this.#needs.held(this.#node, free);
  }
}

function addTo(sum: Amounts, amounts: Readonly<Amounts>): void {
  sum.cpus += amounts.cpus;
  sum.memMib += amounts.memMib;
  for (let plane = 0; plane < sum.gres.length; plane++) sum.gres[plane]! += amounts.gres[plane]!;
}

function isLess(a: Readonly<Amounts>, b: Readonly<Amounts>): boolean {
  if (a.cpus < b.cpus || a.memMib < b.memMib) return true;
  for (let plane = 0; plane < a.gres.length; plane++) if (a.gres[plane]! < b.gres[plane]!) return true;
  return false;
}
