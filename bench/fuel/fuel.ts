/**
 * What counting fuel costs: each module as it was built and with fuel injected, asked for the same in turns, CPU time of
 * this process. Wrong when they answer differently, or when two runs of the same use different fuel.
 * `npm run bench -- fuel`, or `npx tsx bench/fuel/fuel.ts [--json] [--tiny]`. Never fails on time.
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { meterModule } from "../../core/controller/module-meter.ts";
import { buildPolicies, builtPolicyPath } from "../../policies/build.ts";
import { buildModule } from "../../policies/sdk/compile.ts";
import { median, report } from "../report.ts";
import { type Asked, open } from "./contestants.ts";

const isTiny = process.argv.includes("--tiny");
const ROWS = isTiny ? 1_024 : 12_500;
/** Calls timed together last about so long. */
const BATCH_US = isTiny ? 200 : 8_000;
const BATCHES = isTiny ? 4 : 40;
const AUTHOR = join(dirname(fileURLToPath(import.meta.url)), "..", "scan", "assembly", "author.ts");
const MODULES = [
  ...[["placement", "pack"] as const, ["placement", "author"] as const, ["placement", "spread"] as const],
  ...(["tree", "block", "torus", "dragonfly", "rail"] as const).map((name) => ["topology", name] as const),
  ...(["multifactor", "wfp3", "unicef"] as const).map((name) => ["priority", name] as const),
];

await buildPolicies();
const authorPath = join(dirname(builtPolicyPath("placement", "pack")), "..", "..", "bench", "author.wasm");
const built = await buildModule(AUTHOR, authorPath);
if (!built.ok) throw new Error(built.message);

const figures: Record<string, number> = { rows: ROWS };
let isRight = true;
const costs: number[] = [];
const rates: number[] = [];
for (const [kind, name] of MODULES) {
  const plain = readFileSync(name === "author" ? authorPath : builtPolicyPath(kind, name));
  const metered = await meterModule(plain);
  if (!metered.ok) throw new Error(metered.refusal.message);
  const pair = [open(plain, kind, ROWS), open(metered.value, kind, ROWS)] as const;
  if (!isSame(pair)) {
    isRight = false;
    process.stderr.write(`${name} answers or counts otherwise\n`);
  }
  const { costPct, callUs, unitsACall } = measure(pair);
  costs.push(costPct);
  rates.push((unitsACall / callUs) * 1e-3);
  figures[`${name}_cost_pct`] = costPct;
  figures[`${name}_call_us`] = callUs;
  figures[`${name}_units`] = unitsACall;
}
figures["median_cost_pct"] = median(costs);
figures["worst_cost_pct"] = Math.max(...costs);
figures["units_per_ns_least"] = Math.round(Math.min(...rates) * 100) / 100;
figures["units_per_ns_most"] = Math.round(Math.max(...rates) * 100) / 100;
report("fuel", isRight, figures);

/** Same answers with and without fuel, and the same fuel for the same again. */
function isSame([plain, metered]: readonly [Asked, Asked]): boolean {
  // The first call makes room in the module's memory.
  metered.ask(0);
  const used = [0, 1].map(() => {
    metered.policy.reseed(5);
    for (let round = 0; round < 32; round++) {
      plain.policy.reseed(5);
      if (plain.ask(round) !== undefined || metered.ask(round) !== undefined) return Number.NaN;
      if (plain.answer.some((value, i) => value !== metered.answer[i])) return Number.NaN;
    }
    return metered.policy.fuelUsed;
  });
  return used[0]! > 0 && used[0] === used[1];
}

function measure(pair: readonly [Asked, Asked]): { costPct: number; callUs: number; unitsACall: number } {
  const [plain, metered] = pair;
  cpuUs(plain, 50);
  const calls = Math.max(4, Math.ceil(BATCH_US / Math.max(1, cpuUs(plain, 50) / 50)));
  metered.policy.reseed(5);
  cpuUs(metered, calls);
  const unitsACall = Math.round(metered.policy.fuelUsed / calls);
  const ratios: number[] = [];
  const least = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let batch = -4; batch < BATCHES; batch++) {
    // Who goes first changes, so that what else the machine does falls on both.
    const order = batch % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const);
    const us = [0, 0];
    for (const side of order) {
      pair[side].policy.reseed(5);
      us[side] = cpuUs(pair[side], calls);
    }
    if (batch < 0) continue;
    ratios.push(us[1]! / us[0]!);
    for (const side of order) least[side] = Math.min(least[side]!, us[side]!);
  }
  return {
    costPct: Math.round(median(ratios.map((ratio) => ratio * 1000)) - 1000) / 10,
    callUs: Math.round((least[1]! / calls) * 100) / 100,
    unitsACall,
  };
}

function cpuUs(asked: Asked, calls: number): number {
  const before = process.cpuUsage();
  for (let round = 0; round < calls; round++) asked.ask(round);
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
