/**
 * Gangs below racks, by quota and priority, with the topology `tree`: how many are admitted, how many decisions a second
 * the stages take, and how much of the quotas is used. `npm run bench -- tas [--workload tas-generator.yaml] [--json] [--tiny]`,
 * without a file a small one. A simulated second is a tenth of a real one of the specification, and a CPU its largest
 * unit that all amounts are whole in. Fails when a gang is never admitted, one that must be below one rack is not, or a quota is exceeded.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { kernelPath } from "../../core/controller/built-file.ts";
import { parseConfig } from "../../core/controller/config.ts";
import { PlanKernel } from "../../core/place/kernel.ts";
import { clusterOfConfig } from "../../core/simulate/cluster.ts";
import { choiceOf, openPolicies } from "../../core/simulate/policies.ts";
import { replay } from "../../core/simulate/replay.ts";
import type { Simulation } from "../../core/simulate/simulation.ts";
import type { WorkloadJob } from "../../core/simulate/workload.ts";
import { report } from "../report.ts";
import { type GangSet, readSpec, type TasSpec, TINY_SPEC } from "./spec.ts";

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    tiny: { type: "boolean", default: false },
    workload: { type: "string" },
    nodes: { type: "string" },
  },
});

/** Milliseconds of a simulated second. */
const TICK_MS = 100;
const path = values.workload;
const spec = path?.endsWith(".yaml") === true ? readSpec(readFileSync(path, "utf8")) : TINY_SPEC;
const unitMilli = [spec.nodeCpuMilli, spec.cohortCpuMilli, ...spec.sets.map((set) => set.podCpuMilli)].reduce(
  gcd,
);

interface Gang {
  readonly set: GangSet;
  readonly cohort: number;
  readonly job: WorkloadJob;
}
const gangs = gangsOf(spec);
const usedBefore = process.cpuUsage().user;
const run = simulate(gangs.map(({ job }) => job));
const cpuS = (process.cpuUsage().user - usedBefore) / 1e6;
const { startS, endS } = run.jobs;
const admitted = startS.reduce((sum, at) => sum + (at >= 0 ? 1 : 0), 0);
const split = gangs.filter(({ set }, i) => set.isRequired && racksOf(run, i) > 1).length;
const mostOfQuota = Math.max(...Array.from({ length: spec.cohorts }, (_, cohort) => mostUsed(cohort)));
const isRight = admitted === gangs.length && split === 0 && mostOfQuota <= 1;
const { summary } = run;
report("tas", isRight, {
  nodes: spec.racks * spec.nodesPerRack,
  workloads: gangs.length,
  admitted,
  wall_s: rounded(summary.wallS),
  cpu_s: rounded(cpuS),
  workloads_per_cpu_s: Math.round(gangs.length / cpuS),
  decisions_per_cpu_s: Math.round(summary.decisions / cpuS),
  passes: summary.passes,
  pass_mean_cpu_ms: rounded((1000 * cpuS) / summary.passes),
  makespan_s: rounded((summary.makespanS * TICK_MS) / 1000),
  quota_used_pct: rounded(100 * usage()),
  ...Object.fromEntries(
    [...new Set(spec.sets.map(({ name }) => name))].map((name) => [
      `${word(name)}_wait_ms`,
      meanWaitMs(name),
    ]),
  ),
});

function gangsOf({ cohorts, queues, sets }: TasSpec): readonly Gang[] {
  const made: Gang[] = [];
  for (let cohort = 0; cohort < cohorts; cohort++) {
    for (let queue = 0; queue < queues; queue++) {
      for (const set of sets) {
        for (let i = 0; i < set.count; i++) {
          const runS = Math.round(set.runMs / TICK_MS);
          const job = {
            id: made.length + 1,
            submitS: Math.round((i * set.intervalMs) / TICK_MS),
            nodes: set.pods,
            cpus: set.podCpuMilli / unitMilli,
            gpusPerNode: 0,
            timeLimitS: runS,
            runS,
            user: -1,
            queue: { partition: `tier${set.priority}`, qos: `cohort${cohort}` },
          };
          made.push({ set, cohort, job });
        }
      }
    }
  }
  return made.sort((a, b) => a.job.submitS - b.job.submitS || a.job.id - b.job.id);
}

