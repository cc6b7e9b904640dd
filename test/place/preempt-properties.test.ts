/** What holds of every preemption, over random clusters, running jobs and queues. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { device, node } from "../admit/cluster.ts";
import { type Asked, PreemptSite, type SiteOptions } from "./preempt-site.ts";

const asked: fc.Arbitrary<Asked> = fc.oneof(
  fc.record({
    minNodes: fc.constantFrom(1, 1, 1, 2, 3),
    cpus: fc.integer({ min: 1, max: 8 }),
    memMib: fc.constantFrom(100, 100, 1000, 3000),
    gres: fc.constantFrom([], [], [{ dimension: 0, count: 1 }], [{ dimension: 0, count: 2 }]),
    exclusive: fc.constantFrom(false, false, false, true),
    limitS: fc.constantFrom(300, 600, 3600, 7200, 36_000),
  }),
  fc
    .record({
      tasks: fc.integer({ min: 1, max: 12 }),
      cpusPerTask: fc.constantFrom(1, 1, 2),
      limitS: fc.constantFrom(600, 3600, 36_000),
    })
    .map(({ tasks, cpusPerTask, limitS }) => ({
      uneven: true,
      tasks,
      tasksPerNode: tasks,
      maxNodes: tasks,
      cpusPerTask,
      cpus: tasks * cpusPerTask,
      limitS,
    })),
);

const nodes = fc.array(
  fc.record({ cpus: fc.integer({ min: 2, max: 8 }), gpus: fc.integer({ min: 0, max: 2 }) }),
  { minLength: 1, maxLength: 6 },
);

const QOS = [
  { name: "low", priority: 0 },
  { name: "mid", priority: 10, preempt: ["low"] },
  { name: "high", priority: 100, preempt: ["low", "mid"] },
];
const qos = fc.constantFrom("low", "low", "mid", "high");

const siteOf = (specs: readonly { readonly cpus: number; readonly gpus: number }[], over: SiteOptions = {}) =>
  new PreemptSite({
    nodes: specs.map(({ cpus, gpus }, i) =>
      node(`n${i + 1}`, {
        cpus,
        coresPerSocket: cpus,
        devices: Array.from({ length: gpus }, (_, lane) => device("tesla", "gpu", lane)),
      }),
    ),
    qos: QOS,
    ...over,
  });

/** A cluster on which jobs run, each started at a time of its own. */
function busySite(
  specs: readonly { readonly cpus: number; readonly gpus: number }[],
  running: readonly (Asked & { readonly qos: string })[],
  over: SiteOptions = {},
): PreemptSite {
  const site = siteOf(specs, { ...over, preemption: { exemptTimeS: 100_000 } });
  for (const job of running) {
    site.submit(job);
    site.pass();
    site.nowS += 70;
  }
  for (const job of [...site.state.jobs.values()]) {
    if (job.state !== "PENDING") continue;
    const { id: jobId } = job;
    site.apply({
      type: "job.ended",
      atS: site.nowS,
      jobId,
      state: "CANCELLED",
      exitCode: 0,
      exitSignal: 0,
      endReason: "",
    });
  }
  const { clusterName, partitions, qos: specsOfQos, expectedNodes } = site.state;
  site.apply({
    type: "cluster.configured",
    atS: site.nowS,
    clusterName,
    partitions: partitions.map(({ spec }) => spec),
    qos: specsOfQos,
    nodes: expectedNodes,
    preemption: { by: "qos", mode: "requeue", exemptTimeS: 0 },
  });
  return site;
}

const withQos = fc.tuple(asked, qos).map(([job, name]) => ({ ...job, qos: name }));

