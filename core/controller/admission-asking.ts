/**
 * Submissions and updates on their way past the site's admission policy: the question is made, asked, and its answer put
 * into what was asked for. Of a heterogeneous job every component is asked about, of an update every record it changes.
 */
import {
  type AdmissionFacts,
  changedSpec,
  changedUpdate,
  presentFields,
  submissionFields,
  updateFields,
} from "../admit/admission.ts";
import type { Caller } from "../api/port.ts";
import type { AdmissionFields } from "../model/admission.ts";
import type { JobId } from "../model/ids.ts";
import type { Job } from "../model/job.ts";
import { HET_FIELDS, type HetComponent, type JobSpec } from "../model/job-spec.ts";
import { ok, type Result, refuse } from "../model/refusal.ts";
import type { JobUpdate } from "../model/views.ts";
import { nowS } from "./clock.ts";
import type { CoreParts } from "./core-parts.ts";

type Parts = Pick<CoreParts, "admission" | "admitCluster" | "clock">;

export interface AskedSubmission {
  readonly spec: JobSpec;
  /** Lines for the user. */
  readonly notes: readonly string[];
}

/** Records that one update may be asked about; a reference to more is refused. */
const MAX_UPDATED = 4096;

/** The submission as the policy would have it, or its refusal. */
export async function askSubmission(
  parts: Parts,
  spec: JobSpec,
  caller: Caller,
): Promise<Result<AskedSubmission>> {
  const { het, ...leader } = spec;
  if (het === undefined) return askOne(parts, spec, caller);
  const first = await askOne(parts, leader, caller, 0);
  if (!first.ok) return first;
  const notes = [...first.value.notes];
  const components: HetComponent[] = [];
  for (const [index, component] of het.entries()) {
    const asked = await askOne(parts, { ...withoutHet(leader), ...component }, caller, index + 1);
    if (!asked.ok) return asked;
    notes.push(...asked.value.notes);
    components.push(hetFields(asked.value.spec));
  }
  // A line that holds for all components is told once.
  return ok({ spec: { ...first.value.spec, het: components }, notes: [...new Set(notes)] });
}

/** What the policy would have of the update, by record; the refusal is that of the first record that it refuses. */
export async function askUpdate(
  parts: Parts,
  update: JobUpdate,
  jobs: readonly Job[],
  caller: Caller,
): Promise<Result<ReadonlyMap<JobId, JobUpdate>>> {
  if (jobs.length > MAX_UPDATED)
    return refuse("TOO_LARGE", `the update is of ${jobs.length} records; at most ${MAX_UPDATED} at once`, {
      asked: jobs.length,
      most: MAX_UPDATED,
    });
  const submission = updateFields(update, caller, factsOf(parts, caller));
  const answers = await Promise.all(
    jobs.map((job) => {
      const partition = firstOf(update.partition) ?? job.partitions[0];
      return parts.admission.judge((reads) => ({
        submission: kept(submission, reads),
        present: kept(presentFields(job), reads),
        ...(partition === undefined ? {} : { partition }),
      }));
    }),
  );
  const updates = new Map<JobId, JobUpdate>();
  for (const [index, answer] of answers.entries()) {
    if (!answer.ok) return answer;
    updates.set(jobs[index]!.id, changedUpdate(update, answer.value));
  }
  return ok(updates);
}

async function askOne(
  parts: Parts,
  spec: JobSpec,
  caller: Caller,
  component?: number,
): Promise<Result<AskedSubmission>> {
  const facts = factsOf(parts, caller);
  const answer = await parts.admission.judge((reads) => {
    const partition = firstOf(spec.partition);
    return {
      submission: kept(submissionFields(spec, parts.admitCluster(), facts, component), reads),
      ...(reads("environment") ? { environment: spec.environment } : {}),
      ...(partition === undefined ? {} : { partition }),
    };
  });
  if (!answer.ok) return answer;
  return ok({ spec: changedSpec(spec, answer.value), notes: answer.value.notes });
}

const factsOf = ({ clock }: Parts, { operator }: Caller): AdmissionFacts => ({ nowS: nowS(clock), operator });

const firstOf = (partitions: string | undefined): string | undefined => {
  const first = partitions?.split(",", 1)[0];
  return first === "" ? undefined : first;
};

/** Only what the module reads goes over to its thread: a script may have megabytes. */
const kept = (fields: AdmissionFields, reads: (field: string) => boolean): AdmissionFields =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => reads(name)));

/** The whole's identity and start, and nothing that a component says for itself. */
const withoutHet = (leader: JobSpec): JobSpec =>
  Object.fromEntries(
    Object.entries(leader).filter(([name]) => !(HET_FIELDS as readonly string[]).includes(name)),
  ) as unknown as JobSpec;

const hetFields = (spec: JobSpec): HetComponent =>
  Object.fromEntries(
    Object.entries(spec).filter(([name]) => (HET_FIELDS as readonly string[]).includes(name)),
  ) as HetComponent;
