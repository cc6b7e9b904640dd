/** The features and nodes that a job asks or shuns, as an expression and as rows. Pure. */
import { type Constraint, featureNames, parseConstraint } from "../model/constraint.ts";
import { featureMasks, MAX_TERMS } from "../model/constraint-nodes.ts";
import { expandHostlist } from "../model/hostlist.ts";
import { MAX_NODES, type NodeIndex } from "../model/ids.ts";
import type { JobSpec } from "../model/job-spec.ts";
import { ok, type Result, refuse } from "../model/refusal.ts";
import { MAX_FEATURES } from "../state/tables.ts";
import type { AdmitCluster, NodeClass } from "./cluster.ts";

export interface NodesAsked {
  /** undefined where none is asked. */
  readonly constraint: Constraint | undefined;
  /** In the order of the user's list, each once. */
  readonly required: readonly NodeIndex[];
  /** Sorted, each once. */
  readonly excluded: readonly NodeIndex[];
}

export const MAX_CONSTRAINT_LENGTH = 4096;

export function nodesAsked(spec: JobSpec, cluster: AdmitCluster): Result<NodesAsked> {
  const constraint = readConstraint(spec.constraint ?? "", cluster);
  if (!constraint.ok) return constraint;
  const required = readNodes("nodelist", spec.nodelist ?? "", cluster);
  if (!required.ok) return required;
  const excluded = readNodes("exclude", spec.exclude ?? "", cluster);
  if (!excluded.ok) return excluded;
  const unlike = unlikeNodes(spec, cluster);
  if (!unlike.ok) return unlike;
  const shunned = new Set(excluded.value.map(({ node }) => node));
  const both = required.value.find(({ node }) => shunned.has(node));
  if (both !== undefined) {
    return refuse("INVALID_NODE_NAME", `${both.name} is both asked and excluded`, { node: both.name });
  }
  return ok({
    constraint: constraint.value,
    required: required.value.map(({ node }) => node),
    excluded: [...new Set([...excluded.value.map(({ node }) => node), ...unlike.value])].sort(
      (a, b) => a - b,
    ),
  });
}

function readConstraint(text: string, cluster: AdmitCluster): Result<Constraint | undefined> {
  if (text === "") return ok(undefined);
  if (text.length > MAX_CONSTRAINT_LENGTH) {
    const details = { asked: text.length, most: MAX_CONSTRAINT_LENGTH };
    return refuse("INVALID_FEATURE", `a constraint has at most ${MAX_CONSTRAINT_LENGTH} characters`, details);
  }
  const constraint = parseConstraint(text);
  if (!constraint.ok) return refuse(constraint.code, `--constraint: ${constraint.message}`);
  const names = featureNames(constraint.value);
  const unknown = names.find((name) => !cluster.hasFeature(name));
  if (unknown !== undefined) {
    return refuse("INVALID_FEATURE", `no node has the feature ${unknown}`, { feature: unknown });
  }
  if (names.length > MAX_FEATURES) {
    const details = { asked: names.length, most: MAX_FEATURES };
    return refuse("INVALID_FEATURE", `at most ${MAX_FEATURES} features can be asked`, details);
  }
  if (featureMasks(constraint.value, (name) => names.indexOf(name)) === undefined) {
    const message = `the constraint comes to more than ${MAX_TERMS} sets of features: write it with fewer "|"`;
    return refuse("INVALID_FEATURE", message, { most: MAX_TERMS });
  }
  return ok(constraint.value);
}

/** Slurm's line before the refusal. */
const SHAPE_LINE = "Socket, core and/or thread specification can not be satisfied";

/** Nodes that have fewer sockets, cores or threads than asked; what has never registered may have them. */
function unlikeNodes(spec: JobSpec, cluster: AdmitCluster): Result<readonly NodeIndex[]> {
  const { socketsPerNode = 0, coresPerSocket = 0, threadsPerCore = 0 } = spec;
  if (Math.max(socketsPerNode, coresPerSocket, threadsPerCore) <= 1) return ok([]);
  const isUnlike = ({ cpus, sockets, threadsPerCore: threads }: NodeClass): boolean =>
    sockets > 0 &&
    (sockets < socketsPerNode ||
      threads < threadsPerCore ||
      Math.floor(cpus / threads / sockets) < coresPerSocket);
  if (cluster.classes.length > 0 && cluster.classes.every(isUnlike)) {
    const message = "no node has the sockets, cores and threads asked";
    const details = { socketsPerNode, coresPerSocket, threadsPerCore, slurmLine: SHAPE_LINE };
    return refuse("NODE_CONFIG_UNAVAILABLE", message, details);
  }
  return ok(cluster.nodesOf(isUnlike));
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
