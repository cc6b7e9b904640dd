/** Accounts and limits: whom each job counts for, what running jobs add to their associations, and submitted counts. */
import { isEnded, isSuspended, type Job } from "../../core/model/job.ts";
import { TRES } from "../../core/model/tres.ts";
import { TRES_PLACES } from "../../core/state/associations.ts";
import type { ClusterState } from "../../core/state/cluster-state.ts";
import { numbersOf } from "../../core/state/limit-sets.ts";
import { at, same } from "./same.ts";

export function checkAccounting(state: ClusterState): void {
  const { accounting } = state;
  const hasLimits = state.qos.some(({ limits }) => limits !== undefined);
  same("accounting is used", accounting.isUsed, accounting.associations.isUsed || hasLimits);
  checkWaiting(state);
  checkRates(state);
  checkSubmitted(state);
}

function checkWaiting(state: ClusterState): void {
  const { columns } = state.pending;
  for (const [id, row] of state.pendingRow) {
    const job = state.jobs.get(id)!;
    const owner = state.accounting.associations.find(job.account, job.spec.user);
    same(
      at`association of waiting job ${id}`,
      columns.association[row],
      state.accounting.isUsed ? owner : -1,
    );
    const names = subjectNames(state, columns.subjects[row]!);
    same(at`waiting job ${id} counts for its association`, names.includes(`u/${owner}`), owner >= 0);
  }
}

/** What an association gains each second is what its jobs hold that run, and not stand still, by their factors. */
function checkRates(state: ClusterState): void {
  const { table } = state.accounting.associations;
  const rates = Array.from({ length: table.count }, () => new Float64Array(TRES_PLACES));
  const running = new Int32Array(table.count);
  const jobs = state.runningJobs;
  for (let row = 0; row < jobs.count; row++) {
    const association = jobs.columns.association[row]!;
    if (association < 0) continue;
    const job = state.jobs.get(jobs.columns.jobId[row] as Job["id"])!;
    if (isSuspended(job)) continue;
    const factor = jobs.columns.usageFactor[row]!;
    running[association]!++;
    const shares = job.allocation!.nodes;
    const rate = rates[association]!;
    rate[TRES.CPU]! += factor * shares.reduce((sum, share) => sum + share.cpus, 0);
    rate[TRES.MEM]! += factor * shares.reduce((sum, share) => sum + share.memMib, 0);
    rate[TRES.NODE]! += factor * shares.length;
    rate[TRES.WALL]! += factor;
  }
  for (let row = 0; row < table.count; row++) {
    same(at`running jobs of association ${row}`, table.columns.running[row], running[row]);
    for (const place of [TRES.CPU, TRES.MEM, TRES.NODE, TRES.WALL])
      same(
        at`rate ${place} of association ${row}`,
        table.columns.rate[place * table.capacity + row],
        rates[row]![place],
      );
    const parent = table.columns.parent[row]!;
    same(at`association ${row} is above itself`, parent === row, false);
  }
}

function checkSubmitted(state: ClusterState): void {
  if (!state.accounting.isUsed) return;
  const users = new Map<number, number>();
  for (const job of state.jobs.values()) {
    const owner = job.association ?? -1;
    if (isEnded(job.state) || owner < 0) continue;
    users.set(owner, (users.get(owner) ?? 0) + (job.pendingTasks?.length ?? 1));
  }
  const { submitted, limits } = state.accounting;
  limits.subjects.names.forEach((name, subject) => {
    const [kind, row] = name.split("/");
    if (kind === "u")
      same(at`submitted jobs of association ${row}`, submitted[subject] ?? 0, users.get(Number(row)) ?? 0);
  });
}

const subjectNames = (state: ClusterState, set: number): string[] =>
  numbersOf(state.accounting.limits.subjectSets.nameOf(set)).map((subject) =>
    state.accounting.limits.subjects.nameOf(subject),
  );
