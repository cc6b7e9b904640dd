/**
 * Whether a start would put jobs of different users on a node that one of them shares with nobody else's, by what runs there
 * and what this commit has started before. One a commit, only where a job or a partition asks for that. Pure.
 */
import type { NodeAllocation } from "../model/job.ts";
import { mayJoin, type Occupant } from "../state/owners.ts";

/** What the tables do not hold. */
export interface OwnerLookup {
  /** The running jobs of a node. */
  readonly occupants: (node: number) => readonly Occupant[];
  /** A waiting job, started in this partition. */
  readonly starter: (jobId: number, partition: number) => Occupant;
}

export class OwnerCheck {
  readonly #lookup: OwnerLookup;
  /** By node, of the jobs that this commit has started. */
  readonly #started = new Map<number, Occupant[]>();

  constructor(lookup: OwnerLookup) {
    this.#lookup = lookup;
  }

  /** Why the job may not be on these nodes; undefined where it may. */
  refusal(jobId: number, partition: number, nodes: Int32Array): string | undefined {
    const joining = this.#lookup.starter(jobId, partition);
    for (const node of nodes) {
      if (mayJoin(joining, [...this.#lookup.occupants(node), ...(this.#started.get(node) ?? [])])) continue;
      return `jobs of another user are on node row ${node}, planned for job ${jobId} of ${joining.user}`;
    }
    return undefined;
  }

  note(jobId: number, partition: number, nodes: readonly NodeAllocation[]): void {
    const started = this.#lookup.starter(jobId, partition);
    for (const { node } of nodes) {
      const known = this.#started.get(node);
      if (known === undefined) this.#started.set(node, [started]);
      else known.push(started);
    }
  }

  /** Takes back what was noted last on these nodes. */
  withdraw(nodes: readonly NodeAllocation[]): void {
    for (const { node } of nodes) this.#started.get(node)?.pop();
  }
}
