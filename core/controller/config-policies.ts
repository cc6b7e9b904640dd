/** The `policies:` of rota.yaml: which module serves each kind, and its parameters. Reads a document; pure. */
import { dirname, resolve } from "node:path";
import type { PolicyChoice, PolicyKind } from "../model/policy.ts";
import { TOPOLOGY_KINDS, type TopologyKind } from "../model/topology.ts";
import { DEFAULT_FUEL, type FuelBudget, MAX_CALL_UNITS, MAX_PASS_UNITS } from "../wasm/fuel/tank.ts";
import type { ConfigDocument, Spot } from "./config-document.ts";
import { nearestName } from "./config-nearest.ts";
import { type PolicyTrust, readDigest, readTrust, TRUST_DEFAULTS, TRUST_FIELDS } from "./config-trust.ts";

export interface ConfiguredPolicies {
  readonly priority: PolicyChoice;
  readonly placement: PolicyChoice;
  /** Absent: the placement policy picks the nodes of gangs too. */
  readonly topology?: PolicyChoice;
  /** Absent where nothing is preempted. */
  readonly preemption?: PolicyChoice;
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
} as const satisfies Partial<Record<PolicyKind, readonly string[]>>;

const LATER = "this version has priority, placement, topology and preemption policies";
const MAX_PARAMETERS = 64;
const MAX_PATH = 4096;
/** Of time and of fuel, for one call and for all of a pass. */
const BUDGETS = ["call_budget", "pass_budget", "call_fuel", "pass_fuel"] as const;
const MIN_UNITS = 1_000;
const MIN_BUDGET_MS = 1;
const MAX_BUDGET_MS = 60_000;

const builtIn = (kind: keyof typeof BUILT_IN): PolicyChoice => ({
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
}

/** What the file says, defaults for the rest. A path is taken from the file's own folder. */
export function readPolicies(
  document: ConfigDocument,
  spot: Spot | undefined,
  { isPreempting = false, topology: network }: PoliciesAsked = {},
): ConfiguredPolicies {
  const known = ["priority", "placement", "topology", "preemption", ...BUDGETS, ...TRUST_FIELDS];
  const fields = document.fields(spot, known, { admission: LATER });
  const preemption = isPreempting ? readChoice(document, fields.get("preemption"), "preemption") : undefined;
  if (!isPreempting && fields.has("preemption"))
    document.fault(
      fields.get("preemption")!.offset,
      "a preemption policy is given and nothing is preempted; write preemption: {by: qos} as well",
    );
  const topology = readTopology(document, fields.get("topology"), network);
  return {
    priority: readChoice(document, fields.get("priority"), "priority"),
    placement: readChoice(document, fields.get("placement"), "placement"),
    ...(topology === undefined ? {} : { topology }),
    ...(preemption === undefined ? {} : { preemption }),
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
): PolicyChoice | undefined {
  if (spot === undefined && network !== undefined) return { ...builtIn("topology"), module: network };
  return document.word(spot) === "none" ? undefined : readChoice(document, spot, "topology");
}

function readChoice(
  document: ConfigDocument,
  spot: Spot | undefined,
  kind: keyof typeof BUILT_IN,
): PolicyChoice {
  if (spot === undefined) return builtIn(kind);
  if (!document.isMapping(spot)) return { ...builtIn(kind), module: readModule(document, spot, kind) };
  const fields = document.fields(spot, ["module", "parameters", "digest"]);
  const module = fields.get("module");
  const sha256 = readDigest(document, fields.get("digest"));
  return {
    kind,
    module: module === undefined ? BUILT_IN[kind][0] : readModule(document, module, kind),
    parameters: readParameters(document, fields.get("parameters")),
    ...(sha256 === undefined ? {} : { sha256 }),
  };
}

function readModule(document: ConfigDocument, spot: Spot, kind: keyof typeof BUILT_IN): string {
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

function readParameters(document: ConfigDocument, spot: Spot | undefined): Readonly<Record<string, number>> {
  const parameters: Record<string, number> = {};
  if (spot === undefined) return parameters;
  if (!document.isMapping(spot)) {
    document.fault(spot.offset, "parameters is no mapping; write names and numbers, as ageWeight: 1000");
    return parameters;
  }
  // Which names a module has is known when it is loaded; here every name will do.
  const names = document.keys(spot);
  if (names.length > MAX_PARAMETERS) {
    document.fault(
      spot.offset,
      `parameters has ${names.length} names; at most ${MAX_PARAMETERS} are possible`,
    );
    return parameters;
  }
  for (const [name, value] of document.fields(spot, names)) {
    const number = document.number(value, "a number; 1 for true, 0 for false");
    if (number !== undefined) parameters[name] = number;
  }
  return parameters;
}
