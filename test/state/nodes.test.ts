import { describe, expect, it } from "vitest";
import { nodeIndex } from "../../core/model/ids.ts";
import type { Allocation } from "../../core/model/job.ts";
import { emptyState } from "../../core/state/cluster-state.ts";
import type { Event } from "../../core/state/events.ts";
import { planTables, snapshotForPass } from "../../core/state/pass-snapshot.ts";
import { reduce } from "../../core/state/reduce.ts";
import { decodeState, encodeState } from "../../core/state/snapshot.ts";
import { isNodeUsable } from "../../core/state/tables.ts";
import { BEGAN_S, Cluster, device, nodeSpec, partitionSpec } from "./fixture.ts";
import { checkState } from "./invariants.ts";

const holding = (lanes: readonly number[], cpus = 2): Allocation => ({
  nodes: [
    {
      node: nodeIndex(0),
      tasks: 1,
      cpus,
      memMib: 500,
      devices: lanes.map((lane) => ({ lane, thousandths: 1000 })),
    },
  ],
});

const register = (cluster: Cluster, over: Parameters<typeof nodeSpec>[1]): void => {
  cluster.apply({ type: "node.registered", atS: cluster.nowS, spec: nodeSpec("n1", over) });
};

const gpus = (cluster: Cluster): readonly [number, number] => {
  const { freeGres, totalGres } = cluster.state.nodes.columns;
  return [freeGres[0]!, totalGres[0]!];
};

describe("a node that comes back with other hardware", () => {
  it("has free what its running jobs leave of it, below nothing where they hold more, until they end", () => {
    const cluster = new Cluster(0);
    register(cluster, {});
    const job = cluster.submit();
    cluster.start(job, holding([0, 1]));
    register(cluster, { cpus: 1, memoryMib: 400, devices: [device("gpu", "tesla", 0)] });
    const { columns } = cluster.state.nodes;
    expect([columns.freeCpus[0], columns.freeMemMib[0]]).toEqual([-1, -100]);
    expect(gpus(cluster)).toEqual([0, 1]);
    checkState(cluster.state);
    cluster.end(job);
    expect([columns.freeCpus[0], columns.freeMemMib[0]]).toEqual([1, 400]);
    expect(gpus(cluster)).toEqual([1, 1]);
    checkState(cluster.state);
  });

  it("gives back, when a job ends, the devices that it has now", () => {
    const cluster = new Cluster(0);
    register(cluster, {});
    const job = cluster.submit();
    cluster.start(job, holding([0, 1]));
    register(cluster, { devices: [device("nic", "", 0), device("gpu", "a100", 1)] });
    const nic = cluster.state.dimensions.find("nic")!;
    const a100 = cluster.state.dimensions.find("gpu:a100")!;
    const tesla = cluster.state.dimensions.find("gpu:tesla")!;
    const { columns, capacity } = cluster.state.running;
    const row = cluster.state.runningRows.get(job as never)![0]!;
    const comesBack = [0, nic, a100, tesla].map((d) => columns.gres[d * capacity + row]);
    expect(comesBack).toEqual([1, 1, 1, 0]);
    checkState(cluster.state);
  });

  it("takes jobs again when it was down for its silence, and stays down when an operator said so", () => {
    const cluster = new Cluster(0);
    register(cluster, {});
    const usable = (): boolean => isNodeUsable(cluster.state.nodes.columns.flags[0]!);
    const change = (over: Partial<Extract<Event, { type: "node.changed" }>>): void =>
      cluster.apply({ type: "node.changed", atS: cluster.nowS, node: 0, ...over });
    change({ responding: false });
    change({ down: true, reason: "rota: not responding", uid: 0 });
    expect(usable()).toBe(false);
    register(cluster, {});
    expect(usable()).toBe(true);
    change({ down: true, reason: "operator: fan", uid: 0 });
    register(cluster, {});
    expect(usable()).toBe(false);
  });
});

