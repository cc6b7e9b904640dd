/** Running jobs by when they are taken to end, soonest first, equal ones by job id. */

export class EndHeap {
  readonly #endS: number[] = [];
  readonly #jobId: number[] = [];

  /** Infinity when none runs that ends. */
  get nextS(): number {
    return this.#endS[0] ?? Number.POSITIVE_INFINITY;
  }

  add(jobId: number, endS: number): void {
    if (endS === Number.POSITIVE_INFINITY) return;
    this.#jobId.push(jobId);
    this.#rise(this.#endS.push(endS) - 1);
  }

  /** Takes the next one out and gives its job id; undefined when there is none. */
  take(): number | undefined {
    const first = this.#jobId[0];
    if (first !== undefined) this.#removeAt(0);
    return first;
  }

  /** Takes a job out before its time and gives when it would have ended; Infinity where it is not in it. */
  remove(jobId: number): number {
    const at = this.#jobId.indexOf(jobId);
    if (at < 0) return Number.POSITIVE_INFINITY;
    const endS = this.#endS[at]!;
    this.#removeAt(at);
    return endS;
  }

  #removeAt(at: number): void {
    const last = this.#endS.length - 1;
    this.#swap(at, last);
    this.#endS.pop();
    this.#jobId.pop();
    if (at === last) return;
    this.#rise(at);
    this.#sink(at);
  }

  #rise(from: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(at, parent)) break;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #sink(from: number): void {
    for (let at = from; ; ) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2])
        if (child < this.#endS.length && this.#isBefore(child, least)) least = child;
      if (least === at) return;
      this.#swap(at, least);
      at = least;
    }
  }

  #isBefore(a: number, b: number): boolean {
    const sooner = this.#endS[a]! - this.#endS[b]!;
    return sooner < 0 || (sooner === 0 && this.#jobId[a]! < this.#jobId[b]!);
  }

  #swap(a: number, b: number): void {
    [this.#endS[a], this.#endS[b]] = [this.#endS[b]!, this.#endS[a]!];
    [this.#jobId[a], this.#jobId[b]] = [this.#jobId[b]!, this.#jobId[a]!];
  }
}
