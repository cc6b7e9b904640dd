/** Which nodes a reservation has as nodes come and go. */
import { describe, expect, test } from "vitest";
import { nodesByNow } from "../../core/controller/reservation-replace.ts";
import { nodeIndex } from "../../core/model/ids.ts";
import type { ReservationFlag, ReservationSpec } from "../../core/model/reservation.ts";
import { windowsFrom } from "../../core/model/reservation-windows.ts";
import type { ClusterState } from "../../core/state/cluster-state.ts";
import type { Event } from "../../core/state/events.ts";
import { reduce } from "../../core/state/reduce.ts";
import { fourNodes, NOW_S, node } from "../admit/cluster.ts";
import { fields, oneNode } from "../state/fixture.ts";

const spec = (flags: readonly ReservationFlag[], change: Partial<ReservationSpec> = {}): ReservationSpec => ({
  name: "course",
  startS: NOW_S,
  endS: NOW_S + 3600,
  nodes: [nodeIndex(0), nodeIndex(1)],
  features: "",
  partition: "debug",
  users: ["ada"],
  accounts: [],
  groups: [],
  flags,
  purgeS: 0,
  ...change,
});
const apply = (state: ClusterState, event: Event): void => reduce(state, state.lastSeq + 1, event);
const down = (state: ClusterState, row: number): void =>
  apply(state, { type: "node.changed", atS: NOW_S, node: row, drain: true, reason: "test" });

function run(state: ClusterState, row: number): void {
  const jobId = state.nextJobId;
  const job = fields({ partitions: ["debug"] });
  apply(state, { type: "job.submitted", atS: NOW_S, jobId, scriptKey: 1, job });
  const allocation = oneNode(row);
  apply(state, { type: "job.started", atS: NOW_S, jobId, partition: "debug", allocation });
}

describe("nodes that were chosen", () => {
  test("are replaced by idle ones when they are down or drained", () => {
    const state = fourNodes();
    expect(nodesByNow(state, spec([]), NOW_S)).toBeUndefined();
    down(state, 0);
    run(state, 2);
    expect(nodesByNow(state, spec([]), NOW_S)).toEqual([1, 3]);
    expect(nodesByNow(state, spec(["REPLACE_DOWN"]), NOW_S)).toEqual([1, 3]);
    // Only one idle node is to be had for two.
    down(state, 1);
    expect(nodesByNow(state, spec([]), NOW_S)).toEqual([1, 3]);
    run(state, 3);
    expect(nodesByNow(state, spec([]), NOW_S)).toBeUndefined();
  });

  test("that jobs have are replaced with REPLACE alone", () => {
    const state = fourNodes();
    run(state, 1);
    expect(nodesByNow(state, spec(["REPLACE_DOWN"]), NOW_S)).toBeUndefined();
    expect(nodesByNow(state, spec(["REPLACE"]), NOW_S)).toEqual([0, 2]);
  });

  test("stay where that was asked, or somebody named them", () => {
    const state = fourNodes();
    down(state, 0);
    expect(nodesByNow(state, spec(["STATIC"]), NOW_S)).toBeUndefined();
    expect(nodesByNow(state, spec(["SPEC_NODES"]), NOW_S)).toBeUndefined();
  });

  test("are not taken from another reservation, nor from outside the partition", () => {
    const state = fourNodes();
    apply(state, {
      type: "reservation.created",
      atS: NOW_S,
      reservation: spec([], { name: "other", nodes: [nodeIndex(2)] }),
    });
    down(state, 0);
    expect(nodesByNow(state, spec([]), NOW_S)).toEqual([1, 3]);
    expect(nodesByNow(state, spec([], { partition: "long" }), NOW_S)).toBeUndefined();
  });
});

test("all nodes of a partition or of the cluster are those that are in it by now", () => {
  const state = fourNodes();
  const all = { nodes: [0, 1, 2, 3].map((row) => nodeIndex(row)) };
  expect(nodesByNow(state, spec(["SPEC_NODES", "ALL_NODES"], all), NOW_S)).toBeUndefined();
  apply(state, { type: "node.registered", atS: NOW_S, spec: node("n5") });
  expect(nodesByNow(state, spec(["SPEC_NODES", "ALL_NODES"], all), NOW_S)).toEqual([0, 1, 2, 3, 4]);
  const part: ReservationFlag[] = ["SPEC_NODES", "ALL_NODES", "PART_NODES"];
  expect(nodesByNow(state, spec(part, { ...all, partition: "long" }), NOW_S)).toEqual([0, 1]);
});

test("one that floats begins as far ahead whenever it is looked at, and never", () => {
  const floating = spec(["TIME_FLOAT"], { floatS: 600 });
  expect(windowsFrom(floating, NOW_S)).toEqual([{ startS: NOW_S + 600, endS: NOW_S + 4200 }]);
  expect(windowsFrom(floating, NOW_S + 9000)).toEqual([{ startS: NOW_S + 9600, endS: NOW_S + 13_200 }]);
});
