/** Reservations that draw jobs in: planned, committed and started through the stages. */
import { describe, expect, test } from "vitest";
import { commitPlan } from "../../core/controller/commit-plan.ts";
import { startEvents } from "../../core/controller/start-events.ts";
import { nodeIndex } from "../../core/model/ids.ts";
import { WAIT_REASONS } from "../../core/model/reasons.ts";
import type { ReservationSpec } from "../../core/model/reservation.ts";
import { firstFitPlacement } from "../../core/place/fallback.ts";
import { Planner } from "../../core/place/planner.ts";
import { fifoPriority } from "../../core/prioritise/fallback.ts";
import { prioritise } from "../../core/prioritise/prioritise.ts";
import type { ClusterState } from "../../core/state/cluster-state.ts";
import type { Event } from "../../core/state/events.ts";
import { planTables } from "../../core/state/pass-snapshot.ts";
import { reduce } from "../../core/state/reduce.ts";
import { fourNodes, NOW_S } from "../admit/cluster.ts";
import { fields, request } from "../state/fixture.ts";
import { kernel } from "./planning.ts";

const HOUR_S = 3600;
const placement = firstFitPlacement();
const planner = new Planner(kernel);
const apply = (state: ClusterState, event: Event): void => reduce(state, state.lastSeq + 1, event);

function magnetic(change: Partial<ReservationSpec> = {}): ClusterState {
  const state = fourNodes();
  const reservation: ReservationSpec = {
    name: "magnet",
    startS: NOW_S,
    endS: NOW_S + HOUR_S,
    nodes: [nodeIndex(2), nodeIndex(3)],
    features: "",
    partition: "",
    users: ["ada"],
    accounts: [],
    groups: [],
    flags: ["MAGNETIC"],
    purgeS: 0,
    ...change,
  };
  apply(state, { type: "reservation.created", atS: NOW_S, reservation });
  return state;
}

interface Asked {
  readonly user?: string;
  readonly nodes?: number;
  readonly limitS?: number;
  readonly tasks?: readonly number[];
}

function submit(state: ClusterState, { user = "ada", nodes = 1, limitS = 600, tasks }: Asked = {}): number {
  const jobId = state.nextJobId;
  const asked = request({ minNodes: nodes, maxNodes: nodes, tasks: nodes, cpusPerTask: 4, cpus: 4 });
  const base = fields({ request: asked, timeLimitS: limitS });
  const job = { ...base, spec: { ...base.spec, user } };
  const event = { type: "job.submitted", atS: state.lastAtS, jobId, scriptKey: 1, job } as const;
  apply(state, tasks === undefined ? event : { ...event, array: { tasks, throttle: 0 } });
  return jobId;
}

/** Starts what can start; gives the reasons of those that wait, by job id. */
function pass(state: ClusterState, atS = NOW_S): Map<number, string> {
  const tables = planTables(state, atS);
  const ranked = prioritise(tables, fifoPriority(), fifoPriority());
  const options = { mode: "planned", gresParent: [] } as const;
  const plan = planner.plan(tables, ranked, options, { placement, fallback: placement });
  const jobId = tables.pending.columns.jobId.slice(0, tables.pending.count);
  const { starts, conflicts } = commitPlan(state, plan);
  expect(conflicts).toBe(0);
  for (const event of startEvents(state, starts, atS).events) apply(state, event);
  return new Map(Array.from(jobId, (id, row) => [id, WAIT_REASONS[plan.reason[row]!]!]));
}

const where = (state: ClusterState, id: number): unknown => {
  const job = state.jobs.get(id as never)!;
  return [job.allocation?.nodes.map(({ node }) => node as number), job.reservation];
};

describe("a magnetic reservation", () => {
  test("has the jobs of those who may use it, and of nobody else", () => {
    const state = magnetic();
    const [bob, ada] = [submit(state, { user: "bob", nodes: 2 }), submit(state)];
    const eve = submit(state, { user: "eve" });
    expect(pass(state).get(eve)).toBe("ReqNodeNotAvail, May be reserved for other job");
    expect(where(state, ada)).toEqual([[2], "magnet"]);
    expect(where(state, bob)).toEqual([[0, 1], undefined]);
  });

  test("leaves those that do not fit in it now to the others' nodes", () => {
    const state = magnetic({ endS: NOW_S + HOUR_S / 2 });
    const wide = submit(state, { nodes: 2 });
    const late = submit(state, { limitS: HOUR_S });
    const next = submit(state);
    pass(state);
    expect(where(state, wide)).toEqual([[2, 3], "magnet"]);
    expect(where(state, late)).toEqual([[0], undefined]);
    expect(where(state, next)).toEqual([[1], undefined]);
  });

  test("draws nobody before it begins", () => {
    const state = magnetic({ startS: NOW_S + 60 });
    const job = submit(state);
    pass(state);
    expect(where(state, job)).toEqual([[0], undefined]);
  });

  test("lets go of a job that is requeued, and has tasks of arrays one by one", () => {
    const state = magnetic();
    const array = submit(state, { tasks: [0, 1, 2, 3, 4] });
    pass(state);
    pass(state);
    const running = [...state.jobs.values()].filter((job) => job.state === "RUNNING");
    expect(running.map((job) => job.reservation ?? "").sort()).toEqual(["", "", "magnet", "magnet"]);
    expect(state.jobs.get(array as never)?.reservation).toBeUndefined();
    const drawn = running.find((job) => job.reservation === "magnet")!;
    apply(state, { type: "job.requeued", atS: NOW_S, jobId: drawn.id, beginS: 0, held: "", endReason: "" });
    expect(state.jobs.get(drawn.id)).not.toHaveProperty("reservation");
  });
});
