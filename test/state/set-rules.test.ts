import { describe, expect, it } from "vitest";
import { planTables } from "../../core/state/pass-snapshot.ts";
import { lapseInS, nextLapseS, setRuleTables } from "../../core/state/set-rules.ts";
import { decodeState, encodeState } from "../../core/state/snapshot.ts";
import { Cluster, nodeSpec, request } from "./fixture.ts";

function named(...names: readonly string[]): Cluster {
  const cluster = new Cluster(0);
  for (const name of names)
    cluster.apply({ type: "node.registered", atS: cluster.nowS, spec: nodeSpec(name) });
  return cluster;
}

const two = { minNodes: 2, maxNodes: 2, tasks: 2 };

describe("rules on where the nodes of a job lie, for passes", () => {
  it("are those of waiting jobs on several nodes, with the order of names", () => {
    const cluster = named("n10", "n9", "n1");
    cluster.submit({ fields: { request: request({ contiguous: true }) } });
    cluster.submit({ fields: { request: request({ ...two, switches: { count: 2, waitS: 60 } }) } });
    expect(setRuleTables(cluster.state)).toBeUndefined();
    const id = cluster.submit({ fields: { request: request({ ...two, contiguous: true }) } });
    const tables = setRuleTables(cluster.state)!;
    expect(tables.rules.get(cluster.job(id).shape)).toEqual({ isContiguous: true, switches: 0, waitS: 0 });
    expect([...tables.places!]).toEqual([2, 1, 0]);
    cluster.apply({ type: "node.registered", atS: cluster.nowS, spec: nodeSpec("n2") });
    expect([...setRuleTables(cluster.state)!.places!]).toEqual([3, 2, 0, 1]);
    cluster.run(id);
    expect(setRuleTables(cluster.state)).toBeUndefined();
  });

  it("are the same after a restore", () => {
    const cluster = named("n1", "n2");
    cluster.submit({ fields: { request: request({ ...two, switches: { count: 1, waitS: 60 } }) } });
    expect(setRuleTables(decodeState(encodeState(cluster.state)))).toEqual(setRuleTables(cluster.state));
  });

  it("lapse for switches so many seconds after the job could run", () => {
    const cluster = named("n1", "n2");
    const id = cluster.submit({
      fields: { request: request({ ...two, switches: { count: 1, waitS: 60 } }) },
    });
    const row = cluster.state.pendingRow.get(id as never)!;
    const beganS = cluster.job(id).eligibleS;
    const inS = (nowS: number): number => lapseInS(planTables(cluster.state, nowS), row);
    expect([inS(beganS), inS(beganS + 59), inS(beganS + 60), inS(beganS + 90)]).toEqual([60, 1, 0, 0]);
    expect(nextLapseS(cluster.state, beganS)).toBe(beganS + 60);
    expect(nextLapseS(cluster.state, beganS + 60)).toBe(Number.POSITIVE_INFINITY);
  });

  it("do not begin to lapse while the job waits for another", () => {
    const cluster = named("n1", "n2");
    const first = cluster.submit();
    const id = cluster.submit({
      fields: {
        request: request({ ...two, switches: { count: 1, waitS: 60 } }),
        dependency: { mode: "all", terms: [{ kind: "afterany", jobId: first }] },
      },
    });
    const row = cluster.state.pendingRow.get(id as never)!;
    expect(lapseInS(planTables(cluster.state, cluster.nowS + 500), row)).toBe(60);
    expect(nextLapseS(cluster.state, cluster.nowS)).toBe(Number.POSITIVE_INFINITY);
  });
});
