/**
 * Ended records by when they ended, so that the watch finds those that may leave memory without looking at every job
 * each second. Follows the ledger; what it holds can be made from the state at any time.
 */
import type { JobId } from "../model/ids.ts";
import { isEnded } from "../model/job.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { componentsOf, isFollower } from "../state/het.ts";
import type { Ledger } from "./ledger.ts";

export class EndedJobs {
  private readonly state: ClusterState;
  /** In the order of their end events; the first `taken` have been looked at. */
  private ids: JobId[];
  private taken = 0;

  constructor(ledger: Pick<Ledger, "state" | "onApplied">) {
    this.state = ledger.state;
    this.ids = [...ledger.state.jobs.values()]
      .filter(({ state }) => isEnded(state))
      .sort((a, b) => a.endS - b.endS || a.id - b.id)
      .map(({ id }) => id);
    ledger.onApplied((event) => {
      if (event.type === "job.ended") this.ids.push(event.jobId as JobId);
    });
  }

  /** Takes out at most `most` records, and a few more to take whole jobs, that ended before the second, oldest first. */
  takeBefore(beforeS: number, most: number): readonly JobId[] {
    const gone: JobId[] = [];
    while (this.taken < this.ids.length && gone.length < most) {
      const job = this.state.jobs.get(this.ids[this.taken]!);
      // One that was requeued meanwhile comes again with its next end.
      if (job !== undefined && isEnded(job.state)) {
        if (job.endS >= beforeS) break;
        // Components leave with their leader, which ends last.
        if (!isFollower(job))
          for (const each of componentsOf(this.state, job)) if (isEnded(each.state)) gone.push(each.id);
      }
      this.taken++;
    }
    if (this.taken * 2 > this.ids.length) {
      this.ids = this.ids.slice(this.taken);
      this.taken = 0;
    }
    return [...new Set(gone)];
  }

  /** Keys of scripts that nobody needs once these records have left: an array's stays while a task of it is left. */
  scriptsOf(gone: readonly JobId[]): readonly number[] {
    const leaving = new Set(gone);
    const keys = new Set<number>();
    for (const id of gone) {
      const job = this.state.jobs.get(id);
      if (job === undefined) continue;
      const life = job.array === undefined ? undefined : this.state.arrays.get(job.array.arrayJobId);
      const isShared = life !== undefined && [...life.records].some((other) => !leaving.has(other as JobId));
      if (!isShared) keys.add(job.scriptKey);
    }
    return [...keys];
  }
}
