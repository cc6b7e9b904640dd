/**
 * Which running jobs are ended so that a waiting one fits: few and cheap ones, and never one more than needed. Knows
 * only numbers: what each node would hold if some of the jobs on it were gone. Pure.
 */
import { fewestOn } from "./preempt-fewest.ts";

/** What the waiting job needs; units are tasks, or of a job with the same on each node the nodes themselves. */
export interface Need {
  readonly units: number;
  readonly mostOnNode: number;
  readonly leastNodes: number;
  readonly mostNodes: number;
  readonly required: ArrayLike<number>;
}

export interface ChoiceRoom {
  /** Nodes on which a victim runs, and all that are required; ascending. */
  readonly nodes: readonly number[];
  /** By units: how many other nodes hold as many at once. */
  readonly others: ArrayLike<number>;
  /** Victims on a node, ascending. Victims are numbers from 0, the cheapest first. */
  readonly victimsOn: (node: number) => readonly number[];
  readonly nodesOf: (victim: number) => readonly number[];
  /** Units that the node holds without these victims; never less for more of them. */
  readonly held: (node: number, isGone: (victim: number) => boolean) => number;
  readonly cost: ArrayLike<number>;
}

export interface Choice {
  /** Ascending. Without any one of them the job does not fit. */
  readonly victims: readonly number[];
  /** Units by node of `nodes` once they are gone. */
  readonly held: ReadonlyMap<number, number>;
}

/** undefined where the job does not fit even without all of them, or would need more than `mostVictims`. */
export function chooseVictims(need: Need, room: ChoiceRoom, mostVictims: number): Choice | undefined {
  const tally = new Tally(need, room);
  const gone = new Set<number>();
  tally.recount(room.nodes, gone);
  if (!tally.isEnough()) {
    if (!takeByNode(tally, room, gone, mostVictims)) return undefined;
    dropSpare(tally, room, gone);
  }
  return { victims: [...gone].sort((a, b) => a - b), held: tally.held };
}

/** Units by node, and whether they are enough. */
class Tally {
  readonly held = new Map<number, number>();
  readonly #need: Need;
  readonly #room: ChoiceRoom;
  readonly #required: ReadonlySet<number>;
  /** By units: nodes that are not required and hold as many. */
  readonly #counts: Float64Array;

  constructor(need: Need, room: ChoiceRoom) {
    this.#need = need;
    this.#room = room;
    this.#required = new Set(Array.from(need.required));
    this.#counts = Float64Array.from({ length: need.mostOnNode + 1 }, (_, units) => room.others[units] ?? 0);
  }

  /** Looks at these nodes again. */
  recount(nodes: readonly number[], gone: ReadonlySet<number>): void {
    const isGone = (victim: number): boolean => gone.has(victim);
    for (const node of nodes) {
      const known = this.held.get(node);
      const units = Math.min(this.#need.mostOnNode, this.#room.held(node, isGone));
      if (known === units) continue;
      this.held.set(node, units);
      if (this.#required.has(node)) continue;
      if (known !== undefined) this.#counts[known]!--;
      this.#counts[units]!++;
    }
  }

  /** The fewest nodes, the fullest first, hold the job. */
  isEnough(): boolean {
    const { units, leastNodes, mostNodes, mostOnNode } = this.#need;
    let left = units;
    for (const node of this.#required) {
      const held = this.held.get(node) ?? 0;
      if (held === 0) return false;
      left -= held;
    }
    let nodes = this.#required.size;
    for (let holds = mostOnNode; holds > 0 && (left > 0 || nodes < leastNodes); holds--) {
      const forUnits = Math.max(0, Math.ceil(left / holds));
      const taken = Math.min(this.#counts[holds]!, Math.max(forUnits, leastNodes - nodes));
      nodes += taken;
      left -= taken * holds;
    }
    return left <= 0 && nodes >= leastNodes && nodes <= mostNodes;
  }
}

interface Offer {
  readonly node: number;
  readonly victims: readonly number[];
  /** Per unit that the node holds more: the victims, then their cost. */
  readonly count: number;
  readonly cost: number;
}

/** Frees nodes, that with the fewest victims for what it gives first, until the job fits. */
function takeByNode(tally: Tally, room: ChoiceRoom, gone: Set<number>, mostVictims: number): boolean {
  const heap = new OfferHeap();
  for (const node of room.nodes) heap.push(offerOf(tally, room, gone, node));
  for (let best = heap.pop(); best !== undefined; best = heap.pop()) {
    // Other nodes' victims have gone meanwhile: it may be cheaper by now, or have nothing more to give.
    const now = offerOf(tally, room, gone, best.node);
    if (now === undefined) continue;
    if (isBefore(best, now)) {
      heap.push(now);
      continue;
    }
    if (gone.size + now.victims.length > mostVictims) return false;
    const touched = new Set<number>();
    for (const victim of now.victims) {
      gone.add(victim);
      for (const node of room.nodesOf(victim)) touched.add(node);
    }
    tally.recount([...touched], gone);
    if (tally.isEnough()) return true;
    for (const node of touched) heap.push(offerOf(tally, room, gone, node));
  }
  return false;
}

/** The cheapest victims on a node that let it hold as much as it can; undefined where they let it hold no more. */
function offerOf(tally: Tally, room: ChoiceRoom, gone: ReadonlySet<number>, node: number): Offer | undefined {
  const on = room.victimsOn(node).filter((victim) => !gone.has(victim));
  if (on.length === 0) return undefined;
  const before = tally.held.get(node) ?? 0;
  const most = room.held(node, (victim) => gone.has(victim) || on.includes(victim));
  if (most <= before) return undefined;
  const taken = fewestOn(room, gone, node, on, most);
  let cost = 0;
  for (const victim of taken) cost += room.cost[victim]!;
  const gain = most - before;
  return { node, victims: [...taken], count: taken.size / gain, cost: cost / gain };
}

/** Lets those go on that are not needed after all, the dearest first. */
function dropSpare(tally: Tally, room: ChoiceRoom, gone: Set<number>): void {
  for (const victim of [...gone].sort((a, b) => b - a)) {
    gone.delete(victim);
    tally.recount(room.nodesOf(victim), gone);
    if (tally.isEnough()) continue;
    gone.add(victim);
    tally.recount(room.nodesOf(victim), gone);
  }
}

/** Of equal ones that whose cheapest victim comes first, then the lower node. */
function isBefore(a: Offer, b: Offer): boolean {
  if (a.count !== b.count) return a.count < b.count;
  if (a.cost !== b.cost) return a.cost < b.cost;
  return a.victims[0]! < b.victims[0]! || (a.victims[0] === b.victims[0] && a.node < b.node);
}

/** The least offer first. A node may be in it more than once; what is popped is looked at again. */
class OfferHeap {
  readonly #offers: Offer[] = [];

  push(offer: Offer | undefined): void {
    if (offer === undefined) return;
    const offers = this.#offers;
    let at = offers.push(offer) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!isBefore(offer, offers[above]!)) break;
      offers[at] = offers[above]!;
      at = above;
    }
    offers[at] = offer;
  }

  pop(): Offer | undefined {
    const offers = this.#offers;
    const [first] = offers;
    const last = offers.pop();
    if (first === undefined || last === undefined || offers.length === 0) return first;
    let at = 0;
    for (let below = 1; below < offers.length; below = 2 * at + 1) {
      if (below + 1 < offers.length && isBefore(offers[below + 1]!, offers[below]!)) below++;
      if (!isBefore(offers[below]!, last)) break;
      offers[at] = offers[below]!;
      at = below;
    }
    offers[at] = last;
    return first;
  }
}
