import { describe, expect, it } from "vitest";
import { nodeIndex } from "../../core/model/ids.ts";
import { emptyState } from "../../core/state/cluster-state.ts";
import { decodeEvent, encodeEvent } from "../../core/state/events.ts";
import { snapshotForPass } from "../../core/state/pass-snapshot.ts";
import { reduce } from "../../core/state/reduce.ts";
import { decodeState, encodeState } from "../../core/state/snapshot.ts";
import { openPassSnapshot } from "../../core/state/tables.ts";
import { Cluster, nodeSpec, oneNode, request } from "./fixture.ts";
import { checkState } from "./invariants.ts";

/** 300 nodes, 700 jobs of 700 shapes, 300 of them running on three nodes each: every table doubles several times. */
const grown = (): Cluster => {
  const cluster = new Cluster(0);
  for (let i = 0; i < 300; i++) {
    const spec = nodeSpec(`n${i}`, { cpus: 64 + (i % 5), memoryMib: 500_000 + i });
    cluster.apply({ type: "node.registered", atS: cluster.nowS, spec });
  }
  for (let i = 0; i < 700; i++)
    cluster.submit({ fields: { request: request({ memMib: 100 + i }), nice: i } });
  for (let id = 1; id <= 300; id++) {
    const nodes = [id % 300, (id + 100) % 300, (id + 200) % 300];
    const shares = nodes.map((node) => oneNode(nodeIndex(node), 1 + (id % 3), 99 + id).nodes[0]!);
    cluster.start(id, { nodes: shares });
  }
  return cluster;
};

describe("a state that outgrows its tables", () => {
  it("keeps what it held, and stays right when rows move", () => {
    const cluster = grown();
    const { state } = cluster;
    const capacities = [state.nodes, state.pending, state.running, state.shapes.table].map((t) => t.capacity);
    expect(capacities).toEqual([512, 1024, 1024, 1024]);
    checkState(state);
    for (let id = 300; id > 0; id -= 2) cluster.end(id);
    checkState(state);
    for (let id = 301; id <= 700; id += 3) cluster.end(id, "CANCELLED");
    checkState(state);
    for (let i = 0; i < 100; i++) cluster.submit({ fields: { request: request({ cpus: 2 + i }) } });
    checkState(state);
  });

  it("is the same to the byte after a snapshot, though its tables are then smaller", () => {
    const cluster = grown();
    for (let id = 1; id <= 690; id++) cluster.end(id, "CANCELLED");
    const restored = decodeState(encodeState(cluster.state));
    expect(restored.pending.capacity).toBeLessThan(cluster.state.pending.capacity);
    expect(Buffer.compare(encodeState(restored), encodeState(cluster.state))).toBe(0);
    checkState(restored);
  });

  it("is the same to the byte when its journal is replayed", () => {
    const cluster = grown();
    const replayed = emptyState();
    cluster.events.forEach((event, i) => {
      reduce(replayed, i + 1, decodeEvent(encodeEvent(event)));
    });
    expect(Buffer.compare(encodeState(replayed), encodeState(cluster.state))).toBe(0);
  });

  it("shows a pass what was there when its snapshot was taken", () => {
    const cluster = grown();
    const tables = openPassSnapshot(snapshotForPass(cluster.state, cluster.nowS));
    const free = cluster.state.nodes.columns.freeCpus[1]!;
    const waiting = cluster.state.pending.columns.jobId[0]!;
    cluster.end(1);
    cluster.end(waiting, "CANCELLED");
    expect(tables.nodes.columns.freeCpus[1]).toBe(free);
    expect(tables.pending.columns.jobId[0]).toBe(waiting);
    expect(tables.pending.count).toBe(400);
    expect(tables.running.count).toBe(900);
    expect(tables.runningJobs.count).toBe(300);
    const ends = [...tables.endOrder].map((row) => tables.runningJobs.columns.jobId[row]!);
    expect(ends).toEqual(Array.from({ length: 300 }, (_, i) => i + 1));
    expect(tables.nodesVersion).toBe(cluster.state.nodesVersion);
    expect(tables.partitions.map(({ name }) => name)).toEqual(["debug"]);
    expect(tables.partitionSets).toEqual([[0]]);
  });
});
