/** The `policies:` of rota.yaml: which module serves each kind, and its parameters. Reads a document; pure. */
import { dirname, resolve } from "node:path";
import type { PolicyChoice, PolicyKind } from "../model/policy.ts";
import { TOPOLOGY_KINDS, type TopologyKind } from "../model/topology.ts";
import type { ConfigDocument, Spot } from "./config-document.ts";
import { nearestName } from "./config-nearest.ts";

export interface ConfiguredPolicies {
  readonly priority: PolicyChoice;
  readonly placement: PolicyChoice;
  /** Absent: the placement policy picks the nodes of gangs too. */
  readonly topology?: PolicyChoice;
  /** Absent where nothing is preempted. */
  readonly preemption?: PolicyChoice;
  /** What one call of a module may take, in milliseconds; a longer one is ended and counts as a strike. */
  readonly callBudgetMs: number;
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
  const known = ["priority", "placement", "topology", "preemption", "call_budget"];
  const fields = document.fields(spot, known, { admission: LATER });
  const preemption = isPreempting ? readChoice(document, fields.get("preemption"), "preemption") : undefined;
  if (!isPreempting && fields.has("preemption"))
    document.fault(
      fields.get("preemption")!.offset,
      "a preemption policy is given and nothing is preempted; write preemption: {by: qos} as well",
    );
  const budget = document.durationMs(fields.get("call_budget"), MIN_BUDGET_MS, MAX_BUDGET_MS);
  const topology = readTopology(document, fields.get("topology"), network);
  return {
    priority: readChoice(document, fields.get("priority"), "priority"),
    placement: readChoice(document, fields.get("placement"), "placement"),
    ...(topology === undefined ? {} : { topology }),
    ...(preemption === undefined ? {} : { preemption }),
    callBudgetMs: budget ?? POLICY_DEFAULTS.callBudgetMs,
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
  const fields = document.fields(spot, ["module", "parameters"]);
  const module = fields.get("module");
  return {
    kind,
    module: module === undefined ? BUILT_IN[kind][0] : readModule(document, module, kind),
    parameters: readParameters(document, fields.get("parameters")),
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
