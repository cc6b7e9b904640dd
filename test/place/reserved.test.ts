/** Reservations in a plan: nobody gets a node that is kept for others, and nobody else is touched by it. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { commit } from "../../core/commit/commit.ts";
import type { Plan } from "../../core/model/plan.ts";
import { MAX_RESERVATIONS_PLANNED } from "../../core/place/reserved.ts";
import { mostSlots, slotBorders } from "../../core/place/slots.ts";
import { hasNode, isForeign, type PassReservation } from "../../core/state/reservations.ts";
import { NODE_FLAG, type PassTables } from "../../core/state/tables.ts";
import { type ClusterPlan, clusterPlans, makeCluster, unevenPlans } from "./arbitrary.ts";
import { GPU, type JobOptions, NOW_S, TestCluster, UP } from "./cluster.ts";
import { expectedIn, planQueue, reasonOf, startsOf } from "./planning.ts";

const HOUR_S = 3600;
const FAR_S = 2 ** 31;

/** Seconds from now. */
interface Kept {
  readonly nodes: readonly number[];
  readonly fromS?: number;
  readonly toS?: number;
  readonly isMaintenance?: boolean;
  readonly isFlexible?: boolean;
  readonly mayOverlap?: boolean;
}

const reservation = (id: number, kept: Kept): PassReservation => ({
  id,
  name: `r${id}`,
  nodes: Int32Array.from(kept.nodes).sort(),
  windows: [{ startS: NOW_S + (kept.fromS ?? 0), endS: NOW_S + (kept.toS ?? HOUR_S) }],
  isMaintenance: kept.isMaintenance ?? false,
  isFlexible: kept.isFlexible ?? false,
  mayOverlap: kept.mayOverlap ?? false,
});

/** The tables of the cluster with reservations of ids 1, 2, ... */
const withKept = (cluster: TestCluster, ...kept: Kept[]): PassTables => ({
  ...cluster.tables(),
  reservations: kept.map((one, i) => reservation(i + 1, one)),
});

function clusterOf(nodes: number): TestCluster {
  const cluster = new TestCluster();
  for (let i = 0; i < nodes; i++) cluster.node();
  return cluster;
}

/** Adds a waiting job that asks for a reservation, 0 for none. */
function ask(cluster: TestCluster, id: number, options: JobOptions = {}): number {
  const row = cluster.job(options);
  cluster.pending.columns.reservation[row] = id;
  return row;
}

const nodesOf = (plan: Plan): readonly (readonly number[])[] => startsOf(plan).map(({ nodes }) => nodes);

describe("a job outside", () => {
  it("starts on a node that is kept later if it ends before, to the second", () => {
    const cluster = clusterOf(1);
    const row = ask(cluster, 0, { limitS: 777 });
    expect(nodesOf(planQueue(withKept(cluster, { nodes: [0], fromS: 777 })))).toEqual([[0]]);
    const plan = planQueue(withKept(cluster, { nodes: [0], fromS: 776, toS: 5000 }));
    expect(nodesOf(plan)).toEqual([]);
    expect(reasonOf(plan, row)).toBe("ReqNodeNotAvail, May be reserved for other job");
    expect(expectedIn(plan, row)).toBe(5000);
  });

  it("takes other nodes meanwhile, and waits for maintenance by its name", () => {
    const cluster = clusterOf(2);
    ask(cluster, 0);
    const row = ask(cluster, 0, { nodes: 2, tasks: 2 });
    const plan = planQueue(withKept(cluster, { nodes: [0], isMaintenance: true }));
    expect(nodesOf(plan)).toEqual([[1]]);
    expect(reasonOf(plan, row)).toBe("ReqNodeNotAvail, Reserved for maintenance");
    expect(expectedIn(plan, row)).toBe(HOUR_S);
  });

  it("waits for resources where they are short without the reservation as well", () => {
    const cluster = clusterOf(2);
    cluster.busy(1, 500, 4);
    const row = ask(cluster, 0, { nodes: 2, tasks: 2 });
    expect(
      reasonOf(planQueue(withKept(cluster, { nodes: [0], fromS: 9 * HOUR_S, toS: 10 * HOUR_S })), row),
    ).toBe("Resources");
  });

  it("is not kept back by one that waits for a reservation's end", () => {
    const cluster = clusterOf(2);
    ask(cluster, 0, { nodes: 2, tasks: 2, limitS: 60 });
    const row = ask(cluster, 0, { limitS: 60, required: [0] });
    const plan = planQueue(withKept(cluster, { nodes: [0] }));
    expect(reasonOf(plan, row)).toBe("ReqNodeNotAvail, May be reserved for other job");
  });
});

