/** Random states of nodes and jobs for the properties of placement and topology modules. */
import fc from "fast-check";
import type { PolicyJob, PolicyNodeColumns } from "../../core/model/policy.ts";
import { makeJob } from "../wasm/nodes.ts";

export interface NodeState {
  readonly nodes: PolicyNodeColumns;
  readonly mask: Uint8Array;
  readonly job: PolicyJob;
  readonly want: number;
}

interface RawNode {
  readonly cpus: number;
  readonly busyCpus: number;
  readonly memMib: number;
  readonly busyMemMib: number;
  readonly gpus: number;
  readonly busyGpus: number;
  readonly leaf: number;
  readonly feasible: boolean;
}

const MAX_NODES = 150;

const rawNode: fc.Arbitrary<RawNode> = fc.record({
  cpus: fc.constantFrom(4, 8, 64, 256),
  busyCpus: fc.constantFrom(0, 0, 1, 2, 4),
  memMib: fc.constantFrom(1_000, 4_000, 2_000_000),
  busyMemMib: fc.constantFrom(0, 0, 500, 1_000),
  gpus: fc.constantFrom(0, 1, 8, 16),
  busyGpus: fc.constantFrom(0, 0, 1, 3),
  leaf: fc.constantFrom(-1, 0, 1, 2, 3, 1_000_000),
  feasible: fc.boolean(),
});

const job: fc.Arbitrary<PolicyJob> = fc
  .record({
    cpus: fc.constantFrom(-1, 0, 1, 3, 8),
    memMib: fc.constantFrom(-1, 0, 1, 900, 2_500),
    gpus: fc.constantFrom(-1, 0, 0, 1, 2),
  })
  .map(makeJob);

/** One to 150 nodes, some feasible (one at least), and a job that wants no more than there are. */
export const nodeState: fc.Arbitrary<NodeState> = fc
  .tuple(fc.array(rawNode, { minLength: 1, maxLength: MAX_NODES }), job, fc.nat(), fc.nat())
  .map(([raw, wanted, pick, share]) => {
    const mask = Uint8Array.from(raw, ({ feasible }) => (feasible ? 255 : 0));
    mask[pick % raw.length] = 1;
    const feasible = mask.filter((byte) => byte !== 0).length;
    return { nodes: columnsOf(raw), mask, job: wanted, want: 1 + (share % feasible) };
  });

function columnsOf(raw: readonly RawNode[]): PolicyNodeColumns {
  return {
    count: raw.length,
    freeCpus: Int32Array.from(raw, ({ cpus, busyCpus }) => cpus - busyCpus),
    totalCpus: Int32Array.from(raw, ({ cpus }) => cpus),
    freeMemMib: Int32Array.from(raw, ({ memMib, busyMemMib }) => memMib - busyMemMib),
    totalMemMib: Int32Array.from(raw, ({ memMib }) => memMib),
    freeGpus: Uint8Array.from(raw, ({ gpus, busyGpus }) => Math.max(gpus - busyGpus, 0)),
    totalGpus: Uint8Array.from(raw, ({ gpus }) => gpus),
    hardwareClass: Int32Array.from(raw, ({ gpus }) => gpus),
    topologyLeaf: Int32Array.from(raw, ({ leaf }) => leaf),
    level0: Int32Array.from(raw, ({ leaf }) => leaf),
    level1: new Int32Array(raw.length).fill(-1),
    level2: new Int32Array(raw.length).fill(-1),
    freeLanes: Int32Array.from(raw, ({ gpus, busyGpus }) => (1 << Math.max(gpus - busyGpus, 0)) - 1),
  };
}

/** Whether the node's free amounts hold the job, -1 asking for the whole. */
export function fits(nodes: PolicyNodeColumns, row: number, { cpus, memMib, gpus }: PolicyJob): boolean {
  const holds = (free: number, total: number, taken: number): boolean => free >= (taken < 0 ? total : taken);
  return (
    holds(nodes.freeCpus[row]!, nodes.totalCpus[row]!, cpus) &&
    holds(nodes.freeMemMib[row]!, nodes.totalMemMib[row]!, memMib) &&
    holds(nodes.freeGpus[row]!, nodes.totalGpus[row]!, gpus)
  );
}

/** The best `want` of the rows, by score and then by row. */
export function bestRows(
  rows: readonly number[],
  scoreOf: (row: number) => number,
  want: number,
): readonly number[] {
  return [...rows].sort((a, b) => scoreOf(b) - scoreOf(a) || a - b).slice(0, want);
}
