/**
 * Random numbers of the distributions that the workload models use, from one seeded generator. Only basic arithmetic,
 * square roots, logarithms and exponentials, so that one engine gives the same numbers on every machine.
 */
import { type SeededRandom, seededRandom } from "../../wasm/random.ts";

/** One sequence of draws. */
export class Draws {
  readonly #random: SeededRandom;
  /** The second of a pair of normal draws, kept for the next call. */
  #spareNormal = 0;
  #hasSpare = false;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  /** 0 <= x < 1 */
  uniform(): number {
    return this.#random.next();
  }

  /** min <= x < max */
  between(min: number, max: number): number {
    return min + (max - min) * this.#random.next();
  }

  chance(probability: number): boolean {
    return this.#random.next() < probability;
  }

  /** Mean 1. */
  exponential(): number {
    return -Math.log(1 - this.#random.next());
  }

  /** Mean 0, standard deviation 1 (Marsaglia's polar method). */
  normal(): number {
    if (this.#hasSpare) {
      this.#hasSpare = false;
      return this.#spareNormal;
    }
    for (;;) {
      const x = 2 * this.#random.next() - 1;
      const y = 2 * this.#random.next() - 1;
      const square = x * x + y * y;
      if (square >= 1 || square === 0) continue;
      const scale = Math.sqrt((-2 * Math.log(square)) / square);
      this.#spareNormal = y * scale;
      this.#hasSpare = true;
      return x * scale;
    }
  }

  /** Mean shape × scale, for shape >= 1 (Marsaglia and Tsang, 2000). */
  gamma(shape: number, scale: number): number {
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = this.normal();
      const root = 1 + c * x;
      if (root <= 0) continue;
      const v = root * root * root;
      const u = 1 - this.#random.next();
      if (Math.log(u) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v * scale;
    }
  }

  /** exp(normal) with this median. */
  logNormal(median: number, sigma: number): number {
    return median * Math.exp(sigma * this.normal());
  }

  /** A rank 0 .. count - 1, the low ones more often: about as 1 / rank. */
  rank(count: number): number {
    return Math.min(count - 1, Math.floor(Math.exp(this.#random.next() * Math.log(count + 1))) - 1);
  }
}
