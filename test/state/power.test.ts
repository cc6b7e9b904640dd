import { describe, expect, it } from "vitest";
import { nodeIndex } from "../../core/model/ids.ts";
import type { Allocation, Job } from "../../core/model/job.ts";
import type { Event } from "../../core/state/events.ts";
import { planTables } from "../../core/state/pass-snapshot.ts";
import { decodeState, encodeState } from "../../core/state/snapshot.ts";
import { isNodeUsable } from "../../core/state/tables.ts";
import { Cluster, nodeSpec, partitionSpec } from "./fixture.ts";
import { checkState } from "./invariants.ts";

const BOOT_S = 300;
const LIMIT_S = 3600;

function cluster(): Cluster {
  const made = new Cluster(0);
  made.apply({
    type: "cluster.configured",
    atS: made.nowS,
    clusterName: "test",
    partitions: [partitionSpec("debug")],
    qos: [],
    nodes: [],
    power: { bootS: BOOT_S },
  });
  for (const name of ["n1", "n2"]) register(made, name);
  return made;
}

const register = (made: Cluster, name: string): void =>
  made.apply({ type: "node.registered", atS: made.nowS, spec: nodeSpec(name) });

const power = (
  made: Cluster,
  node: number,
  change: Partial<Extract<Event, { type: "node.changed" }>>,
): void => made.apply({ type: "node.changed", atS: made.nowS, node, ...change });

const onBoth: Allocation = {
  nodes: [0, 1].map((node) => ({ node: nodeIndex(node), tasks: 1, cpus: 1, memMib: 100, devices: [] })),
};

const jobOf = (made: Cluster, id: number): Job => made.state.jobs.get(id as never)!;
const usable = (made: Cluster, node: number): boolean => isNodeUsable(made.state.nodes.columns.flags[node]!);

describe("a node that is switched off and on", () => {
  it("takes no jobs while it powers down, and takes them when it is down", () => {
    const made = cluster();
    for (const [state, takes] of [
      ["power-down", true],
      ["powering-down", false],
      ["down", true],
      ["powering-up", true],
      ["reboot-requested", true],
      ["rebooting", false],
    ] as const) {
      power(made, 0, { power: { state } });
      expect([state, usable(made, 0)]).toEqual([state, takes]);
      checkState(made.state);
    }
  });

  it("is told to passes with what waiting for it costs, as long as it sleeps", () => {
    const made = cluster();
    expect(planTables(made.state, made.nowS).bootS).toBeUndefined();
    power(made, 1, { power: { state: "down" } });
    const restored = decodeState(encodeState(made.state));
    expect(planTables(restored, made.nowS)).toMatchObject({ bootS: BOOT_S });
    register(made, "n2");
    expect(planTables(made.state, made.nowS).bootS).toBeUndefined();
  });

  it("has a job that was given it wait, and begin, with its whole limit, when all its nodes are there", () => {
    const made = cluster();
    power(made, 0, { power: { state: "down" } });
    power(made, 1, { power: { state: "down" } });
    const id = made.submit({ fields: { timeLimitS: LIMIT_S } });
    made.start(id, onBoth);
    const startedS = made.nowS;
    expect(jobOf(made, id)).toMatchObject({ state: "RUNNING", bootS: BOOT_S, startS: startedS });
    expect(made.state.running.columns.endS[0]).toBe(startedS + BOOT_S + LIMIT_S);
    power(made, 0, { power: { state: "powering-up" } });
    made.nowS += 60;
    register(made, "n1");
    expect(jobOf(made, id).bootS).toBe(BOOT_S);
    made.nowS += 60;
    register(made, "n2");
    expect(jobOf(made, id).bootS).toBeUndefined();
    expect(jobOf(made, id).startS).toBe(made.nowS);
    expect(made.state.running.columns.endS[0]).toBe(made.nowS + LIMIT_S);
    checkState(made.state);
  });

  it("leaves a job that waits for it waiting when it is given up, and the job can be requeued", () => {
    const made = cluster();
    power(made, 0, { power: { state: "powering-up" } });
    const id = made.submit({});
    made.start(id, onBoth);
    power(made, 0, { power: null, down: true, responding: false, reason: "rota: ResumeTimeout reached" });
    expect(jobOf(made, id).bootS).toBe(BOOT_S);
    made.apply({ type: "job.requeued", atS: made.nowS, jobId: id, beginS: 0, held: "", endReason: "" });
    expect(jobOf(made, id)).toMatchObject({ state: "PENDING", startS: 0 });
    expect(jobOf(made, id).bootS).toBeUndefined();
    checkState(made.state);
    register(made, "n1");
    expect(made.state.nodeRecords[0]).toMatchObject({ down: false, reason: "" });
  });
});

describe("a node that reboots", () => {
  const rebooted = (change: Partial<Extract<Event, { type: "node.changed" }>>): object => {
    const made = cluster();
    power(made, 0, change);
    register(made, "n1");
    checkState(made.state);
    const { down, drain, reason, power: left } = made.state.nodeRecords[0]!;
    return { down, drain, reason, power: left };
  };

  it("is what it was, or what was asked for, when it is back", () => {
    const reason = "kern : reboot issued";
    expect(rebooted({ power: { state: "rebooting" }, reason })).toEqual({
      ...{ down: false, drain: false, reason: "", power: undefined },
    });
    expect(rebooted({ power: { state: "rebooting" }, drain: true, reason })).toMatchObject({
      ...{ drain: true, reason },
    });
    expect(rebooted({ power: { state: "rebooting", drained: true }, drain: true, reason })).toMatchObject({
      ...{ drain: false, reason: "" },
    });
    expect(rebooted({ power: { state: "rebooting", next: "RESUME" }, drain: true, reason })).toMatchObject({
      ...{ drain: false, down: false, reason: "" },
    });
    expect(rebooted({ power: { state: "rebooting", next: "DOWN" }, reason })).toMatchObject({
      ...{ down: true, reason },
    });
  });
});