describe("a job of a reservation", () => {
  it("runs on its nodes only, within its time", () => {
    const cluster = clusterOf(3);
    const long = ask(cluster, 1, { limitS: HOUR_S + 1 });
    ask(cluster, 1, { limitS: HOUR_S, cpus: 4 });
    const full = ask(cluster, 1, { limitS: HOUR_S / 2, cpus: 4 });
    const plan = planQueue(withKept(cluster, { nodes: [1] }));
    expect(nodesOf(plan)).toEqual([[1]]);
    expect(reasonOf(plan, long)).toBe("Reservation");
    expect(reasonOf(plan, full)).toBe("Resources");
    expect(expectedIn(plan, long)).toBeUndefined();
  });

  it("waits until it begins, and is expected then", () => {
    const cluster = clusterOf(2);
    const row = ask(cluster, 1, { limitS: 600 });
    const plan = planQueue(withKept(cluster, { nodes: [1], fromS: 1234, toS: 1234 + HOUR_S }));
    expect(startsOf(plan)).toEqual([]);
    expect(reasonOf(plan, row)).toBe("Reservation");
    expect(expectedIn(plan, row)).toBe(1234);
  });

  it("may go beyond its time where it is flexible, but only on what others leave", () => {
    const cluster = clusterOf(1);
    const row = ask(cluster, 1, { cpus: 4, limitS: 9 * HOUR_S });
    const kept = { nodes: [0], fromS: 600, toS: 1200, isFlexible: true };
    expect(nodesOf(planQueue(withKept(cluster, kept)))).toEqual([[0]]);
    // Behind it in the queue, and before it in the plan.
    ask(cluster, 0, { cpus: 4, limitS: 300 });
    const plan = planQueue(withKept(cluster, kept));
    expect(startsOf(plan).map(({ job }) => job)).toEqual([2]);
    expect(expectedIn(plan, row)).toBe(300);
  });

  it("goes by those that it may lie on", () => {
    const cluster = clusterOf(1);
    const lower = ask(cluster, 1, { cpus: 4 });
    const upper = ask(cluster, 2, { cpus: 4 });
    const two = [{ nodes: [0] }, { nodes: [0], mayOverlap: true }];
    expect(startsOf(planQueue(withKept(cluster, ...two))).map(({ job }) => job)).toEqual([
      cluster.jobId(upper),
    ]);
    const maintained = [
      { nodes: [0], isMaintenance: true },
      { nodes: [0], mayOverlap: true },
    ];
    const jobs = startsOf(planQueue(withKept(cluster, ...maintained))).map(({ job }) => job);
    expect(jobs).toEqual([cluster.jobId(lower)]);
  });

  it("waits for it though it is over, or another pass is to plan it", () => {
    const cluster = clusterOf(1);
    const row = ask(cluster, 7);
    expect(reasonOf(planQueue(withKept(cluster, { nodes: [0] })), row)).toBe("Reservation");
    expect(reasonOf(planQueue(cluster.tables()), row)).toBe("Reservation");
    const many = Array.from({ length: MAX_RESERVATIONS_PLANNED + 2 }, () => ({
      nodes: [0],
      mayOverlap: true,
    }));
    const rows = many.map((_, i) => ask(cluster, i + 1, { cpus: 4, limitS: 60 }));
    const plan = planQueue(withKept(cluster, ...many));
    expect(plan.startCount).toBe(1);
    expect(rows.filter((one) => reasonOf(plan, one) === "Reservation")).toHaveLength(2);
  });

  it("could never run where its nodes do not hold it", () => {
    const cluster = clusterOf(3);
    const wide = ask(cluster, 1, { nodes: 2, tasks: 2 });
    const elsewhere = ask(cluster, 1, { required: [2] });
    const plan = planQueue(withKept(cluster, { nodes: [0] }));
    expect(reasonOf(plan, wide)).toBe("BadConstraints");
    expect(reasonOf(plan, elsewhere)).toBe("BadConstraints");
  });
});

/** Free nodes of the plan, some of which are kept; and which jobs ask for them. */
const splits = (plans: fc.Arbitrary<ClusterPlan>) =>
  fc.record({
    made: plans,
    picks: fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
    insides: fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
    toS: fc.constantFrom(100, 600, 3600, 40_000),
  });

const withoutNames = (made: ClusterPlan): ClusterPlan => ({
  ...made,
  jobs: made.jobs.map((job) => ({ ...job, required: [], excluded: [] })),
});

