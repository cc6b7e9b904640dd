/**
 * The policies of a replay: built-in modules by name, or files, with the built-in ones behind them. Opens the modules
 * in this thread, where no watchdog ends a call that does not return: files are given fuel first, which ends it.
 */
import { readdirSync } from "node:fs";
import { dirname } from "node:path";
import { builtModulePath } from "../controller/built-file.ts";
import { meteredBefore, meterModule } from "../controller/module-meter.ts";
import type {
  PlacementPolicy,
  PolicyChoice,
  PreemptionPolicy,
  PriorityPolicy,
  TopologyPolicy,
} from "../model/policy.ts";
import { ok, type Result, refuse } from "../model/refusal.ts";
import { firstFitPlacement } from "../place/fallback.ts";
import { fifoPriority } from "../prioritise/fallback.ts";
import { loadPolicyModule, readModule } from "../wasm/module.ts";
import { type ModuleSpec, openPolicySet } from "../wasm/policy-set.ts";

/** Which policies a run has; a module is a built-in's name or the path of a `.wasm` file. */
export interface PolicyNames {
  readonly order: PolicyChoice;
  /** Module FIRST_FIT: the planner's own. */
  readonly placement: PolicyChoice;
  /** Absent: the placement policy picks the nodes of gangs too. */
  readonly topology?: PolicyChoice | undefined;
  /** Absent: as the built-in module reckons. */
  readonly preemption?: PolicyChoice | undefined;
}

export interface RunPolicies {
  readonly priority: { readonly chosen: PriorityPolicy; readonly fallback: PriorityPolicy };
  readonly placement: { readonly chosen: PlacementPolicy; readonly fallback: PlacementPolicy };
  readonly topology?: TopologyPolicy | undefined;
  readonly preemption?: PreemptionPolicy | undefined;
  /** Before each pass; the partitions are those of the pass. */
  reseed(seed: number, partitions: readonly { readonly name: string }[]): void;
}

/** Placement by the planner itself: the free nodes with the lowest rows. */
export const FIRST_FIT = "first-fit";

const KINDS = {
  order: "priority",
  placement: "placement",
  topology: "topology",
  preemption: "preemption",
} as const;

export const choiceOf = (
  option: keyof typeof KINDS,
  module: string,
  parameters: PolicyChoice["parameters"] = {},
): PolicyChoice => ({ kind: KINDS[option], module, parameters });

/** Gives modules of files the fuel that the controller gives them. Before `openPolicies`, which refuses what is no module. */
export async function prepareFiles(names: PolicyNames): Promise<Result<null>> {
  for (const option of ["order", "placement", "topology", "preemption"] as const) {
    const module = names[option]?.module;
    const bytes = module?.endsWith(".wasm") ? readModule(module) : undefined;
    if (bytes === undefined || !loadPolicyModule(bytes, KINDS[option]).ok) continue;
    const metered = await meterModule(bytes);
    if (!metered.ok) return refuse(metered.refusal.code, `--${option}: ${metered.refusal.message}`);
  }
  return ok(null);
}

/** Opens them; the refusal names the option and says what it takes. */
export function openPolicies({ order, placement, topology, preemption }: PolicyNames): Result<RunPolicies> {
  const isFirstFit = placement.module === FIRST_FIT;
  const specs = [
    specOf("order", 4, order),
    isFirstFit ? undefined : specOf("placement", 5, placement),
    topology === undefined ? undefined : specOf("topology", 6, topology),
    preemption === undefined ? undefined : specOf("preemption", 7, preemption),
  ] as const;
  for (const spec of specs) if (spec !== undefined && !spec.ok) return spec;
  const chosen = Object.fromEntries(
    (["priority", "placement", "topology", "preemption"] as const).flatMap((kind, i) => {
      const spec = specs[i];
      return spec?.ok === true ? [[kind, spec.value]] : [];
    }),
  );
  const set = openPolicySet({
    chosen,
    builtin: {
      priority: { number: 1, source: builtModulePath("priority", "fifo"), parameters: {} },
      placement: { number: 2, source: builtModulePath("placement", "pack"), parameters: {} },
    },
  });
  const refused = set.refused[0];
  if (refused !== undefined) {
    const option = refused.kind === "priority" ? "order" : refused.kind;
    return refuse(refused.fault.code, `--${option}: ${refused.fault.message}`);
  }
  return ok({
    priority: { chosen: set.priority, fallback: fifoPriority() },
    placement: isFirstFit
      ? { chosen: firstFit, fallback: firstFit }
      : { chosen: set.placement, fallback: firstFit },
    topology: set.topology,
    preemption: set.preemption,
    reseed: (seed, partitions) => set.reseed(seed, partitions),
  });
}

const firstFit = firstFitPlacement();

function specOf(option: keyof typeof KINDS, number: number, choice: PolicyChoice): Result<ModuleSpec> {
  const { module, parameters, partitions } = choice;
  const values = partitions === undefined ? { parameters } : { parameters, partitions };
  if (module.endsWith(".wasm")) {
    const bytes = readModule(module);
    const source = (bytes === undefined ? undefined : meteredBefore(bytes)) ?? module;
    return ok({ number, source, ...values });
  }
  const kind = KINDS[option];
  const names = builtIn(kind);
  if (names.includes(module)) return ok({ number, source: builtModulePath(kind, module), ...values });
  const known = option === "placement" ? [FIRST_FIT, ...names] : names;
  return refuse(
    "INVALID_SPEC",
    `--${option} is "${module}"; give one of ${known.join(", ")}, or the path of a .wasm file`,
  );
}

/** Names of the modules that were built. */
function builtIn(kind: string): readonly string[] {
  try {
    return readdirSync(dirname(builtModulePath(kind, "x")))
      .filter((file) => file.endsWith(".wasm"))
      .map((file) => file.slice(0, -".wasm".length))
      .sort();
  } catch {
    return [];
  }
}
