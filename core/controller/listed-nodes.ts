/** What rota.yaml says of the nodes that register. Thousands register at once, so its list is not searched for each. */
import type { NodeSpec } from "../model/node.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import type { ExpectedNode } from "../state/events.ts";

export class ListedNodes {
  readonly #state: ClusterState;
  #of: readonly ExpectedNode[] = [];
  #byName: ReadonlyMap<string, ExpectedNode> = new Map();

  constructor(state: ClusterState) {
    this.#state = state;
  }

  /** The node as its agent describes it, with what the file adds; undefined where the file lists nodes and not this one. */
  described(node: NodeSpec): NodeSpec | undefined {
    const { expectedNodes } = this.#state;
    if (this.#of !== expectedNodes) {
      this.#of = expectedNodes;
      this.#byName = new Map(expectedNodes.map((listed) => [listed.name, listed]));
    }
    const listed = this.#byName.get(node.name);
    if (listed === undefined) return expectedNodes.length > 0 ? undefined : node;
    return {
      ...node,
      features: [...new Set([...listed.features, ...node.features])].sort(),
      topologyLeaf: listed.topologyLeaf === "" ? node.topologyLeaf : listed.topologyLeaf,
    };
  }
}
