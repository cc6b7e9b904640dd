import { expect, test } from "vitest";
import { jobEnvironment } from "../../core/launch/environment.ts";
import type { HetMembership } from "../../core/model/het.ts";
import { jobId } from "../../core/model/ids.ts";
import { job, nodeSpec, request, share } from "./jobs.ts";

const membership = (offset: number): HetMembership => ({ hetJobId: jobId(28), offset, size: 2 });

test("the script of a heterogeneous job sees what the real one shows it of each component", () => {
  const leader = job({ id: jobId(28), het: membership(0), of: { ntasks: 1 }, request: request() });
  const other = job({
    id: jobId(29),
    name: "comp",
    het: membership(1),
    of: { ntasks: 2, cpusPerTask: 2 },
    request: request({ tasks: 2, tasksPerNode: 2, cpusPerTask: 2, cpus: 4, memPerMib: 30 }),
  });
  const nodes = [nodeSpec("n1")];
  const allocation = { nodes: [share(0)] };
  const components = [
    { job: leader, allocation, nodes },
    { job: other, allocation: { nodes: [share(1, { tasks: 2, cpus: 4 })] }, nodes: [nodeSpec("n2")] },
  ];
  const environment = { SLURM_HET_SIZE: "7", SLURM_NTASKS_HET_GROUP_6: "1", SLURM_NPROCS_HET_GROUP_6: "1" };
  const clusterName = "oracle";
  const controllerUrl = "http://127.0.0.1:16817";
  const input = { job: leader, allocation, nodes, clusterName, controllerUrl, environment };
  const made = jobEnvironment({ ...input, components });
  expect(Object.fromEntries(Object.entries(made).filter(([name]) => name.includes("HET")))).toEqual({
    SLURM_CPUS_PER_TASK_HET_GROUP_1: "2",
    SLURM_HET_SIZE: "2",
    SLURM_JOB_CPUS_PER_NODE_HET_GROUP_0: "1",
    SLURM_JOB_CPUS_PER_NODE_HET_GROUP_1: "4",
    SLURM_JOB_ID_HET_GROUP_0: "28",
    SLURM_JOB_ID_HET_GROUP_1: "29",
    SLURM_JOB_NAME_HET_GROUP_0: "hello",
    SLURM_JOB_NAME_HET_GROUP_1: "comp",
    SLURM_JOB_NODELIST_HET_GROUP_0: "n1",
    SLURM_JOB_NODELIST_HET_GROUP_1: "n2",
    SLURM_JOB_NUM_NODES_HET_GROUP_0: "1",
    SLURM_JOB_NUM_NODES_HET_GROUP_1: "1",
    SLURM_JOB_PARTITION_HET_GROUP_0: "debug",
    SLURM_JOB_PARTITION_HET_GROUP_1: "debug",
    SLURM_MEM_PER_CPU_HET_GROUP_0: "100",
    SLURM_MEM_PER_CPU_HET_GROUP_1: "30",
    SLURM_NPROCS_HET_GROUP_0: "1",
    SLURM_NPROCS_HET_GROUP_1: "2",
    SLURM_NTASKS_HET_GROUP_0: "1",
    SLURM_NTASKS_HET_GROUP_1: "2",
    SLURM_TASKS_PER_NODE_HET_GROUP_0: "1",
    SLURM_TASKS_PER_NODE_HET_GROUP_1: "2",
  });
  expect(made["SLURM_JOB_ID"]).toBe("28");
  const alone = jobEnvironment({ ...input, job: job() });
  expect(Object.keys(alone).filter((name) => name.includes("HET"))).toEqual([]);
});
