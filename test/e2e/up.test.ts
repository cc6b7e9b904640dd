/**
 * `rota up` as it is typed, from the build: four nodes with devices and no configuration, ended while a job runs,
 * started again, and an agent killed under a running job.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { Shell } from "./command-run.ts";
import { freshFolder, type Started, startRota, stopAll, until } from "./programs.ts";

afterAll(stopAll);

it("gives four nodes with devices, whose jobs outlive it and its agents", async () => {
  const folder = freshFolder();
  const stateDir = join(folder, "state");
  const shell = new Shell({ workDir: folder, stateDir });
  const log = join(folder, "up.log");
  const up = async (times: number): Promise<Started> => {
    const options = ["--nodes", "4", "--cpus", "4", "--memory", "4000M", "--gres", "gpu:tesla:2"];
    const started = startRota(folder, "up", ["up", ...options, "--state-dir", stateDir, "--port", "0"]);
    await until("it is up", () =>
      existsSync(log) && readFileSync(log, "utf8").split("rota is up: 4 nodes").length > times
        ? true
        : undefined,
    );
    return started;
  };

  const first = await up(1);
  expect(await shell.text("sinfo")).toBe(`PARTITION AVAIL  TIMELIMIT  NODES  STATE NODELIST
debug*       up   infinite      4   idle n[1-4]
`);
  expect(await shell.text("sinfo -h -o '%n %c %m %G' -N | sort -u")).toMatch(/^\S+ 4 4000 gpu:tesla:2\n$/);
  // Its nodes are filled in the order of their names, whichever agent was quickest.
  expect((await shell.text("scontrol -o show node")).match(/NodeName=\S+/g)).toEqual(
    [1, 2, 3, 4].map((node) => `NodeName=n${node}`),
  );
  const id = await shell.submit(
    `-N2 -n2 --gres=gpu:1 -o out.txt --wrap "echo \\$SLURM_JOB_NODELIST; until [ -e go ]; do sleep 0.1; done; echo done"`,
  );
  await shell.untilState(id, "R");
  await shell.until("cat out.txt 2>/dev/null || true", "n[1-2]");

  first.process.kill("SIGTERM");
  expect(await first.exited).toBe(0);
  expect(readFileSync(log, "utf8")).toContain(
    "rota has stopped; running jobs go on, and the next `rota up` finds them.\n",
  );
  expect((await shell.run("squeue")).err).toBe(
    "slurm_load_jobs error: Unable to contact slurm controller (connect failure)\n",
  );

  const second = await up(2);
  await shell.untilState(id, "R");
  process.kill(agentOf("n1", stateDir), "SIGKILL");
  await until("its death is told", () =>
    readFileSync(log, "utf8").includes("rota: agent n1 ended (signal SIGKILL); started again in ")
      ? true
      : undefined,
  );
  await shell.until("sinfo -h -o '%t %N'", "mix n[1-2]\nidle n[3-4]");
  const other = await shell.submit("-w n1 --wrap true");
  await shell.untilState(other, "CD");
  writeFileSync(join(folder, "go"), "");
  await shell.untilState(id, "CD");
  expect(readFileSync(join(folder, "out.txt"), "utf8")).toBe("n[1-2]\ndone\n");
  expect(JSON.parse(await shell.text(`rota history ${id} --json`))).toMatchObject([
    { state: "COMPLETED", restarts: 0 },
  ]);
  second.process.kill("SIGTERM");
  expect(await second.exited).toBe(0);
}, 120_000);

/** The process of the agent of that name in this state directory. */
function agentOf(name: string, stateDir: string): number {
  const found = readdirSync("/proc").find((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
      return (
        words.includes("agent") && words.includes(name) && words.some((word) => word.startsWith(stateDir))
      );
    } catch {
      return false;
    }
  });
  if (found === undefined) throw new Error(`no agent ${name} runs in ${stateDir}`);
  return Number(found);
}
