/**
 * The workload that a controller has recorded: its ended jobs, submitted when they could have started, asking what they had,
 * and running as long as they ran; and when they really ran. Pure.
 */
import type { HistoryView } from "../../model/views.ts";
import type { SimulatedJobs } from "../simulation.ts";
import { inSubmitOrder, type Workload, type WorkloadJob, type WorkloadQueue } from "../workload.ts";

export interface Recorded {
  readonly workload: Workload;
  /** What became of them, by place in the workload. */
  readonly real: SimulatedJobs;
  /** Records that ended without having run. */
  readonly neverRan: number;
}

/**
 * Where CPUs do not divide by nodes, the job's CPUs may lie anywhere. Features, licences, reservations and memory that a job
 * asked are not in the record; dependencies and begin times are, as the time from which it was eligible.
 */
export function recordedWorkload(history: readonly HistoryView[], name: string): Recorded {
  const ran = history.filter(({ startS, endS, numCpus }) => startS > 0 && endS >= startS && numCpus > 0);
  const queues = new Map<string, WorkloadQueue>();
  const users = new Map<string, number>();
  const records = new Map<WorkloadJob, HistoryView>();
  for (const record of ran) {
    const { partition, qos, user } = record;
    const key = `${partition}\n${qos}`;
    const queue = queues.get(key) ?? { partition, qos };
    queues.set(key, queue);
    if (!users.has(user)) users.set(user, users.size);
    records.set(jobOf(record, queue, users.get(user)!), record);
  }
  const jobs = inSubmitOrder([...records.keys()].sort((a, b) => a.id - b.id));
  const all = jobs.map((job) => records.get(job)!);
  return {
    workload: { name, jobs, machineCpus: 0, machineNodes: 0 },
    real: {
      startS: Float64Array.from(all, ({ startS }) => startS),
      endS: Float64Array.from(all, ({ endS }) => endS),
      nodes: Int32Array.from(all, ({ numNodes }) => numNodes),
      cpus: Int32Array.from(all, ({ numCpus }) => numCpus),
      gpus: Int32Array.from(all, ({ numGpus }) => numGpus),
      stillS: Float64Array.from(all, ({ suspendedS }) => suspendedS ?? 0),
    },
    neverRan: history.length - ran.length,
  };
}

function jobOf(record: HistoryView, queue: WorkloadQueue, user: number): WorkloadJob {
  const { jobId, submitS, eligibleS, startS, endS, suspendedS = 0, numNodes, numCpus, numGpus } = record;
  const runS = Math.max(0, endS - startS - suspendedS);
  const isEven = numNodes > 0 && numCpus % numNodes === 0;
  return {
    id: jobId,
    // Until then it could not have started, whatever the policy.
    submitS: Math.min(startS, Math.max(submitS, eligibleS)),
    nodes: isEven ? numNodes : 0,
    cpus: isEven ? numCpus / numNodes : numCpus,
    gpusPerNode: numNodes > 0 ? Math.ceil(numGpus / numNodes) : 0,
    timeLimitS: Math.max(1, record.timeLimitS, runS),
    runS,
    user,
    queue,
  };
}
