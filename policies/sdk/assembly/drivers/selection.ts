// The best `want` rows of those offered, in bounded space: a heap whose root is the worst row kept. Of rows with equal
// scores the lower is the better one, so the result depends on rows and scores only, never on the order of offering.

let rows: usize = 0;
let scores: usize = 0;
let size: i32 = 0;
let limit: i32 = 0;

/** What a score must exceed to be worth offering, when rows are offered in ascending order. */
export let threshold: f32 = -Infinity;

/** Starts over; `rowsAt` and `scoresAt` are where `want` i32 and f32 are kept. */
export function open(rowsAt: usize, scoresAt: usize, want: i32): void {
  rows = rowsAt;
  scores = scoresAt;
  limit = want;
  size = 0;
  threshold = want > 0 ? -Infinity : Infinity;
}

/** Whether the row is worth offering, whatever the order of offering. */
export function beats(row: i32, score: f32): bool {
  return limit > 0 && (size < limit || isWorse(rowAt(0), scoreAt(0), row, score));
}

/** Takes the row in; the caller has seen that its score exceeds the threshold. */
export function offer(row: i32, score: f32): void {
  if (size < limit) {
    siftUp(size++, row, score);
    if (size == limit) threshold = scoreAt(0);
  } else {
    siftDown(0, size, row, score);
    threshold = scoreAt(0);
  }
}

/** Puts the kept rows in order, best first, and gives how many there are. */
export function close(): i32 {
  for (let last = size - 1; last > 0; last--) {
    const row = rowAt(last);
    const score = scoreAt(last);
    put(last, rowAt(0), scoreAt(0));
    siftDown(0, last, row, score);
  }
  return size;
}

function siftUp(hole: i32, row: i32, score: f32): void {
  while (hole > 0) {
    const parent = (hole - 1) >> 1;
    if (!isWorse(row, score, rowAt(parent), scoreAt(parent))) break;
    put(hole, rowAt(parent), scoreAt(parent));
    hole = parent;
  }
  put(hole, row, score);
}

function siftDown(hole: i32, end: i32, row: i32, score: f32): void {
  for (;;) {
    let child = 2 * hole + 1;
    if (child >= end) break;
    const right = child + 1;
    if (right < end && isWorse(rowAt(right), scoreAt(right), rowAt(child), scoreAt(child))) child = right;
    if (!isWorse(rowAt(child), scoreAt(child), row, score)) break;
    put(hole, rowAt(child), scoreAt(child));
    hole = child;
  }
  put(hole, row, score);
}

// @ts-ignore: decorator
@inline
function isWorse(row: i32, score: f32, thanRow: i32, thanScore: f32): bool {
  return score < thanScore || (score == thanScore && row > thanRow);
}

// @ts-ignore: decorator
@inline
function rowAt(index: i32): i32 {
  return load<i32>(rows + (<usize>index << 2));
}

// @ts-ignore: decorator
@inline
function scoreAt(index: i32): f32 {
  return load<f32>(scores + (<usize>index << 2));
}

// @ts-ignore: decorator
@inline
function put(index: i32, row: i32, score: f32): void {
  store<i32>(rows + (<usize>index << 2), row);
  store<f32>(scores + (<usize>index << 2), score);
}
