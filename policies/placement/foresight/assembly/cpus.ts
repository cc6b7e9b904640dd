// What of a node's free devices will be lost for want of CPUs. Filled up with typical jobs they want so many CPUs in the
// mean for each GPU, and more or less by chance: a sum of independent jobs, taken as normal. The expected shortfall of
// such a demand over what is free has a closed form, sd (phi(z) + z Phi(z)); over the mean it is GPUs.
import { laneAt, rowOf, rowsOf } from "rota/typical";

const MODELS: i32 = 31;
const WHOLE: f64 = 1000;
/** Beyond so many spreads a shortfall is certain, or none. */
const FAR: f64 = 8;

/** By model, for each GPU: CPU thousandths in the mean, and spread of one GPU's. */
const means = new StaticArray<f64>(MODELS);
const spreads = new StaticArray<f64>(MODELS);

/** The typical jobs are new; `spread` scales the spread of jobs drawn blindly, as placement chooses who goes where. */
export function prepareCpus(spread: f64): void {
  for (let model = 0; model < MODELS; model++) {
    let gpus: f64 = 0;
    let cpus: f64 = 0;
    for (let i = 0; i < rowsOf(model); i++) {
      const row = rowOf(model, i);
      gpus += (row.count * <f64>(row.gpus * row.gpuMilli)) / WHOLE;
      cpus += row.count * <f64>row.cpuMilli;
    }
    const mean = gpus == 0 ? 0 : cpus / gpus;
    let squares: f64 = 0;
    for (let i = 0; i < rowsOf(model); i++) {
      const row = rowOf(model, i);
      const apart = <f64>row.cpuMilli - (mean * <f64>(row.gpus * row.gpuMilli)) / WHOLE;
      squares += row.count * apart * apart;
    }
    unchecked((means[model] = mean));
    unchecked((spreads[model] = gpus == 0 ? 0 : spread * Math.sqrt(squares / gpus)));
  }
}

/** Thousandths of GPUs. */
export function cpuShort(model: i32, cpuFree: i32, lanes: usize, devices: i32): f64 {
  let milli = 0;
  for (let lane = 0; lane < devices; lane++) milli += laneAt(lanes, lane);
  const mean = unchecked(means[model]);
  if (milli == 0 || mean == 0) return 0;
  const gpus = <f64>milli / WHOLE;
  const sd = unchecked(spreads[model]) * Math.sqrt(gpus) + 1;
  const z = (mean * gpus - <f64>cpuFree) / sd;
  if (z < -FAR) return 0;
  const short = z > FAR ? z : density(z) + z * below(z);
  return (WHOLE * sd * short) / mean;
}

// @ts-ignore: decorator
@inline
function density(z: f64): f64 {
  return 0.3989422804014327 * Math.exp((-z * z) / 2);
}

/** Normal distribution, to 7.5e-8: Abramowitz and Stegun, Handbook of Mathematical Functions, 26.2.17. */
function below(z: f64): f64 {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const tail =
    density(z) *
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return z > 0 ? 1 - tail : tail;
}
