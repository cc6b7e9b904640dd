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

/** Writes the score of each node whose mask byte is not 0, and leaves the others as they are. */
export function scoreNodes<T extends Placement>(policy: T, count: i32): void {
  const job = jobAtHand();
  const cpus = i32x4.splat(max(job.cpus, 0));
  const memMib = i32x4.splat(max(job.memMib, 0));
  const gpus = i32x4.splat(max(job.gpus, 0));
  const keepCpus = i32x4.splat(job.cpus < 0 ? 0 : -1);
  const keepMemMib = i32x4.splat(job.memMib < 0 ? 0 : -1);
  const keepGpus = i32x4.splat(job.gpus < 0 ? 0 : -1);
  for (let base = 0; base < count; base += 16) {
    let bits = i8x16.bitmask(i8x16.ne(v128.load(MASK + base), i8x16.splat(0)));
    if (bits == 0) continue;
    if (isDefined(policy.score4)) {
      for (let quarter = 0; quarter < 4; quarter++) {
        const node = nodeAt(base + quarter * 4);
        const at = SCORES + (<usize>(base + quarter * 4) << 2);
        const scores = policy.score4(
          job,
          node,
          v128.and(i32x4.sub(node.freeCpus4, cpus), keepCpus),
          v128.and(i32x4.sub(node.freeMemMib4, memMib), keepMemMib),
          v128.and(i32x4.sub(node.freeGpus4, gpus), keepGpus),
        );
        const bytes = v128.load32_zero(MASK + base + quarter * 4);
        const lanes = i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(i8x16.ne(bytes, i8x16.splat(0))));
        v128.store(at, v128.bitselect(scores, v128.load(at), lanes));
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
  const whole = (job.cpus | job.memMib | job.gpus) < 0;
  const cpus = i32x4.splat(max(job.cpus, 0));
  const memMib = i32x4.splat(max(job.memMib, 0));
  const gpus = i8x16.splat(<i8>max(job.gpus, 0));
  const heed = i8x16.splat(tested ? -1 : 0);
  const none = i8x16.splat(0);
  const maskAt = MASK;
  const gpusAt = FREE_GPUS;
  const cpusAt = FREE_CPUS;
  const memMibAt = FREE_MEM_MIB;
  for (let base = 0; base < count; base += 16) {
    const mask = v128.load(maskAt + base);
    if (!v128.any_true(mask)) continue;
    const at = <usize>base << 2;
    const leftGpus = i8x16.sub(v128.load(gpusAt + base), gpus);
    let cpusA = i32x4.sub(v128.load(cpusAt + at), cpus);
    let cpusB = i32x4.sub(v128.load(cpusAt + at, 16), cpus);
    let cpusC = i32x4.sub(v128.load(cpusAt + at, 32), cpus);
    let cpusD = i32x4.sub(v128.load(cpusAt + at, 48), cpus);
    let memA = i32x4.sub(v128.load(memMibAt + at), memMib);
    let memB = i32x4.sub(v128.load(memMibAt + at, 16), memMib);
    let memC = i32x4.sub(v128.load(memMibAt + at, 32), memMib);
    let memD = i32x4.sub(v128.load(memMibAt + at, 48), memMib);
    // The sign says that something falls short, and narrowing keeps it.
    let short = v128.or(
      leftGpus,
      i8x16.narrow_i16x8_s(
        i16x8.narrow_i32x4_s(v128.or(cpusA, memA), v128.or(cpusB, memB)),
        i16x8.narrow_i32x4_s(v128.or(cpusC, memC), v128.or(cpusD, memD)),
      ),
    );
    if (whole) short = v128.or(short, v128.not(isWhole(job, base)));
    let bits = i8x16.bitmask(v128.or(v128.and(short, heed), i8x16.eq(mask, none))) ^ 0xffff;
    if (bits == 0) continue;
    if (isDefined(policy.score4)) {
      let low = i16x8.extend_low_i8x16_s(leftGpus);
      let high = i16x8.extend_high_i8x16_s(leftGpus);
      if (whole) {
        if (job.cpus < 0) cpusA = cpusB = cpusC = cpusD = none;
        if (job.memMib < 0) memA = memB = memC = memD = none;
        if (job.gpus < 0) low = high = none;
      }
      const least = f32x4.splat(threshold);
      const a = policy.score4(job, nodeAt(base), cpusA, memA, i32x4.extend_low_i16x8_s(low));
      const b = policy.score4(job, nodeAt(base + 4), cpusB, memB, i32x4.extend_high_i16x8_s(low));
      const c = policy.score4(job, nodeAt(base + 8), cpusC, memC, i32x4.extend_low_i16x8_s(high));
      const d = policy.score4(job, nodeAt(base + 12), cpusD, memD, i32x4.extend_high_i16x8_s(high));
      bits &= i8x16.bitmask(
        i8x16.narrow_i16x8_s(
          i16x8.narrow_i32x4_s(f32x4.gt(a, least), f32x4.gt(b, least)),
          i16x8.narrow_i32x4_s(f32x4.gt(c, least), f32x4.gt(d, least)),
        ),
      );
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
      do {
        const row = base + ctz(bits);
        const score = policy.score(job, nodeAt(row));
        if (score > threshold) offer(row, score);
        bits &= bits - 1;
      } while (bits != 0);
    }
  }
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
