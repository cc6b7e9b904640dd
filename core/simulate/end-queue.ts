/** Running jobs by when they really end, those of one second in the order in which they started. A binary heap. */

export class EndQueue {
  /** By place in the heap: the job's place in the workload. */
  #heap = new Int32Array(1024);
  #size = 0;
  readonly #endS: Float64Array;
  /** By job: its number among the starts. */
  readonly #nth: Int32Array;
  #started = 0;

  /** `endS`, by job, is written by the owner before it adds the job. */
  constructor(endS: Float64Array) {
    this.#endS = endS;
    this.#nth = new Int32Array(endS.length);
  }

  /** When the next one ends; Infinity when none runs. */
  get nextS(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : this.#endS[this.#heap[0]!]!;
  }

  add(job: number): void {
    this.#nth[job] = this.#started++;
    if (this.#size === this.#heap.length) {
      const larger = new Int32Array(this.#heap.length * 2);
      larger.set(this.#heap);
      this.#heap = larger;
    }
    this.#put(job, this.#size++);
  }

  /** Takes a job out before its time, while its end is still that which it was added with. Looks at all of them. */
  remove(job: number): void {
    const at = this.#heap.subarray(0, this.#size).indexOf(job);
    if (at < 0) return;
    const last = this.#heap[--this.#size]!;
    if (last === job) return;
    this.#put(last, at);
    if (this.#heap[at] === last) this.#sink(last, at);
  }

  /** Puts a job where a place is empty, or above it. */
  #put(job: number, from: number): void {
    const heap = this.#heap;
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(job, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = job;
  }

  /** The first to end; the queue must not be empty. */
  take(): number {
    const heap = this.#heap;
    const first = heap[0]!;
    this.#sink(heap[--this.#size]!, 0);
    return first;
  }

  /** Puts a job where a place is empty, or below it. */
  #sink(last: number, from: number): void {
    const heap = this.#heap;
    let at = from;
    for (let child = 2 * at + 1; child < this.#size; child = 2 * at + 1) {
      if (child + 1 < this.#size && this.#isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!this.#isBefore(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }

  #isBefore(a: number, b: number): boolean {
    const difference = this.#endS[a]! - this.#endS[b]!;
    return difference < 0 || (difference === 0 && this.#nth[a]! < this.#nth[b]!);
  }
}
