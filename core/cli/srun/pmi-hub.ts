/** The barriers of a step with PMI: what the tasks of each node have put goes to all nodes once all have come. */
import { frameJson, MAX_STEP_FRAME_BYTES, type StepFrame } from "../../../agents/protocol/step-frames.ts";

type Pairs = readonly (readonly [string, string])[];

export class PmiHub {
  readonly #nodes: number;
  readonly #come = new Map<number, Pairs>();
  #barrier = 0;

  constructor(nodes: number) {
    this.#nodes = nodes;
  }

  /** A node has come to a barrier; the answer for all of them once it is the last one, "too large" where nobody can have it. */
  fence(
    node: number,
    frame: StepFrame,
  ): { readonly number: number; readonly bytes: Buffer } | "too large" | undefined {
    if (frame.number !== this.#barrier) return undefined;
    this.#come.set(node, frameJson<Pairs>(frame) ?? []);
    if (this.#come.size < this.#nodes) return undefined;
    const bytes = Buffer.from(JSON.stringify([...this.#come.values()].flat()));
    const number = this.#barrier++;
    this.#come.clear();
    return bytes.length > MAX_STEP_FRAME_BYTES - 64 ? "too large" : { number, bytes };
  }
}
