// The loop of every placement policy. Sixteen nodes at a time it drops those whose mask byte is 0 or whose free CPUs,
// memory or GPUs fall short of the job; the author's method, compiled into the loop, scores the rest.
import {
  allocate as allocateBlock, FREE_CPUS, FREE_GPUS, FREE_MEM_MIB, MASK, OUT, SCORES, TOTAL_CPUS, TOTAL_GPUS,
  TOTAL_MEM_MIB, Job, jobAtHand, nodeAt,
} from "../generated/node-block";
import { Placement } from "../placement";
import { close, offer, open, threshold } from "./selection";

let four: usize = 0;

export function allocate(capacity: i32): i32 {
  four = heap.alloc(64);
  return allocateBlock(capacity);
}

export function begin(count: i32): void {}

/**
 * Writes the best `want` rows to `out` and gives how many there are. The mask is the judge: where it holds more nodes
 * than the columns seem to, as when a start was not told of, the columns are left out of it.
 */
export function placeNodes<T extends Placement>(policy: T, count: i32, want: i32): i32 {
  open(OUT, SCORES, want);
  scan<T>(policy, count, true);
  let given = close();
  if (given < want) {
    open(OUT, SCORES, want);
    scan<T>(policy, count, false);
    given = close();
  }
  return given;
}

/** Writes the score of each node whose mask byte is not 0. */
export function scoreNodes<T extends Placement>(policy: T, count: i32): void {
  const job = jobAtHand();
  for (let base = 0; base < count; base += 16) {
    let bits = masked(base);
    if (bits == 0) continue;
    if (isDefined(policy.score4)) {
      for (let quarter = 0; quarter < 16; quarter += 4) {
        v128.store(SCORES + (<usize>(base + quarter) << 2), policy.score4(job, nodeAt(base + quarter)));
      }
    } else {
      do {
        const row = base + ctz(bits);
        store<f32>(SCORES + (<usize>row << 2), policy.score(job, nodeAt(row)));
        bits &= bits - 1;
      } while (bits != 0);
    }
  }
}

/** Offers every feasible node; without `tested` every node of the mask. */
function scan<T extends Placement>(policy: T, count: i32, tested: bool): void {
  const job = jobAtHand();
  const whole = tested && (job.cpus | job.memMib | job.gpus) < 0;
  const cpus = i32x4.splat(tested ? job.cpus : i32.MIN_VALUE);
  const memMib = i32x4.splat(tested ? job.memMib : i32.MIN_VALUE);
  const gpus = i8x16.splat(tested ? <i8>max(job.gpus, 0) : 0);
  for (let base = 0; base < count; base += 16) {
    const mask = v128.load(MASK + base);
    if (!v128.any_true(mask)) continue;
    let fits = v128.and(
      v128.and(i8x16.ne(mask, i8x16.splat(0)), i8x16.ge_u(v128.load(FREE_GPUS + base), gpus)),
      v128.and(atLeast(FREE_CPUS + (<usize>base << 2), cpus), atLeast(FREE_MEM_MIB + (<usize>base << 2), memMib)),
    );
    if (whole) fits = v128.and(fits, isWhole(job, base));
    if (isDefined(policy.score4)) {
      if (!v128.any_true(fits)) continue;
      const least = f32x4.splat(threshold);
      const a = policy.score4(job, nodeAt(base));
      const b = policy.score4(job, nodeAt(base + 4));
      const c = policy.score4(job, nodeAt(base + 8));
      const d = policy.score4(job, nodeAt(base + 12));
      const better = i8x16.narrow_i16x8_s(
        i16x8.narrow_i32x4_s(f32x4.gt(a, least), f32x4.gt(b, least)),
        i16x8.narrow_i32x4_s(f32x4.gt(c, least), f32x4.gt(d, least)),
      );
      let bits = i8x16.bitmask(v128.and(fits, better));
      if (bits == 0) continue;
      v128.store(four, a);
      v128.store(four, b, 16);
      v128.store(four, c, 32);
      v128.store(four, d, 48);
      do {
        const lane = ctz(bits);
        const score = load<f32>(four + (<usize>lane << 2));
        if (score > threshold) offer(base + lane, score);
        bits &= bits - 1;
      } while (bits != 0);
    } else {
      let bits = i8x16.bitmask(fits);
      while (bits != 0) {
        const row = base + ctz(bits);
        const score = policy.score(job, nodeAt(row));
        if (score > threshold) offer(row, score);
        bits &= bits - 1;
      }
    }
  }
}

/** Bit i for the i-th of sixteen nodes whose mask byte is not 0. */
// @ts-ignore: decorator
@inline
function masked(base: i32): i32 {
  return i8x16.bitmask(i8x16.ne(v128.load(MASK + base), i8x16.splat(0)));
}

/** Sixteen bytes, all ones where the i32 of the column is `need` or more. */
// @ts-ignore: decorator
@inline
function atLeast(column: usize, need: v128): v128 {
  return i8x16.narrow_i16x8_s(
    i16x8.narrow_i32x4_s(i32x4.ge_s(v128.load(column), need), i32x4.ge_s(v128.load(column, 16), need)),
    i16x8.narrow_i32x4_s(i32x4.ge_s(v128.load(column, 32), need), i32x4.ge_s(v128.load(column, 48), need)),
  );
}

/** Sixteen bytes, all ones where what the job wants the whole of (-1) is wholly free. */
function isWhole(job: Job, base: i32): v128 {
  let all = i8x16.splat(-1);
  if (job.cpus < 0) all = v128.and(all, sameAs(FREE_CPUS, TOTAL_CPUS, base));
  if (job.memMib < 0) all = v128.and(all, sameAs(FREE_MEM_MIB, TOTAL_MEM_MIB, base));
  if (job.gpus < 0) all = v128.and(all, i8x16.ge_u(v128.load(FREE_GPUS + base), v128.load(TOTAL_GPUS + base)));
  return all;
}

function sameAs(free: usize, total: usize, base: i32): v128 {
  const at = <usize>base << 2;
  return i8x16.narrow_i16x8_s(
    i16x8.narrow_i32x4_s(fullAt(free + at, total + at), fullAt(free + at + 16, total + at + 16)),
    i16x8.narrow_i32x4_s(fullAt(free + at + 32, total + at + 32), fullAt(free + at + 48, total + at + 48)),
  );
}

// @ts-ignore: decorator
@inline
function fullAt(free: usize, total: usize): v128 {
  return i32x4.ge_s(v128.load(free), v128.load(total));
}
