/**
 * Licences: how many the site has of each, and how many running jobs hold. Counted by the reducer at starts and ends;
 * read by passes and by commit. A site that takes some away may have fewer than are in use until jobs end.
 */
import type { Job } from "../model/job.ts";
import type { LicenceDemand, LicenceSpec } from "../model/licence.ts";
import type { ClusterState } from "./cluster-state.ts";

export interface LicenceBook {
  specs: readonly LicenceSpec[];
  /** Held by running jobs, by name. An index, rebuilt on restore. */
  readonly used: Map<string, number>;
  /** Rows of shapes that may ask licences: all that do, and some that were given back since. An index. */
  readonly shapes: Set<number>;
}

/** What a pass sees: numbers of licences are places in the configuration. */
export interface LicenceTables {
  /** Not held; below 0 where the site took some away. */
  readonly free: Int32Array;
  /** By shape, number and count of each licence that it asks, one after the other. */
  readonly asked: ReadonlyMap<number, Int32Array>;
}

export const emptyLicences = (): LicenceBook => ({ specs: [], used: new Map(), shapes: new Set() });

/** Of a record that begins to wait. */
export function noteLicences(state: ClusterState, job: Job): void {
  if (job.request.licences !== undefined) state.licences.shapes.add(job.shape);
}

export function takeLicences(state: ClusterState, job: Job): void {
  count(state.licences.used, job.request.licences, 1);
}

export function returnLicences(state: ClusterState, job: Job): void {
  count(state.licences.used, job.request.licences, -1);
}

/** After a restore, from the records. */
export function indexLicences(state: ClusterState): void {
  for (const job of state.jobs.values()) {
    if (job.state === "RUNNING") takeLicences(state, job);
    if (job.state === "PENDING") noteLicences(state, job);
  }
}

/** undefined where no waiting job asks any. */
export function licenceTables(state: ClusterState): LicenceTables | undefined {
  const { specs, used, shapes } = state.licences;
  if (shapes.size === 0) return undefined;
  const numbers = new Map(specs.map(({ name }, number) => [name, number]));
  const asked = new Map<number, Int32Array>();
  for (const shape of shapes) {
    const demands = state.shapes.requests[shape]?.licences;
    if (demands === undefined) shapes.delete(shape);
    else asked.set(shape, numbered(demands, numbers));
  }
  if (asked.size === 0) return undefined;
  // One more, of which there is none: licences that the site has no longer.
  const free = new Int32Array(specs.length + 1);
  specs.forEach(({ name, total }, number) => {
    free[number] = total - (used.get(name) ?? 0);
  });
  return { free, asked };
}

/** A copy of which a pass may take: one plan starts from what another did. */
export const spareLicences = (tables: LicenceTables | undefined): LicenceTables | undefined =>
  tables === undefined ? undefined : { ...tables, free: tables.free.slice() };

/** The first licence of a shape that there is too little of, -1 when there is enough of all. */
export function missingLicence({ free, asked }: LicenceTables, shape: number): number {
  const pairs = asked.get(shape);
  if (pairs === undefined) return -1;
  for (let i = 0; i < pairs.length; i += 2) if (free[pairs[i]!]! < pairs[i + 1]!) return pairs[i]!;
  return -1;
}

/** Takes those of a shape out of `free`, for the rest of a pass or commit. */
export function reserveLicences({ free, asked }: LicenceTables, shape: number): void {
  const pairs = asked.get(shape);
  if (pairs === undefined) return;
  for (let i = 0; i < pairs.length; i += 2) free[pairs[i]!] = free[pairs[i]!]! - pairs[i + 1]!;
}

/** Gives back what `reserveLicences` took. */
export function returnToSpare({ free, asked }: LicenceTables, shape: number): void {
  const pairs = asked.get(shape);
  if (pairs === undefined) return;
  for (let i = 0; i < pairs.length; i += 2) free[pairs[i]!] = free[pairs[i]!]! + pairs[i + 1]!;
}

function numbered(demands: readonly LicenceDemand[], numbers: ReadonlyMap<string, number>): Int32Array {
  return Int32Array.from(demands.flatMap(({ name, count }) => [numbers.get(name) ?? numbers.size, count]));
}

function count(used: Map<string, number>, demands: readonly LicenceDemand[] | undefined, by: 1 | -1): void {
  for (const demand of demands ?? []) {
    const left = (used.get(demand.name) ?? 0) + by * demand.count;
    if (left === 0) used.delete(demand.name);
    else used.set(demand.name, left);
  }
}
