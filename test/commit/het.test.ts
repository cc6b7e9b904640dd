import { describe, expect, it } from "vitest";
import { commit } from "../../core/commit/commit.ts";
import { PENDING_FLAG } from "../../core/state/tables.ts";
import { TestCluster } from "../place/cluster.ts";
import { planQueue } from "../place/planning.ts";

/** Two nodes of 4 CPUs, a heterogeneous job that takes one of them and 2 CPUs of the other, and a job behind it. */
function planned(): { cluster: TestCluster; plan: ReturnType<typeof planQueue> } {
  const cluster = new TestCluster();
  cluster.node({ cpus: 4 });
  cluster.node({ cpus: 4 });
  const { columns } = cluster.pending;
  for (const cpus of [4, 2]) {
    const row = cluster.job({ cpus, cpusPerTask: cpus });
    columns.hetLeader[row] = 1;
    columns.hetSize[row] = 2;
  }
  cluster.job({ cpus: 2, cpusPerTask: 2 });
  const plan = planQueue(cluster.tables());
  expect(plan.startCount).toBe(3);
  return { cluster, plan };
}

describe("the components of a heterogeneous job", () => {
  it("are committed together", () => {
    const { cluster, plan } = planned();
    const { allocations, conflicts } = commit(plan, cluster.tables(), cluster);
    expect(allocations.map(({ jobId }) => jobId)).toEqual([1, 2, 3]);
    expect(conflicts).toEqual([]);
  });

  it("are withdrawn together where one cannot start, and the jobs behind have what they took", () => {
    const { cluster, plan } = planned();
    const tables = cluster.tables();
    cluster.pending.columns.flags[1] = PENDING_FLAG.HELD_USER;
    const licences = { free: Int32Array.of(5), asked: new Map([[0, Int32Array.of(0, 5)]]) };
    // The job behind is planned onto node 1, where the second component no longer takes anything.
    const { allocations, conflicts } = commit(plan, { ...tables, licences }, cluster);
    expect(allocations.map(({ jobId }) => jobId)).toEqual([3]);
    expect(conflicts.map(({ jobId, code }) => [jobId, code])).toEqual([
      [1, "HET_WITHDRAWN"],
      [2, "JOB_HELD"],
    ]);
    expect([...licences.free]).toEqual([5]);
  });

  it("do not start one by one, nor fewer than there are", () => {
    const { cluster, plan } = planned();
    const { startHet: _, ...apart } = plan;
    expect(commit(apart, cluster.tables(), cluster).allocations.map(({ jobId }) => jobId)).toEqual([3]);
    cluster.pending.columns.hetSize.fill(3, 0, 2);
    const fewer = commit(plan, cluster.tables(), cluster);
    expect(fewer.allocations.map(({ jobId }) => jobId)).toEqual([3]);
    expect(fewer.conflicts[0]).toMatchObject({ jobId: 1, code: "JOB_CHANGED" });
  });
});
