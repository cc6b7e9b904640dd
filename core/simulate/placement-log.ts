/** Which nodes each job ran on, kept for a report as runs of consecutive rows; one entry a job that started. */
import type { Placements } from "./simulation.ts";

export class PlacementLog {
  #first = new Int32Array(1024);
  #last = new Int32Array(1024);
  #runs = 0;
  /** By job: where its runs begin, in the order of starts, and how many there are. */
  readonly #from: Int32Array;
  readonly #count: Int32Array;

  constructor(jobs: number) {
    this.#from = new Int32Array(jobs);
    this.#count = new Int32Array(jobs);
  }

  add(job: number, nodes: readonly { readonly node: number }[]): void {
    const rows = Int32Array.from(nodes, ({ node }) => node).sort();
    this.#from[job] = this.#runs;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      if (i > 0 && row === rows[i - 1]! + 1) {
        this.#last[this.#runs - 1] = row;
        continue;
      }
      if (this.#runs === this.#first.length) this.#grow();
      this.#first[this.#runs] = row;
      this.#last[this.#runs++] = row;
    }
    this.#count[job] = this.#runs - this.#from[job]!;
  }

  /** In the order of the workload. */
  finish(): Placements {
    const jobs = this.#from.length;
    const offset = new Int32Array(jobs + 1);
    const first = new Int32Array(this.#runs);
    const last = new Int32Array(this.#runs);
    for (let job = 0, at = 0; job < jobs; job++) {
      const from = this.#from[job]!;
      const to = from + this.#count[job]!;
      first.set(this.#first.subarray(from, to), at);
      last.set(this.#last.subarray(from, to), at);
      at += to - from;
      offset[job + 1] = at;
    }
    return { offset, first, last };
  }

  #grow(): void {
    const first = new Int32Array(this.#first.length * 2);
    const last = new Int32Array(this.#first.length * 2);
    first.set(this.#first);
    last.set(this.#last);
    this.#first = first;
    this.#last = last;
  }
}
