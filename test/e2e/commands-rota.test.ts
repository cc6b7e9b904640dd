/** The modern commands on a real cluster: tables for people, JSON for programs, and why a job waits, with numbers. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { ExplainView, HistoryView, JobView, NodeView } from "../../core/model/views.ts";
import { Shell } from "./command-run.ts";
import { stopAll } from "./programs.ts";
import { TestCluster } from "./test-cluster.ts";

let cluster: TestCluster;
let shell: Shell;

beforeAll(async () => {
  cluster = await TestCluster.start(["n1", "n2", "n3", "n4"]);
  shell = new Shell(cluster);
});
afterEach(async () => {
  await shell.text("scancel --me");
  await shell.until("squeue -h", "");
});
afterAll(stopAll);

const json = async <T>(line: string): Promise<T> => JSON.parse(await shell.text(line)) as T;
const submit = async (args: string): Promise<number> =>
  (await json<{ jobId: number }>(`rota submit --json ${args}`)).jobId;

describe("rota", () => {
  it("submits, shows, holds, releases and cancels, a line for each", async () => {
    const said = await shell.text(`rota submit -H -J mine --time 1h30m --wrap "sleep 60"`);
    const id = Number(/^submitted job (\d+)\n$/.exec(said)?.[1]);
    expect(await shell.text("rota queue")).toMatch(
      new RegExp(
        `^JOB .*WHERE OR WHY\\n${id} +mine +\\S+ +debug +HELD +1:30:00 +1 +1 +waits: JobHeldUser\\n$`,
      ),
    );
    expect(await shell.text(`rota release ${id}`)).toBe(`${id} released\n`);
    await shell.untilState(id, "PD");
    expect(await shell.text(`rota hold ${id}`)).toBe(`${id} held\n`);
    expect(await shell.text(`rota cancel ${id}`)).toBe(`${id} cancelled\n`);
    expect(await shell.text("rota queue")).toBe("No jobs.\n");
    // One that never ran has no place to be shown, nor a reason.
    expect(await shell.text(`rota queue ${id}`)).toMatch(new RegExp(`\n${id} .* CANCELLED [^N]*\n$`));
  });

  it("prints JSON of what the API answers, of every command", async () => {
    const id = await submit(`-J shown -o out.%j --wrap "echo hi; exit 3"`);
    await shell.untilState(id, "F");
    const [job] = await json<JobView[]>(`rota show job ${id} --json`);
    expect(job).toMatchObject({ jobId: id, name: "shown", state: "FAILED", exitCode: 3 });
    expect(await json<JobView[]>(`rota show ${id} --json`)).toEqual([job]);
    expect(await json<JobView[]>(`rota queue ${id} --json`)).toEqual([job]);
    const [history] = await json<HistoryView[]>(`rota history ${id} --json`);
    expect(history).toMatchObject({
      jobId: id,
      state: "FAILED",
      exitCode: 3,
      stdOut: join(cluster.workDir, `out.${id}`),
    });
    const nodes = await json<NodeView[]>("rota nodes --json");
    expect(nodes.map(({ name }) => name)).toEqual(["n1", "n2", "n3", "n4"]);
    expect(nodes[0]).toMatchObject({ cpus: 4, memoryMib: 4000, gres: "gpu:tesla:2" });
    expect(await json("rota show partition debug --json")).toMatchObject([{ name: "debug", totalNodes: 4 }]);
    expect(await json("rota show cluster --json")).toMatchObject({ clusterName: "oracle" });
    const held = await submit("-H --wrap true");
    expect(await json<ExplainView[]>(`rota explain ${held} --json`)).toMatchObject([
      { jobId: held, reason: "JobHeldUser" },
    ]);
    expect(await json(`rota release ${held} --json`)).toEqual([{ job: String(held) }]);
    await shell.untilState(held, "CD");
    const missing = await shell.run("rota cancel 99999 --json");
    expect(missing.code).toBe(1);
    expect(JSON.parse(missing.out)).toMatchObject([{ job: "99999", error: { code: "INVALID_JOB_ID" } }]);
  });

  it("shows all of one thing in words", async () => {
    writeFileSync(join(cluster.workDir, "job.sh"), "#!/bin/bash\necho $1\n");
    const id = await submit("--gpus-per-node 1 job.sh word");
    await shell.untilState(id, "CD");
    const facts = await shell.text(`rota show ${id}`);
    for (const line of [/^Job +\d+$/m, /^State +COMPLETED$/m, /^GPUs? +1$/m, /^Script +\S+job\.sh word$/m])
      expect(facts).toMatch(line);
    expect(readFileSync(join(cluster.workDir, `slurm-${id}.out`), "utf8")).toBe("word\n");
    expect(await shell.text("rota show node n2")).toMatch(/^Node +n2\n[\s\S]*^CPUs +0 of 4 in use$/m);
    expect(await shell.text("rota nodes n3")).toMatch(/^NODE .*\nn3 +idle +0\/4 +0\/4000M +0\/2 +0 .*\n$/);
    expect((await shell.run("rota show nothing")).err).toMatch(
      /^rota: INVALID_SPEC: there is no kind nothing: name a job id, or one of job, node, partition, cluster\n/,
    );
  });

  it("explains in words and numbers why a job waits", async () => {
    const fills = await submit("-N4 -n16 --time 10m --wrap 'sleep 60'");
    await shell.untilState(fills, "R");
    const next = await submit("-N2 -n2 --wrap true");
    const last = await submit("-n1 --wrap true");
    await shell.until(`squeue -h -j ${last} -o %r`, "Priority");
    const text = await shell.text(`rota explain ${next}`);
    expect(text).toContain(`Job ${next} waits: Resources\n`);
    expect(text).toMatch(/Needs 2 nodes; 4 nodes could hold it and 0 of them are free now\./);
    expect(text).toContain(`It waits behind job ${fills}.`);
    expect(text).toMatch(/Expected to start in \d{3} s\./);
    expect(text).toMatch(/^Place in the queue +1$/m);
    expect(text).toMatch(/^free now +4 +0$/m);
    const behind = await shell.text(`rota explain ${last}`);
    expect(behind).toContain(`Job ${last} waits: Priority\n`);
    expect(behind).toContain(`It waits behind job ${next}.`);
    expect(behind).toMatch(/^Place in the queue +2$/m);
    expect(await shell.text(`rota explain ${fills}`)).toBe(`Job ${fills} runs\nIt runs on n[1-4].\n`);
    const long = await submit("--time 2h --wrap true");
    await shell.until(`squeue -h -j ${long} -o %r`, "PartitionTimeLimit");
    expect(await shell.text(`rota explain ${long}`)).toContain(
      "Its time limit of 7200 s is above the 3600 s of debug.",
    );
  });

  it("shows an array as the tasks that wait and those that run", async () => {
    const said = await shell.text(`rota submit -a 0-9%2 -J sweep --wrap "sleep 60"`);
    const id = /^submitted 10 tasks as job (\d+)\n$/.exec(said)?.[1];
    await shell.until("squeue -h -t R -o %t", "R\nR");
    const [rest, ...running] = (await shell.text("rota queue")).split("\n").slice(1, 4);
    expect(rest).toMatch(new RegExp(`^${id}_\\[2-9%2\\] .* waits: JobArrayTaskLimit$`));
    expect(running.map((line) => line.split(" ")[0])).toEqual([`${id}_0`, `${id}_1`]);
    const facts = await shell.text(`rota show job ${id}`);
    expect(facts).toMatch(/^Output +\S+\/slurm-\d+_%a\.out$/m);
    expect(await shell.text(`rota cancel ${id}_[7-9]`)).toBe(`${id}_[7-9] cancelled\n`);
    expect(await shell.text("rota queue")).toContain(`${id}_[2-6%2] `);
  });

  it("keeps the history of what has ended, the newest last", async () => {
    const ids = [await submit("-W --wrap true"), await submit("--wrap 'kill -9 $$'")];
    await shell.untilState(ids[1]!, "F");
    const table = (await shell.text(`rota history ${ids.join(" ")}`)).trim().split("\n");
    expect(table[0]).toMatch(/^JOB +NAME +USER +PARTITION +STATE +EXIT +RAN +CPUS +NODES +ENDED/);
    expect(table[1]).toMatch(new RegExp(`^${ids[0]} .* COMPLETED +0 `));
    expect(table[2]).toMatch(new RegExp(`^${ids[1]} .* FAILED +signal 9 `));
  });

  it("says what is wrong, with a code and what to do", async () => {
    expect(await shell.run("rota cancel 99999")).toEqual({
      out: "",
      err: "rota: INVALID_JOB_ID: Invalid job id specified: 99999\n  Check the id with `squeue -t all` or `rota history`.\n",
      code: 1,
    });
    expect(await shell.run("rota submit --mem 99G --wrap true")).toMatchObject({
      err: expect.stringMatching(/^rota: MEMORY_NOT_SATISFIABLE: 101376 MiB .* has 4000\n {2}\S/),
      code: 1,
    });
    expect(await shell.run("rota queu")).toMatchObject({
      err: expect.stringContaining("Did you mean queue?"),
      code: 1,
    });
    expect(await shell.run("ROTA_STATE_DIR=$PWD rota queue")).toEqual({
      out: "",
      err: "rota: CONTROLLER_UNREACHABLE: no controller is known; start one with `rota up`, or set ROTA_URL\n",
      code: 1,
    });
  });
});
