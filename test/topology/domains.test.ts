/**
 * Twelve NVL72 domains of eighteen nodes with four GPUs each, a job that wants CPUs alone, and gangs that together want
 * every GPU, each at most a domain. A pass that spreads the first job, or lets gangs lie across domains, strands GPUs.
 */
import { expect, test } from "vitest";
import type { Plan } from "../../core/model/plan.ts";
import { Interned } from "../../core/state/interned.ts";
import { leafLevels } from "../../core/state/leaf-levels.ts";
import { gpus, type JobOptions, TESLA, TestCluster } from "../place/cluster.ts";
import { planQueue, startsOf } from "../place/planning.ts";
import { openTopology } from "./set-cases.ts";

const DOMAINS = 12;
const NODES = 18;
const GPUS = 4;
/** 29 gangs: seven of 12 nodes and 22 of 6 fill seven domains by 12 + 6 and five by 6 + 6 + 6. */
const GANGS = [...Array.from({ length: 7 }, () => 12), ...Array.from({ length: 22 }, () => 6)];

function domains(): TestCluster {
  const cluster = new TestCluster();
  for (let row = 0; row < DOMAINS * NODES; row++)
    // Agents register in no order that says anything of domains.
    cluster.node({ cpus: 64, memMib: 256_000, devices: gpus(GPUS), leaf: (row * 7) % DOMAINS });
  return cluster;
}

const gang = (nodes: number): JobOptions => ({
  nodes,
  tasks: nodes,
  cpusPerTask: 4,
  gres: [{ dimension: TESLA, count: GPUS }],
});

async function plan(cluster: TestCluster): Promise<Plan> {
  const leaves = new Interned(Array.from({ length: DOMAINS }, (_, domain) => `b${domain}`));
  const tables = { ...cluster.tables(), levels: leafLevels(leaves, undefined) };
  return planQueue(tables, "planned", { topology: await openTopology("block") });
}

const domainsOf = (cluster: TestCluster, nodes: readonly number[]): number =>
  new Set(nodes.map((node) => cluster.nodes.columns.topologyLeaf[node])).size;

test("a job of CPUs on 64 nodes beside 29 gangs that want all GPUs: every gang starts, each in one domain", async () => {
  const cluster = domains();
  cluster.job({ nodes: 64, tasks: 64, cpusPerTask: 8 });
  for (const nodes of GANGS) cluster.job(gang(nodes));
  const [first, ...gangs] = startsOf(await plan(cluster));
  expect(domainsOf(cluster, first!.nodes)).toBe(Math.ceil(64 / NODES));
  expect(gangs).toHaveLength(GANGS.length);
  expect(gangs.map(({ nodes }) => domainsOf(cluster, nodes))).toEqual(GANGS.map(() => 1));
  const given = gangs.reduce((sum, { nodes }) => sum + nodes.length * GPUS, 0);
  expect(given).toBe(DOMAINS * NODES * GPUS);
});

test("jobs that take whole nodes share one domain, and whole domains stay for gangs of eighteen", async () => {
  const cluster = domains();
  for (let i = 0; i < NODES; i++) cluster.job({ nodes: 1, exclusive: true });
  for (let i = 0; i < DOMAINS - 1; i++) cluster.job(gang(NODES));
  const starts = startsOf(await plan(cluster));
  expect(starts).toHaveLength(NODES + DOMAINS - 1);
  const small = starts.slice(0, NODES).flatMap(({ nodes }) => nodes);
  expect(domainsOf(cluster, small)).toBe(1);
  expect(starts.slice(NODES).map(({ nodes }) => domainsOf(cluster, nodes))).toEqual(
    Array.from({ length: DOMAINS - 1 }, () => 1),
  );
});
