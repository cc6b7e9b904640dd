/** Parts of devices on a real controller and agent, as a user meets them: asked, given, shown, and the job's environment. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Shell } from "./command-run.ts";
import { stopAll } from "./programs.ts";
import { CONTRACT_YAML, TestCluster } from "./test-cluster.ts";

const YAML = `${CONTRACT_YAML}
nodes:
  - { names: n1, gres: "gpu:tesla:2,shard:8,mps:200,profiles:a100-80gb" }
`;
let cluster: TestCluster;
let shell: Shell;

beforeAll(async () => {
  cluster = await TestCluster.start(["n1"], YAML.replaceAll("n[1-4]", "n1").replaceAll("n[1-2]", "n1"));
  shell = new Shell(cluster);
});
afterAll(stopAll);

let made = 0;
/** The variables of parts in a job with these devices. */
const variablesOf = async (gres: string): Promise<string[]> => {
  const name = `parts-${made++}.out`;
  const id = await shell.submit(
    `-o ${name} --gres=${gres} --wrap 'env | grep -E "^(CUDA|ROTA_D|SLURM.*(GPU|SHARD))" | sort'`,
  );
  await cluster.ended(id);
  return readFileSync(join(cluster.workDir, name), "utf8").trimEnd().split("\n");
};

it("tells a job with shards how many it has, and on which GPU", async () => {
  expect(await variablesOf("shard:3")).toEqual([
    "CUDA_VISIBLE_DEVICES=0",
    "SLURM_GPUS_ON_NODE=1",
    "SLURM_JOB_GPUS=0",
    "SLURM_SHARDS_ON_NODE=3",
  ]);
});

it("tells a job with MPS shares how many of the threads it may use", async () => {
  expect(await variablesOf("mps:50")).toContain("CUDA_MPS_ACTIVE_THREAD_PERCENTAGE=50");
});

it("tells a job with a fraction or profiles which they are", async () => {
  expect(await variablesOf("gpu:0.5")).toContain("ROTA_DEVICE_PARTS=0:500");
  expect(await variablesOf("gpu:3g.40gb:2")).toContain("ROTA_DEVICE_PARTS=0:3g.40gb@0,0:3g.40gb@4");
});

it("shows who has which shares of which device, and keeps whole devices for others", async () => {
  const one = await shell.submit("--gres=shard:1 --wrap 'sleep 30'");
  const two = await shell.submit("--gres=shard:tesla:2 --wrap 'sleep 30'");
  const whole = await shell.submit("--gres=gpu:1 --wrap 'sleep 30'");
  const waits = await shell.submit("--gres=gpu:1 --wrap 'sleep 30'");
  for (const id of [one, two, whole]) await shell.untilState(id, "R");
  expect((await shell.run(`squeue -h -j ${two} -o '%b %T'`)).out).toBe("gres:shard:tesla:2 RUNNING\n");
  expect((await shell.run(`squeue -h -j ${waits} -o %T`)).out).toBe("PENDING\n");
  const node = (await shell.run("scontrol show node n1 -d")).out;
  expect(node).toContain("Gres=gpu:tesla:2,shard:tesla:8,mps:tesla:200");
  expect(node).toContain("GresUsed=gpu:tesla:1(IDX:1),shard:tesla:3(3/4,0/4),mps:tesla:0(0/100,0/100)");
  const job = (await shell.run(`scontrol show job ${two} -d`)).out;
  expect(job).toContain("GRES=shard:tesla:2(2/4,0/4)");
  expect(job).toContain("gres/shard=2");
  expect(job).toContain("TresPerNode=gres:shard:tesla:2");
  await shell.run(`scancel ${one} ${two} ${whole} ${waits}`);
});

it("refuses what no device has, and whole devices beside parts", async () => {
  const more = await shell.run("sbatch --gres=shard:5 --wrap true");
  expect(more.err).toContain("Requested node configuration is not available");
  const both = await shell.run("sbatch --gres=gpu:1,shard:1 --wrap true");
  expect(both.err).toContain("Invalid generic resource (gres) specification");
});
