/**
 * Reading of what accounts have and of how priorities come about. Both are worked out when somebody asks, of the state
 * as it is then, in slices between which other work gets its turn.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { priorityView } from "../account/priority-view.ts";
import { qosViews } from "../account/qos-view.ts";
import { rowsOfTree, type ShareFigures, shareSums, shareView } from "../account/share-view.ts";
import type {
  FactorNumbers,
  PriorityFilter,
  PriorityPolicyView,
  PriorityView,
  QosView,
  ShareFilter,
  ShareView,
} from "../model/account-views.ts";
import { isEnded, type Job } from "../model/job.ts";
import { fairSharesAt, shareTree } from "../prioritise/association.ts";
import {
  type FactorScale,
  factorScale,
  MULTIFACTOR_DEFAULTS,
  type MultifactorParameters,
  priorityFactors,
} from "../prioritise/factors.ts";
import { fairTree, levelFairShares } from "../prioritise/fair-tree.ts";
import { shareColumns } from "../state/accounting.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { gresParents } from "../state/node-rows.ts";
import { liveTables } from "../state/pass-snapshot.ts";
import { Table } from "../state/table.ts";
import { type PassTables, PENDING_LAYOUT, type PendingTable } from "../state/tables.ts";
import { nowS } from "./clock.ts";
import type { CoreParts } from "./core-parts.ts";
import { inTurns } from "./in-turns.ts";
import { resolveRef } from "./job-ref.ts";

/** Associations and jobs that are turned into views before other work gets its turn. */
const VIEWS_A_TURN = 512;
const PRIORITIES_A_TURN = 256;
const MULTIFACTOR = "multifactor";

export class PortAccounts {
  private readonly parts: CoreParts;

  constructor(parts: CoreParts) {
    this.parts = parts;
  }

  /** In the order of the tree; none where the site has no accounts. */
  async shares(filter: ShareFilter): Promise<readonly ShareView[]> {
    const { ledger, clock } = this.parts;
    await ledger.settled();
    const { state } = ledger;
    const timeS = nowS(clock);
    const figures = figuresOf(state, timeS);
    if (figures === undefined) return [];
    await nextTurn();
    const sums = shareSums(state, figures, timeS);
    const { names } = state.accounting.associations;
    const isAccount = among(filter.accounts);
    const isUser = among(filter.users);
    const rows = rowsOfTree(state).filter((row) => {
      const { account, user } = names[row]!;
      // One that came in since the figures were made has none.
      return row < figures.usage.length && isAccount(account) && (user === "" || isUser(user));
    });
    const views: ShareView[] = [];
    await inTurns(rows, VIEWS_A_TURN, (row) => {
      views.push(shareView(state, row, sums));
    });
    if (rows.length > VIEWS_A_TURN) await ledger.settled();
    return views;
  }

  async qos(): Promise<readonly QosView[]> {
    const { ledger, clock } = this.parts;
    await ledger.settled();
    return qosViews(ledger.state, nowS(clock));
  }

  /** What serves the queue now: a policy that was struck out is served by the built-in one. */
  priorityPolicy(): PriorityPolicyView {
    const { desk } = this.parts;
    const served = desk.views().find(({ kind }) => kind === "priority");
    const policy = served === undefined || served.out ? "fifo" : served.name;
    const isMultifactor = policy === MULTIFACTOR && desk.choice("priority")?.module === MULTIFACTOR;
    const weights = isMultifactor ? weightsOf(this.parameters()) : NO_WEIGHTS;
    return { policy, hasFactors: isMultifactor, weights };
  }

  /** Waiting jobs that are eligible and not held, ascending by id, one entry a partition; none without multifactor. */
  async priorities(filter: PriorityFilter): Promise<readonly PriorityView[]> {
    const { ledger, clock } = this.parts;
    await ledger.settled();
    if (!this.priorityPolicy().hasFactors) return [];
    const { state } = ledger;
    const timeS = nowS(clock);
    const tables = liveTables(state, timeS);
    const parents = gresParents(state);
    // Worked out in a turn of its own; it is kept for the rows that ask for it.
    if (tables.shares !== undefined) fairSharesAt(tables.shares, timeS);
    await nextTurn();
    const one = new OneRow(tables, factorScale(tables, parents), this.parameters());
    const isChosen = chooser(filter);
    const isPartition = among(filter.partitions);
    const entries = waitingJobs(state, filter.ids)
      .filter((job) => isRanked(job, timeS) && isChosen(job))
      .flatMap((job) => job.partitions.filter(isPartition).map((name) => ({ job, name })));
    const views: PriorityView[] = [];
    await inTurns(entries, PRIORITIES_A_TURN, ({ job, name }) => {
      const row = state.pendingRow.get(job.id);
      const partition = state.config.partitionByName.get(name);
      // It may have started since the last turn.
      if (row !== undefined && partition !== undefined)
        views.push(priorityView(job, name, one.factors(state.pending, row, partition)));
    });
    if (entries.length > PRIORITIES_A_TURN) await ledger.settled();
    return views;
  }

