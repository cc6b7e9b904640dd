/**
 * Hostile modules under load: many jobs in flight, fault modules of every kind loaded one after the other. No job is lost, no
 * allocation wrong, no pass without a plan, and who is struck is struck for what he did. Real controller, worker threads and
 * WASM, agents that play at running jobs. `bench/faults` does the same with all modules and 10,000 jobs, and measures.
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import { Siege } from "../../bench/faults/siege.ts";
import { faultModules } from "../wasm/faults/fault-modules.ts";

const JOBS = 400;
/** Of those that every pass asks, all; of the others those that reach each wall. */
const CHOSEN: readonly string[] = [
  "endless-loop",
  "memory-growth",
  "no-such-row",
  "not-a-number",
  "threads",
  "slow",
];
const MODULES = faultModules().filter(({ kind, name }) => kind === "priority" || CHOSEN.includes(name));

let siege: Siege;
beforeAll(async () => {
  siege = await Siege.begin(JOBS);
}, 240_000);
afterAll(() => siege.end());

it.each(MODULES.map((module) => [`${module.kind} ${module.name}`, module] as const))(
  "%s does what it can, and is refused or struck for it by file and reason",
  { timeout: 120_000 },
  async (_, module) => {
    const { refused, strikes, out, fault } = await siege.assault(module);
    expect(refused).toBe(module.refused);
    if (fault !== undefined) {
      expect([module.refused, ...module.struck, "POLICY_OVER_BUDGET"]).toContain(fault.code);
      expect(fault.message).toContain(`/siege/${module.kind}/${module.name}.wasm: `);
    }
    expect(out).toBe(strikes >= 3);
    // A pass ranks whenever jobs wait; whether it places, or preempts, is the cluster's.
    if (module.kind === "priority" && module.struck.length > 0) expect(strikes).toBeGreaterThan(0);
  },
);

it("all jobs have ended well then, and nothing was given twice", { timeout: 300_000 }, async () => {
  expect(await siege.drain()).toBe(true);
  const { submitted, completed, failed } = siege.counts;
  expect({ completed, failed }).toEqual({ completed: submitted, failed: 0 });
  expect({ overfull: siege.overfull, dropped: siege.dropped }).toEqual({ overfull: 0, dropped: 0 });
});
