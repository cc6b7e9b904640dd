/**
 * How long the built-in topologies take to choose the nodes of a gang of 64 among 12,500, through the interface that the
 * planner uses: mask and scores copied in, one call, answer checked. Nodes are feasible by chance, seven of eight; each
 * gang is chosen on a mask of its own. Wrong when a gang lies in more blocks than the fewest that could hold it.
 * `npx tsx bench/gang/gang.ts [--json] [--tiny]`
 */
import type { PolicyJob, PolicyNodeColumns, TopologyPolicy } from "../../core/model/policy.ts";
import { TOPOLOGY_KINDS, type TopologyKind } from "../../core/model/topology.ts";
import { loadPolicyModule } from "../../core/wasm/module.ts";
import { seededRandom } from "../../core/wasm/random.ts";
import { instantiateTopology } from "../../core/wasm/topology.ts";
import { buildPolicies, builtPolicyPath } from "../../policies/build.ts";
import { median, percentile, report } from "../report.ts";

const isTiny = process.argv.includes("--tiny");
const NODES = isTiny ? 1_250 : 12_500;
const GANG = 64;
const GANGS = isTiny ? 20 : 1_000;
const WARM_UP = isTiny ? 5 : 200;
/** Nodes of an NVL72 block, of a leaf switch, of a router and of a rail group. */
const BLOCK = 18;
const LEAF = 32;
const ROUTER = 16;
const GROUP = 512;
const SIDE = 25;

await buildPolicies();
const random = seededRandom(7);
const masks = Array.from({ length: GANGS + WARM_UP }, () =>
  Uint8Array.from({ length: NODES }, () => (random.next() < 7 / 8 ? 1 : 0)),
);
const figures: Record<string, number> = { nodes: NODES, gang: GANG, gangs: GANGS };
let isRight = true;
for (const kind of TOPOLOGY_KINDS) {
  const { us, wrong } = measure(kind);
  isRight &&= !wrong;
  figures[`${kind}_median_us`] = median(us);
  figures[`${kind}_p99_us`] = percentile(us, 99);
}
report("gang", isRight, figures);

function measure(kind: TopologyKind): { readonly us: readonly number[]; readonly wrong: boolean } {
  const policy = open(kind);
  const nodes = nodesOf(kind);
  const scores = new Float32Array(NODES);
  const out = new Int32Array(GANG);
  const job: PolicyJob = {
    ...{ jobId: 1, nodes: GANG, tasksPerNode: 1, cpus: 8, memMib: 8_000, gpus: 4 },
    ...{ timeLimitS: 3_600, partition: 0, priority: 1 },
  };
  if (policy.begin(nodes) !== undefined) throw new Error(`${kind} does not begin`);
  const us: number[] = [];
  let wrong = false;
  for (const [index, mask] of masks.entries()) {
    const from = performance.now();
    const fault = policy.choose(job, mask, scores, GANG, out);
    const took = (performance.now() - from) * 1_000;
    if (index >= WARM_UP) us.push(took);
    wrong ||= fault !== undefined || (kind === "block" && blocksOf(out) > leastBlocks(mask));
  }
  return { us, wrong };
}

function open(kind: TopologyKind): TopologyPolicy {
  const module = loadPolicyModule(builtPolicyPath("topology", kind), "topology");
  if (!module.ok) throw new Error(module.refusal.message);
  const policy = instantiateTopology(module.value, {}, { number: 1, seed: 1 });
  if (!policy.ok) throw new Error(policy.refusal.message);
  return policy.value;
}

function nodesOf(kind: TopologyKind): PolicyNodeColumns {
  const column = (of: (row: number) => number): Int32Array =>
    Int32Array.from({ length: NODES }, (_, row) => of(row));
  const none = column(() => -1);
  const levels: Record<TopologyKind, readonly Int32Array[]> = {
    tree: [column((row) => Math.floor(row / GROUP)), column((row) => Math.floor(row / LEAF)), none],
    block: [column((row) => Math.floor(row / BLOCK)), none, none],
    torus: [
      column((row) => Math.floor(row / (SIDE * SIDE))),
      column((row) => Math.floor(row / SIDE) % SIDE),
      column((row) => row % SIDE),
    ],
    dragonfly: [column((row) => Math.floor(row / GROUP)), column((row) => Math.floor(row / ROUTER)), none],
    rail: [column((row) => Math.floor(row / GROUP)), none, none],
  };
  const [level0, level1, level2] = levels[kind];
  return {
    count: NODES,
    freeCpus: column((row) => (row % 3 === 0 ? 64 : 128)),
    totalCpus: column(() => 128),
    freeMemMib: column(() => 1_000_000),
    totalMemMib: column(() => 1_000_000),
    freeGpus: new Uint8Array(NODES).fill(4),
    totalGpus: new Uint8Array(NODES).fill(8),
    hardwareClass: new Int32Array(NODES),
    topologyLeaf: none,
    level0: level0!,
    level1: level1!,
    level2: level2!,
    freeLanes: column((row) => (row % 2 === 0 ? 0x0f : 0xf0)),
  };
}

function blocksOf(rows: Int32Array): number {
  return new Set([...rows].map((row) => Math.floor(row / BLOCK))).size;
}

/** Of the aligned group of blocks that is the smallest to hold the gang: as few as its fullest blocks make. */
function leastBlocks(mask: Uint8Array): number {
  const feasible = new Int32Array(Math.ceil(NODES / BLOCK));
  mask.forEach((byte, row) => {
    feasible[Math.floor(row / BLOCK)]! += byte;
  });
  for (let size = 1; ; size *= 2) {
    let fewest = Number.POSITIVE_INFINITY;
    for (let from = 0; from < feasible.length; from += size) {
      const group = [...feasible.subarray(from, from + size)].sort((a, b) => b - a);
      let rest = GANG;
      let used = 0;
      while (rest > 0 && used < group.length) rest -= group[used++]!;
      if (rest <= 0) fewest = Math.min(fewest, used);
    }
    if (fewest < Number.POSITIVE_INFINITY) return fewest;
  }
}
