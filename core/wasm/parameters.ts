/**
 * The values of a module's parameters: those that the configuration sets, checked against the manifest, and defaults
 * for the others. Pure; runs when a module is instantiated and when a configuration is checked.
 */
import type { PolicyParameters } from "../model/policy.ts";
import { ok, type Result, refuse } from "../model/refusal.ts";
import type { Manifest, ManifestParameter } from "./manifest.ts";

/** Values in the manifest's order. Refuses names that the module does not have and values out of range. */
export function parameterValues(
  manifest: Pick<Manifest, "name" | "parameters">,
  given: PolicyParameters,
): Result<readonly (number | string)[]> {
  for (const [name, value] of Object.entries(given)) {
    const parameter = manifest.parameters.find((candidate) => candidate.name === name);
    if (parameter === undefined) {
      const names = manifest.parameters.map((known) => known.name).join(", ") || "none";
      return refuse("POLICY_PARAMETER", `${manifest.name} has no parameter ${name}; it has: ${names}`);
    }
    if (!isInRange(parameter, value)) {
      const { min, max } = parameter;
      return refuse(
        "POLICY_PARAMETER",
        `${manifest.name}: ${name} must be ${wanted(parameter)}, not ${shown(value)}`,
        { parameter: name, min, max },
      );
    }
  }
  return ok(
    manifest.parameters.map(({ name, default: initial }) =>
      Object.hasOwn(given, name) ? given[name]! : initial,
    ),
  );
}

/** `a number from 0 to 1000`, with its unit where it has one. */
function wanted({ type, min, max, unit = "" }: ManifestParameter): string {
  if (type === "string") return `a text of ${min} to ${max} characters in one line`;
  const what = type === "i32" || type === "bool" ? "a whole number" : "a number";
  return `${what} from ${min} to ${max}${unit === "" ? "" : ` ${unit}`}`;
}

const MAX_SHOWN = 80;
const shown = (value: unknown): string =>
  typeof value === "string" ? JSON.stringify(value.slice(0, MAX_SHOWN)) : String(value);

function isInRange({ type, min, max }: ManifestParameter, value: number | string): boolean {
  if (type === "string")
    return typeof value === "string" && value.length >= min && value.length <= max && !/\p{Cc}/u.test(value);
  if (typeof value !== "number" || !(value >= min && value <= max)) return false;
  return type === "f32" || type === "f64" || Number.isInteger(value);
}
