/**
 * Checks the preemptions of a plan against the live tables: the plan was made from a snapshot, and nobody's job is ended
 * for one that has gone, that fits by now, or that would still not fit. What no longer holds is a counted conflict, and
 * the next pass looks anew. Pure: reads the live tables and writes nothing.
 */
import type { PlanPreemption } from "../model/plan.ts";
import type { Request } from "../model/request.ts";
import { mayTake } from "../state/preemption-tables.ts";
import { isNodeUsable, type PassTables, PENDING_FLAG } from "../state/tables.ts";
import type { Conflict, ConflictCode, Refused } from "./conflict.ts";
import { cpusOf, demandsOf, memMibOf } from "./node-share.ts";

export interface CheckedPreemptions {
  /** In the order of the plan; no victim is in two of them. */
  readonly preemptions: readonly PlanPreemption[];
  readonly conflicts: readonly Conflict[];
}

/** `request` gives that of a shape of the live tables. */
export function checkPreemptions(
  planned: readonly PlanPreemption[],
  live: PassTables,
  request: (shape: number) => Request,
): CheckedPreemptions {
  const preemptions: PlanPreemption[] = [];
  const conflicts: Conflict[] = [];
  if (planned.length === 0) return { preemptions, conflicts };
  const rows = new Map<number, number>();
  for (let row = 0; row < live.pending.count; row++) rows.set(live.pending.columns.jobId[row]!, row);
  const running = new Map<number, number>();
  for (let row = 0; row < live.runningJobs.count; row++)
    running.set(live.runningJobs.columns.jobId[row]!, row);
  const taken = new Set<number>();
  for (const preemption of planned) {
    const { jobId, victims } = preemption;
    const row = rows.get(jobId);
    const refused =
      row === undefined
        ? refusal("JOB_GONE", `job ${jobId} is not pending any more`)
        : (checkJob(live, row, preemption) ??
          checkNodes(live, preemption) ??
          checkVictims(live, row, preemption, running, taken) ??
          checkNeed(live, preemption, request(live.pending.columns.shape[row]!)));
    if (refused !== undefined) {
      conflicts.push({ jobId, ...refused });
      continue;
    }
    for (const victim of victims) taken.add(victim);
    preemptions.push({ ...preemption, row: row! });
  }
  return { preemptions, conflicts };
}

const refusal = (code: ConflictCode, text: string): Refused => ({ code, text });

const HELD =
  PENDING_FLAG.HELD_USER |
  PENDING_FLAG.HELD_ADMIN |
  PENDING_FLAG.DEPENDENCY |
  PENDING_FLAG.DEPENDENCY_NEVER |
  PENDING_FLAG.RESERVATION_DELETED;

function checkJob(live: PassTables, row: number, { jobId, partition }: PlanPreemption): Refused | undefined {
  const { columns } = live.pending;
  if ((columns.flags[row]! & HELD) !== 0 || columns.beginS[row]! > live.nowS)
    return refusal("JOB_HELD", `job ${jobId} is held, or waits for a time or another job again`);
  if (columns.tasksStartable[row]! <= 0)
    return refusal("NO_TASK_LEFT", `no task of job ${jobId} may start any more`);
  const limits = live.partitions[partition];
  const set = live.partitionSets[columns.partitionSet[row]!];
  if (limits?.up === true && set?.includes(partition) === true) return undefined;
  return refusal("JOB_CHANGED", `job ${jobId} is not in partition ${limits?.name ?? partition} any more`);
}

function checkNodes(live: PassTables, { jobId, nodes }: PlanPreemption): Refused | undefined {
  const unusable = nodes.find(
    (node) => node >= live.nodes.count || !isNodeUsable(live.nodes.columns.flags[node]!),
  );
  if (unusable === undefined) return undefined;
  return refusal("NODE_NOT_USABLE", `node row ${unusable}, planned for job ${jobId}, takes no jobs now`);
}

function checkVictims(
  live: PassTables,
  row: number,
  { jobId, partition, victims }: PlanPreemption,
  running: ReadonlyMap<number, number>,
  taken: ReadonlySet<number>,
): Refused | undefined {
  for (const victim of victims) {
    const its = running.get(victim);
    if (its !== undefined && !taken.has(victim) && mayTake(live, row, partition, its)) continue;
    return refusal("VICTIM_GONE", `job ${victim}, to be ended for job ${jobId}, cannot be any more`);
  }
  return undefined;
}

/** On the planned nodes there must be too little without the victims, where there was when the plan was made. */
function checkNeed(live: PassTables, preemption: PlanPreemption, request: Request): Refused | undefined {
  const { jobId, nodes, tasks, isShort } = preemption;
  if (!isShort) return undefined;
  const isFree = nodes.every((node, i) =>
    fits(live, request, node, request.uneven ? tasks[i]! : request.tasksPerNode),
  );
  return isFree ? refusal("NOT_NEEDED", `job ${jobId} fits without ending others by now`) : undefined;
}

function fits(live: PassTables, request: Request, node: number, tasks: number): boolean {
  const { columns, capacity } = live.nodes;
  const cpus = cpusOf(request, tasks, columns.totalCpus[node]!, columns.threadsPerCore[node]!);
  if (cpus > columns.freeCpus[node]!) return false;
  if (request.exclusive && columns.runningJobs[node]! > 0) return false;
  if (memMibOf(request, tasks, cpus, columns.totalMemMib[node]!) > columns.freeMemMib[node]!) return false;
  return demandsOf(request, tasks).every(
    ({ dimension, count }) => count <= columns.freeGres[dimension * capacity + node]!,
  );
}
