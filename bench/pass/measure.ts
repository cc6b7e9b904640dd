/** Passes of the pass benchmark: ranks and plans with the built-in policies, and times both. */
import { readFileSync } from "node:fs";
import type { Plan } from "../../core/model/plan.ts";
import { buildKernel } from "../../core/place/build-kernel.ts";
import { firstFitPlacement } from "../../core/place/fallback.ts";
import { PlanKernel } from "../../core/place/kernel.ts";
import { plan } from "../../core/place/plan.ts";
import type { Promises } from "../../core/place/queue.ts";
import { MAX_SLOTS, slotBorders } from "../../core/place/slots.ts";
import { fifoPriority } from "../../core/prioritise/fallback.ts";
import { prioritise } from "../../core/prioritise/prioritise.ts";
import type { PassTables } from "../../core/state/tables.ts";
import { openPolicySet } from "../../core/wasm/policy-set.ts";
import { buildPolicies, builtPolicyPath } from "../../policies/build.ts";
import { findLateStart, findOversubscription } from "./check.ts";

export const SEED = 20_260_101;
const OPTIONS = { mode: "planned", gresParent: [0] } as const;

export interface Timed {
  readonly made: Plan;
  /** Of the process, user and system: what counts on a machine that others use as well. */
  readonly cpuMs: number;
  readonly rankMs: number;
  readonly planMs: number;
}

export interface Times {
  readonly made: Plan;
  readonly cpuMs: readonly number[];
  readonly rankMs: readonly number[];
  readonly planMs: readonly number[];
  readonly passMs: readonly number[];
}

await buildPolicies();
const kernel = new PlanKernel(readFileSync((await buildKernel()).path));
const policies = openPolicySet({
  chosen: {} as never,
  builtin: {
    priority: builtIn(1, "priority", "fifo"),
    placement: builtIn(2, "placement", "pack"),
    topology: builtIn(3, "topology", "tree"),
  },
});

function builtIn(number: number, kind: string, name: string) {
  return { number, source: builtPolicyPath(kind, name), parameters: {} };
}

/** `promises` are those of the last plan, as a controller's passes have them; without all is planned from nothing. */
export function planOnce(tables: PassTables, promises?: Promises): Timed {
  policies.reseed(SEED);
  const cpu = process.cpuUsage();
  const begin = performance.now();
  const ranked = prioritise(tables, policies.priority, fifoPriority());
  const between = performance.now();
  const { placement, topology } = policies;
  const options = promises === undefined ? OPTIONS : { ...OPTIONS, promises };
  const made = plan(kernel, tables, ranked, options, {
    placement,
    topology,
    fallback: policies.builtin.placement,
  });
  const end = performance.now();
  const { user, system } = process.cpuUsage(cpu);
  return { made, cpuMs: (user + system) / 1000, rankMs: between - begin, planMs: end - between };
}

/** What the plan of these tables promises to those that wait. */
export function promisesOf(tables: PassTables, { expectedStartS, nowS, pendingCount }: Plan): Promises {
  const { jobId } = tables.pending.columns;
  const rows = Int32Array.from({ length: pendingCount }, (_, row) => row).filter(
    (row) => expectedStartS[row]! > nowS,
  );
  return {
    jobId: rows.map((row) => jobId[row]!),
    startS: Uint32Array.from(rows, (row) => expectedStartS[row]!),
  };
}

/** The same pass again and again. */
export function planOften(tables: PassTables, runs: number, promises?: Promises): Times {
  const cpuMs: number[] = [];
  const rankMs: number[] = [];
  const planMs: number[] = [];
  let made: Plan | undefined;
  for (let run = 0; run < runs; run++) {
    const timed = planOnce(tables, promises);
    made = timed.made;
    cpuMs.push(timed.cpuMs);
    rankMs.push(timed.rankMs);
    planMs.push(timed.planMs);
  }
  if (made === undefined) throw new Error("nothing was planned");
  return { made, cpuMs, rankMs, planMs, passMs: planMs.map((ms, run) => ms + rankMs[run]!) };
}

/**
 * What is wrong with a plan, "" for nothing. With `byForce`, for small empty clusters, the plan with the lowest nodes
 * first must also be the one of brute force.
 */
export function wrongIn(tables: PassTables, made: Plan, byForce: boolean): string {
  const [fault] = made.faults;
  if (fault !== undefined) return `${fault.module}: ${fault.fault.code} ${fault.fault.message}`;
  const over = findOversubscription(tables, made);
  if (over !== "" || !byForce || tables.running.count > 0) return over;
  const ranked = prioritise(tables, fifoPriority(), fifoPriority());
  const fallback = firstFitPlacement();
  const plain = plan(kernel, tables, ranked, OPTIONS, { placement: fallback, fallback });
  return findLateStart(tables, plain, ranked.order, slotBorders(tables, MAX_SLOTS));
}

export const median = (samples: readonly number[]): number =>
  [...samples].sort((a, b) => a - b)[samples.length >> 1]!;
