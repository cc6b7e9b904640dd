/**
 * Looks for the victims of one waiting job: first on the nodes of the cheapest running jobs, and on more of them as long
 * as these do not suffice, since nearly always a few nodes do. Pure but for the counting of its looks.
 */
import { MAX_VICTIMS } from "../model/preemption.ts";
import type { NodeNeeds } from "./preempt-amounts.ts";
import { type Choice, chooseVictims } from "./preempt-choice.ts";
import type { NodeHolder, PreemptRoom } from "./preempt-room.ts";
import type { VictimBook } from "./preempt-victims.ts";

/** Nodes that are looked at first, beside some for each that the job needs; then so many times more. */
const FIRST_NODES = 64;
const NODES_PER_NODE = 4;
const TIMES_MORE = 8;

export interface SearchParts {
  readonly book: VictimBook;
  readonly room: PreemptRoom;
  readonly needs: NodeNeeds;
  /** Slot until which the job would run. */
  readonly end: number;
  /** By node: not 0 where the job may be; without those that it names. */
  readonly mask: Uint8Array;
  /** Units that nodes hold as they are. */
  readonly free: ReadonlyMap<number, number>;
  readonly isAllowed: (victim: number) => boolean;
}

export class VictimSearch {
  readonly #parts: SearchParts;
  readonly #holders = new Map<number, NodeHolder>();
  readonly #victimsOn = new Map<number, readonly number[]>();

  constructor(parts: SearchParts) {
    this.#parts = parts;
  }

  /** Nodes that were looked at. */
  get looks(): number {
    return this.#holders.size;
  }

  /** undefined where the job does not fit even without all that it may take. */
  run(): Choice | undefined {
    const { needs } = this.#parts;
    for (let most = FIRST_NODES + NODES_PER_NODE * needs.leastNodes; ; most *= TIMES_MORE) {
      const { nodes, isAll } = this.#nodes(most);
      const choice = this.#choose(nodes);
      if (choice !== undefined || isAll) return choice;
    }
  }

  /** Nodes on which one of the chosen runs. */
  freedBy({ victims }: Choice): ReadonlySet<number> {
    return new Set(victims.flatMap((victim) => this.#parts.book.nodesOf(victim)));
  }

  #choose(nodes: readonly number[]): Choice | undefined {
    const { book, needs, free } = this.#parts;
    const marks = new Set(nodes);
    const others = new Int32Array(needs.mostOnNode + 1);
    for (const [node, units] of free) if (!marks.has(node)) others[units]!++;
    const room = {
      nodes,
      others,
      victimsOn: (node: number) => this.#on(node),
      nodesOf: (victim: number) => book.nodesOf(victim).filter((node) => marks.has(node)),
      held: (node: number, isGone: (victim: number) => boolean) => this.#holder(node).held(isGone),
      cost: book.cost,
    };
    return chooseVictims(needs, room, MAX_VICTIMS);
  }

  /** So many nodes of the cheapest victims, those on which something ends anyway, and those that the job names; ascending. */
  #nodes(most: number): { readonly nodes: readonly number[]; readonly isAll: boolean } {
    const { book, room, needs, mask, isAllowed } = this.#parts;
    const nodes = new Set<number>(needs.required);
    for (const node of room.ending) if (mask[node] !== 0) nodes.add(node);
    const until = nodes.size + most;
    let victim = 0;
    for (; victim < book.count && nodes.size < until; victim++) {
      if (!isAllowed(victim)) continue;
      for (const node of book.nodesOf(victim)) if (mask[node] !== 0) nodes.add(node);
    }
    return { nodes: [...nodes].sort((a, b) => a - b), isAll: victim === book.count };
  }

  #on(node: number): readonly number[] {
    let victims = this.#victimsOn.get(node);
    if (victims === undefined) {
      const { book, isAllowed } = this.#parts;
      victims = book.on(node).flatMap(({ victim }) => (isAllowed(victim) ? [victim] : []));
      this.#victimsOn.set(node, victims);
    }
    return victims;
  }

  #holder(node: number): NodeHolder {
    let holder = this.#holders.get(node);
    if (holder === undefined) {
      const { book, room, needs, end, isAllowed } = this.#parts;
      const credits = book.on(node).filter(({ victim }) => isAllowed(victim));
      holder = room.holder(needs, node, end, credits);
      this.#holders.set(node, holder);
    }
    return holder;
  }
}
