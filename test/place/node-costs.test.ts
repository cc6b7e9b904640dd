import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BackfillMode } from "../../core/model/backfill.ts";
import type { PlacementPolicy, TopologyPolicy } from "../../core/model/policy.ts";
import type { PassTables } from "../../core/state/tables.ts";
import { TestCluster } from "./cluster.ts";
import { planQueue, startsOf } from "./planning.ts";

const MODES: readonly BackfillMode[] = ["planned", "conservative", "easy", "none"];

/** Would rather have the last rows: what costs are to override. */
const lastFirst: PlacementPolicy = {
  name: "last-first",
  begin: () => undefined,
  update: () => undefined,
  place: (_job, mask, want, out) => {
    let found = 0;
    for (let row = mask.length - 1; row >= 0 && found < want; row--) if (mask[row] !== 0) out[found++] = row;
    return undefined;
  },
  score: (_job, mask, scores) => {
    mask.forEach((_, row) => {
      scores[row] = row;
    });
    return undefined;
  },
};

const lastSet: TopologyPolicy = {
  name: "last-set",
  begin: () => undefined,
  update: () => undefined,
  choose: (_job, mask, _scores, want, out) => lastFirst.place(_job, mask, want, out),
};

const withCosts = (cluster: TestCluster, costs: readonly number[]): PassTables => ({
  ...cluster.tables(),
  nodeCosts: Float64Array.from(costs),
});

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

function* subsets(rows: readonly number[], size: number): Generator<readonly number[]> {
  if (size === 0) {
    yield [];
    return;
  }
  for (let i = 0; i <= rows.length - size; i++)
    for (const rest of subsets(rows.slice(i + 1), size - 1)) yield [rows[i]!, ...rest];
}

interface Made {
  readonly nodes: readonly { readonly cpus: number; readonly cost: number }[];
  readonly jobs: readonly { readonly nodes: number; readonly cpus: number; readonly limitS: number }[];
}

const made: fc.Arbitrary<Made> = fc.record({
  nodes: fc.array(fc.record({ cpus: fc.integer({ min: 1, max: 4 }), cost: fc.integer({ min: 1, max: 4 }) }), {
    minLength: 1,
    maxLength: 7,
  }),
  jobs: fc.array(
    fc.record({
      nodes: fc.integer({ min: 1, max: 3 }),
      cpus: fc.integer({ min: 1, max: 3 }),
      limitS: fc.constantFrom(600, 3600),
    }),
    { minLength: 1, maxLength: 6 },
  ),
});

describe("nodes that cost differently", () => {
  it("are given out so that each start costs as little as any choice of nodes would, in every mode", () => {
    fc.assert(
      fc.property(made, fc.constantFrom(...MODES), fc.boolean(), (given, mode, withTopology) => {
        const cluster = new TestCluster();
        for (const { cpus } of given.nodes) cluster.node({ cpus });
        for (const job of given.jobs)
          cluster.job({ nodes: job.nodes, cpus: job.cpus, tasks: job.nodes, limitS: job.limitS });
        const costs = given.nodes.map(({ cost }) => cost);
        const policies = { placement: lastFirst, ...(withTopology ? { topology: lastSet } : {}) };
        const plan = planQueue(withCosts(cluster, costs), mode, policies);
        expect(plan.faults).toEqual([]);
        const free = given.nodes.map(({ cpus }) => cpus);
        const started = startsOf(plan);
        // Before the first that waits, nothing is kept for anyone.
        for (const [place, { nodes, cpus }] of given.jobs.entries()) {
          const start = started[place];
          if (start?.job !== place + 1) break;
          const fit = free.flatMap((left, row) => (left >= cpus ? [row] : []));
          const choices = [...subsets(fit, nodes)].map((rows) => sum(rows.map((row) => costs[row]!)));
          expect(start.nodes).toHaveLength(nodes);
          expect(sum(start.nodes.map((row) => costs[row]!))).toBe(Math.min(...choices));
          for (const row of start.nodes) free[row]! -= cpus;
        }
      }),
      { numRuns: 400 },
    );
  });

  it("let the policies choose among those that cost the same", () => {
    const cluster = new TestCluster();
    for (let i = 0; i < 4; i++) cluster.node();
    cluster.job({ nodes: 2 });
    const tables = withCosts(cluster, [5, 1, 5, 5]);
    expect(startsOf(planQueue(tables, "planned", { placement: lastFirst }))[0]!.nodes).toEqual([1, 3]);
  });

  it("hold tasks that lie where there is room on the cheapest of them", () => {
    const cluster = new TestCluster();
    for (let i = 0; i < 4; i++) cluster.node({ cpus: 2 });
    cluster.job({ nodes: 1, maxNodes: 4, tasks: 4, uneven: true });
    const tables = withCosts(cluster, [9, 2, 9, 1]);
    expect(startsOf(planQueue(tables))[0]!.nodes).toEqual([1, 3]);
  });

  it("change nothing where all cost the same", () => {
    const cluster = new TestCluster();
    for (let i = 0; i < 5; i++) cluster.node();
    for (let i = 0; i < 3; i++) cluster.job({ nodes: 2, cpus: 3 });
    const alike = planQueue(withCosts(cluster, [7, 7, 7, 7, 7]));
    expect(startsOf(alike)).toEqual(startsOf(planQueue(cluster.tables())));
  });

  it("do not put a job before a node that it names", () => {
    const cluster = new TestCluster();
    for (let i = 0; i < 3; i++) cluster.node();
    cluster.job({ nodes: 2, required: [0] });
    expect(startsOf(planQueue(withCosts(cluster, [9, 3, 1])))[0]!.nodes).toEqual([0, 2]);
  });
});
