/** What rota.yaml says of the nodes that register. Thousands register at once, so its list is not searched for each. */
import { withParts } from "../model/declared-parts.ts";
import { parseGres } from "../model/gres.ts";
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
    const items = listed.gres === "" ? undefined : parseGres(listed.gres);
    // What its devices cannot be given in is left out: a card may be missing today.
    const devices = items?.ok === true ? withParts(node.devices, items.value) : undefined;
    return {
      ...node,
      ...(devices?.ok === true ? { devices: devices.value } : {}),
      features: [...new Set([...listed.features, ...node.features])].sort(),
      topologyLeaf: listed.topologyLeaf === "" ? node.topologyLeaf : listed.topologyLeaf,
    };
  }
}
