/**
 * What hostile modules do to passes under load: 10,000 jobs in flight, each fault module loaded in turn as each kind. Every
 * pass is timed from asking to plan; how late one is, is what it took beyond the budget of its modules and the longest pass
 * with what comes with Rota. Wrong when a job is lost, an allocation is, a pass gives no plan, or a fault has another code.
 * `npm run bench -- faults`, or `npx tsx bench/faults/faults.ts [--json] [--tiny] [--verbose] [--only NAME,...]`. Never fails on time.
 */
import { loadavg } from "node:os";
import { faultModules } from "../../test/wasm/faults/fault-modules.ts";
import { median, percentile, report } from "../report.ts";
import { BUDGET_MS, Siege } from "./siege.ts";

const isTiny = process.argv.includes("--tiny");
const JOBS = isTiny ? 400 : 10_000;
const QUIET_PASSES = isTiny ? 5 : 40;
const onlyAt = process.argv.indexOf("--only");
/** All, or those that are named with commas between them. */
const names = onlyAt < 0 ? undefined : (process.argv[onlyAt + 1] ?? "").split(",");
/** Small, it shows that it works: the tests have all of them. */
const EACH = isTiny ? 8 : 1;
const MODULES = faultModules()
  .filter(({ name }) => names === undefined || names.includes(name))
  .filter((_, i) => i % EACH === 0);
const GOAL_LATE_MS = 50;
/** A machine that others use as well may stop any module by its clock. */
const SLOW = ["POLICY_OVER_BUDGET"];

const siege = await Siege.begin(JOBS);
const quiet = await siege.quiet(QUIET_PASSES);
const ordinaryMs = Math.max(...quiet);
const passes: number[] = [];
let wrong = 0;
let out = 0;
let refused = 0;
let least = siege.inFlight;
for (const module of MODULES) {
  const seen = await siege.assault(module);
  least = Math.min(least, siege.inFlight);
  const { strikes, passesMs, fault } = seen;
  passes.push(...passesMs);
  if (seen.refused !== undefined) refused++;
  if (seen.out) out++;
  // What no pass asked anything of was not struck; what was, is out after three passes that did.
  const code = seen.refused ?? fault?.code;
  const expected = module.refused === undefined ? [...module.struck, ...SLOW] : [module.refused];
  const isRight = code === undefined ? module.refused === undefined : expected.includes(code);
  if (!isRight) wrong++;
  if (process.argv.includes("--verbose") || !isRight) {
    const longest = Math.round(Math.max(0, ...passesMs));
    process.stderr.write(
      `${module.kind} ${module.name}: ${seen.refused ?? `${strikes} strikes`}, longest pass ${longest} ms; ${fault?.message ?? ""}\n`,
    );
  }
}
const isDrained = await siege.drain();
const { submitted, completed, failed } = siege.counts;
await siege.end();
const late = passes.map((ms) => Math.max(0, ms - ordinaryMs - BUDGET_MS));
report("faults", isDrained && wrong === 0 && siege.overfull === 0 && siege.dropped === 0 && failed === 0, {
  ...{ jobs_in_flight: least, modules: MODULES.length, struck_out: out, refused_at_load: refused },
  ...{ jobs_submitted: submitted, jobs_completed: completed, jobs_failed: failed },
  ...{ overfull_nodes: siege.overfull, passes_dropped: siege.dropped, passes: passes.length },
  ...{ ordinary_pass_median_ms: median(quiet), ordinary_pass_longest_ms: percentile(quiet, 100) },
  ...{
    pass_median_ms: median(passes),
    pass_p99_ms: percentile(passes, 99),
    pass_longest_ms: percentile(passes, 100),
  },
  ...{ budget_ms: BUDGET_MS },
  ...{
    late_longest_ms: percentile(late, 100),
    late_over_goal: late.filter((ms) => ms > GOAL_LATE_MS).length,
  },
  ...{ goal_late_ms: GOAL_LATE_MS, load_average: Math.round(loadavg()[0]! * 10) / 10 },
});
