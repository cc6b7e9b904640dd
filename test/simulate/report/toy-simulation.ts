/** Simulations to report on: a first-come-first-served scheduler of a few lines, on nodes that jobs share. Tests only. */
import type { Simulation } from "../../../core/simulate/simulation.ts";
import type { Workload } from "../../../core/simulate/workload.ts";

export interface ToyCluster {
  readonly nodes: number;
  readonly cpusPerNode: number;
  readonly gpusPerNode: number;
}

/** Every job starts in the order of submission, on the first nodes that have what it asks for. */
export function toySimulation(workload: Workload, cluster: ToyCluster, label = "fcfs"): Simulation {
  const count = workload.jobs.length;
  const cpus = new Int32Array(cluster.nodes).fill(cluster.cpusPerNode);
  const gpus = new Int32Array(cluster.nodes).fill(cluster.gpusPerNode);
  const [startS, endS] = [new Float64Array(count), new Float64Array(count)];
  const offset = new Int32Array(count + 1);
  const [first, last]: [number[], number[]] = [[], []];
  const chosenOf: number[][] = [];
  const running: number[] = [];
  let nowS = 0;
  const give = (i: number, sign: number) => {
    for (const node of chosenOf[i]!) {
      cpus[node]! += sign * workload.jobs[i]!.cpus;
      gpus[node]! += sign * workload.jobs[i]!.gpusPerNode;
    }
  };
  for (const [i, job] of workload.jobs.entries()) {
    nowS = Math.max(nowS, job.submitS);
    for (;;) {
      while (running.length > 0 && endS[running[0]!]! <= nowS) give(running.shift()!, 1);
      const chosen: number[] = [];
      for (let node = 0; node < cluster.nodes && chosen.length < job.nodes; node++) {
        if (cpus[node]! >= job.cpus && gpus[node]! >= job.gpusPerNode) chosen.push(node);
      }
      if (chosen.length === job.nodes) {
        chosenOf.push(chosen);
        break;
      }
      nowS = endS[running[0]!]!;
    }
    startS[i] = nowS;
    endS[i] = nowS + job.runS;
    give(i, -1);
    const place = running.findIndex((other) => endS[other]! > endS[i]!);
    running.splice(place < 0 ? running.length : place, 0, i);
    for (const node of chosenOf[i]!) {
      if (first.length > offset[i]! && last[last.length - 1] === node - 1) last[last.length - 1] = node;
      else {
        first.push(node);
        last.push(node);
      }
    }
    offset[i + 1] = first.length;
  }
  const waits = Float64Array.from(startS, (start, i) => start - workload.jobs[i]!.submitS).sort();
  const makespanS = endS.reduce((a, b) => Math.max(a, b), 0);
  const work = workload.jobs.reduce((sum, job) => sum + job.nodes * job.cpus * job.runS, 0);
  const slowdowns = workload.jobs.map((job, i) =>
    Math.max(1, (startS[i]! - job.submitS + job.runS) / Math.max(job.runS, 10)),
  );
  const column = (of: (job: Workload["jobs"][number]) => number) => Int32Array.from(workload.jobs, of);
  return {
    label,
    workload,
    clusterNodes: cluster.nodes,
    clusterCpus: cluster.nodes * cluster.cpusPerNode,
    clusterGpus: cluster.nodes * cluster.gpusPerNode,
    summary: {
      jobs: count,
      makespanS,
      utilization: work / (cluster.nodes * cluster.cpusPerNode * Math.max(1, makespanS)),
      waitMeanS: waits.reduce((a, b) => a + b, 0) / Math.max(1, count),
      waitP50S: waits[Math.floor(count / 2)] ?? 0,
      waitP99S: waits[Math.floor(count * 0.99)] ?? 0,
      boundedSlowdownMean: slowdowns.reduce((a, b) => a + b, 0) / Math.max(1, count),
      passes: count,
      decisions: count,
      wallS: 0.25,
      peakRssMib: 120,
      predictionErrorP50S: Number.NaN,
    },
    jobs: {
      startS,
      endS,
      nodes: column((job) => job.nodes),
      cpus: column((job) => job.nodes * job.cpus),
      gpus: column((job) => job.nodes * job.gpusPerNode),
    },
    placements: { offset, first: Int32Array.from(first), last: Int32Array.from(last) },
  };
}