/** A cohort's quota is a limit of its QOS, and a class with a higher priority goes first by the tier of its partition. */
function simulate(jobs: readonly WorkloadJob[]): Simulation {
  const count = spec.racks * spec.nodesPerRack;
  const width = String(count).length;
  const name = (i: number): string => String(i).padStart(width, "0");
  const racks = Array.from(
    { length: spec.racks },
    (_, r) =>
      `    - { name: rack${r}, nodes: "n[${name(r * spec.nodesPerRack + 1)}-${name((r + 1) * spec.nodesPerRack)}]" }`,
  );
  const priorities = [...new Set(spec.sets.map(({ priority }) => priority))];
  const text = `cluster: racks
nodes:
  - { names: "n[${name(1)}-${name(count)}]", cpus: ${spec.nodeCpuMilli / unitMilli}, memory: 256G }
topology:
  kind: tree
  switches:
${racks.join("\n")}
    - { name: block, switches: "rack[0-${spec.racks - 1}]" }
partitions:
${priorities.map((priority) => `  - { name: tier${priority}, priority_tier: ${priority}, def_mem_per_cpu: 1M }`).join("\n")}
qos:
${Array.from({ length: spec.cohorts }, (_, c) => `  - { name: cohort${c}, limits: { grp_tres: { cpu: ${spec.cohortCpuMilli / unitMilli} } } }`).join("\n")}
`;
  const config = parseConfig(text, "racks.yaml");
  if (!config.ok) throw new Error(config.refusal.message);
  const cluster = clusterOfConfig(config.value, "racks.yaml");
  if (!cluster.ok) throw new Error(cluster.refusal.message);
  const policies = openPolicies({
    order: choiceOf("order", "fcfs"),
    placement: choiceOf("placement", "pack"),
    topology: choiceOf("topology", "tree"),
  });
  if (!policies.ok) throw new Error(policies.refusal.message);
  return replay({
    workload: { name: "racks", jobs, machineCpus: 0, machineNodes: 0 },
    cluster: cluster.value,
    policies: policies.value,
    kernel: new PlanKernel(readFileSync(kernelPath())),
    settings: {
      backfill: { mode: "planned", order: "queue" },
      estimates: "requested",
      eventOrder: "batch",
      seed: 0,
      keepPlacements: true,
      label: "tree",
    },
    nowMs: () => performance.now(),
    peakRssMib: () => process.resourceUsage().maxRSS / 1024,
  });
}

function racksOf({ placements }: Simulation, gang: number): number {
  const { offset, first, last } = placements!;
  const racks = new Set<number>();
  for (let i = offset[gang]!; i < offset[gang + 1]!; i++) {
    for (let row = first[i]!; row <= last[i]!; row++) racks.add(Math.floor(row / spec.nodesPerRack));
  }
  return racks.size;
}

/** Of a cohort's quota, at its busiest moment. */
function mostUsed(cohort: number): number {
  const changes = gangs.flatMap(({ cohort: own, job }, i) =>
    own === cohort
      ? [[startS[i]!, job.cpus * job.nodes] as const, [endS[i]!, -job.cpus * job.nodes] as const]
      : [],
  );
  changes.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  let used = 0;
  let most = 0;
  for (const [, cpus] of changes) {
    used += cpus;
    most = Math.max(most, used);
  }
  return (most * unitMilli) / spec.cohortCpuMilli;
}

/** CPU time of the gangs over that of all quotas, until the last one ends. */
function usage(): number {
  const used = gangs.reduce((sum, { job }) => sum + job.cpus * job.nodes * job.runS, 0);
  return (used * unitMilli) / (spec.cohorts * spec.cohortCpuMilli * summary.makespanS);
}

function meanWaitMs(name: string): number {
  const waits = gangs.flatMap(({ set, job }, i) => (set.name === name ? [startS[i]! - job.submitS] : []));
  return Math.round((TICK_MS * waits.reduce((sum, wait) => sum + wait, 0)) / waits.length);
}

function word(name: string): string {
  return name.replaceAll("-", "_");
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
