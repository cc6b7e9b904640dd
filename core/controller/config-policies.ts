/** The `policies:` of rota.yaml: which module serves each kind, and its parameters. Reads a document; pure. */
import { dirname, resolve } from "node:path";
import { ON_FAULT, POLICY_KINDS, type PolicyChoice, type PolicyKind } from "../model/policy.ts";
import { TOPOLOGY_KINDS, type TopologyKind } from "../model/topology.ts";
import type { ConfigDocument, Spot } from "./config-document.ts";
import { nearestName } from "./config-nearest.ts";
import { readParameters, readPartitionParameters } from "./config-policy-values.ts";

export interface ConfiguredPolicies {
  readonly priority: PolicyChoice;
  readonly placement: PolicyChoice;
  /** Absent: the placement policy picks the nodes of gangs too. */
  readonly topology?: PolicyChoice;
  /** Absent where nothing is preempted. */
  readonly preemption?: PolicyChoice;
  /** Absent where every submission is taken as it is. */
  readonly admission?: PolicyChoice;
  /** What one call of a module may take, in milliseconds; a longer one is ended and counts as a strike. */
  readonly callBudgetMs: number;
}

/** Modules that come with Rota, the default first. */
const BUILT_IN = {
  priority: ["fifo", "multifactor", "fcfs", "sjf", "wfp3", "unicef", "f1"],
  placement: ["pack", "spread"],
  topology: TOPOLOGY_KINDS,
  preemption: ["cheapest"],
  admission: ["gpu-request", "partition-by-size", "project-accounts"],
} as const satisfies Record<PolicyKind, readonly string[]>;

const MAX_PATH = 4096;
const MIN_BUDGET_MS = 1;
const MAX_BUDGET_MS = 60_000;

const builtIn = (kind: PolicyKind): PolicyChoice => ({
  kind,
  module: BUILT_IN[kind][0],
  parameters: {},
});

/** First come first served, fullest node first, fewest leaf switches. */
export const POLICY_DEFAULTS: ConfiguredPolicies = {
  priority: builtIn("priority"),
  placement: builtIn("placement"),
  topology: builtIn("topology"),
  // A call takes microseconds; a machine that is short of CPUs must not make it look endless.
  callBudgetMs: 250,
};

export interface PoliciesAsked {
  readonly isPreempting?: boolean;
  /** Of the network that the file describes: its own module is the default. */
  readonly topology?: TopologyKind | undefined;
  /** Names of the partitions, which may have values of their own. */
  readonly partitions?: readonly string[];
}

/** What the file says, defaults for the rest. A path is taken from the file's own folder. */
export function readPolicies(
  document: ConfigDocument,
  spot: Spot | undefined,
  { isPreempting = false, topology: network, partitions = [] }: PoliciesAsked = {},
): ConfiguredPolicies {
  const fields = document.fields(spot, [...POLICY_KINDS, "call_budget"]);
  const choice = (kind: PolicyKind): PolicyChoice => readChoice(document, fields.get(kind), kind, partitions);
  const preemption = isPreempting ? choice("preemption") : undefined;
  if (!isPreempting && fields.has("preemption"))
    document.fault(
      fields.get("preemption")!.offset,
      "a preemption policy is given and nothing is preempted; write preemption: {by: qos} as well",
    );
  const budget = document.durationMs(fields.get("call_budget"), MIN_BUDGET_MS, MAX_BUDGET_MS);
  const topology = readTopology(document, fields.get("topology"), network, partitions);
  return {
    priority: choice("priority"),
    placement: choice("placement"),
    ...(topology === undefined ? {} : { topology }),
    ...(preemption === undefined ? {} : { preemption }),
    ...(isNamed(document, fields.get("admission")) ? { admission: choice("admission") } : {}),
    callBudgetMs: budget ?? POLICY_DEFAULTS.callBudgetMs,
  };
}

/** `topology: none` is the one kind that can be left out. */
function readTopology(
  document: ConfigDocument,
  spot: Spot | undefined,
  network: TopologyKind | undefined,
  partitions: readonly string[],
): PolicyChoice | undefined {
  if (spot === undefined && network !== undefined) return { ...builtIn("topology"), module: network };
  return document.word(spot) === "none" ? undefined : readChoice(document, spot, "topology", partitions);
}

/** Nothing, or `none`, is no policy. */
const isNamed = (document: ConfigDocument, spot: Spot | undefined): boolean =>
  spot !== undefined && document.word(spot) !== "none";

function readChoice(
  document: ConfigDocument,
  spot: Spot | undefined,
  kind: PolicyKind,
  partitionNames: readonly string[],
): PolicyChoice {
  if (spot === undefined) return builtIn(kind);
  if (!document.isMapping(spot)) return { ...builtIn(kind), module: readModule(document, spot, kind) };
  const known = ["module", "parameters", "partitions"];
  const fields = document.fields(spot, kind === "admission" ? [...known, "on_fault"] : known);
  const module = fields.get("module");
  if (module === undefined && kind === "admission")
    document.fault(spot.offset, "an admission policy needs its module: a name or the path of a .wasm file");
  const partitions = readPartitionParameters(document, fields.get("partitions"), partitionNames, kind);
  const onFault = document.oneOf(fields.get("on_fault"), ON_FAULT);
  return {
    kind,
    module: module === undefined ? BUILT_IN[kind][0] : readModule(document, module, kind),
    parameters: readParameters(document, fields.get("parameters"), kind),
    ...(partitions === undefined ? {} : { partitions }),
    ...(onFault === undefined ? {} : { onFault }),
  };
}

function readModule(document: ConfigDocument, spot: Spot, kind: PolicyKind): string {
  const names: readonly string[] = BUILT_IN[kind];
  const text = document.text(spot, MAX_PATH);
  if (text === undefined) return BUILT_IN[kind][0];
  if (text.endsWith(".wasm")) return resolve(dirname(document.path), text);
  if (names.includes(text)) return text;
  const nearest = nearestName(text, names);
  const right =
    nearest === undefined
      ? `write ${names.join(", ")} or the path of a .wasm file`
      : `did you mean ${nearest}?`;
  document.fault(spot.offset, `there is no ${kind} policy ${JSON.stringify(text)}; ${right}`);
  return BUILT_IN[kind][0];
}
