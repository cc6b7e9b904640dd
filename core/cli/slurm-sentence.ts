/** What Slurm would say to a refusal. Scripts match on these sentences, so they are Slurm's own, from the error table. */
import { ERRORS, type ErrorEntry } from "../model/errors.ts";
import type { Refusal } from "../model/refusal.ts";

/** What stands before that sentence, each line as an error of the command: what the site's admission policy says. */
export const policyLines = (command: string, { details }: Refusal): string =>
  details?.["policy"] === undefined || details["slurmLine"] === undefined
    ? ""
    : `${details["slurmLine"]}`.replace(/^/gm, `${command}: error: `).concat("\n");

/** What the site's admission policy tells of a job that is taken, each line as the command's own. */
export const noteLines = (command: string, notes: readonly string[] = []): string =>
  notes.map((note) => `${command}: ${note}\n`).join("");

/** Slurm's sentence for the code; the refusal's own message where Slurm knows no such fault. */
export const slurmSentence = (refusal: Refusal): string => {
  const entry: ErrorEntry = ERRORS[refusal.code];
  return entry.slurm ?? refusal.message;
};
