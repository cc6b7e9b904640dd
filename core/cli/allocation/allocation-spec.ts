/** The submission of a job without a script, from srun's or salloc's options. */
import type { JobSpec } from "../../model/job-spec.ts";
import { ownHost, ownIdentity, ownSessionId } from "../identity.ts";
import type { Invocation } from "../invocation.ts";
import { jobSpecOf } from "../sbatch/job-spec-of.ts";
import type { SrunDraft } from "../srun/draft.ts";

/** Stands for the script that there is none of. */
const NO_SCRIPT = "#!/bin/sh\n";

export const allocationSpec = (
  { cwd, env, err, command }: Invocation,
  draft: SrunDraft,
  name: string,
  allocation: NonNullable<JobSpec["allocation"]>,
): JobSpec => {
  const made = jobSpecOf(
    draft,
    { text: NO_SCRIPT, name, file: name, args: [] },
    { ...ownIdentity(), host: ownHost(), sessionId: ownSessionId(), cwd, env },
  );
  if (!draft.quiet) for (const warning of made.warnings) err(`${command}: ${warning}\n`);
  // What runs in it gets its environment from the command that holds it; a job that is put back has nobody to hold it.
  return { ...made.spec, environment: {}, allocation, requeue: false };
};
