/** Jobs that are content with a shorter limit: they start where only that fits, with as much as is in nobody's way. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { kernelPath } from "../../core/controller/built-file.ts";
import { commitPlan } from "../../core/controller/commit-plan.ts";
import { startEvents } from "../../core/controller/start-events.ts";
import type { BackfillMode } from "../../core/model/backfill.ts";
import type { ReservationSpec } from "../../core/model/reservation.ts";
import { firstFitPlacement } from "../../core/place/fallback.ts";
import { PlanKernel } from "../../core/place/kernel.ts";
import { fifoPriority } from "../../core/prioritise/fallback.ts";
import { Decider } from "../../core/simulate/decide.ts";
import type { RunPolicies } from "../../core/simulate/policies.ts";
import { BEGAN_S, Cluster, fields, nodeSpec, oneNode, partitionSpec, request } from "../state/fixture.ts";
import { checkState } from "../state/invariants.ts";

const kernel = new PlanKernel(readFileSync(kernelPath()));
const placement = firstFitPlacement();
const priority = fifoPriority();
const policies: RunPolicies = {
  priority: { chosen: priority, fallback: priority },
  placement: { chosen: placement, fallback: placement },
  reseed: () => undefined,
};
const MODES: readonly BackfillMode[] = ["planned", "easy", "conservative"];
const HOUR_S = 3600;

/** Two nodes of 4 CPUs; job 1 runs on n1 for an hour. */
function halfBusy(): Cluster {
  const cluster = new Cluster(0);
  cluster.apply({
    type: "cluster.configured",
    atS: cluster.nowS,
    clusterName: "test",
    partitions: [partitionSpec("debug", { isDefault: true })],
    qos: [],
    nodes: [],
  });
  for (const name of ["n1", "n2"])
    cluster.apply({
      type: "node.registered",
      atS: cluster.nowS,
      spec: nodeSpec(name, { cpus: 4, devices: [] }),
    });
  submit(cluster, 1, HOUR_S);
  cluster.start(1, oneNode(0, 4));
  return cluster;
}

function submit(cluster: Cluster, nodes: number, timeLimitS: number, timeMinS?: number): number {
  const spec = { ...fields().spec, timeLimitS, ...(timeMinS === undefined ? {} : { timeMinS }) };
  const asked = { minNodes: nodes, maxNodes: nodes, tasks: nodes, cpus: 4, cpusPerTask: 4 };
  return cluster.submit({ fields: { spec, timeLimitS, request: request(asked) } });
}

/** One pass; the limits of the jobs that it starts, by id. */
function pass(cluster: Cluster, mode: BackfillMode): Record<number, number> {
  const decider = new Decider(cluster.state, kernel, policies, { mode, order: "queue" });
  const { starts } = commitPlan(cluster.state, decider.plan(cluster.nowS, 1));
  const { events, started } = startEvents(cluster.state, starts, cluster.nowS);
  for (const event of events) cluster.apply(event);
  checkState(cluster.state);
  return Object.fromEntries(started.map((id) => [id, cluster.job(id).timeLimitS]));
}

describe.each(MODES)("a job with --time-min, mode %s", (mode) => {
  it("starts before a job that waits for the whole, with the limit that ends when that starts", () => {
    const cluster = halfBusy();
    submit(cluster, 2, HOUR_S);
    const long = submit(cluster, 1, 3 * HOUR_S);
    const short = submit(cluster, 1, 3 * HOUR_S, 600);
    expect(pass(cluster, mode)).toEqual({ [short]: HOUR_S });
    expect(cluster.job(short).askedLimitS).toBe(3 * HOUR_S);
    expect(cluster.job(long).state).toBe("PENDING");
    // The job ahead starts when it was to start.
    cluster.wait(HOUR_S);
    cluster.end(1);
    cluster.end(short, "TIMEOUT");
    expect(pass(cluster, mode)).toEqual({ 2: HOUR_S });
  });

  it("waits where not even its shortest limit is free", () => {
    const cluster = halfBusy();
    submit(cluster, 2, HOUR_S);
    submit(cluster, 1, 3 * HOUR_S, HOUR_S + 60);
    expect(pass(cluster, mode)).toEqual({});
  });

  it("has its whole limit where nobody is in the way", () => {
    const cluster = halfBusy();
    const id = submit(cluster, 1, 3 * HOUR_S, 600);
    expect(pass(cluster, mode)).toEqual({ [id]: 3 * HOUR_S });
    expect(cluster.job(id).askedLimitS).toBeUndefined();
  });

  it("ends before a reservation of others on its nodes begins", () => {
    const cluster = halfBusy();
    const reservation: ReservationSpec = {
      name: "course",
      startS: BEGAN_S + 1830,
      endS: BEGAN_S + 9000,
      nodes: [cluster.state.nodeRecords[1]!.index],
      features: "",
      partition: "",
      users: ["bob"],
      accounts: [],
      groups: [],
      flags: [],
      purgeS: 0,
    };
    cluster.apply({ type: "reservation.created", atS: cluster.nowS, reservation });
    const id = submit(cluster, 1, 3 * HOUR_S, 600);
    expect(pass(cluster, mode)).toEqual({ [id]: 1800 });
  });

  it("is planned by its new limit when that is changed while it waits", () => {
    const cluster = halfBusy();
    submit(cluster, 2, HOUR_S);
    const id = submit(cluster, 1, 3 * HOUR_S, 2 * HOUR_S);
    expect(pass(cluster, mode)).toEqual({});
    cluster.update(id, { timeLimitS: 1800 });
    expect(pass(cluster, mode)).toEqual({ [id]: 1800 });
  });
});
