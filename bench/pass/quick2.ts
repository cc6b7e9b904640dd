import { readFileSync } from "node:fs";
import { buildKernel } from "/work/main/core/place/build-kernel.ts";
import { PlanKernel } from "/work/main/core/place/kernel.ts";
import { plan } from "/work/main/core/place/plan.ts";
import { firstFitPlacement } from "/work/main/core/place/fallback.ts";
import { fifoPriority } from "/work/main/core/prioritise/fallback.ts";
import { prioritise } from "/work/main/core/prioritise/prioritise.ts";
import { readWorkload, makeWorkload, makeTables, startPlanned, FULL_CLUSTER } from "/work/main/bench/pass/workload.ts";
const { path } = await buildKernel();
const kernel = new PlanKernel(readFileSync(path));
const pol = () => { const p = firstFitPlacement(); return { placement: p, fallback: p }; };
function run(tables: any, label: string, mode: any = "planned") {
  for (let i = 0; i < 5; i++) {
    const t0 = performance.now();
    const f = fifoPriority();
    const ranked = prioritise(tables, f, f);
    const t1 = performance.now();
    const p = plan(kernel, tables, ranked, { mode, gresParent: [0] }, pol());
    const t2 = performance.now();
    const exp = Array.from(p.expectedStartS).filter((x) => x > 0).length;
    console.log(label, "prioritise", (t1 - t0).toFixed(1), "plan", (t2 - t1).toFixed(1), "starts", p.startCount, "expected", exp, "slots", kernel.slots, Math.max(...p.expectedStartS)-p.nowS);
    if (i === 4) return p;
  }
}
const t10 = makeTables(FULL_CLUSTER, readWorkload("/work/shared/data/scale/fill-10000.csv"));
const p10 = run(t10, "10k")!;
run(t10, "10k easy", "easy"); run(t10, "10k none", "none");
const t50 = makeTables(FULL_CLUSTER, readWorkload("/work/shared/data/scale/fill-50000.csv.gz"));
const p50 = run(t50, "50k")!;
const full = startPlanned(t50, p50, 300);
run(full, "50k full");run(full, "50k full easy", "easy");
const v = makeTables(FULL_CLUSTER, makeWorkload(50000, 7, true));
console.log("shapes", v.shapes.count);
run(v, "50k varied");
