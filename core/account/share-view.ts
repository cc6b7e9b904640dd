/**
 * Accounts and their users as the outside sees them, with shares, usage and limits. What fair share says of them is
 * handed in; usage by TRES is summed here. Runs when somebody asks; pure.
 */

import type { ShareView } from "../model/account-views.ts";
import { TRES, tresName } from "../model/tres.ts";
import { TRES_PLACES, usageOf } from "../state/associations.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { runningAmount } from "../state/limit-use.ts";

/** By association row; 0 of removed ones. */
export interface ShareFigures {
  /** Decayed billing of the association and all below it. */
  readonly usage: Float64Array;
  /** Infinity without usage. */
  readonly levelFs: Float64Array;
  readonly fairShare: Float64Array;
}

/** Sums that all views of one moment are made with. */
export interface ShareSums {
  readonly figures: ShareFigures;
  /** Shares of all below each account, by its row. */
  readonly sharesBelow: Float64Array;
  /** Running jobs of each and all below it. */
  readonly running: Float64Array;
  readonly tres: readonly TresSums[];
  /** Of users who are named in an account: the first that names them. */
  readonly defaults: ReadonlyMap<string, string>;
  /** Of all others; undefined where none is open. */
  readonly openAccount: string | undefined;
}

interface TresSums {
  readonly name: string;
  /** TRES minutes by row. */
  readonly mins: Float64Array;
  readonly runMins: Float64Array;
}

/** A running job without a time limit counts as if it had this much left. */
const MAX_LEFT_S = 365 * 86_400;

/** Rows in the order of the tree: each account before what is below it, its users before its accounts, by name. */
export function rowsOfTree(state: ClusterState): readonly number[] {
  const { table, names } = state.accounting.associations;
  const { parent, isUser, isRemoved } = table.columns;
  const below: number[][] = Array.from({ length: table.count + 1 }, () => []);
  for (let row = 0; row < table.count; row++) if (isRemoved[row] === 0) below[parent[row]! + 1]!.push(row);
  const keyOf = (row: number): string => (isUser[row] === 1 ? names[row]!.user : names[row]!.account);
  const byName = (a: number, b: number): number =>
    isUser[b]! - isUser[a]! || (keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : a - b);
  const rows: number[] = [];
  const open = [...below[0]!];
  for (let row = open.pop(); row !== undefined; row = open.pop()) {
    rows.push(row);
    open.push(...below[row + 1]!.sort(byName).reverse());
  }
  return rows;
}

/** Sums by row what the associations have and their running jobs may still use. */
export function shareSums(state: ClusterState, figures: ShareFigures, nowS: number): ShareSums {
  const { table, halfLifeS } = state.accounting.associations;
  const { columns, count } = table;
  const sharesBelow = new Float64Array(count);
  const running = new Float64Array(count);
  for (let row = 0; row < count; row++) {
    if (columns.isRemoved[row] === 0 && columns.parent[row]! >= 0)
      sharesBelow[columns.parent[row]!]! += columns.shares[row]!;
    if (columns.isUser[row] === 1 && columns.running[row]! > 0)
      addUp(columns.parent, running, row, columns.running[row]!);
  }
  const left = leftOfJobs(state, nowS);
  const tres = placesOf(state).map((place): TresSums => {
    const mins = usageOf(table, place, nowS, halfLifeS).map((seconds) => seconds / 60);
    const runMins = new Float64Array(count);
    for (const [row, seconds] of left)
      if (seconds[place]! > 0) addUp(columns.parent, runMins, row, seconds[place]! / 60);
    return { name: tresName(place, (dimension) => state.dimensions.nameOf(dimension)), mins, runMins };
  });
  const { accounts } = state.accounting;
  const named = accounts.flatMap(({ name, users }) => users.map((user) => [user.name, name] as const));
  return {
    figures,
    sharesBelow,
    running,
    tres,
    // The first of a user counts.
    defaults: new Map(named.reverse()),
    openAccount: accounts.find(({ othersShares }) => othersShares > 0)?.name,
  };
}

/** The view of one association, which has not been removed. */
export function shareView(state: ClusterState, row: number, sums: ShareSums): ShareView {
  const { table, names, limits, priorities } = state.accounting.associations;
  const { parent, shares } = table.columns;
  const { usage, levelFs, fairShare } = sums.figures;
  const { account, user } = names[row]!;
  const above = parent[row]!;
  const all = usage[0]!;
  return {
    id: row + 1,
    account,
    user,
    parent: above < 0 ? "" : names[above]!.account,
    depth: depthOf(parent, row),
    isDefault: user !== "" && (sums.defaults.get(user) ?? sums.openAccount) === account,
    rawShares: shares[row]!,
    normShares: above < 0 ? 1 : partOf(shares[row]!, sums.sharesBelow[above]!),
    rawUsage: usage[row]!,
    normUsage: above < 0 ? 1 : partOf(usage[row]!, all),
    effectvUsage: above < 0 ? 1 : partOf(usage[row]!, usage[above]!),
    levelFs: Number.isFinite(levelFs[row]!) ? levelFs[row]! : null,
    fairShare: fairShare[row]!,
    runningJobs: sums.running[row]!,
    tresMins: amountsOf(sums.tres, row, "mins"),
    tresRunMins: amountsOf(sums.tres, row, "runMins"),
    limits: limits[row] ?? {},
    priority: priorities[row] ?? null,
    qos: qosOf(state, row),
  };
}

/** TRES seconds that the running jobs of each association have left, by place. */
function leftOfJobs(state: ClusterState, nowS: number): ReadonlyMap<number, Float64Array> {
  const left = new Map<number, Float64Array>();
  const { columns, count } = state.runningJobs;
  const places = placesOf(state);
  for (let job = 0; job < count; job++) {
    const row = columns.association[job]!;
    if (row < 0) continue;
    const seconds = left.get(row) ?? new Float64Array(TRES_PLACES);
    left.set(row, seconds);
    const leftS = Math.min(Math.max(0, columns.endS[job]! - nowS), MAX_LEFT_S);
    for (const place of places) seconds[place]! += runningAmount(state.runningJobs, job, place) * leftS;
  }
  return left;
}

/** All but wall time, which has no name of its own. */
function placesOf(state: ClusterState): readonly number[] {
  const gres = state.dimensions.names.map((_, dimension) => TRES.GRES + dimension);
  return [TRES.CPU, TRES.MEM, TRES.NODE, TRES.BILLING, ...gres.filter((place) => place < TRES_PLACES)];
}

function amountsOf(tres: readonly TresSums[], row: number, kind: "mins" | "runMins"): Record<string, number> {
  const amounts: Record<string, number> = {};
  for (const sums of tres) if (sums[kind][row]! > 0) amounts[sums.name] = sums[kind][row]!;
  return amounts;
}

/** The nearest list decides: the user's, his account's, that of the accounts above; without one it is all there are. */
function qosOf(state: ClusterState, row: number): readonly string[] {
  const { table, qos } = state.accounting.associations;
  for (let at = row; at >= 0; at = table.columns.parent[at]!) {
    const list = qos[at];
    if (list !== undefined) return list;
  }
  return state.qos.map(({ name }) => name);
}

function addUp(parent: Int32Array, sums: Float64Array, row: number, amount: number): void {
  for (let at = row; at >= 0; at = parent[at]!) sums[at]! += amount;
}

function depthOf(parent: Int32Array, row: number): number {
  let depth = 0;
  for (let at = parent[row]!; at >= 0; at = parent[at]!) depth++;
  return depth;
}

const partOf = (part: number, whole: number): number => (whole > 0 ? part / whole : 0);
