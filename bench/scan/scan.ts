/**
 * How long one scan of 12,544 nodes for the best-fitting one takes, through the interface that the planner uses: mask
 * copied in, one call, answer checked. `npx tsx bench/scan/scan.ts [--json] [--tiny]`. Three contestants make the same
 * choice: the built-in `pack`, an author's class for one node at a time, and the same loop in plain JavaScript. Fails
 * only when they choose differently; never on time.
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import Table from "cli-table3";
import type { PlacementPolicy, PolicyJob, PolicyNodeColumns } from "../../core/model/policy.ts";
import { loadPolicyModule } from "../../core/wasm/module.ts";
import { instantiatePlacement } from "../../core/wasm/placement.ts";
import { seededRandom } from "../../core/wasm/random.ts";
import { buildPolicies, builtPolicyPath } from "../../policies/build.ts";
import { buildModule } from "../../policies/sdk/compile.ts";

const HERE = dirname(fileURLToPath(import.meta.url));
const NODES = 12_544;
const TINY_NODES = 1_024;
/** Calls timed together, so that the clock's grain does not show. */
const BATCH = 16;
const BATCHES = 1_500;
const TINY_BATCHES = 20;
const SHARES = [0.1, 1] as const;

interface Scenario {
  readonly share: number;
  readonly nodes: PolicyNodeColumns;
  readonly asks: readonly { readonly job: PolicyJob; readonly mask: Uint8Array }[];
}

interface Row {
  readonly contestant: string;
  readonly feasible: number;
  readonly medianUs: number;
  readonly leastUs: number;
}

const options = new Set(process.argv.slice(2));
const isTiny = options.has("--tiny");
const nodes = isTiny ? TINY_NODES : NODES;
const batches = isTiny ? TINY_BATCHES : BATCHES;

await buildPolicies();
const authorPath = join(HERE, "..", "..", "dist", "bench", "author.wasm");
const built = await buildModule(join(HERE, "assembly", "author.ts"), authorPath);
if (!built.ok) throw new Error(built.message);
const contestants: readonly PlacementPolicy[] = [
  open(builtPolicyPath("placement", "pack")),
  open(authorPath),
  plainJavaScript(),
];

const rows: Row[] = [];
let isSame = true;
for (const share of SHARES) {
  const scenario = makeScenario(share, nodes);
  for (const contestant of contestants) contestant.begin(scenario.nodes);
  isSame &&= checkChoices(scenario);
  rows.push(...measure(scenario));
}
report();
process.exitCode = isSame ? 0 : 1;

function open(path: string): PlacementPolicy {
  const loaded = loadPolicyModule(path, "placement");
  if (!loaded.ok) throw new Error(loaded.refusal.message);
  const opened = instantiatePlacement(loaded.value, {}, { number: 1, seed: 1 });
  if (!opened.ok) throw new Error(opened.refusal.message);
  return opened.value;
}

/** The loop of `author.ts` without a module: what the interface is measured against. */
function plainJavaScript(): PlacementPolicy {
  let columns: PolicyNodeColumns | undefined;
  return {
    name: "plain JavaScript",
    begin(given) {
      columns = given;
      return undefined;
    },
    update() {},
    place(job, mask, _want, out) {
      if (columns === undefined) throw new Error("begin comes first");
      const { count, freeCpus, freeMemMib, freeGpus } = columns;
      const { cpus: wantCpus, memMib, gpus } = job;
      let best = Number.NEGATIVE_INFINITY;
      for (let row = 0; row < count; row++) {
        if (mask[row] === 0 || freeGpus[row]! < gpus) continue;
        if (freeCpus[row]! < wantCpus || freeMemMib[row]! < memMib) continue;
        const score = -((freeGpus[row]! - gpus) * 4096 + (freeCpus[row]! - wantCpus));
        if (score > best) {
          best = score;
          out[0] = row;
        }
      }
      return undefined;
    },
    score: () => undefined,
  };
}

