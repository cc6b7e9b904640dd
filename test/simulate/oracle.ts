/** Published backfilling by counts of processors, in the plainest way: what replays are held against. */
import type { WorkloadJob } from "../../core/simulate/workload.ts";

export interface OracleOptions {
  readonly processors: number;
  readonly mode: "none" | "easy";
  readonly shortestFirst: boolean;
  readonly exact: boolean;
  readonly serial: boolean;
}

interface Running {
  readonly place: number;
  readonly cpus: number;
  readonly expectedS: number;
  readonly endS: number;
}

/** Start of each job, and how many passes there were. */
export function startsByCounts(jobs: readonly WorkloadJob[], options: OracleOptions) {
  const startS: number[] = new Array(jobs.length).fill(-1);
  const limitOf = (job: WorkloadJob): number => (options.exact ? Math.max(1, job.runS) : job.timeLimitS);
  let queue: number[] = [];
  /** In the order of starts. */
  let running: Running[] = [];
  let passes = 0;

  const pass = (nowS: number): void => {
    passes++;
    let free = options.processors;
    for (const { expectedS, cpus } of running) if (expectedS > nowS) free -= cpus;
    const start = (place: number): void => {
      const job = jobs[place]!;
      startS[place] = nowS;
      free -= job.cpus;
      running.push({ place, cpus: job.cpus, expectedS: nowS + limitOf(job), endS: nowS + job.runS });
      queue = queue.filter((other) => other !== place);
    };
    while (queue.length > 0 && jobs[queue[0]!]!.cpus <= free) start(queue[0]!);
    const head = queue[0];
    if (head === undefined || options.mode === "none") return;
    const wanted = jobs[head]!.cpus;
    const ends = running.filter(({ expectedS }) => expectedS > nowS).map(({ expectedS }) => expectedS);
    const freeAt = (atS: number): number =>
      running.reduce((sum, { expectedS, cpus }) => (expectedS > atS ? sum - cpus : sum), options.processors);
    const shadowS = Math.min(...ends.filter((endS) => freeAt(endS) >= wanted));
    let spare = freeAt(shadowS) - wanted;
    const behind = queue.slice(1);
    if (options.shortestFirst) behind.sort((a, b) => limitOf(jobs[a]!) - limitOf(jobs[b]!));
    for (const place of behind) {
      const job = jobs[place]!;
      if (job.cpus > free) continue;
      if (nowS + limitOf(job) <= shadowS) start(place);
      else if (job.cpus <= spare) {
        spare -= job.cpus;
        start(place);
      }
    }
  };

  for (let next = 0; next < jobs.length || running.length > 0; ) {
    const submitS = jobs[next]?.submitS ?? Number.POSITIVE_INFINITY;
    const endS = Math.min(...running.map((job) => job.endS));
    const nowS = Math.min(submitS, endS);
    if (options.serial) {
      if (submitS === nowS) queue.push(next++);
      else {
        const first = running.find((job) => job.endS === nowS)!;
        running = running.filter((job) => job !== first);
      }
    } else {
      running = running.filter((job) => job.endS !== nowS);
      while (jobs[next]?.submitS === nowS) queue.push(next++);
    }
    pass(nowS);
  }
  return { startS, passes };
}
