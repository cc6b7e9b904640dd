/**
 * Checks against the live tables which suspended jobs of a plan may go on now: the plan was made from a snapshot, and what
 * was free then may have been given away. What no longer holds is a counted conflict. Pure: writes nothing.
 */
import type { SuspendedJob } from "../state/suspended-tables.ts";
import { NODE_FLAG, type PassTables } from "../state/tables.ts";
import type { Conflict } from "./conflict.ts";

export interface CheckedResumes {
  /** Ids, components of heterogeneous jobs each. */
  readonly jobs: readonly number[];
  readonly conflicts: readonly Conflict[];
}

/** `planned` are ids of jobs, or of leaders, in the order of the plan. */
export function checkResumes(planned: readonly number[], live: PassTables): CheckedResumes {
  const waiting = new Map((live.suspended?.jobs ?? []).map((job) => [job.jobId, job]));
  const given = new Given(live);
  const jobs: number[] = [];
  const conflicts: Conflict[] = [];
  for (const jobId of planned) {
    const job = waiting.get(jobId);
    if (job?.isStill !== true) {
      const text = `job ${jobId} is not suspended any more, or not yet`;
      conflicts.push({ jobId, code: "JOB_GONE", text });
      continue;
    }
    const refused = given.give(job);
    if (refused === undefined) jobs.push(...job.jobs);
    else conflicts.push({ jobId, ...refused });
  }
  return { jobs, conflicts };
}

/** What these have been given, beside what the tables say is free. */
class Given {
  readonly #live: PassTables;
  readonly #cpus = new Map<number, number>();
  readonly #lanes = new Map<string, number>();

  constructor(live: PassTables) {
    this.#live = live;
  }

  /** Gives the job all that it needs; or says what is missing, and gives nothing. */
  give(job: SuspendedJob): Omit<Conflict, "jobId"> | undefined {
    for (const share of job.shares) {
      const refused = this.#check(job.jobId, share);
      if (refused !== undefined) return refused;
    }
    for (const { node, cpus, devices } of job.shares) {
      this.#cpus.set(node, (this.#cpus.get(node) ?? 0) + cpus);
      for (const { lane, thousandths } of devices) {
        const key = `${node} ${lane}`;
        this.#lanes.set(key, (this.#lanes.get(key) ?? 0) + thousandths);
      }
    }
    return undefined;
  }

  #check(
    jobId: number,
    { node, cpus, devices }: SuspendedJob["shares"][number],
  ): Omit<Conflict, "jobId"> | undefined {
    const { columns, capacity } = this.#live.nodes;
    const where = `on node row ${node} for job ${jobId}`;
    if (!isAnswering(columns.flags[node]!))
      return { code: "NODE_NOT_USABLE", text: `node row ${node} of job ${jobId} does not answer` };
    const freeCpus = columns.freeCpus[node]! - (this.#cpus.get(node) ?? 0);
    if (freeCpus < cpus)
      return { code: "CPUS_TAKEN", text: `${freeCpus} CPUs are free ${where}, which goes on with ${cpus}` };
    const taken = devices.find(({ lane, thousandths }) => {
      const free = columns.laneFree[lane * capacity + node]!;
      return free - (this.#lanes.get(`${node} ${lane}`) ?? 0) < thousandths;
    });
    if (taken === undefined) return undefined;
    return { code: "DEVICES_TAKEN", text: `the device on lane ${taken.lane} is taken ${where}` };
  }
}

const ANSWERING = NODE_FLAG.REGISTERED | NODE_FLAG.RESPONDING;

/** A job goes on where it was, drained or not; an agent must be there to let it. */
const isAnswering = (flags: number): boolean => (flags & (ANSWERING | NODE_FLAG.DOWN)) === ANSWERING;
