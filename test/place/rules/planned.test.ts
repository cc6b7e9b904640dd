import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { MaskOption } from "../../../core/model/constraint-nodes.ts";
import type { Plan } from "../../../core/model/plan.ts";
import type { PlanOptions } from "../../../core/place/queue.ts";
import { slotBorders } from "../../../core/place/slots.ts";
import type { PassTables } from "../../../core/state/tables.ts";
import { type JobOptions, NOW_S, type NodeOptions, TestCluster } from "../cluster.ts";
import { expectedIn, planQueue, rank, startsOf } from "../planning.ts";
import { legalSets, liesAsAsked, type Node, type Rules } from "./subsets.ts";

const MODES = ["none", "easy", "conservative", "planned"] as const;
const MAX_SLOTS = 160;

const nodeOptions: fc.Arbitrary<NodeOptions> = fc.record({
  cpus: fc.constantFrom(1, 2, 4),
  features: fc.nat({ max: 3 }),
  leaf: fc.constantFrom(-1, 0, 1),
});
const [A, B]: readonly MaskOption["each"][] = [[[1, 0]], [[2, 0]]];
const ANY: MaskOption["each"] = [[0, 0]];
const constraints: readonly (readonly MaskOption[] | undefined)[] = [
  undefined,
  // [a|b]
  [
    { each: A!, counts: [] },
    { each: B!, counts: [] },
  ],
  // a*2
  [{ each: ANY, counts: [{ sets: A!, count: 2 }] }],
  // [a*1&b*2]
  [
    {
      each: ANY,
      counts: [
        { sets: A!, count: 1 },
        { sets: B!, count: 2 },
      ],
    },
  ],
  // [a&b*1|b]
  [
    { each: A!, counts: [{ sets: B!, count: 1 }] },
    { each: B!, counts: [] },
  ],
];
const jobOptions: fc.Arbitrary<JobOptions> = fc
  .record({
    nodes: fc.integer({ min: 1, max: 4 }),
    more: fc.nat({ max: 2 }),
    tasks: fc.integer({ min: 1, max: 6 }),
    uneven: fc.boolean(),
    cpusPerTask: fc.constantFrom(1, 1, 2),
    constraint: fc.constantFrom(...constraints),
    contiguous: fc.boolean(),
    switches: fc.constantFrom(
      undefined,
      undefined,
      { count: 1, waitS: 0 },
      { count: 1, waitS: 200 },
      { count: 2, waitS: 10_000 },
    ),
    required: fc.oneof({ weight: 4, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.constant([0]) }),
    limitS: fc.constantFrom(60, 500, 3600),
  })
  .map(({ more, tasks, ...job }) => {
    const all = Math.max(tasks, job.nodes);
    return {
      ...job,
      tasks: job.uneven ? all : job.nodes,
      maxNodes: job.uneven ? Math.min(all, job.nodes + more) : job.nodes,
    };
  });
const clusters = fc.record({
  nodes: fc.array(nodeOptions, { minLength: 1, maxLength: 6 }),
  isReversed: fc.boolean(),
  busy: fc.array(
    fc.record({
      node: fc.nat({ max: 5 }),
      leftS: fc.integer({ min: 1, max: 5000 }),
      cpus: fc.constantFrom(1, 2),
    }),
    { maxLength: 6 },
  ),
  jobs: fc.array(jobOptions, { minLength: 1, maxLength: 5 }),
});

interface Held {
  readonly node: number;
  readonly cpus: number;
  /** Seconds from now. */
  readonly endS: number;
}

/** What a plan leaves free, in the plainest way: for clusters of CPUs. */
class Room {
  readonly #cluster: TestCluster;
  readonly #tables: PassTables;
  readonly #held: Held[] = [];

