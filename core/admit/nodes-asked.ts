/** The features and nodes that a job asks or shuns, as sorted names and rows. Pure. */
import { expandHostlist } from "../model/hostlist.ts";
import { MAX_NODES, type NodeIndex } from "../model/ids.ts";
import type { JobSpec } from "../model/job-spec.ts";
import { ok, type Result, refuse } from "../model/refusal.ts";
import { MAX_FEATURES } from "../state/tables.ts";
import type { AdmitCluster } from "./cluster.ts";

export interface NodesAsked {
  /** Sorted, each once. */
  readonly features: readonly string[];
  /** In the order of the user's list, each once. */
  readonly required: readonly NodeIndex[];
  /** Sorted, each once. */
  readonly excluded: readonly NodeIndex[];
}

export const MAX_CONSTRAINT_LENGTH = 4096;

export function nodesAsked(spec: JobSpec, cluster: AdmitCluster): Result<NodesAsked> {
  const features = readFeatures(spec.constraint ?? "", cluster);
  if (!features.ok) return features;
  const required = readNodes("nodelist", spec.nodelist ?? "", cluster);
  if (!required.ok) return required;
  const excluded = readNodes("exclude", spec.exclude ?? "", cluster);
  if (!excluded.ok) return excluded;
  const shunned = new Set(excluded.value.map(({ node }) => node));
  const both = required.value.find(({ node }) => shunned.has(node));
  if (both !== undefined) {
    return refuse("INVALID_NODE_NAME", `${both.name} is both asked and excluded`, { node: both.name });
  }
  return ok({
    features: features.value,
    required: required.value.map(({ node }) => node),
    excluded: excluded.value.map(({ node }) => node).sort((a, b) => a - b),
  });
}

/** `a&b`. Alternatives and counts are not understood yet, and are refused as such. */
function readFeatures(text: string, cluster: AdmitCluster): Result<readonly string[]> {
  if (text === "") return ok([]);
  if (text.length > MAX_CONSTRAINT_LENGTH) {
    const details = { asked: text.length, most: MAX_CONSTRAINT_LENGTH };
    return refuse("INVALID_FEATURE", `a constraint has at most ${MAX_CONSTRAINT_LENGTH} characters`, details);
  }
  for (const character of "|[]*()!") {
    if (!text.includes(character)) continue;
    const message = `a constraint is feature names joined by "&"; "${character}" is not supported`;
    return refuse("NOT_SUPPORTED", message, { constraint: text });
  }
  const names = new Set<string>();
  for (const name of text.split("&")) {
    if (!cluster.hasFeature(name)) {
      return refuse(
        "INVALID_FEATURE",
        name === "" ? "a feature name is missing" : `no node has the feature ${name}`,
        {
          feature: name,
        },
      );
    }
    names.add(name);
  }
  if (names.size > MAX_FEATURES) {
    const details = { asked: names.size, most: MAX_FEATURES };
    return refuse("INVALID_FEATURE", `at most ${MAX_FEATURES} features can be asked`, details);
  }
  return ok([...names].sort());
}

function readNodes(
  option: string,
  text: string,
  cluster: AdmitCluster,
): Result<readonly { readonly name: string; readonly node: NodeIndex }[]> {
  if (text === "") return ok([]);
  const names = expandHostlist(text, MAX_NODES);
  if (!names.ok) return refuse(names.code, `--${option}: ${names.message}`);
  const rows: { name: string; node: NodeIndex }[] = [];
  for (const name of new Set(names.value)) {
    const node = cluster.nodeOf(name);
    if (node === undefined) {
      return refuse("INVALID_NODE_NAME", `--${option}: there is no node ${name}`, { node: name });
    }
    rows.push({ name, node });
  }
  return ok(rows);
}
