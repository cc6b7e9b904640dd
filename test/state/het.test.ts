import { describe, expect, it } from "vitest";
import { jobId } from "../../core/model/ids.ts";
import { componentsOf, isFollower, leaderOf } from "../../core/state/het.ts";
import { decodeState, encodeState } from "../../core/state/snapshot.ts";
import { BEGAN_S, Cluster, fields } from "./fixture.ts";
import { checkState } from "./invariants.ts";

/** Submits a heterogeneous job of components with these names; gives the id of its leader. */
function submit(cluster: Cluster, ...names: readonly string[]): number {
  const id = cluster.state.nextJobId;
  const jobs = names.map((name) => fields({ name }));
  cluster.apply({ type: "het.submitted", atS: cluster.nowS, jobId: id, scriptKey: id, jobs });
  return id;
}

describe("a heterogeneous job", () => {
  it("is as many records as it has components, with ids that follow each other and one script", () => {
    const cluster = new Cluster();
    const id = submit(cluster, "a", "b", "c");
    expect(cluster.state.nextJobId).toBe(id + 3);
    const records = [0, 1, 2].map((offset) => cluster.job(id + offset));
    expect(records.map(({ name, scriptKey }) => [name, scriptKey])).toEqual([
      ["a", id],
      ["b", id],
      ["c", id],
    ]);
    expect(records.map(({ het }) => het)).toEqual(
      [0, 1, 2].map((offset) => ({ hetJobId: id, offset, size: 3 })),
    );
    checkState(cluster.state);
  });

  it("knows who leads it and who else is in it", () => {
    const cluster = new Cluster();
    const id = submit(cluster, "a", "b");
    const alone = cluster.submit();
    const { state } = cluster;
    expect(componentsOf(state, cluster.job(id + 1)).map((job) => job.id)).toEqual([id, id + 1]);
    expect(leaderOf(state, cluster.job(id + 1)).id).toBe(id);
    expect([id, id + 1, alone].map((one) => isFollower(cluster.job(one)))).toEqual([false, true, false]);
    expect(componentsOf(state, cluster.job(alone)).map((job) => job.id)).toEqual([alone]);
  });

  it("is told to passes by its rows: leader and size, and 0 for any other job", () => {
    const cluster = new Cluster();
    const alone = cluster.submit();
    const id = submit(cluster, "a", "b");
    const { columns } = cluster.state.pending;
    const rowOf = (one: number): number => cluster.state.pendingRow.get(jobId(one))!;
    expect([alone, id, id + 1].map((one) => columns.hetLeader[rowOf(one)])).toEqual([0, id, id]);
    expect([alone, id, id + 1].map((one) => columns.hetSize[rowOf(one)])).toEqual([0, 2, 2]);
  });

  it("is refused with fewer than two components, or where one of its ids is taken, and nothing is left of it", () => {
    const cluster = new Cluster();
    expect(() => submit(cluster, "a")).toThrow("1 components");
    cluster.events.pop();
    cluster.submit();
    const before = encodeState(cluster.state);
    const jobs = [fields(), fields()];
    expect(() =>
      cluster.apply({ type: "het.submitted", atS: BEGAN_S, jobId: 0, scriptKey: 0, jobs }),
    ).toThrow("job 1 exists already");
    expect(encodeState(cluster.state)).toEqual(before);
  });

  it("survives a snapshot", () => {
    const cluster = new Cluster();
    const id = submit(cluster, "a", "b");
    cluster.start(id);
    cluster.start(id + 1);
    const restored = decodeState(encodeState(cluster.state));
    expect(componentsOf(restored, restored.jobs.get(jobId(id))!)).toHaveLength(2);
    expect(encodeState(restored)).toEqual(encodeState(cluster.state));
    checkState(restored);
  });
});
