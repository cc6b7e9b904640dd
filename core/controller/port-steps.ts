/** Reading of job steps. Every answer is of a state whose events are on disk. */
import { stepsOfJob } from "../account/step-view.ts";
import type { JobId } from "../model/ids.ts";
import { ok, type Result } from "../model/refusal.ts";
import type { StepView } from "../model/step.ts";
import type { CoreParts } from "./core-parts.ts";
import { resolveRef } from "./job-ref.ts";

export class PortSteps {
  private readonly parts: CoreParts;

  constructor(parts: CoreParts) {
    this.parts = parts;
  }

  /** Steps that run, of all jobs, by job. */
  async running(): Promise<readonly StepView[]> {
    const { ledger } = this.parts;
    await ledger.settled();
    const { state } = ledger;
    const ids = [...state.steps.keys()].filter((id) => state.steps.get(id)!.running.length > 0);
    return ids.sort((a, b) => a - b).flatMap((id) => this.of(id, false));
  }

  /** All kept steps of the jobs of a reference. */
  async ofJob(ref: string): Promise<Result<readonly StepView[]>> {
    const { ledger } = this.parts;
    await ledger.settled();
    const targets = resolveRef(ledger.state, ref);
    if (!targets.ok) return targets;
    return ok(targets.value.flatMap(({ job }) => this.of(job.id, true)));
  }

  private of(id: JobId, ended: boolean): StepView[] {
    const { state } = this.parts.ledger;
    const job = state.jobs.get(id);
    return job === undefined ? [] : stepsOfJob(state, job, ended);
  }
}
