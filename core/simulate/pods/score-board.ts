/**
 * The scores of all nodes for each shape of pods, kept from one pod to the next: a pod changes one node, so only nodes
 * that changed since the shape was last placed are scored again. Pure but for what it keeps.
 */
import type { PolicyFault } from "../../model/policy.ts";
import type { ShareJob, SharingPolicy } from "../../model/sharing.ts";
import { modelMask, type PodShape } from "./pod.ts";
import type { PodCluster } from "./pod-cluster.ts";

interface ShapeScores {
  readonly job: Omit<ShareJob, "memMib">;
  /** -Infinity where a node does not hold the shape. */
  readonly scores: Float32Array;
  /** How many changes it has seen. */
  seen: number;
}

export class ScoreBoard {
  readonly #cluster: PodCluster;
  readonly #policy: SharingPolicy;
  readonly #shapes = new Map<PodShape, ShapeScores>();
  /** Nodes in the order of their changes, and by node the place of its last one. */
  readonly #changes: number[] = [];
  readonly #lastChange: Int32Array;
  /** What a node costs the pod besides, by its GPU model. */
  readonly #tolls: Float64Array;
  readonly #rows: number[] = [];

  /** The policy has begun with the cluster as it is. */
  constructor(cluster: PodCluster, policy: SharingPolicy) {
    this.#cluster = cluster;
    this.#policy = policy;
    this.#lastChange = new Int32Array(cluster.size).fill(-1);
    this.#tolls = new Float64Array(cluster.models.length);
  }

  /** The node with the highest score that holds the pod, the first of equals; -1 where none does. */
  best(shape: PodShape, memoryMib: number): number | PolicyFault {
    const known = this.#shapes.get(shape) ?? this.#made(shape);
    const rows = this.#rowsToScore(shape, known);
    const policy = this.#policy;
    const fault =
      policy.score({ ...known.job, memMib: memoryMib }, rows, known.scores) ?? policy.tolls(this.#tolls);
    return fault ?? this.#highest(known.scores, memoryMib);
  }

  /** Says that what is free of the node has changed. */
  changed(node: number): void {
    this.#policy.update(this.#cluster.columns, node);
    this.#lastChange[node] = this.#changes.push(node) - 1;
  }

  #highest(scores: Float32Array, memoryMib: number): number {
    const { memoryFree, model } = this.#cluster;
    const tolls = this.#tolls;
    const isFree = tolls.every((toll) => toll === 0);
    let best = -1;
    let bestScore = Number.NEGATIVE_INFINITY;
    for (let node = 0; node < scores.length; node++) {
      let score = scores[node]!;
      if (score <= bestScore && isFree) continue;
      if (!isFree && model[node]! >= 0) score -= tolls[model[node]!]!;
      if (score <= bestScore || memoryFree[node]! < memoryMib) continue;
      best = node;
      bestScore = score;
    }
    return best;
  }

  #made(shape: PodShape): ShapeScores {
    const { cpuMilli, gpus, gpuMilli } = shape;
    const models = modelMask(shape, this.#cluster.models);
    const scores = new Float32Array(this.#cluster.size).fill(Number.NEGATIVE_INFINITY);
    const made = { job: { cpuMilli, gpus, gpuMilli, models }, scores, seen: -1 };
    this.#shapes.set(shape, made);
    return made;
  }

  /** Nodes that hold the shape and whose score is not known; those that hold it no more lose theirs. */
  #rowsToScore(shape: PodShape, known: ShapeScores): readonly number[] {
    const rows = this.#rows;
    const changes = this.#changes;
    rows.length = 0;
    if (known.seen === -1) {
      for (let node = 0; node < this.#cluster.size; node++) this.#look(shape, known, node);
    } else {
      for (let i = known.seen; i < changes.length; i++) {
        const node = changes[i]!;
        if (this.#lastChange[node] === i) this.#look(shape, known, node);
      }
    }
    if (this.#policy.isDrawn && known.seen !== -1) {
      const { scores } = known;
      rows.length = 0;
      for (let node = 0; node < scores.length; node++) {
        if (scores[node] !== Number.NEGATIVE_INFINITY) rows.push(node);
      }
    }
    known.seen = changes.length;
    return rows;
  }

  #look(shape: PodShape, { job, scores }: ShapeScores, node: number): void {
    if (this.#cluster.fits(node, shape, job.models)) this.#rows.push(node);
    else scores[node] = Number.NEGATIVE_INFINITY;
  }
}
