/** What the fuel benchmark asks of modules: one call each of placement, topology and priority, on a seeded cluster. */
import type { PolicyFault, PolicyJob, PolicyNodeColumns, PriorityBatch } from "../../core/model/policy.ts";
import type { Result } from "../../core/model/refusal.ts";
import type { Seeded } from "../../core/wasm/instance.ts";
import { loadPolicyModule } from "../../core/wasm/module.ts";
import { instantiatePlacement } from "../../core/wasm/placement.ts";
import { instantiatePriority } from "../../core/wasm/priority.ts";
import { seededRandom } from "../../core/wasm/random.ts";
import { instantiateTopology } from "../../core/wasm/topology.ts";

export interface Asked {
  /** Asks once; `round` picks one of some inputs. What was answered is in `answer`. */
  ask(round: number): PolicyFault | undefined;
  readonly answer: Int32Array | Float64Array;
  readonly policy: Seeded;
}

/** Inputs that calls go through in turn. */
const INPUTS = 16;
const GANG = 64;
const OPTIONS = { number: 1, seed: 1 };

/** A module of one of the three kinds, opened and begun with `count` nodes or jobs. */
export function open(bytes: Uint8Array, kind: "placement" | "topology" | "priority", count: number): Asked {
  if (kind === "priority") return openPriority(bytes, count);
  const nodes = nodesOf(count);
  const random = seededRandom(7);
  const masks = Array.from({ length: INPUTS }, () =>
    Uint8Array.from({ length: count }, () => (random.next() < 7 / 8 ? 1 : 0)),
  );
  const module = unwrap(loadPolicyModule(bytes, kind));
  const want = kind === "topology" ? GANG : 1;
  const answer = new Int32Array(want);
  if (kind === "placement") {
    const policy = unwrap(instantiatePlacement(module, {}, OPTIONS));
    policy.begin(nodes);
    return {
      policy,
      answer,
      ask: (round) => policy.place(jobOf(round, want), masks[round % INPUTS]!, want, answer),
    };
  }
  const policy = unwrap(instantiateTopology(module, {}, OPTIONS));
  policy.begin(nodes);
  const scores = new Float32Array(count);
  const ask = (round: number): PolicyFault | undefined =>
    policy.choose(jobOf(round, want), masks[round % INPUTS]!, scores, want, answer);
  return { policy, answer, ask };
}

function openPriority(bytes: Uint8Array, count: number): Asked {
  const policy = unwrap(instantiatePriority(unwrap(loadPolicyModule(bytes, "priority")), {}, OPTIONS));
  const random = seededRandom(11);
  const column = (of: () => number): Float64Array => Float64Array.from({ length: count }, of);
  const whole = (most: number): Int32Array =>
    Int32Array.from(column(() => 1 + Math.floor(random.next() * most)));
  const share = (): Float64Array => column(() => random.next());
  const batch: PriorityBatch = {
    ...{
      count,
      ageS: column(() => random.next() * 1e5),
      jobId: Int32Array.from({ length: count }, (_, i) => i + 1),
    },
    ...{ nodes: whole(8), cpus: whole(64), timeLimitS: whole(86_400), nice: new Int32Array(count) },
    ...{ partitionFactor: share(), qosFactor: share(), submitS: column(() => 1.8e9 + random.next()) },
    ...{ fairshare: share(), assocFactor: share(), tresCpu: share(), tresMem: share(), tresGpu: share() },
    ...{ siteFactor: share(), clusterNodes: 1000, clusterCpus: 64_000 },
  };
  const answer = new Float64Array(count);
  return { policy, answer, ask: () => policy.rank(batch, answer) };
}

const jobOf = (round: number, nodes: number): PolicyJob => ({
  ...{ jobId: round + 1, nodes, tasksPerNode: 1, cpus: 1 + (round % 32), memMib: 8_000, gpus: round % 4 },
  ...{ timeLimitS: 3_600, partition: 0, priority: 1 },
});

/** Nodes with 128 CPUs and 8 GPUs, half used at random, in a torus of 25 × 25 × 20 or switches that are as large. */
function nodesOf(count: number): PolicyNodeColumns {
  const random = seededRandom(3);
  const column = (of: (row: number) => number): Int32Array =>
    Int32Array.from({ length: count }, (_, row) => of(row));
  return {
    count,
    freeCpus: column(() => 64 + Math.floor(random.next() * 65)),
    totalCpus: column(() => 128),
    freeMemMib: column(() => 400_000 + Math.floor(random.next() * 600_000)),
    totalMemMib: column(() => 1_000_000),
    freeGpus: Uint8Array.from({ length: count }, () => 4 + Math.floor(random.next() * 5)),
    totalGpus: new Uint8Array(count).fill(8),
    hardwareClass: column(() => 0),
    topologyLeaf: column((row) => Math.floor(row / 20)),
    level0: column((row) => Math.floor(row / 500)),
    level1: column((row) => Math.floor(row / 20) % 25),
    level2: column((row) => row % 20),
    freeLanes: column(() => 255),
  };
}

function unwrap<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.refusal.message);
  return result.value;
}
