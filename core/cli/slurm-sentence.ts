/** What Slurm would say to a refusal. Scripts match on these sentences, so they are Slurm's own, from the error table. */
import { ERRORS, type ErrorEntry } from "../model/errors.ts";
import type { Refusal } from "../model/refusal.ts";

/** Slurm's sentence for the code; the refusal's own message where Slurm knows no such fault. */
export const slurmSentence = (refusal: Refusal): string => {
  const entry: ErrorEntry = ERRORS[refusal.code];
  return entry.slurm ?? refusal.message;
};
