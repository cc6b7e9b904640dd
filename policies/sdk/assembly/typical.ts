// The typical jobs as a node of each GPU model meets them: what of its free devices they could not use. Amounts are
// sums of whole numbers, thousandths times jobs, exact in any order; divided by `typicalJobs` they are thousandths. After
// Weng et al., Beware of Fragmentation (ATC 2023).
import { TypicalJob, typicalJobAt } from "./generated/typical-block";

export { TypicalJob, typicalJobAt } from "./generated/typical-block";

const MODELS: i32 = 31;
/** Models that nodes have. */
let models: i32 = 0;

/** Classes of typical jobs. */
export let typicalCount: i32 = 0;
/** How many jobs they are, and of how many they are a part. */
export let typicalJobs: f64 = 0;
export let allJobs: f64 = 0;

/** One class of the typical jobs with GPUs that may use a model, the smallest part first. */
@unmanaged @final
class Row {
  cpuMilli: i32;
  gpus: i32;
  gpuMilli: i32;
  count: f64;
}

const ROW: usize = offsetof<Row>();
let rows: usize = 0;
let rowsRoom: i32 = 0;
/** By model: how many rows, and how many jobs can use none of its devices. */
const rowCounts = new StaticArray<i32>(MODELS);
const outside = new StaticArray<f64>(MODELS);

/** Whether the class may use devices of the model. */
// @ts-ignore: decorator
@inline
export function mayUse(models: i32, model: i32): bool {
  return ((models >> model) & 1) == 1;
}

/** Takes over the table, for nodes with models 0 to `used` - 1; by the driver. */
export function readTypical(count: i32, jobs: i32, used: i32): void {
  typicalCount = count;
  allJobs = <f64>jobs;
  if (rowsRoom < count || models < used || rows == 0) {
    rowsRoom = max(count, 1);
    rows = heap.alloc(<usize>(rowsRoom * max(used, 1)) * ROW);
  }
  models = used;
  typicalJobs = 0;
  for (let i = 0; i < count; i++) typicalJobs += typicalJobAt(i).count;
  for (let model = 0; model < MODELS; model++) {
    unchecked((rowCounts[model] = 0));
    unchecked((outside[model] = typicalJobs));
    if (model < used) readModel(model, count);
  }
}

/** Rows of a model and one of them, for policies with a measure of their own. */
export function rowsOf(model: i32): i32 {
  return unchecked(rowCounts[model]);
}

// @ts-ignore: decorator
@inline
export function rowOf(model: i32, index: i32): Row {
  return changetype<Row>(rows + <usize>(model * rowsRoom + index) * ROW);
}

/**
 * What of a node's free devices typical jobs cannot use: `sorted` are its lanes (i32), the least free first. A job of
 * several devices takes a part of each.
 */
export function unusable(model: i32, cpuFree: i32, sorted: usize, devices: i32): f64 {
  if (devices == 0) return 0;
  let free = 0;
  for (let lane = 0; lane < devices; lane++) free += laneAt(sorted, lane);
  let lane = 0;
  let below = 0;
  let amount = unchecked(outside[model]) * <f64>free;
  const count = unchecked(rowCounts[model]);
  for (let i = 0; i < count; i++) {
    const row = rowOf(model, i);
    while (lane < devices && laneAt(sorted, lane) < row.gpuMilli) below += laneAt(sorted, lane++);
    const isHeld = row.cpuMilli <= cpuFree && devices - lane >= row.gpus;
    amount += row.count * <f64>(isHeld ? below : free);
  }
  return amount;
}

// @ts-ignore: decorator
@inline
export function laneAt(lanes: usize, lane: i32): i32 {
  return load<i32>(lanes + (<usize>lane << 2));
}

// @ts-ignore: decorator
@inline
export function setLane(lanes: usize, lane: i32, free: i32): void {
  store<i32>(lanes + (<usize>lane << 2), free);
}

/** In place, by insertion. */
export function sortLanes(lanes: usize, count: i32): void {
  for (let i = 1; i < count; i++) {
    const free = laneAt(lanes, i);
    let at = i;
    for (; at > 0 && laneAt(lanes, at - 1) > free; at--) setLane(lanes, at, laneAt(lanes, at - 1));
    setLane(lanes, at, free);
  }
}

/** Classes that differ only in models are one row; rows by the part that they take. */
function readModel(model: i32, count: i32): void {
  let made = 0;
  let none: f64 = 0;
  for (let i = 0; i < count; i++) {
    const job = typicalJobAt(i);
    if (job.gpus == 0 || !mayUse(job.models, model)) {
      none += job.count;
      continue;
    }
    let at = 0;
    while (at < made && isBefore(rowOf(model, at), job)) at++;
    if (at < made && isAlike(rowOf(model, at), job)) {
      rowOf(model, at).count += job.count;
      continue;
    }
    const from = changetype<usize>(rowOf(model, at));
    memory.copy(from + ROW, from, <usize>(made - at) * ROW);
    const row = rowOf(model, at);
    row.cpuMilli = job.cpuMilli;
    row.gpus = job.gpus;
    row.gpuMilli = job.gpuMilli;
    row.count = job.count;
    made++;
  }
  unchecked((rowCounts[model] = made));
  unchecked((outside[model] = none));
}

function isBefore(row: Row, job: TypicalJob): bool {
  if (row.gpuMilli != job.gpuMilli) return row.gpuMilli < job.gpuMilli;
  if (row.gpus != job.gpus) return row.gpus < job.gpus;
  return row.cpuMilli < job.cpuMilli;
}

function isAlike(row: Row, job: TypicalJob): bool {
  return row.gpuMilli == job.gpuMilli && row.gpus == job.gpus && row.cpuMilli == job.cpuMilli;
}
