/** The `policies:` of rota.yaml: which module serves each kind, and its parameters. Reads a document; pure. */
import { dirname, resolve } from "node:path";
import { ON_FAULT, POLICY_KINDS, type PolicyChoice, type PolicyKind } from "../model/policy.ts";
import { TOPOLOGY_KINDS, type TopologyKind } from "../model/topology.ts";
import { DEFAULT_FUEL, type FuelBudget, MAX_CALL_UNITS, MAX_PASS_UNITS } from "../wasm/fuel/tank.ts";
import type { ConfigDocument, Spot } from "./config-document.ts";
import { nearestName } from "./config-nearest.ts";
import { readParameters, readPartitionParameters } from "./config-policy-values.ts";
import { type PolicyTrust, readDigest, readTrust, TRUST_DEFAULTS, TRUST_FIELDS } from "./config-trust.ts";

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
  /** What all calls of a module may take in one pass, in milliseconds; past it the built-in serves for the rest of the pass. */
  readonly passBudgetMs: number;
  /** What a site's own modules may use, counted in them. */
  readonly fuel: FuelBudget;
  readonly trust: PolicyTrust;
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
/** Of time and of fuel, for one call and for all of a pass. */
const BUDGETS = ["call_budget", "pass_budget", "call_fuel", "pass_fuel"] as const;
const MIN_UNITS = 1_000;
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
  passBudgetMs: 1_000,
  fuel: DEFAULT_FUEL,
  trust: TRUST_DEFAULTS,
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
  const fields = document.fields(spot, [...POLICY_KINDS, ...BUDGETS, ...TRUST_FIELDS]);
  const choice = (kind: PolicyKind): PolicyChoice => readChoice(document, fields.get(kind), kind, partitions);
  const preemption = isPreempting ? choice("preemption") : undefined;
  if (!isPreempting && fields.has("preemption"))
    document.fault(
      fields.get("preemption")!.offset,
      "a preemption policy is given and nothing is preempted; write preemption: {by: qos} as well",
    );
  const topology = readTopology(document, fields.get("topology"), network, partitions);
  return {
    priority: choice("priority"),
    placement: choice("placement"),
    ...(topology === undefined ? {} : { topology }),
    ...(preemption === undefined ? {} : { preemption }),
    ...(isNamed(document, fields.get("admission")) ? { admission: choice("admission") } : {}),
    ...readBudgets(document, fields),
    trust: readTrust(document, fields),
  };
}

function readBudgets(
  document: ConfigDocument,
  fields: ReadonlyMap<string, Spot>,
): Pick<ConfiguredPolicies, "callBudgetMs" | "passBudgetMs" | "fuel"> {
  const defaults = POLICY_DEFAULTS;
  const time = (key: (typeof BUDGETS)[number]): number | undefined =>
    document.durationMs(fields.get(key), MIN_BUDGET_MS, MAX_BUDGET_MS);
  const units = (key: (typeof BUDGETS)[number], most: number): number | undefined =>
    document.integer(fields.get(key), MIN_UNITS, most);
  return {
    callBudgetMs: time("call_budget") ?? defaults.callBudgetMs,
    passBudgetMs: time("pass_budget") ?? defaults.passBudgetMs,
    fuel: {
      callUnits: units("call_fuel", MAX_CALL_UNITS) ?? defaults.fuel.callUnits,
      passUnits: units("pass_fuel", MAX_PASS_UNITS) ?? defaults.fuel.passUnits,
    },
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
  const known = ["module", "parameters", "partitions", "digest"];
  const fields = document.fields(spot, kind === "admission" ? [...known, "on_fault"] : known);
  const module = fields.get("module");
  if (module === undefined && kind === "admission")
    document.fault(spot.offset, "an admission policy needs its module: a name or the path of a .wasm file");
  const partitions = readPartitionParameters(document, fields.get("partitions"), partitionNames, kind);
  const sha256 = readDigest(document, fields.get("digest"));
  const onFault = document.oneOf(fields.get("on_fault"), ON_FAULT);
  return {
    kind,
    module: module === undefined ? BUILT_IN[kind][0] : readModule(document, module, kind),
    parameters: readParameters(document, fields.get("parameters"), kind),
    ...(partitions === undefined ? {} : { partitions }),
    ...(onFault === undefined ? {} : { onFault }),
    ...(sha256 === undefined ? {} : { sha256 }),
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
