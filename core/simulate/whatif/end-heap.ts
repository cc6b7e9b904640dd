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
    let at = this.#endS.push(endS) - 1;
    this.#jobId.push(jobId);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(at, parent)) break;
      this.#swap(at, parent);
      at = parent;
    }
  }

  /** Takes the next one out and gives its job id; undefined when there is none. */
  take(): number | undefined {
    const first = this.#jobId[0];
    const last = this.#endS.length - 1;
    if (first === undefined) return undefined;
    this.#swap(0, last);
    this.#endS.pop();
    this.#jobId.pop();
    for (let at = 0; ; ) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2])
        if (child < last && this.#isBefore(child, least)) least = child;
      if (least === at) return first;
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
