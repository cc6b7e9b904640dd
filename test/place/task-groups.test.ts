/** Arrays with a limit on tasks at once whose tasks were requeued: their rows share what is left of it. */
import { describe, expect, test } from "vitest";
import { commitPlan } from "../../core/controller/commit-plan.ts";
import { startEvents } from "../../core/controller/start-events.ts";
import { WAIT_REASONS } from "../../core/model/reasons.ts";
import { firstFitPlacement } from "../../core/place/fallback.ts";
import { Planner } from "../../core/place/planner.ts";
import type { PlanOptions } from "../../core/place/queue.ts";
import { fifoPriority } from "../../core/prioritise/fallback.ts";
import { prioritise } from "../../core/prioritise/prioritise.ts";
import type { ClusterState } from "../../core/state/cluster-state.ts";
import type { Event } from "../../core/state/events.ts";
import { planTables } from "../../core/state/pass-snapshot.ts";
import { reduce } from "../../core/state/reduce.ts";
import { decodeState, encodeState } from "../../core/state/snapshot.ts";
import { fourNodes, NOW_S } from "../admit/cluster.ts";
import { fields, request } from "../state/fixture.ts";
import { kernel } from "./planning.ts";

const placement = firstFitPlacement();
const planner = new Planner(kernel);
const apply = (state: ClusterState, event: Event): void => reduce(state, state.lastSeq + 1, event);

function pass(state: ClusterState, mode: PlanOptions["mode"], atS = NOW_S) {
  const tables = planTables(state, atS);
  const ranked = prioritise(tables, fifoPriority(), fifoPriority());
  const plan = planner.plan(tables, ranked, { mode, gresParent: [] }, { placement, fallback: placement });
  const reasons = Array.from({ length: plan.pendingCount }, (_, row) => WAIT_REASONS[plan.reason[row]!]);
  const { starts, conflicts } = commitPlan(state, plan);
  for (const event of startEvents(state, starts, atS).events) apply(state, event);
  return { planned: plan.startCount, started: starts.length, conflicts, reasons };
}

describe.each(["planned", "easy", "none", "conservative"] as const)("in the mode %s", (mode) => {
  test("no more tasks are planned than the limit lets start", () => {
    const state = fourNodes();
    const array = { tasks: [0, 1, 2, 3, 4, 5], throttle: 3 };
    const job = fields({ request: request(), timeLimitS: 600 });
    apply(state, { type: "job.submitted", atS: NOW_S, jobId: 1, scriptKey: 1, job, array });
    expect(pass(state, mode)).toMatchObject({ planned: 3, started: 3, conflicts: 0 });
    const running = [...state.jobs.values()].filter((one) => one.state === "RUNNING");
    for (const { id } of running.slice(0, 2))
      apply(state, { type: "job.requeued", atS: NOW_S, jobId: id, beginS: 0, held: "", endReason: "" });
    // Three rows wait, and two more tasks may run.
    expect(state.pending.count).toBe(3);
    const again = decodeState(encodeState(state));
    for (const one of [state, again]) {
      const { reasons, ...made } = pass(one, mode);
      expect(made).toEqual({ planned: 2, started: 2, conflicts: 0 });
      expect(reasons.filter((reason) => reason === "JobArrayTaskLimit").length).toBeGreaterThan(0);
    }
    expect(state.splitArrays.size).toBe(1);
  });
});
