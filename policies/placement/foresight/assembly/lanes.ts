// What will be left of a node's devices when each typical job in turn has filled them as far as it goes, CPUs aside, in
// the mean over typical jobs that may use the model.
import { WHOLE } from "rota/sharing";
import { laneAt, rowOf, rowsOf } from "rota/typical";

const MODELS: i32 = 31;
const FREES: i32 = WHOLE + 1;

/** By model and free thousandths of one device: what jobs of one device leave of it, times their weight. */
const oneLeft = new StaticArray<f64>(MODELS * FREES);
/** By model: weight of all its rows. */
const weights = new StaticArray<f64>(MODELS);
/** By model: weight of its rows of one device. */
const oneWeights = new StaticArray<f64>(MODELS);

/** The typical jobs are new. */
export function prepareLanes(): void {
  for (let model = 0; model < MODELS; model++) {
    let one: f64 = 0;
    let all: f64 = 0;
    for (let free = 0; free < FREES; free++) unchecked((oneLeft[model * FREES + free] = 0));
    for (let i = 0; i < rowsOf(model); i++) {
      const row = rowOf(model, i);
      all += row.count;
      if (row.gpus > 1) continue;
      one += row.count;
      for (let free = 0; free < FREES; free++) oneLeft[model * FREES + free] += row.count * <f64>(free % row.gpuMilli);
    }
    unchecked((weights[model] = all));
    unchecked((oneWeights[model] = one));
  }
}

/** Thousandths; all that is free where no typical job may use the model. */
export function leftOver(model: i32, lanes: usize, devices: i32): f64 {
  let free = 0;
  let amount: f64 = 0;
  for (let lane = 0; lane < devices; lane++) {
    const one = laneAt(lanes, lane);
    free += one;
    amount += unchecked(oneLeft[model * FREES + one]);
  }
  const all = unchecked(weights[model]);
  if (all == 0) return <f64>free;
  if (unchecked(oneWeights[model]) == all) return amount / all;
  for (let i = 0; i < rowsOf(model); i++) {
    const row = rowOf(model, i);
    if (row.gpus < 2) continue;
    let parts = 0;
    for (let lane = 0; lane < devices; lane++) parts += laneAt(lanes, lane) / row.gpuMilli;
    amount += row.count * <f64>(free - (parts / row.gpus) * row.gpus * row.gpuMilli);
  }
  return amount / all;
}
