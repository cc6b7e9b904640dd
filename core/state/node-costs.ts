/**
 * Which nodes are given out first: by node a cost, the lowest first, made of whether the node is asleep and of the weight
 * that the site gives it. A cluster whose nodes are awake and weigh alike has no costs, and no pass pays for them. An
 * index over the node records; rebuilt on restore.
 */
import { DEFAULT_NODE_WEIGHT, MAX_NODE_WEIGHT, type NodeRecord } from "../model/node.ts";
import { isAsleep } from "../model/node-power.ts";

/** What it costs more to wake a node first: it comes after all that are awake, whatever they weigh. */
const ASLEEP_COST = MAX_NODE_WEIGHT + 1;

/** Whether a node of this cost is asleep. */
export const isAsleepAt = (cost: number): boolean => cost > ASLEEP_COST;

export class NodeCosts {
  #costs = new Float64Array(64).fill(DEFAULT_NODE_WEIGHT);
  #unlike = 0;
  /** Nodes that are asleep. */
  asleep = 0;

  /** Writes down what the record costs now. */
  write(record: NodeRecord): void {
    const { index } = record;
    if (index >= this.#costs.length) {
      const wider = new Float64Array(2 ** Math.ceil(Math.log2(index + 1))).fill(DEFAULT_NODE_WEIGHT);
      wider.set(this.#costs);
      this.#costs = wider;
    }
    const before = this.#costs[index]!;
    const cost = costOf(record);
    if (cost === before) return;
    this.#unlike += Number(cost !== DEFAULT_NODE_WEIGHT) - Number(before !== DEFAULT_NODE_WEIGHT);
    this.asleep += Number(isAsleepAt(cost)) - Number(isAsleepAt(before));
    this.#costs[index] = cost;
  }

  /** By node row, as they are now; undefined where no node differs from what all are by default. */
  now(count: number): Float64Array | undefined {
    return this.#unlike === 0 ? undefined : this.#costs.slice(0, count);
  }
}

const costOf = ({ weight = DEFAULT_NODE_WEIGHT, power }: NodeRecord): number =>
  isAsleep(power) ? ASLEEP_COST + weight : weight;
