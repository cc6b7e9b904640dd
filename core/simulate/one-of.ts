/** The value of an option that takes one word of a few. Pure. */
import { ok, type Result, refuse } from "../model/refusal.ts";

/** The word, or a refusal that names the option and the words that it takes. */
export function oneOf<T extends string>(option: string, text: string, known: readonly T[]): Result<T> {
  const found = known.find((value) => value === text);
  if (found !== undefined) return ok(found);
  return refuse("INVALID_SPEC", `--${option} is "${text}"; give one of ${known.join(", ")}`);
}