describe("a new configuration", () => {
  it("gives waiting jobs and nodes the partitions that their names mean now", () => {
    const cluster = new Cluster(2);
    const job = cluster.submit({ fields: { partitions: ["long", "debug"] } });
    const setOf = (): string => {
      const row = cluster.state.pendingRow.get(job as never)!;
      return cluster.state.partitionSets.nameOf(cluster.state.pending.columns.partitionSet[row]!);
    };
    expect(setOf()).toBe("0");
    cluster.apply({
      type: "cluster.configured",
      atS: cluster.nowS,
      clusterName: "test",
      partitions: [partitionSpec("long", { nodes: "n2" }), partitionSpec("debug")],
      qos: [],
      nodes: [],
    });
    expect(setOf()).toBe("0,1");
    expect([...cluster.state.nodes.columns.partitionLo.subarray(0, 2)]).toEqual([0b10, 0b11]);
    checkState(cluster.state);
  });

  it("numbers new sets of partitions alike after a snapshot, though jobs have moved to other rows", () => {
    const cluster = new Cluster(1);
    const lists = [["a"], ["b"], ["a", "b"], ["b", "a"]];
    const jobs = lists.map((partitions) => cluster.submit({ fields: { partitions } }));
    // The last row fills the gap, so rows are no longer in the order in which jobs came.
    cluster.end(jobs[0]!, "CANCELLED");
    const restored = decodeState(encodeState(cluster.state));
    const event: Event = {
      type: "cluster.configured",
      atS: cluster.nowS,
      clusterName: "test",
      partitions: [partitionSpec("a"), partitionSpec("b")],
      qos: [],
      nodes: [],
    };
    const seq = cluster.events.length + 1;
    cluster.apply(event);
    reduce(restored, seq, event);
    expect(restored.partitionSets.names).toEqual(cluster.state.partitionSets.names);
    expect(Buffer.compare(encodeState(restored), encodeState(cluster.state))).toBe(0);
  });

  it("gives passes the same limits and sets of partitions until it is another", () => {
    const cluster = new Cluster(1);
    cluster.submit();
    const before = planTables(cluster.state, cluster.nowS);
    cluster.submit({ fields: { partitions: ["debug", "debug"] } });
    const after = planTables(cluster.state, cluster.nowS);
    expect(after.partitions).toBe(before.partitions);
    expect(after.partitionSets).toEqual([[0], [0, 0]]);
    expect(snapshotForPass(cluster.state, cluster.nowS).partitions).toBe(before.partitions);
    cluster.apply({
      type: "cluster.configured",
      atS: cluster.nowS,
      clusterName: "test",
      partitions: [partitionSpec("debug", { state: "DOWN" })],
      qos: [],
      nodes: [],
    });
    const { partitions, nodesVersion } = planTables(cluster.state, cluster.nowS);
    expect(partitions).toMatchObject([{ name: "debug", up: false }]);
    expect(nodesVersion).toBeGreaterThan(after.nodesVersion);
    expect(planTables(decodeState(encodeState(cluster.state)), cluster.nowS)).toMatchObject({
      partitions,
      nodesVersion,
      partitionSets: after.partitionSets,
    });
  });

  it("lists nodes that no agent has registered yet, which take no jobs", () => {
    const state = emptyState();
    reduce(state, 1, {
      type: "cluster.configured",
      atS: BEGAN_S,
      clusterName: "test",
      partitions: [partitionSpec("debug")],
      qos: [],
      nodes: [{ name: "n1", cpus: 4, memoryMib: 4000, gres: "gpu:1", features: ["fast"], topologyLeaf: "" }],
    });
    expect(state.nodes.count).toBe(1);
    expect(isNodeUsable(state.nodes.columns.flags[0]!)).toBe(false);
    checkState(state);
  });
});

describe("the weight of a node", () => {
  const configured = (cluster: Cluster, weight?: number): void =>
    cluster.apply({
      type: "cluster.configured",
      atS: cluster.nowS,
      clusterName: "test",
      partitions: [partitionSpec("debug")],
      qos: [],
      nodes: ["n1", "n2"].map((name) => ({
        ...{ name, cpus: 0, memoryMib: 0, gres: "", features: [], topologyLeaf: "" },
        ...(weight === undefined || name === "n1" ? {} : { weight }),
      })),
    });

  it("is what the configuration says until an operator changes it, and costs nothing while all are alike", () => {
    const cluster = new Cluster(0);
    configured(cluster);
    expect(planTables(cluster.state, cluster.nowS).nodeCosts).toBeUndefined();
    configured(cluster, 5);
    expect(planTables(cluster.state, cluster.nowS).nodeCosts).toEqual(Float64Array.of(1, 5));
    cluster.apply({ type: "node.changed", atS: cluster.nowS, node: 0, weight: 9 });
    const restored = decodeState(encodeState(cluster.state));
    expect(snapshotForPass(restored, cluster.nowS).nodeCosts).toEqual(Float64Array.of(9, 5));
    configured(cluster);
    expect(planTables(cluster.state, cluster.nowS).nodeCosts).toBeUndefined();
    checkState(cluster.state);
  });
});
