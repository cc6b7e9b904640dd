/** `rota whatif`: makes the job of --submit, and hands the question over to the simulator, which is loaded here. */

import { refuse } from "../../model/refusal.ts";
import type { runWhatif, WhatifQuestion } from "../../simulate/whatif/main.ts";
import { findConnection } from "../connection.ts";
import { type CommandContext, fail } from "./context.ts";
import { programUrl } from "./program-file.ts";
import { makeSpec } from "./submit.ts";
import { UNKNOWN_WIDTH } from "./terminal.ts";

export type WhatifOptions = WhatifQuestion["flags"] & { readonly submit?: string };

/** `words` are options of sbatch. Resolves with the exit code when the answer is printed. */
export async function runWhatifCommand(
  context: CommandContext,
  words: readonly string[],
  { submit, ...flags }: WhatifOptions,
): Promise<number> {
  const controller = findConnection(context.env);
  if (!controller.ok) return fail(context, controller.refusal, flags.json);
  if (submit === undefined && words.length > 0) {
    const message = `there is no option ${words[0]}; those of sbatch need a script, given with --submit`;
    return fail(context, refuse("INVALID_SPEC", message).refusal, flags.json);
  }
  const made = submit === undefined ? undefined : makeSpec(context, words, submit === "-" ? [] : [submit]);
  if (made?.ok === false) return fail(context, made.refusal, flags.json);
  for (const warning of made?.value.warnings ?? []) context.err(`rota: ${warning}\n`);
  const { out, err, terminal, errorTerminal } = context;
  const isErrorTerminal = errorTerminal.width !== UNKNOWN_WIDTH;
  const simulator = (await import(programUrl("whatif"))) as { runWhatif: typeof runWhatif };
  return simulator.runWhatif(
    { out, err, terminal, isErrorTerminal },
    { controller: controller.value, flags, spec: made?.value.spec },
  );
}
