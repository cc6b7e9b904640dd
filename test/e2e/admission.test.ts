/**
 * An admission policy as users and operators meet it: what sbatch, srun, salloc and scontrol say when it refuses, notes or
 * changes, line for line as the real commands do for a job_submit plugin, and how values are set while it serves.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Shell } from "./command-run.ts";
import { stopAll } from "./programs.ts";
import { CONTRACT_YAML, TestCluster } from "./test-cluster.ts";

/** What a site's own module does, with more ways to answer than the ones that come with Rota. */
const SITE = `import { Admission, Submission } from "rota/admission";
@final
@policy("1.2.0", "What the site's rules say.")
class House extends Admission {
  @parameter(0, 255, "Partition of jobs that name none.")
  home: string = "";
  @parameter(1, 100, "The most nodes.", "nodes")
  mostNodes: i32 = 2;
  submit(job: Submission): void {
    if (job.comment == "bad") job.refuse("NO_GPU", "You must ask for a GPU\\nand say how many");
    if (job.comment == "license") job.refuse("INVALID_LICENSES", "No such licence here");
    if (job.comment == "note") job.note("Your job goes to short");
    if (job.environment("PROJECT") != "") job.account = job.environment("PROJECT");
    if (job.partition == "") job.partition = this.home;
    if (job.minNodes > this.mostNodes) job.refuse("TOO_WIDE", "At most " + this.mostNodes.toString() + " nodes here");
    if (job.script.includes("mpirun")) job.comment = "by mpirun";
  }
  modify(change: Submission, job: Submission): void {
    if (change.comment == "bad") change.refuse("NOT_THAT", "Not that comment\\nat all");
    if (change.name != "") change.name = change.name + "-of-" + job.user;
  }
}
`;

let cluster: TestCluster;
let shell: Shell;

beforeAll(async () => {
  cluster = await TestCluster.start(["n1", "n2"], CONTRACT_YAML);
  shell = new Shell(cluster);
  await shell.text("rota policy new house --kind admission");
  writeFileSync(join(cluster.workDir, "house", "assembly", "house.ts"), SITE);
  writeFileSync(
    join(cluster.workDir, "house", "test", "house.test.ts"),
    "export const random = { seed: 3, rounds: 50 };\n",
  );
  writeFileSync(join(cluster.workDir, "s.sh"), "#!/bin/sh\nsleep 300\n");
  expect(await shell.text("rota policy test house")).toContain("50 random inputs, module and source alike");
  const loaded = await shell.text("rota policy load admission house --set home=long");
  expect(loaded).toContain("admission: house 1.2.0");
  expect(loaded).toContain('home: "long"');
});
afterAll(stopAll);

const jobOf = async (line: string): Promise<string> => /(\d+)/.exec(await shell.text(line))![1]!;

describe("what a user reads", () => {
  it.each([
    [
      "sbatch --comment bad s.sh",
      "sbatch: error: You must ask for a GPU\nsbatch: error: and say how many\n" +
        "sbatch: error: Batch job submission failed: Unspecified error\n",
    ],
    [
      "sbatch --quiet --comment bad s.sh",
      "sbatch: error: You must ask for a GPU\nsbatch: error: and say how many\n" +
        "sbatch: error: Batch job submission failed: Unspecified error\n",
    ],
    [
      "sbatch --test-only --comment bad s.sh",
      "sbatch: error: You must ask for a GPU\nsbatch: error: and say how many\nallocation failure: Unspecified error\n",
    ],
    [
      "sbatch --comment license s.sh",
      "sbatch: error: No such licence here\nsbatch: error: Batch job submission failed: Invalid license specification\n",
    ],
    [
      "srun --comment bad true",
      "srun: error: You must ask for a GPU\nsrun: error: and say how many\n" +
        "srun: error: Unable to allocate resources: Unspecified error\n",
    ],
    [
      "salloc --comment bad true",
      "salloc: error: You must ask for a GPU\nsalloc: error: and say how many\n" +
        "salloc: error: Job submit/allocate failed: Unspecified error\n",
    ],
    [
      "srun --test-only --comment bad true",
      "srun: error: You must ask for a GPU\nsrun: error: and say how many\nallocation failure: Unspecified error\n",
    ],
    [
      "sbatch -N 3 s.sh",
      "sbatch: error: At most 2 nodes here\nsbatch: error: Batch job submission failed: Unspecified error\n",
    ],
  ])("of %s", async (line, err) => {
    expect(await shell.run(line)).toEqual({ out: "", err, code: 1 });
  });

  it("of notes of a job that is taken, but not with --quiet", async () => {
    const ran = await shell.run("sbatch --comment note --hold s.sh");
    expect(ran).toMatchObject({ code: 0, err: "sbatch: Your job goes to short\n" });
    expect(ran.out).toMatch(/^Submitted batch job \d+\n$/);
    const parsable = await shell.run("sbatch --parsable --comment note --hold s.sh");
    expect(parsable.out).toMatch(/^\d+\n$/);
    expect(await shell.run("sbatch --quiet --comment note --hold s.sh")).toEqual({
      out: "",
      err: "",
      code: 0,
    });
    expect((await shell.run("salloc --comment note true")).err).toMatch(
      /^salloc: Your job goes to short\nsalloc: /,
    );
    expect((await shell.run("sbatch --test-only --comment note s.sh")).err).toMatch(
      /^sbatch: Your job goes to short\nsbatch: Job \d+ to start at /,
    );
  });

  it("of a change that scontrol asks for, which is not made; another is changed on its way", async () => {
    const id = await jobOf("sbatch --hold s.sh");
    expect(await shell.run(`scontrol update jobid=${id} comment=bad`)).toEqual({
      out: "",
      err: `scontrol: error: Not that comment\nscontrol: error: at all\nUnspecified error for job ${id}\n`,
      code: 1,
    });
    await shell.text(`scontrol update jobid=${id} jobname=mine`);
    const shown = await shell.text(`scontrol show job ${id}`);
    expect(shown).toMatch(/JobName=mine-of-/);
    expect(shown).not.toContain("Comment=bad");
  });
});

