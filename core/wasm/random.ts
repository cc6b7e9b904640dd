/** The random numbers that a module may ask for: a seeded generator (mulberry32), so that a replay sees the same ones. */
export interface SeededRandom {
  /** 0 <= x < 1 with 32 bits. */
  next(): number;
  /** Starts the sequence of `seed`, an integer. */
  reseed(seed: number): void;
}

export function seededRandom(seed: number): SeededRandom {
  let state = seed | 0;
  return {
    next() {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
    },
    reseed(next) {
      state = next | 0;
    },
  };
}
