/**
 * The `topology:` of rota.yaml: what kind of network there is and where each listed node stands in it. Reads a document;
 * pure.
 */
import { expandHostlist } from "../model/hostlist.ts";
import { MAX_NODES } from "../model/ids.ts";
import { TOPOLOGY_KINDS, type TopologyKind, type TopologySpec } from "../model/topology.ts";
import type { ExpectedNode } from "../state/events.ts";
import type { ConfigDocument, Spot } from "./config-document.ts";

export interface ConfiguredTopology {
  readonly spec: TopologySpec;
  /** By node name. */
  readonly places: ReadonlyMap<string, string>;
}

interface Placing {
  readonly document: ConfigDocument;
  readonly listed: ReadonlySet<string>;
  readonly places: Map<string, string>;
}

const MAX_UNITS = 65_536;
const MAX_SIDE = 4_096;
const MAX_HOSTLIST = 65_536;
const MAX_NAME = 64;
/** Dots stand between the levels of a place. */
const NAME = { pattern: /^[A-Za-z0-9][A-Za-z0-9_:+-]*$/, words: "a word of letters, digits and _ : + -" };
/** What a mapping of each kind has beside `kind`. */
const KEYS: Readonly<Record<TopologyKind, readonly string[]>> = {
  tree: ["switches"],
  block: ["blocks"],
  torus: ["size", "nodes"],
  dragonfly: ["groups"],
  rail: ["groups"],
};

/** Undefined where the file has none, or none that can be. */
export function readTopology(
  document: ConfigDocument,
  spot: Spot | undefined,
  nodes: readonly ExpectedNode[],
): ConfiguredTopology | undefined {
  if (spot === undefined) return undefined;
  const kind = document.oneOf(kindSpot(document, spot), TOPOLOGY_KINDS);
  if (kind === undefined) return undefined;
  const fields = document.fields(spot, ["kind", ...KEYS[kind]]);
  const placing: Placing = { document, listed: new Set(nodes.map(({ name }) => name)), places: new Map() };
  const units = fields.get(KEYS[kind][0]!);
  if (units === undefined) {
    document.fault(spot.offset, `a topology of kind ${kind} has ${KEYS[kind].join(" and ")}; add that`);
    return undefined;
  }
  if (kind === "tree") placeTree(placing, units);
  else if (kind === "torus") placeTorus(placing, units, fields.get("nodes"));
  else placeGroups(placing, units, kind === "dragonfly");
  return { spec: { kind, places: [...new Set(placing.places.values())] }, places: placing.places };
}

/** The nodes with the places that the topology gives them; `leaf` of a node and a topology together are refused. */
export function placedNodes(
  document: ConfigDocument,
  spot: Spot | undefined,
  nodes: readonly ExpectedNode[],
  topology: ConfiguredTopology | undefined,
): readonly ExpectedNode[] {
  if (topology === undefined) return nodes;
  const twice = nodes.find(({ topologyLeaf }) => topologyLeaf !== "");
  if (twice !== undefined)
    document.fault(
      spot!.offset,
      `node ${twice.name} has a leaf, and there is a topology; leave one of them out`,
    );
  return nodes.map((node) => ({ ...node, topologyLeaf: topology.places.get(node.name) ?? "" }));
}

function kindSpot(document: ConfigDocument, spot: Spot): Spot | undefined {
  // Which other keys there may be depends on the kind.
  const found = document.fields(spot, document.keys(spot)).get("kind");
  if (found === undefined && document.isMapping(spot))
    document.fault(spot.offset, `the topology has no kind; write kind: ${TOPOLOGY_KINDS.join(", ")}`);
  return found;
}

interface Switch {
  readonly name: string;
  readonly item: Spot;
  readonly nodes: Spot | undefined;
  readonly below: readonly string[];
}

