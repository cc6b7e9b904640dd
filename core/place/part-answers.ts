/**
 * Which nodes have room for parts of devices, as it was last looked at: kept through a pass, since jobs with like parts ask the
 * same again and again while few nodes change. Scratch memory, within a bound.
 */
import type { PartDemand } from "../model/device-parts.ts";

/** Whether a node has room for parts, and whether without opening a device that is whole. */
export const PART_ROOM = { NONE: 0, ON_WHOLE: 1, BESIDE_PARTS: 2 } as const;
export type PartRoom = (typeof PART_ROOM)[keyof typeof PART_ROOM];

/** By node row: the version of its holds that was looked at, 0 for never, and what room they leave. */
export interface Answers {
  readonly versions: Uint32Array;
  /** PartRoom each. */
  readonly rooms: Uint8Array;
}

const ANSWER_BYTES = 5;
/** Those to some 500 ranges on 12,500 nodes. */
const MAX_ANSWER_BYTES = 32 << 20;
/** More than slots that a plan has. */
const MAX_SLOTS = 1 << 16;

export class PartAnswers {
  readonly #nodes: number;
  /** By range of slots. */
  readonly #of = new Map<PartDemand, Map<number, Answers>>();
  #bytes = 0;

  constructor(nodes: number) {
    this.#nodes = nodes;
  }

  /** Those for all slots from one up to, and not with, another; undefined where there is memory for no more. */
  of(demand: PartDemand, from: number, to: number): Answers | undefined {
    let ofDemand = this.#of.get(demand);
    if (ofDemand === undefined) {
      ofDemand = new Map();
      this.#of.set(demand, ofDemand);
    }
    const range = from * MAX_SLOTS + to;
    let answers = ofDemand.get(range);
    if (answers === undefined && this.#bytes + this.#nodes * ANSWER_BYTES <= MAX_ANSWER_BYTES) {
      this.#bytes += this.#nodes * ANSWER_BYTES;
      answers = { versions: new Uint32Array(this.#nodes), rooms: new Uint8Array(this.#nodes) };
      ofDemand.set(range, answers);
    }
    return answers;
  }
}
