/** The kind preemption: the built-in module, its parameters, and what is said of a module that answers wrongly. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { VictimBatch } from "../../core/model/policy.ts";
import { cheapestPreemption } from "../../core/place/preempt-fallback.ts";
import { loadPolicyModule } from "../../core/wasm/module.ts";
import { instantiatePreemption, type SeededPreemption } from "../../core/wasm/preemption.ts";
import { buildPolicies, builtPolicyPath } from "../../policies/build.ts";
import { buildModule } from "../../policies/sdk/compile.ts";
import { readDeclaration } from "../../policies/sdk/declaration.ts";

let folder: string;
beforeAll(async () => {
  await buildPolicies();
  folder = mkdtempSync(join(tmpdir(), "rota-preemption-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function open(path: string, parameters = {}): SeededPreemption {
  const loaded = loadPolicyModule(path, "preemption");
  if (!loaded.ok) throw new Error(loaded.refusal.message);
  const opened = instantiatePreemption(loaded.value, parameters, { number: 1, seed: 0 });
  if (!opened.ok) throw new Error(opened.refusal.message);
  return opened.value;
}

/** A module of one method. */
async function custom(name: string, body: string): Promise<SeededPreemption> {
  const source = join(folder, `${name}.ts`);
  writeFileSync(
    source,
    `import { Preemption, RunningJob } from "rota/preemption";\n@final class Mine extends Preemption { cost(job: RunningJob): f64 { ${body} } }\n`,
  );
  const built = await buildModule(source, join(folder, `${name}.wasm`));
  if (!built.ok) throw new Error(built.message);
  return open(built.value.path);
}

const job = fc.record({
  priority: fc.integer({ min: 0, max: 1_000_000 }),
  runS: fc.integer({ min: 0, max: 1_000_000 }),
  leftS: fc.integer({ min: 0, max: 1_000_000 }),
  qosPriority: fc.integer({ min: 0, max: 1000 }),
  nodes: fc.integer({ min: 1, max: 100 }),
  cpus: fc.integer({ min: 1, max: 10_000 }),
  gpus: fc.integer({ min: 0, max: 800 }),
  tier: fc.integer({ min: 0, max: 100 }),
  restarts: fc.integer({ min: 0, max: 10 }),
  requeued: fc.constantFrom(0, 1),
});
type Job = Omit<{ [K in keyof VictimBatch]: number }, "count" | "jobId">;

const batchOf = (jobs: readonly Job[]): VictimBatch => {
  const whole = (of: (job: Job) => number): Int32Array => Int32Array.from(jobs, of);
  const real = (of: (job: Job) => number): Float64Array => Float64Array.from(jobs, of);
  return {
    count: jobs.length,
    priority: real((one) => one.priority),
    runS: real((one) => one.runS),
    leftS: real((one) => one.leftS),
    qosPriority: real((one) => one.qosPriority),
    jobId: Int32Array.from(jobs, (_, i) => i + 1),
    nodes: whole((one) => one.nodes),
    cpus: whole((one) => one.cpus),
    gpus: whole((one) => one.gpus),
    tier: whole((one) => one.tier),
    restarts: whole((one) => one.restarts),
    requeued: whole((one) => one.requeued),
  };
};

function costs(policy: Pick<SeededPreemption, "weigh">, batch: VictimBatch): readonly number[] {
  const out = new Float64Array(batch.count);
  expect(policy.weigh(batch, out)).toBeUndefined();
  return [...out];
}

test("the built-in module reckons as its stand-in in TypeScript does", () => {
  const module = open(builtPolicyPath("preemption", "cheapest"));
  fc.assert(
    fc.property(fc.array(job, { maxLength: 40 }), (jobs) => {
      const batch = batchOf(jobs);
      const mine = costs(cheapestPreemption(), batch);
      for (const [i, cost] of costs(module, batch).entries()) expect(cost).toBeCloseTo(mine[i]!, 6);
    }),
    { numRuns: 50 },
  );
});

test("a low tier goes first, then a low QOS, then the least work, each as its parameter weighs it", () => {
  const base: Job = {
    priority: 0,
    runS: 3600,
    leftS: 0,
    qosPriority: 0,
    nodes: 1,
    cpus: 4,
    gpus: 0,
    tier: 1,
    restarts: 0,
    requeued: 1,
  };
  const jobs = [
    { ...base, runS: 60 },
    base,
    { ...base, gpus: 1 },
    { ...base, restarts: 9 },
    { ...base, qosPriority: 1 },
    { ...base, tier: 2, runS: 0 },
  ];
  const rising = costs(open(builtPolicyPath("preemption", "cheapest")), batchOf(jobs));
  expect(rising).toEqual([...rising].sort((a, b) => a - b));
  expect(new Set(rising).size).toBe(jobs.length);
  const flat = { tierWeight: 0, qosWeight: 0, gpuCpus: 0, restartFactor: 0 };
  const [, plain, ...same] = costs(open(builtPolicyPath("preemption", "cheapest"), flat), batchOf(jobs));
  expect(same.slice(0, 3)).toEqual([plain, plain, plain]);
});

test("an author's class is a whole module, and more jobs than one call takes go through", async () => {
  const module = await custom("youngest", "return job.runS + <f64>job.jobId;");
  const jobs = Array.from({ length: 5000 }, (_, i) => ({
    priority: 0,
    runS: i,
    leftS: 0,
    qosPriority: 0,
    nodes: 1,
    cpus: 1,
    gpus: 0,
    tier: 1,
    restarts: 0,
    requeued: 1,
  }));
  expect(costs(module, batchOf(jobs))).toEqual(jobs.map((_, i) => 2 * i + 1));
});

test("a cost that is no finite number and a trap are faults, and the module serves again afterwards", async () => {
  const one: Job = {
    priority: 0,
    runS: 0,
    leftS: 0,
    qosPriority: 0,
    nodes: 1,
    cpus: 1,
    gpus: 0,
    tier: 1,
    restarts: 0,
    requeued: 1,
  };
  const [good, bad] = [batchOf([one]), batchOf([{ ...one, cpus: 2 }])];
  const out = new Float64Array(1);
  const endless = await custom("infinite", "return job.cpus > 1 ? Infinity : 7;");
  expect(endless.weigh(bad, out)?.code).toBe("POLICY_BAD_SCORE");
  expect(costs(endless, good)).toEqual([7]);
  const trap = await custom("trap", "if (job.cpus > 1) unreachable(); return 7;");
  expect(trap.weigh(bad, out)?.code).toBe("POLICY_TRAP");
  expect(trap.weigh(bad, out)?.code).toBe("POLICY_TRAP");
  expect(costs(trap, good)).toEqual([7]);
});

test("no jobs at all ask for no more memory, however often", () => {
  const module = open(builtPolicyPath("preemption", "cheapest"));
  // A block a call would be over the module's 16 MiB long before.
  for (let i = 0; i < 200; i++) expect(costs(module, batchOf([]))).toEqual([]);
});

test("a class without its method is refused with the method's name", () => {
  const declared = readDeclaration("mine.ts", "class Mine extends Preemption { score(): f64 { return 0; } }");
  expect(declared).toEqual({ ok: false, message: "mine.ts:1:1: Mine has no method cost" });
});