  constructor(cluster: TestCluster, tables: PassTables) {
    this.#cluster = cluster;
    this.#tables = tables;
    const { columns, count } = tables.running;
    for (let row = 0; row < count; row++)
      this.#held.push({
        node: columns.node[row]!,
        cpus: columns.cpus[row]!,
        endS: columns.endS[row]! - NOW_S,
      });
  }

  take(row: number, nodes: readonly number[], tasks: readonly number[]): void {
    const endS = this.#tables.pending.columns.timeLimitS[row]!;
    const { cpusPerTask } = this.#request(row);
    nodes.forEach((node, i) => {
      this.#held.push({ node, cpus: tasks[i]! * cpusPerTask, endS });
    });
  }

  /** Whether it would fit so many seconds from now, if nothing but these ran. */
  fits(row: number, atS: number): boolean {
    const { uneven, tasks, minNodes, maxNodes, requiredNodes } = this.#request(row);
    const size = {
      units: uneven ? tasks : minNodes,
      least: minNodes,
      most: uneven ? maxNodes : minNodes,
      required: requiredNodes as readonly number[],
    };
    return legalSets(this.nodes(row, atS), size, this.rules(row, atS)).length > 0;
  }

  nodes(row: number, atS: number): Node[] {
    const { uneven, tasksPerNode, cpusPerTask } = this.#request(row);
    const { columns, count } = this.#tables.nodes;
    return Array.from({ length: count }, (_, node) => {
      const held = this.#held.filter((one) => one.node === node && one.endS > atS);
      const free = columns.totalCpus[node]! - held.reduce((sum, { cpus }) => sum + cpus, 0);
      expect(free).toBeGreaterThanOrEqual(0);
      const most = Math.min(tasksPerNode, Math.floor(free / cpusPerTask));
      return {
        units: uneven ? most : Number(most >= tasksPerNode),
        features: columns.featureLo[node]!,
        leaf: columns.topologyLeaf[node]!,
        place: this.#tables.setRules?.places?.[node] ?? node,
      };
    });
  }

  rules(row: number, atS: number): Rules {
    const { contiguous, switches } = this.#request(row);
    const shape = this.#tables.pending.columns.shape[row]!;
    const isLapsed = switches === undefined || this.lapseS(row) <= atS;
    return {
      constraint: this.#tables.constraints?.get(shape),
      contiguous,
      switches: isLapsed ? undefined : switches.count,
    };
  }

  /** They have been waiting for 100 s. */
  lapseS(row: number): number {
    return Math.max(0, (this.#request(row).switches?.waitS ?? 0) - 100);
  }

  ends(): readonly number[] {
    return this.#held.map(({ endS }) => endS);
  }

  #request(row: number) {
    return this.#cluster.request(this.#tables.pending.columns.shape[row]!);
  }
}

function make({ nodes, isReversed, busy, jobs }: typeof clusters extends fc.Arbitrary<infer T> ? T : never) {
  const cluster = new TestCluster();
  for (const node of nodes) cluster.node(node);
  if (isReversed) cluster.places = Int32Array.from(nodes, (_, i) => nodes.length - 1 - i);
  for (const { node, leftS, cpus } of busy) {
    const free = cluster.nodes.columns.freeCpus[node]!;
    if (node < nodes.length && free >= cpus) cluster.busy(node, leftS, cpus);
  }
  for (const job of jobs) cluster.job(job);
  return cluster;
}

/** The first waiting row of the queue, with the room that the starts before it leave; all starts are looked at. */
function follow(cluster: TestCluster, tables: PassTables, plan: Plan, onStart: () => void) {
  const starts = startsOf(plan);
  const room = new Room(cluster, tables);
  let first: { readonly row: number; readonly room: Room } | undefined;
  for (const row of rank(tables).order) {
    const start = starts.find(({ job }) => job === cluster.jobId(row));
    if (start === undefined) {
      first ??= { row, room };
      continue;
    }
    onStart();
    const before = room.nodes(row, 0);
    const lies = liesAsAsked(
      start.nodes.map((node) => before[node]!),
      room.rules(row, 0),
    );
    expect(lies).toBe(true);
    // Behind the first that waits what is free is more than the plan gives.
    if (first === undefined) room.take(row, start.nodes, start.tasks);
  }
  return first;
}

/** When the row could start first by the ends of what runs and the lapse of its limit on switches. */
function earliestS(room: Room, row: number, times: readonly number[]): number | undefined {
  return times.find((atS) => room.fits(row, atS));
}

describe("jobs with rules on their nodes", () => {
  it.each(MODES)(
    "start in the mode %s exactly where some nodes would do, and wait for the first that will",
    (mode) => {
      fc.assert(
        fc.property(clusters, (made) => {
          const cluster = make(made);
          const tables = cluster.tables();
          const plan = planQueue(tables, mode as PlanOptions["mode"]);
          const first = follow(cluster, tables, plan, () => {});
          if (first === undefined) return;
          const { row, room } = first;
          expect(room.fits(row, 0)).toBe(false);
          if (mode === "none") return;
          const borders = [...slotBorders(tables, MAX_SLOTS)].slice(1);
          const exact = [...new Set([...room.ends(), room.lapseS(row)])].filter((atS) => atS > 0);
          const times = mode === "easy" ? exact.sort((a, b) => a - b) : borders;
          expect(expectedIn(plan, row)).toBe(earliestS(room, row, times));
        }),
        { numRuns: 200 },
      );
    },
  );
});
