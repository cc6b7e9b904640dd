/** Which jobs of a workload start at another time under another policy. Pure. */
import type { BesideView, MovedJob } from "../../model/workbench.ts";
import type { Simulation } from "../simulation.ts";

const MAX_FAR = 10;

/** Of two runs of the same workload. One that never ran has moved later than any. */
export function movesBetween(live: Simulation, other: Simulation): BesideView["moved"] {
  const { jobs } = live.workload;
  const moved: { readonly job: MovedJob; readonly byS: number }[] = [];
  let [earlier, later] = [0, 0];
  for (let i = 0; i < jobs.length; i++) {
    const [liveStartS, startS] = [live.jobs.startS[i]!, other.jobs.startS[i]!];
    if (liveStartS === startS) continue;
    const byS = late(startS) - late(liveStartS);
    if (byS < 0) earlier++;
    else later++;
    moved.push({ job: { id: jobs[i]!.id, liveStartS, startS }, byS: Math.abs(byS) });
  }
  moved.sort((a, b) => b.byS - a.byS || a.job.id - b.job.id);
  return { jobs: moved.length, earlier, later, farthest: moved.slice(0, MAX_FAR).map(({ job }) => job) };
}

const late = (startS: number): number => (startS < 0 ? Number.MAX_SAFE_INTEGER : startS);
