/**
 * The values of a module's parameters: those that the configuration sets, checked against the manifest, and defaults
 * for the others. Pure; runs when a module is instantiated and when a configuration is checked.
 */
import { ok, type Result, refuse } from "../model/refusal.ts";
import type { Manifest, ManifestParameter } from "./manifest.ts";

/** Values in the manifest's order. Refuses names that the module does not have and values out of range. */
export function parameterValues(
  manifest: Manifest,
  given: Readonly<Record<string, number>>,
): Result<readonly number[]> {
  for (const [name, value] of Object.entries(given)) {
    const parameter = manifest.parameters.find((candidate) => candidate.name === name);
    if (parameter === undefined) {
      const names = manifest.parameters.map((known) => known.name).join(", ") || "none";
      return refuse("POLICY_PARAMETER", `${manifest.name} has no parameter ${name}; it has: ${names}`);
    }
    if (!isInRange(parameter, value)) {
      const { min, max, type } = parameter;
      const wanted = type === "i32" || type === "bool" ? "a whole number" : "a number";
      return refuse(
        "POLICY_PARAMETER",
        `${manifest.name}: ${name} must be ${wanted} from ${min} to ${max}, not ${value}`,
        {
          parameter: name,
          min,
          max,
        },
      );
    }
  }
  return ok(
    manifest.parameters.map(({ name, default: initial }) =>
      Object.hasOwn(given, name) ? given[name]! : initial,
    ),
  );
}

function isInRange({ type, min, max }: ManifestParameter, value: number): boolean {
  if (typeof value !== "number" || !(value >= min && value <= max)) return false;
  return type === "f32" || type === "f64" || Number.isInteger(value);
}