describe("a preemption", () => {
  test("ends not one job more than one that waits needs", () => {
    fc.assert(
      fc.property(
        nodes,
        fc.array(withQos, { minLength: 1, maxLength: 12 }),
        asked,
        (specs, running, want) => {
          const made = (ended: (victims: readonly number[]) => readonly number[]) => {
            const site = busySite(specs, running);
            const high = site.submit({ ...want, qos: "high" });
            const first = site.plan();
            const victims = first.preemptions?.[0]?.victims ?? [];
            for (const jobId of ended(victims))
              site.apply({
                type: "job.ended",
                atS: site.nowS,
                jobId,
                state: "CANCELLED",
                exitCode: 0,
                exitSignal: 0,
                endReason: "",
              });
            return { victims, isStarted: site.pass().started.includes(high) };
          };
          const { victims, isStarted } = made((all) => all);
          if (victims.length === 0) return;
          expect(isStarted).toBe(true);
          for (const spared of victims)
            expect(made((all) => all.filter((id) => id !== spared)).isStarted).toBe(false);
        },
      ),
      { numRuns: 150 },
    );
  });

  test("is only for jobs that do not start, of jobs that they may take, each once; all start once these are gone", () => {
    let preempted = 0;
    fc.assert(
      fc.property(
        nodes,
        fc.array(withQos, { minLength: 1, maxLength: 12 }),
        fc.array(withQos, { minLength: 1, maxLength: 8 }),
        (specs, running, waiting) => {
          const site = busySite(specs, running);
          for (const job of waiting) site.submit(job);
          const isRunning = new Set(
            [...site.state.jobs.values()]
              .filter((job) => job.state === "RUNNING")
              .map(({ id }) => id as number),
          );
          const without = siteStarts(site);
          const { plan, started, victims, conflicts } = site.pass();
          const takers = (plan.preemptions ?? []).map(({ jobId }) => jobId);
          expect(conflicts).toBe(0);
          expect(takers.filter((id) => started.includes(id))).toEqual([]);
          // Those behind the first may have to since the first keeps what is free.
          expect(takers.slice(0, 1).filter((id) => without.get(id) === true)).toEqual([]);
          expect(new Set(victims).size).toBe(victims.length);
          for (const { jobId, victims: its } of plan.preemptions ?? []) {
            const takes = QOS.find(({ name }) => name === site.job(jobId).qos)?.preempt ?? [];
            for (const id of its) {
              expect(isRunning.has(id)).toBe(true);
              expect(takes).toContain(site.job(id).qos);
            }
          }
          // More jobs come and nobody else gets what was given up.
          for (const job of waiting) site.submit({ ...job, qos: "low" });
          site.nowS += 5;
          // A job that only reservations kept from starting may begin before its victims are gone.
          const early = new Set(
            (plan.preemptions ?? []).flatMap(({ jobId, isShort }) => (isShort ? [] : [jobId])),
          );
          const meanwhile = site.pass().started.filter((id) => takers.includes(id));
          expect(meanwhile.filter((id) => !early.has(id))).toEqual([]);
          site.settle(1000);
          const { started: then } = site.pass();
          expect([...meanwhile, ...then]).toEqual(expect.arrayContaining(takers));
          preempted += takers.length;
        },
      ),
      { numRuns: 300 },
    );
    expect(preempted).toBeGreaterThan(20);
  });

  test("delays nobody that is ahead in the order", () => {
    fc.assert(
      fc.property(
        nodes,
        fc.array(withQos, { minLength: 1, maxLength: 12 }),
        fc.array(withQos, { minLength: 1, maxLength: 8 }),
        (specs, running, waiting) => {
          const site = busySite(specs, running);
          for (const job of waiting) site.submit(job);
          const made = site.plan();
          const last = Math.max(-1, ...(made.preemptions ?? []).map(({ row }) => made.rank[row]!));
          if (last < 0) return;
          const first = Math.min(...(made.preemptions ?? []).map(({ row }) => made.rank[row]!));
          const { preemption: spec } = site.state;
          site.state.preemption = { by: "none", mode: "off", exemptTimeS: 0 };
          const plain = site.plan();
          site.state.preemption = spec;
          for (let row = 0; row < made.pendingCount; row++)
            if (made.rank[row]! >= 0 && made.rank[row]! < first)
              expect(made.expectedStartS[row]).toBe(plain.expectedStartS[row]);
        },
      ),
      { numRuns: 150 },
    );
  });
});

/** By job: whether it would start if nothing could be preempted. */
function siteStarts(site: PreemptSite): ReadonlyMap<number, boolean> {
  const { preemption: spec } = site.state;
  site.state.preemption = { by: "none", mode: "off", exemptTimeS: 0 };
  const plan = site.plan();
  site.state.preemption = spec;
  const starts = new Map<number, boolean>();
  for (let i = 0; i < plan.startCount; i++) starts.set(plan.startJob[i]!, true);
  return starts;
}
