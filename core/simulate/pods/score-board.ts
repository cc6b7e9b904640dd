/**
 * The scores of all nodes for each shape of pods, kept from one pod to the next: a pod changes one node, so only nodes
 * that changed since the shape was last placed are scored again. Pure but for what it keeps.
 */
import { modelMask, type PodShape } from "./pod.ts";
import type { PodCluster } from "./pod-cluster.ts";
import type { PodScorer } from "./scorer.ts";

/** The score of a node that does not hold the shape. */
const HOLDS_NOT = -1;

interface ShapeScores {
  readonly shape: PodShape;
  readonly mask: number;
  readonly scores: Int8Array;
  /** How many changes it has seen. */
  seen: number;
}

export class ScoreBoard {
  readonly #cluster: PodCluster;
  readonly #scorer: PodScorer;
  readonly #random: () => number;
  readonly #shapes = new Map<PodShape, ShapeScores>();
  /** Nodes in the order of their changes, and by node the place of its last one. */
  readonly #changes: number[] = [];
  readonly #lastChange: Int32Array;

  /** `random` draws 0 <= x < 1; used only by a scorer that draws. */
  constructor(cluster: PodCluster, scorer: PodScorer, random: () => number) {
    this.#cluster = cluster;
    this.#scorer = scorer;
    this.#random = random;
    this.#lastChange = new Int32Array(cluster.size).fill(-1);
  }

  /** The node with the highest score that holds the pod, -1 where none does. */
  best(shape: PodShape, memoryMib: number): number {
    const { scores } = this.#current(shape);
    const { memoryFree } = this.#cluster;
    if (this.#scorer.isDrawn) return this.#draw(scores, memoryMib);
    let best = -1;
    let bestScore = HOLDS_NOT;
    for (let node = 0; node < scores.length; node++) {
      const score = scores[node]!;
      if (score <= bestScore || memoryFree[node]! < memoryMib) continue;
      best = node;
      bestScore = score;
    }
    return best;
  }

  /** Says that what is free of the node has changed. */
  changed(node: number): void {
    this.#lastChange[node] = this.#changes.push(node) - 1;
  }

  #draw(scores: Int8Array, memoryMib: number): number {
    const { memoryFree } = this.#cluster;
    const holding: number[] = [];
    for (let node = 0; node < scores.length; node++) {
      if (scores[node] !== HOLDS_NOT && memoryFree[node]! >= memoryMib) holding.push(node);
    }
    return holding[Math.floor(this.#random() * holding.length)] ?? -1;
  }

  #current(shape: PodShape): ShapeScores {
    const known = this.#shapes.get(shape);
    const changes = this.#changes;
    if (known === undefined) {
      const mask = modelMask(shape, this.#cluster.models);
      const made = { shape, mask, scores: new Int8Array(this.#cluster.size), seen: changes.length };
      for (let node = 0; node < made.scores.length; node++) this.#score(made, node);
      this.#shapes.set(shape, made);
      return made;
    }
    for (let i = known.seen; i < changes.length; i++) {
      const node = changes[i]!;
      if (this.#lastChange[node] === i) this.#score(known, node);
    }
    known.seen = changes.length;
    return known;
  }

  #score({ shape, mask, scores }: ShapeScores, node: number): void {
    scores[node] = this.#cluster.fits(node, shape, mask) ? this.#scorer.score(node, shape) : HOLDS_NOT;
  }
}
