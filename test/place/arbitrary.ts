/** Small random clusters with running and waiting jobs, for properties. */
import fc from "fast-check";
import { NODE_FLAG } from "../../core/state/tables.ts";
import {
  GPU,
  gpus,
  type JobOptions,
  NEVER_S,
  NIC,
  type NodeOptions,
  TESLA,
  TestCluster,
  UP,
} from "./cluster.ts";

const limits = fc.oneof(
  fc.integer({ min: 1, max: 400 }),
  fc.constantFrom(60, 600, 3600, 7200, 86_400),
  fc.integer({ min: 1, max: 200_000 }),
  fc.constant(NEVER_S),
);

const node: fc.Arbitrary<NodeOptions> = fc.record({
  cpus: fc.integer({ min: 1, max: 8 }),
  memMib: fc.constantFrom(1000, 2000, 4000),
  devices: fc
    .integer({ min: 0, max: 4 })
    .chain((count) =>
      fc.constantFrom(0, 1).map((nics) => [...gpus(count), ...Array.from({ length: nics }, () => [NIC])]),
    ),
  partitions: fc.constantFrom([0], [0], [0, 1], [1]),
  features: fc.constantFrom(0, 1, 3),
  threadsPerCore: fc.constantFrom(1, 2),
  flags: fc.constantFrom(UP, UP, UP, UP, UP | NODE_FLAG.DRAIN),
});

const job = (nodes: number): fc.Arbitrary<JobOptions> =>
  fc.record(
    {
      nodes: fc.integer({ min: 1, max: 4 }),
      tasks: fc.integer({ min: 1, max: 8 }),
      cpusPerTask: fc.integer({ min: 1, max: 3 }),
      memMib: fc.constantFrom(0, 100, 500, 1000, -1),
      gres: fc.constantFrom(
        [],
        [{ dimension: GPU, count: 1 }],
        [{ dimension: GPU, count: 2 }],
        [{ dimension: TESLA, count: 1 }],
        [{ dimension: NIC, count: 1 }],
        [
          { dimension: TESLA, count: 2 },
          { dimension: NIC, count: 1 },
        ],
      ),
      exclusive: fc.constantFrom(false, false, false, true),
      oneThreadPerCore: fc.constantFrom(false, false, true),
      features: fc.constantFrom(0, 0, 1, 2),
      required: fc.constantFrom([], [], [], [0], nodes > 2 ? [1, 2] : []),
      excluded: fc.constantFrom([], [], [0]),
      limitS: limits,
      partitions: fc.constantFrom([0], [1], [0, 1], [1, 0]),
      tasksWaiting: fc.constantFrom(1, 1, 1, 3),
    },
    { requiredKeys: ["nodes", "tasks", "limitS"] },
  );

/** Jobs whose tasks lie where there is room. */
const unevenJob = (nodes: number): fc.Arbitrary<JobOptions> =>
  fc
    .record({
      nodes: fc.constantFrom(1, 1, 1, 2, 3),
      more: fc.integer({ min: 0, max: 9 }),
      tasks: fc.oneof(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 24 })),
      cap: fc.constantFrom(0, 0, 1, 2, 3),
      cpusPerTask: fc.constantFrom(1, 1, 1, 2, 3),
      extraCpus: fc.constantFrom(0, 0, 0, 0, 1),
      memMib: fc.constantFrom(0, 0, 0, 0, 100, 1000, -1),
      memPerCpuMib: fc.constantFrom(0, 0, 0, 100, 300),
      gpus: fc.constantFrom(0, 0, 0, 1, 2),
      nics: fc.constantFrom(0, 0, 0, 0, 0, 1),
      exclusive: fc.constantFrom(false, false, false, false, false, true),
      oneThreadPerCore: fc.constantFrom(false, false, true),
      required: fc.constantFrom([], [], [], [], [], [], [0], nodes > 2 ? [1, 2] : []),
      excluded: fc.constantFrom([], [], [], nodes > 3 ? [3] : []),
      limitS: limits,
      partitions: fc.constantFrom([0], [0], [0, 1], [1]),
    })
    .map(({ more, cap, extraCpus, memPerCpuMib, gpus: gpuCount, nics, ...options }) => {
      const least = Math.max(options.nodes, options.required.length);
      const tasks = Math.max(least, options.tasks);
      const tasksPerNode = cap === 0 ? tasks : cap;
      const fullCpus = tasksPerNode * options.cpusPerTask + extraCpus;
      const byCpu = { memMib: memPerCpuMib * fullCpus, memPer: "cpu", memPerMib: memPerCpuMib } as const;
      return {
        ...options,
        nodes: least,
        maxNodes: Math.min(tasks, least + more),
        tasks,
        tasksPerNode,
        uneven: true,
        cpus: fullCpus,
        ...(memPerCpuMib > 0 ? byCpu : {}),
        gres: [
          ...(gpuCount > 0
            ? [{ dimension: GPU, count: gpuCount * tasksPerNode, perTask: true as const }]
            : []),
          ...(nics > 0 ? [{ dimension: NIC, count: nics }] : []),
        ],
      };
    });

/** What is kept apart, so that a cluster can be made again with a shorter queue. */
export interface ClusterPlan {
  readonly nodes: readonly NodeOptions[];
  readonly busy: readonly { readonly node: number; readonly leftS: number; readonly share: number }[];
  readonly jobs: readonly JobOptions[];
}

/** With `isUneven` about half of the jobs are uneven ones. */
const plansOf = (isUneven: boolean): fc.Arbitrary<ClusterPlan> =>
  fc.array(node, { minLength: isUneven ? 8 : 1, maxLength: 40 }).chain((nodes) =>
    fc.record({
      nodes: fc.constant(nodes),
      busy: fc.array(
        fc.record({
          node: fc.integer({ min: 0, max: nodes.length - 1 }),
          leftS: fc.oneof(
            fc.integer({ min: -100, max: 5000 }),
            fc.integer({ min: 1, max: 100_000 }),
            fc.constant(NEVER_S),
          ),
          share: fc.integer({ min: 1, max: 4 }),
        }),
        { maxLength: 30 },
      ),
      jobs: fc.array(isUneven ? fc.oneof(job(nodes.length), unevenJob(nodes.length)) : job(nodes.length), {
        minLength: 1,
        maxLength: 40,
      }),
    }),
  );

export const clusterPlans = plansOf(false);
export const unevenPlans = plansOf(true);

export function makeCluster(plan: ClusterPlan, jobs = plan.jobs.length): TestCluster {
  const cluster = new TestCluster([{}, {}]);
  for (const options of plan.nodes) cluster.node(options);
  const { columns, capacity } = cluster.nodes;
  for (const { node, leftS, share } of plan.busy) {
    const cpus = Math.min(share, columns.freeCpus[node]!);
    if (cpus === 0) continue;
    const lane = [0, 1, 2, 3].find((l) => columns.laneFree[l * capacity + node]! > 0);
    const lanes = lane === undefined || share % 2 === 0 ? [] : [lane];
    const memMib = Math.min(share * 100, columns.freeMemMib[node]!);
    cluster.busy(node, leftS === NEVER_S ? NEVER_S - 1_000_000 : leftS, cpus, memMib, lanes);
  }
  for (const options of plan.jobs.slice(0, jobs)) {
    const required = options.required ?? [];
    const nodes = Math.max(options.nodes ?? 1, required.length);
    cluster.job({ ...options, required, nodes, tasks: Math.max(nodes, options.tasks ?? 1) });
  }
  return cluster;
}