describe("planes that are closed and opened again", () => {
  for (const [what, plans] of [
    ["even", clusterPlans],
    ["uneven", unevenPlans],
  ] as const) {
    it(`are to jobs outside as nodes that are busy, to those inside as a cluster of their own (${what})`, () => {
      fc.assert(
        fc.property(splits(plans), ({ made: any, picks, insides, toS }) => {
          const made = withoutNames(any);
          const busy = new Set(made.busy.map(({ node }) => node));
          const kept = made.nodes.flatMap((_, i) => (picks[i]! && !busy.has(i) ? [i] : []));
          fc.pre(kept.length > 0);
          const jobs = (inside: boolean) => made.jobs.filter((_, i) => insides[i] === inside);
          const outside = makeCluster({ ...made, jobs: jobs(false) });
          for (const node of kept) outside.busy(node, toS, made.nodes[node]!.cpus!);
          const inside = makeCluster({
            ...made,
            jobs: jobs(true),
            nodes: made.nodes.map((node, i) => ({
              ...node,
              flags: kept.includes(i) ? (node.flags ?? UP) : NODE_FLAG.REGISTERED,
            })),
          });
          const both = makeCluster(made);
          const rowsOf = (wanted: boolean) => made.jobs.flatMap((_, i) => (insides[i] === wanted ? [i] : []));
          for (const row of rowsOf(true)) both.pending.columns.reservation[row] = 1;
          const near = withKept(both, { nodes: kept, fromS: -1, toS });
          const far = withKept(both, { nodes: kept, fromS: -1, toS: FAR_S });
          const borders = (tables: PassTables) => slotBorders(tables, mostSlots(tables)).join();
          fc.pre(borders(near) === borders(outside.tables()));
          same(planQueue(near), rowsOf(false), planQueue(outside.tables()));
          // The last slot lies within no window, so a job without limit has no place in one.
          fc.pre(jobs(true).every(({ limitS }) => limitS! < 50_000));
          startsSame(planQueue(far), rowsOf(true), planQueue(inside.tables()));
        }),
        { numRuns: 150 },
      );
    });
  }
});

/** Rows of a plan against the rows 0, 1, ... of another: where and when they start. */
function same(plan: Plan, rows: readonly number[], other: Plan): void {
  startsSame(plan, rows, other);
  rows.forEach((row, i) => {
    expect(plan.expectedStartS[row]).toBe(other.expectedStartS[i]);
  });
}

function startsSame(plan: Plan, rows: readonly number[], other: Plan): void {
  const placed = (one: Plan, place: (row: number) => number) =>
    Array.from({ length: one.startCount }, (_, i) => ({
      row: place(one.startRow[i]!),
      nodes: one.startNodes.slice(one.startOffset[i], one.startOffset[i + 1]).join(),
      tasks: one.startTasks.slice(one.startOffset[i], one.startOffset[i + 1]).join(),
    })).filter(({ row }) => row >= 0);
  expect(placed(plan, (row) => rows.indexOf(row))).toEqual(placed(other, (row) => row));
}

const windows = fc.record({
  picks: fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
  fromS: fc.oneof(fc.constant(-50), fc.integer({ min: 0, max: 4000 }), fc.integer({ min: 0, max: 200_000 })),
  lengthS: fc.oneof(fc.integer({ min: 51, max: 4000 }), fc.integer({ min: 60, max: 300_000 })),
  isMaintenance: fc.boolean(),
  isFlexible: fc.constantFrom(false, false, true),
  mayOverlap: fc.boolean(),
});

describe("whatever the reservations", () => {
  it("no start runs into a foreign one, none leaves its own, and commit takes them all", () => {
    fc.assert(
      fc.property(
        fc.oneof(clusterPlans, unevenPlans),
        fc.array(windows, { minLength: 1, maxLength: 4 }),
        fc.array(fc.nat(4), { minLength: 40, maxLength: 40 }),
        fc.constantFrom("planned", "easy", "conservative"),
        (made, kept, asks, mode) => {
          const cluster = makeCluster(made);
          asks.slice(0, made.jobs.length).forEach((id, row) => {
            cluster.pending.columns.reservation[row] = id > kept.length ? 0 : id;
          });
          const tables = withKept(
            cluster,
            ...kept.map(({ picks, fromS, lengthS, ...flags }) => ({
              ...flags,
              nodes: made.nodes.flatMap((_, i) => (picks[i]! ? [i] : [])),
              fromS,
              toS: fromS + lengthS,
            })),
          );
          const plan = planQueue(tables, mode as "planned");
          for (let i = 0; i < plan.startCount; i++) checkStart(tables, plan, i);
          const { conflicts } = commit(plan, tables, cluster);
          // Of devices of a type a commit may find fewer than the plan took for free.
          const real = conflicts.filter(({ code }) => code !== "DEVICES_TAKEN");
          if (!made.jobs.some(({ gres }) => (gres ?? []).some(({ dimension }) => dimension !== GPU)))
            expect(real).toEqual([]);
          expect(real.filter(({ code }) => code === "RESERVED")).toEqual([]);
        },
      ),
      { numRuns: 300 },
    );
  });
});

function checkStart(tables: PassTables, plan: Plan, start: number): void {
  const { columns } = tables.pending;
  const row = plan.startRow[start]!;
  const endS = tables.nowS + columns.timeLimitS[row]!;
  const own = tables.reservations!.find(({ id }) => id === columns.reservation[row]);
  const window = own?.windows[0];
  for (const node of plan.startNodes.slice(plan.startOffset[start], plan.startOffset[start + 1])) {
    if (own !== undefined) expect(hasNode(own, node)).toBe(true);
    for (const other of tables.reservations!) {
      const [kept] = other.windows;
      const meets = kept!.startS < endS && tables.nowS < kept!.endS && hasNode(other, node);
      expect(meets && isForeign(own, other)).toBe(false);
    }
  }
  if (own !== undefined && !own.isFlexible) {
    expect(window!.startS).toBeLessThanOrEqual(tables.nowS);
    expect(endS).toBeLessThanOrEqual(window!.endS);
  }
}
