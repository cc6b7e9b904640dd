import type { Event } from "../state/events.ts";

/** Counts since the controller started, for `rota show cluster`, sdiag and /metrics. Never decides anything. */
export class Tally {
  submitted = 0;
  started = 0;
  completed = 0;
  cancelled = 0;
  failed = 0;
  conflicts = 0;
  strikes = 0;
  passes = 0;
  passLastUs = 0;
  passMaxUs = 0;
  private passTotalUs = 0;

  /** Takes an event into the counts. */
  count(event: Event): void {
    if (event.type === "job.submitted") this.submitted++;
    else if (event.type === "het.submitted") this.submitted += event.jobs.length;
    else if (event.type === "job.started") this.started++;
    else if (event.type === "job.ended") {
      if (event.state === "COMPLETED") this.completed++;
      else if (event.state === "CANCELLED") this.cancelled++;
      else this.failed++;
    }
  }

  /** One pass, by its time in the worker. */
  pass(workerUs: number): void {
    this.passes++;
    this.passLastUs = workerUs;
    this.passMaxUs = Math.max(this.passMaxUs, workerUs);
    this.passTotalUs += workerUs;
  }

  get passMeanUs(): number {
    return this.passes === 0 ? 0 : Math.round(this.passTotalUs / this.passes);
  }
}