describe("what becomes of a job", () => {
  it("has the partition, the account and the comment that the policy set, and keeps what it named", async () => {
    writeFileSync(join(cluster.workDir, "m.sh"), "#!/bin/sh\n#SBATCH --hold\nmpirun ./a.out\n");
    const id = await jobOf("PROJECT=physics sbatch m.sh");
    const shown = await shell.text(`scontrol show job ${id}`);
    expect(shown).toContain("Partition=long");
    expect(shown).toContain("Account=physics");
    expect(shown).toContain("Comment=by mpirun");
    const named = await jobOf("sbatch -p debug m.sh");
    expect(await shell.text(`scontrol show job ${named}`)).toContain("Partition=debug");
  });

  it("asks of every component of a heterogeneous job, and refuses all where one is refused", async () => {
    const ran = await shell.run("sbatch --hold -N1 : -N3 s.sh");
    expect(ran).toMatchObject({ code: 1 });
    expect(ran.err).toContain("sbatch: error: At most 2 nodes here\n");
    const id = await jobOf("sbatch --hold -N1 : -N2 s.sh");
    expect(await shell.text(`scontrol show job ${id}`)).toMatch(/Partition=long[\s\S]*Partition=long/);
  });

  it("over REST is refused with a code, the site's own word and the sentence", async () => {
    const uid = process.getuid?.() ?? 0;
    const spec = {
      script: "#!/bin/sh\n",
      user: "tester",
      uid,
      group: "root",
      gid: 0,
      workDir: "/tmp",
      environment: {},
    };
    const refused = cluster.client.post("/v1/jobs", { ...spec, comment: "bad" });
    await expect(refused).rejects.toThrow(/: 422 .*"code":"ADMISSION_REFUSED"/);
    await expect(refused).rejects.toThrow('"message":"You must ask for a GPU and say how many"');
    await expect(refused).rejects.toThrow('"policy":"house","policyCode":"NO_GPU"');
  });
});

describe("values while it serves", () => {
  it("are set for the cluster and for a partition, shown with their units, and rolled back", {
    timeout: 180_000,
  }, async () => {
    const set = await shell.text("rota policy set admission mostNodes=1 long:mostNodes=2");
    expect(set).toMatch(/^mostNodes +i32 +1 +2 +1 +100 +nodes +The most nodes\.$/m);
    expect(set).toMatch(/^long +mostNodes +2$/m);
    expect((await shell.run("sbatch --hold -p debug -N2 s.sh")).err).toContain("At most 1 nodes here");
    expect((await shell.run("sbatch --hold -p long -N2 s.sh")).code).toBe(0);
    expect((await shell.run("sbatch --hold -p long -N3 s.sh")).err).toContain("At most 2 nodes here");
    const shown = await shell.text("rota policy show admission --live");
    expect(shown).toMatch(/^on a fault +submissions are refused$/m);
    await shell.text("rota policy set admission --unset long:mostNodes");
    expect((await shell.run("sbatch --hold -p long -N2 s.sh")).err).toContain("At most 1 nodes here");
    await shell.text("rota policy rollback admission");
    await shell.text("rota policy rollback admission");
    expect((await shell.run("sbatch --hold -p debug -N2 s.sh")).code).toBe(0);
  });

  it.each([
    ["mostNodes=101", "house: mostNodes must be a whole number from 1 to 100 nodes, not 101"],
    ["mostNodes=1.5", "house: mostNodes must be a whole number from 1 to 100 nodes, not 1.5"],
    [
      "long:mostNodes=0",
      "partition long: house: mostNodes must be a whole number from 1 to 100 nodes, not 0",
    ],
    ["nowhere:mostNodes=1", "there is no partition nowhere"],
    ["wide=1", "house has no parameter wide; it has: home, mostNodes"],
    ["mostNodes", '"mostNodes" is no setting; write name=number'],
    ["", "is no setting"],
  ])("are refused with the range: %s", async (setting, message) => {
    const ran = await shell.run(`rota policy set admission '${setting}'`);
    expect(ran.code).toBe(1);
    expect(ran.err).toContain(message);
  });
});
