/** What sbatch says when the controller refuses a submission: Slurm's sentence and the line that comes before it. Pure. */
import type { Refusal } from "../../model/refusal.ts";
import type { TestOnlyAnswer } from "../../model/views.ts";
import { slurmSentence } from "../slurm-sentence.ts";

/** Lines for standard error. `partition` is what was asked. */
export const refusedText = (
  command: string,
  refusal: Refusal,
  partition: string | undefined,
  testOnly: boolean,
): string => {
  const error = `${command}: error: `;
  const sentence = slurmSentence(refusal);
  const own = refusal.details?.["slurmLine"];
  const isPolicy = refusal.details?.["policy"] !== undefined;
  // Slurm's commands find a wrong GRES before they submit, and know no option that is not supported.
  if (!isPolicy && (refusal.code === "INVALID_GRES" || refusal.code === "NOT_SUPPORTED"))
    return `${own === undefined ? "" : `${error}${own}\n`}${error}${sentence}\n`;
  const last = testOnly
    ? `allocation failure: ${sentence}\n`
    : `${error}Batch job submission failed: ${sentence}\n`;
  const before = isPolicy && own !== undefined ? `${own}` : lineBefore(refusal, partition);
  return before === undefined ? last : `${before.replace(/^/gm, error)}\n${last}`;
};

/** What is said with --test-only of a job that has no start as the cluster is now. */
export const neverStarts = ({ partition }: TestOnlyAnswer): Refusal => ({
  code: "NODE_CONFIG_UNAVAILABLE",
  message: `as the cluster is now, the job has no start in partition ${partition}`,
});

const lineBefore = (refusal: Refusal, partition: string | undefined): string | undefined => {
  if (refusal.code === "INVALID_PARTITION")
    return `invalid partition specified: ${refusal.details?.["partition"] ?? partition ?? "(null)"}`;
  const own = refusal.details?.["slurmLine"];
  if (own !== undefined) return `${own}`;
  // Which limit it was, in the word that squeue would show.
  const reason = refusal.details?.["reason"];
  if (refusal.code === "SUBMIT_LIMIT" && typeof reason === "string") return reason;
  return refusal.code === "MEMORY_NOT_SATISFIABLE" ? "Memory specification can not be satisfied" : undefined;
};
