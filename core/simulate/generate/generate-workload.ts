/**
 * Makes a workload from a model and a seed. The jobs are drawn twice: once to learn how much work they are, which
 * decides over what time they are submitted, and once to give them out, so that no number of them is held in memory.
 */
import { RotaError } from "../../model/errors.ts";
import { ok, type Result, refuse } from "../../model/refusal.ts";
import { MAX_TIME_S } from "../../model/time.ts";
import type { Workload, WorkloadJob } from "../workload.ts";
import { batchModel } from "./batch-model.ts";
import { type DailyCycle, dailyCycle } from "./daily-cycle.ts";
import { gpuModel } from "./gpu-model.ts";
import type { DrawnJob, JobModel } from "./job-model.ts";
import { checkGenerateOptions, type GenerateOptions } from "./options.ts";

/** A workload that is drawn as it is read; every reading gives the same jobs. */
export interface WorkloadSource {
  /** `gpu-10000x0.9-seed1` */
  readonly name: string;
  readonly options: GenerateOptions;
  /** From the first submission to the last, seconds. */
  readonly spanS: number;
  /** As the jobs meet it: submissions are whole seconds. 0 where all are submitted at once. */
  readonly load: number;
  jobs(): IterableIterator<WorkloadJob>;
}

/** All jobs of a workload at once. Throws RotaError where the options cannot be. */
export function generateWorkload(options: GenerateOptions): Workload {
  const source = openWorkload(options);
  if (!source.ok) throw new RotaError(source.refusal.code, source.refusal.message, source.refusal.details);
  return {
    name: source.value.name,
    jobs: [...source.value.jobs()],
    machineCpus: options.nodes * options.cpusPerNode,
    machineNodes: options.nodes,
  };
}

/** Looks at all jobs once; refuses options out of range, and a workload longer than times can say. */
export function openWorkload(options: GenerateOptions): Result<WorkloadSource> {
  const checked = checkGenerateOptions(options);
  if (!checked.ok) return checked;
  const { work, gaps } = sumsOf(options);
  const capacity = options.nodes * (options.model === "gpu" ? options.gpusPerNode : options.cpusPerNode);
  const spanS = options.jobs === 1 ? 0 : Math.max(1, Math.round(work / capacity / options.load));
  if (spanS > MAX_TIME_S) {
    const message = `the jobs would be submitted over ${spanS} s, which is more than ${MAX_TIME_S}; ask for fewer jobs, a larger cluster or a higher load`;
    return refuse("INVALID_SPEC", message, { spanS, maxS: MAX_TIME_S });
  }
  return ok({
    name: `${options.model}-${options.jobs}x${options.load}-seed${options.seed}`,
    options,
    spanS,
    load: spanS === 0 ? 0 : work / capacity / spanS,
    jobs: () => submitted(options, spanS, gaps),
  });
}

const modelOf = (options: GenerateOptions): JobModel =>
  options.model === "gpu" ? gpuModel(options) : batchModel(options);

const workOf = (job: DrawnJob, options: GenerateOptions): number =>
  job.nodes * job.runS * (options.model === "gpu" ? job.gpusPerNode : job.cpus);

/** Seconds of CPUs or GPUs, and the gaps between the first and the last job. */
function sumsOf(options: GenerateOptions): { readonly work: number; readonly gaps: number } {
  const model = modelOf(options);
  let work = 0;
  let gaps = 0;
  for (let i = 0; i < options.jobs; i++) {
    const job = model.next();
    work += workOf(job, options);
    if (i > 0) gaps += job.gap;
  }
  return { work, gaps };
}

function* submitted(options: GenerateOptions, spanS: number, gaps: number): IterableIterator<WorkloadJob> {
  const model = modelOf(options);
  const cycle: DailyCycle = dailyCycle(model.dailyWeights);
  const evenSpan = cycle.evenAt(spanS);
  let gone = 0;
  for (let i = 0; i < options.jobs; i++) {
    const { gap, nodes, cpus, gpusPerNode, timeLimitS, runS, user } = model.next();
    if (i > 0) gone += gap;
    const timeS = i === 0 ? 0 : cycle.timeAt((gone / gaps) * evenSpan);
    const submitS = Math.min(spanS, Math.round(timeS));
    yield { id: i + 1, submitS, nodes, cpus, gpusPerNode, timeLimitS, runS, user };
  }
}
