/** The `nodes:` list of rota.yaml: which nodes may register, and what each must have. Reads a document; pure. */
import { deviceItems, faultOfParts } from "../model/declared-parts.ts";
import { parseGres } from "../model/gres.ts";
import { expandHostlist } from "../model/hostlist.ts";
import { DEVICE_LANES, MAX_NODES } from "../model/ids.ts";
import { MAX_CPUS_PER_NODE, MAX_FEATURES_PER_NODE, MAX_NODE_WEIGHT } from "../model/node.ts";
import type { ExpectedNode } from "../state/events.ts";
import type { ConfigDocument, Spot } from "./config-document.ts";

const KEYS = ["names", "cpus", "memory", "gres", "features", "leaf", "weight"] as const;
const MAX_NAME_LENGTH = 64;
const WORD = { pattern: /^[A-Za-z0-9][A-Za-z0-9_.:+-]*$/, words: "a word of letters, digits and _ . : + -" };

/** Nodes in the order of the file; an amount that is not given is 0, "whatever its agent finds". */
export function readNodes(document: ConfigDocument, spot: Spot | undefined): readonly ExpectedNode[] {
  const nodes: ExpectedNode[] = [];
  const seen = new Set<string>();
  for (const item of document.items(spot, "a node", 0, MAX_NODES)) {
    const fields = document.fields(item, KEYS);
    const names = readNames(document, fields.get("names"), item);
    const common = {
      cpus: document.integer(fields.get("cpus"), 1, MAX_CPUS_PER_NODE) ?? 0,
      memoryMib: document.memoryMib(fields.get("memory"), 1) ?? 0,
      gres: readGres(document, fields.get("gres")),
      features: readFeatures(document, fields.get("features")),
      topologyLeaf: document.text(fields.get("leaf"), MAX_NAME_LENGTH, WORD) ?? "",
    };
    const weight = document.integer(fields.get("weight"), 1, MAX_NODE_WEIGHT);
    for (const name of names) {
      if (seen.has(name)) {
        document.fault(fields.get("names")!.offset, `node ${name} is listed twice; list each node once`);
        continue;
      }
      seen.add(name);
      nodes.push({ name, ...common, ...(weight === undefined ? {} : { weight }) });
    }
  }
  if (nodes.length > MAX_NODES)
    document.fault(spot!.offset, `nodes has ${nodes.length} names; at most ${MAX_NODES} are possible`);
  return nodes;
}

function readNames(document: ConfigDocument, spot: Spot | undefined, item: Spot): readonly string[] {
  if (spot === undefined) {
    document.fault(item.offset, "the node has no names; add names: n[1-4]");
    return [];
  }
  const text = document.text(spot, 65_536);
  if (text === undefined) return [];
  const names = expandHostlist(text);
  if (names.ok) return names.value;
  document.fault(spot.offset, `names: ${names.message}`);
  return [];
}

function readGres(document: ConfigDocument, spot: Spot | undefined): string {
  const text = document.text(spot, 4096);
  if (spot === undefined || text === undefined) return "";
  const items = parseGres(text);
  if (!items.ok) {
    document.fault(spot.offset, `gres: ${items.message}`);
    return "";
  }
  const fault = faultOfParts(items.value);
  if (fault !== undefined) {
    document.fault(spot.offset, `gres: ${fault}`);
    return "";
  }
  const devices = deviceItems(items.value).reduce((sum, item) => sum + item.count, 0);
  if (devices <= DEVICE_LANES) return text;
  document.fault(spot.offset, `gres has ${devices} devices; a node has at most ${DEVICE_LANES}`);
  return "";
}

function readFeatures(document: ConfigDocument, spot: Spot | undefined): readonly string[] {
  return document
    .items(spot, "a feature", 0, MAX_FEATURES_PER_NODE)
    .map((item) => document.text(item, MAX_NAME_LENGTH, WORD))
    .filter((feature) => feature !== undefined);
}
