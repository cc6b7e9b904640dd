/** Seeded chance: the same seed gives the same draws, and a longer history begins as a shorter one of its seed does. */
export class Chance {
  private state: number;

  constructor(seed: number) {
    this.state = seed | 0;
  }

  /** 0 .. n - 1. */
  below(n: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4_294_967_296) * n);
  }

  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  odds(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  pickOr<T>(list: readonly T[], fallback: T): T {
    return list.length === 0 ? fallback : this.pick(list);
  }

  /** Some of the list, each at most once, in its order. */
  some<T>(list: readonly T[], count: number): T[] {
    const left = [...list.keys()];
    const taken: number[] = [];
    while (taken.length < count && left.length > 0) taken.push(left.splice(this.below(left.length), 1)[0]!);
    return taken.sort((a, b) => a - b).map((i) => list[i]!);
  }

  shuffled<T>(list: readonly T[]): T[] {
    const left = [...list];
    const out: T[] = [];
    while (left.length > 0) out.push(left.splice(this.below(left.length), 1)[0]!);
    return out;
  }
}