/** Each switch has nodes or other switches; a place is the names from the top down. */
function placeTree({ document, ...placing }: Placing, spot: Spot): void {
  const switches = document.items(spot, "a switch", 1, MAX_UNITS).map((item): Switch => {
    const fields = document.fields(item, ["name", "nodes", "switches"]);
    const name = document.text(fields.get("name"), MAX_NAME, NAME) ?? "";
    if (!fields.has("name")) document.fault(item.offset, "the switch has no name; add name: leaf1");
    if (fields.has("nodes") === fields.has("switches"))
      document.fault(item.offset, `switch ${name} has nodes or switches below it; write one of them`);
    return { name, item, nodes: fields.get("nodes"), below: namesOf(document, fields.get("switches")) };
  });
  const above = new Map<string, string>();
  const known = new Set<string>();
  for (const { name, item } of switches) {
    if (known.has(name)) document.fault(item.offset, `switch ${name} is listed twice; list each once`);
    known.add(name);
  }
  for (const { name, item, below } of switches) {
    for (const lower of below) {
      if (!known.has(lower))
        document.fault(item.offset, `switch ${lower} below ${name} is not listed; add it`);
      else if (above.has(lower))
        document.fault(
          item.offset,
          `switch ${lower} is below ${above.get(lower)} and ${name}; it has one above`,
        );
      else above.set(lower, name);
    }
  }
  for (const { name, item, nodes } of switches) {
    if (nodes === undefined) continue;
    const path = [name];
    for (let up = above.get(name); up !== undefined; up = above.get(up)) {
      if (path.includes(up)) {
        document.fault(item.offset, `switch ${up} is above itself; a tree has no rings`);
        return;
      }
      path.unshift(up);
    }
    place({ document, ...placing }, nodes, () => path.join("."));
  }
}

/** The first node of the list is at 0.0.0, and the last coordinate counts first. */
function placeTorus(placing: Placing, spot: Spot, nodes: Spot | undefined): void {
  const { document } = placing;
  const size = document.items(spot, "a side", 1, 3).map((item) => document.integer(item, 1, MAX_SIDE) ?? 1);
  const cells = size.reduce((product, side) => product * side, 1);
  if (nodes === undefined) {
    document.fault(
      spot.offset,
      "the torus has no nodes; add nodes: n[0-63], in the order of their coordinates",
    );
    return;
  }
  const count = namesOf(document, nodes).length;
  if (count !== cells)
    document.fault(
      nodes.offset,
      `a torus of ${size.join(" x ")} has ${cells} nodes, not ${count}; list each, in the order of their coordinates`,
    );
  place(placing, nodes, (index) => {
    const at: number[] = [];
    let rest = index;
    for (const side of [...size].reverse()) {
      at.unshift(rest % side);
      rest = Math.floor(rest / side);
    }
    return at.join(".");
  });
}

/** Blocks or groups with nodes, or groups with switches that have nodes. */
function placeGroups(placing: Placing, spot: Spot, haveSwitches: boolean): void {
  const { document } = placing;
  const known = new Set<string>();
  for (const item of document.items(spot, "a group", 1, MAX_UNITS)) {
    const fields = document.fields(item, haveSwitches ? ["name", "nodes", "switches"] : ["name", "nodes"]);
    const name = document.text(fields.get("name"), MAX_NAME, NAME);
    if (name === undefined) {
      if (!fields.has("name")) document.fault(item.offset, "it has no name; add name: b1");
      continue;
    }
    if (known.has(name)) document.fault(item.offset, `${name} is listed twice; list each once`);
    known.add(name);
    const nodes = fields.get("nodes");
    const switches = fields.get("switches");
    if ((nodes === undefined) === (switches === undefined))
      document.fault(item.offset, `${name} has no nodes; add nodes: n[1-18]`);
    if (nodes !== undefined) place(placing, nodes, () => name);
    for (const lower of document.items(switches, "a switch", 1, MAX_UNITS)) {
      const inner = document.fields(lower, ["name", "nodes"]);
      const router = document.text(inner.get("name"), MAX_NAME, NAME);
      const members = inner.get("nodes");
      if (router === undefined || members === undefined)
        document.fault(lower.offset, `a switch of ${name} has name and nodes; write both`);
      else place(placing, members, () => `${name}.${router}`);
    }
  }
}

function place({ document, listed, places }: Placing, spot: Spot, placeOf: (index: number) => string): void {
  namesOf(document, spot).forEach((name, index) => {
    if (!listed.has(name))
      document.fault(spot.offset, `node ${name} of the topology is not among the nodes; add it to nodes:`);
    else if (places.has(name))
      document.fault(spot.offset, `node ${name} has two places in the topology; give it one`);
    else places.set(name, placeOf(index));
  });
}

function namesOf(document: ConfigDocument, spot: Spot | undefined): readonly string[] {
  const text = document.text(spot, MAX_HOSTLIST);
  if (spot === undefined || text === undefined) return [];
  const names = expandHostlist(text);
  if (names.ok && names.value.length <= MAX_NODES) return names.value;
  document.fault(spot.offset, `${spot.name}: ${names.ok ? "too many names" : names.message}`);
  return [];
}
