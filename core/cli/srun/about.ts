/** What srun and salloc print of themselves: help, usage and version, which go before all else that is asked. Pure. */
import type { GivenOption } from "../getopt.ts";
import { helpText, usageText } from "../help-text.ts";
import { SLURM_VERSION_LINE } from "../slurm-version.ts";
import type { SrunOption } from "./draft.ts";

/** undefined where none of them was asked. */
export function aboutText(
  given: readonly GivenOption[],
  usage: string,
  options: readonly SrunOption[],
): string | undefined {
  const asked = given.map(({ spec }) => spec.key);
  if (asked.includes("help")) return helpText(usage, options);
  if (asked.includes("usage")) return usageText(usage);
  return asked.includes("version") ? SLURM_VERSION_LINE : undefined;
}
