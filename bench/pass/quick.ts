import { readFileSync } from "node:fs";
import { buildKernel } from "../../core/place/build-kernel.ts";
import { firstFitPlacement } from "../../core/place/fallback.ts";
import { PlanKernel } from "../../core/place/kernel.ts";
import { plan } from "../../core/place/plan.ts";
import { fifoPriority } from "../../core/prioritise/fallback.ts";
import { prioritise } from "../../core/prioritise/prioritise.ts";
import { FULL_CLUSTER, makeTables, readWorkload } from "./workload.ts";

const { path } = await buildKernel();
const kernel = new PlanKernel(readFileSync(path));
const pol = () => {
  const p = firstFitPlacement();
  return { placement: p, fallback: p };
};
const tables = makeTables(FULL_CLUSTER, readWorkload("/work/shared/data/scale/fill-10000.csv"));
const ts: number[] = [],
  tp: number[] = [];
for (let i = 0; i < 40; i++) {
  const t0 = performance.now();
  const f = fifoPriority();
  const ranked = prioritise(tables, f, f);
  const t1 = performance.now();
  plan(kernel, tables, ranked, { mode: "planned", gresParent: [0] }, pol());
  ts.push(performance.now() - t1);
  tp.push(t1 - t0);
}
ts.sort((a, b) => a - b);
tp.sort((a, b) => a - b);
console.log("plan min", ts[0], "median", ts[20], "prio", tp[0], tp[20]);
