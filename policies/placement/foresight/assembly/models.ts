// How much of each GPU model's free devices will be wanted by jobs that may not use all models. The typical jobs are
// expected to come, in their proportions, until all free devices are taken; what one with a choice of models wants is
// spread over them by what is free.
import { shareNodeAt } from "rota/sharing";
import { mayUse, typicalCount, typicalJobAt } from "rota/typical";

const MODELS: i32 = 31;
/** Different masks that count; typical jobs with further ones are left out. */
const MAX_MASKS: i32 = 256;

let nodes: i32 = 0;
let maskCount: i32 = 0;
const masks = new StaticArray<i32>(MAX_MASKS);
/** By mask: share of the GPUs that typical jobs ask for. */
const shares = new StaticArray<f64>(MAX_MASKS);
/** By model: thousandths that are free, and those wanted by jobs with a mask. */
const free = new StaticArray<f64>(MODELS);
const wanted = new StaticArray<f64>(MODELS);

/** The typical jobs are new, and nodes have rows 0 to count - 1. */
export function prepareModels(count: i32): void {
  nodes = count;
  maskCount = 0;
  let total: f64 = 0;
  for (let i = 0; i < typicalCount; i++) {
    const job = typicalJobAt(i);
    const milli = job.count * <f64>(job.gpus * job.gpuMilli);
    total += milli;
    if (job.models == -1 || milli == 0) continue;
    let at = 0;
    while (at < maskCount && unchecked(masks[at]) != job.models) at++;
    if (at == MAX_MASKS) continue;
    if (at == maskCount) {
      maskCount++;
      masks[at] = job.models;
      shares[at] = 0;
    }
    shares[at] += milli;
  }
  for (let i = 0; i < maskCount; i++) shares[i] /= total;
  for (let model = 0; model < MODELS; model++) free[model] = wanted[model] = 0;
}

/** Looks at all nodes as they are now; where no job has a mask there is nothing to look at. */
export function readFree(): void {
  if (maskCount == 0) return;
  let all: f64 = 0;
  for (let model = 0; model < MODELS; model++) {
    unchecked((free[model] = 0));
    unchecked((wanted[model] = 0));
  }
  for (let row = 0; row < nodes; row++) {
    const node = shareNodeAt(row);
    if (node.model < 0) continue;
    const milli = <f64>node.freeGpuMilli;
    unchecked((free[node.model] += milli));
    all += milli;
  }
  for (let i = 0; i < maskCount; i++) {
    const mask = unchecked(masks[i]);
    let allowed: f64 = 0;
    for (let model = 0; model < MODELS; model++) if (mayUse(mask, model)) allowed += unchecked(free[model]);
    if (allowed == 0) continue;
    const each = (unchecked(shares[i]) * all) / allowed;
    for (let model = 0; model < MODELS; model++) {
      if (mayUse(mask, model)) unchecked((wanted[model] += each * unchecked(free[model])));
    }
  }
}

/** What is wanted of the model over what is free of it; 0 where nothing is. */
export function pressureOf(model: i32): f64 {
  if (maskCount == 0 || model < 0) return 0;
  const milli = unchecked(free[model]);
  return milli == 0 ? 0 : unchecked(wanted[model]) / milli;
}
