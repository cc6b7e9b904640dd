import { describe, expect, it } from "vitest";
import { licenceTables, missingLicence, reserveLicences } from "../../core/state/licences.ts";
import { planTables } from "../../core/state/pass-snapshot.ts";
import { decodeState, encodeState } from "../../core/state/snapshot.ts";
import { Cluster, partitionSpec, request } from "./fixture.ts";

const ASKS = { request: request({ licences: [{ name: "matlab", count: 2 }] }) };

function withLicences(matlab: number): Cluster {
  const cluster = new Cluster();
  configure(cluster, matlab);
  return cluster;
}

function configure(cluster: Cluster, matlab: number): void {
  cluster.apply({
    type: "cluster.configured",
    atS: cluster.nowS,
    clusterName: "test",
    partitions: [partitionSpec("debug", { isDefault: true })],
    qos: [],
    nodes: [],
    licences: [
      { name: "ansys", total: 1 },
      { name: "matlab", total: matlab },
    ],
  });
}

const free = (cluster: Cluster): readonly number[] => [...(licenceTables(cluster.state)?.free ?? [])];

describe("licences", () => {
  it("are held from the start of a job to its end, and again after a requeue", () => {
    const cluster = withLicences(5);
    const [a, b, waiting] = [ASKS, ASKS, ASKS].map((fields) => cluster.submit({ fields }));
    expect(free(cluster)).toEqual([1, 5, 0]);
    cluster.start(a!);
    cluster.start(b!);
    expect(free(cluster)).toEqual([1, 1, 0]);
    const tables = licenceTables(cluster.state)!;
    expect(missingLicence(tables, cluster.job(waiting!).shape)).toBe(1);
    cluster.requeue(a!);
    expect(free(cluster)).toEqual([1, 3, 0]);
    cluster.end(b!, "FAILED");
    expect(cluster.state.licences.used.size).toBe(0);
  });

  it("are not looked at while no waiting job asks any", () => {
    const cluster = withLicences(5);
    expect(planTables(cluster.state, cluster.nowS).licences).toBeUndefined();
    const job = cluster.submit({ fields: ASKS });
    expect(planTables(cluster.state, cluster.nowS).licences).toBeDefined();
    cluster.run(job);
    expect(planTables(cluster.state, cluster.nowS).licences).toBeUndefined();
  });

  it("taken by one start are not there for the next", () => {
    const cluster = withLicences(3);
    const { shape } = cluster.job(cluster.submit({ fields: ASKS }));
    const tables = licenceTables(cluster.state)!;
    expect(missingLicence(tables, shape)).toBe(-1);
    reserveLicences(tables, shape);
    expect([...tables.free]).toEqual([1, 1, 0]);
    expect(missingLicence(tables, shape)).toBe(1);
  });

  it("that the site takes away are missing until jobs end, and its job waits for those it has no more", () => {
    const cluster = withLicences(4);
    const job = cluster.submit({ fields: ASKS });
    const other = cluster.submit({ fields: { request: request({ licences: [{ name: "old", count: 1 }] }) } });
    cluster.start(job);
    configure(cluster, 1);
    const tables = licenceTables(cluster.state)!;
    expect([...tables.free]).toEqual([1, -1, 0]);
    expect(missingLicence(tables, cluster.job(other).shape)).toBe(2);
  });

  it("are the same after a restore", () => {
    const cluster = withLicences(9);
    cluster.start(cluster.submit({ fields: ASKS }));
    cluster.submit({ fields: ASKS });
    const restored = decodeState(encodeState(cluster.state));
    expect(restored.licences).toEqual(cluster.state.licences);
    expect(licenceTables(restored)).toEqual(licenceTables(cluster.state));
  });
});