  private parameters(): MultifactorParameters {
    return { ...MULTIFACTOR_DEFAULTS, ...this.parts.desk.choice("priority")?.parameters };
  }
}

/** Fair share's figures by association row; undefined where the site has no accounts. */
function figuresOf(state: ClusterState, timeS: number): ShareFigures | undefined {
  const shares = shareColumns(state, "subarray");
  if (shares === undefined) return undefined;
  const { tree, rows } = shareTree(shares, timeS);
  const level = levelFairShares(tree);
  const fair = fairTree(tree);
  const usage = new Float64Array(shares.count);
  const levelFs = new Float64Array(shares.count);
  const fairShare = new Float64Array(shares.count);
  rows.forEach((row, i) => {
    usage[row] = tree.usage[i]!;
    levelFs[row] = level[i]!;
    fairShare[row] = fair[i]!;
  });
  return { usage, levelFs, fairShare };
}

/**
 * A table of one row, which a waiting row is copied into as if it named a single partition: factors are then those of
 * that partition, and cost the same however long the queue is.
 */
class OneRow {
  private readonly row: PendingTable = new Table(PENDING_LAYOUT, 1);
  private readonly tables: PassTables;
  private readonly scale: FactorScale;
  private readonly parameters: MultifactorParameters;

  constructor(tables: PassTables, scale: FactorScale, parameters: MultifactorParameters) {
    this.row.addRow();
    const partitionSets = tables.partitions.map((_, partition) => [partition]);
    this.tables = { ...tables, pending: this.row, partitionSets };
    this.scale = scale;
    this.parameters = parameters;
  }

  factors(pending: PendingTable, row: number, partition: number) {
    const { columns } = this.row;
    for (const name of COLUMNS) columns[name][0] = pending.columns[name][row]!;
    columns.partitionSet[0] = partition;
    // An association that came in since the tree was looked at has no share yet.
    if (columns.association[0]! >= (this.tables.shares?.count ?? 0)) columns.association[0] = -1;
    return priorityFactors(this.tables, 0, this.parameters, this.scale);
  }
}

const COLUMNS = Object.keys(PENDING_LAYOUT) as (keyof typeof PENDING_LAYOUT)[];

function waitingJobs(state: ClusterState, refs: readonly string[] | undefined): readonly Job[] {
  const jobs =
    refs === undefined
      ? [...state.jobs.values()]
      : refs.flatMap((ref) => {
          const targets = resolveRef(state, ref);
          return targets.ok ? targets.value.map(({ job }) => job) : [];
        });
  return [...new Set(jobs)]
    .filter((job) => !isEnded(job.state) && job.state === "PENDING")
    .sort((a, b) => a.id - b.id);
}

/** Held jobs, and those that are not eligible yet, have no priority that says anything. */
const isRanked = (job: Job, timeS: number): boolean =>
  job.held === "" &&
  job.setPriority !== 0 &&
  job.eligibleS > 0 &&
  job.eligibleS <= timeS &&
  job.beginS <= timeS;

function chooser(filter: PriorityFilter): (job: Job) => boolean {
  const isUser = among(filter.users);
  const isAccount = among(filter.accounts);
  return (job) => (isUser(job.spec.user) || isUser(String(job.spec.uid))) && isAccount(job.account);
}

function among(values: readonly string[] | undefined): (value: string) => boolean {
  if (values === undefined) return () => true;
  const set = new Set(values);
  return (value) => set.has(value);
}

const NO_WEIGHTS: FactorNumbers = {
  age: 0,
  assoc: 0,
  fairshare: 0,
  size: 0,
  partition: 0,
  qos: 0,
  tresCpu: 0,
  tresMem: 0,
  tresGpu: 0,
};

const weightsOf = (parameters: MultifactorParameters): FactorNumbers => ({
  age: parameters.ageWeight,
  assoc: parameters.assocWeight,
  fairshare: parameters.fairshareWeight,
  size: parameters.sizeWeight,
  partition: parameters.partitionWeight,
  qos: parameters.qosWeight,
  tresCpu: parameters.tresCpuWeight,
  tresMem: parameters.tresMemWeight,
  tresGpu: parameters.tresGpuWeight,
});