/** Nodes of 8 GPUs and 128 CPUs of which `share` have room for any of the jobs, scattered. */
function makeScenario(share: number, count: number): Scenario {
  const random = seededRandom(7);
  const upTo = (limit: number): number => Math.floor(random.next() * limit);
  const columns = {
    count,
    freeCpus: new Int32Array(count),
    totalCpus: new Int32Array(count).fill(128),
    freeMemMib: new Int32Array(count),
    totalMemMib: new Int32Array(count).fill(1_000_000),
    freeGpus: new Uint8Array(count),
    totalGpus: new Uint8Array(count).fill(8),
    hardwareClass: new Int32Array(count),
    topologyLeaf: new Int32Array(count).fill(-1),
    level0: new Int32Array(count).fill(-1),
    level1: new Int32Array(count).fill(-1),
    level2: new Int32Array(count).fill(-1),
    freeLanes: new Int32Array(count).fill(255),
  };
  for (let row = 0; row < count; row++) {
    if (random.next() >= share) continue;
    columns.freeCpus[row] = 64 + upTo(65);
    columns.freeMemMib[row] = 400_000 + upTo(600_000);
    columns.freeGpus[row] = 4 + upTo(5);
  }
  const mask = columns.freeGpus.map((gpus) => (gpus > 0 ? 1 : 0));
  const asks = Array.from({ length: BATCH }, (_, index) => ({ job: makeJob(index + 1, upTo), mask }));
  return { share, nodes: columns, asks };
}

function makeJob(jobId: number, upTo: (limit: number) => number): PolicyJob {
  return {
    jobId,
    nodes: 1,
    tasksPerNode: 1,
    cpus: 1 + upTo(64),
    memMib: 1000 * (1 + upTo(400)),
    gpus: 1 + upTo(4),
    timeLimitS: 3600,
    partition: 0,
    priority: 1,
  };
}

function checkChoices({ asks }: Scenario): boolean {
  const out = new Int32Array(1);
  return asks.every(({ job, mask }) => {
    const chosen = contestants.map((contestant) => {
      const fault = contestant.place(job, mask, 1, out);
      return fault === undefined ? out[0] : fault.message;
    });
    if (new Set(chosen).size === 1) return true;
    const choices = contestants.map(({ name }, i) => `${name} chose ${chosen[i]}`);
    process.stderr.write(`job ${job.jobId}: ${choices.join(", ")}\n`);
    return false;
  });
}

/** Contestants take turns, so that what else the machine does falls on all of them. */
function measure({ share, asks }: Scenario): readonly Row[] {
  const out = new Int32Array(1);
  const times = contestants.map(() => new Float64Array(batches));
  for (let batch = -Math.ceil(batches / 4); batch < batches; batch++) {
    for (const [index, contestant] of contestants.entries()) {
      const start = performance.now();
      for (const { job, mask } of asks) contestant.place(job, mask, 1, out);
      const us = ((performance.now() - start) * 1000) / BATCH;
      if (batch >= 0) times[index]![batch] = us;
    }
  }
  return contestants.map(({ name }, index) => {
    const sorted = times[index]!.sort();
    return {
      contestant: name,
      feasible: share,
      medianUs: round(sorted[batches >> 1]!),
      leastUs: round(sorted[0]!),
    };
  });
}

function report(): void {
  const ratios = SHARES.map((feasible) => ({
    feasible,
    plainOverPack: round(medianOf("plain JavaScript", feasible) / medianOf("pack", feasible)),
  }));
  if (options.has("--json")) {
    console.log(JSON.stringify({ nodes, isSame, rows, ratios }));
    return;
  }
  const table = new Table({
    head: ["contestant", "feasible", "median µs", "least µs"],
    style: { head: [], border: [] },
  });
  for (const row of rows) table.push([row.contestant, `${row.feasible * 100} %`, row.medianUs, row.leastUs]);
  console.log(
    `One scan of ${nodes} nodes for the best-fitting one, ${isSame ? "same choice by all" : "CHOICES DIFFER"}`,
  );
  console.log(table.toString());
  for (const { feasible, plainOverPack } of ratios) {
    console.log(
      `${feasible * 100} % feasible: plain JavaScript takes ${plainOverPack} times as long as pack`,
    );
  }
}

function medianOf(contestant: string, feasible: number): number {
  return (
    rows.find((row) => row.contestant === contestant && row.feasible === feasible)?.medianUs ?? Number.NaN
  );
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
