/**
 * The journal under SIGKILL: a controller is killed again and again while jobs are submitted and run by real agents,
 * which stay. What was acknowledged must be there exactly once, must have run exactly once, and nothing may be leaked.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import type { HistoryView, NodeView } from "../../core/model/views.ts";
import {
  type Client,
  clientOf,
  freePort,
  freshFolder,
  type Started,
  specOf,
  startRota,
  stopAll,
  until,
} from "./programs.ts";

const KILLS = Number(process.env["ROTA_KILLS"] ?? 200);
/** Longest life of a controller between two kills; short, so that kills fall into its start as well. */
const MAX_LIFE_MS = 250;
const SEED = Number(process.env["ROTA_SEED"] ?? 20261124);

afterAll(stopAll);

it(`keeps every acknowledged job through ${KILLS} kills of the controller, and runs each once`, async () => {
  const folder = freshFolder();
  const stateDir = join(folder, "state");
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const random = randomOf(SEED);
  const start = (): Started =>
    startRota(folder, "controller", ["controller", "--state-dir", stateDir, "--port", String(port)]);

  let controller = start();
  await controller.ready;
  const client = clientOf(url, stateDir);
  for (const name of ["k1", "k2"]) {
    startRota(folder, name, [
      "agent",
      "--controller",
      url,
      "--token-file",
      join(stateDir, "token"),
      "--name",
      name,
      "--state-dir",
      join(folder, name),
      "--cpus",
      "4",
      "--memory",
      "4000M",
    ]);
  }
  await until("both agents", async () =>
    (await client.get<{ nodes: NodeView[] }>("/v1/nodes")).nodes.filter((n) => n.responding).length === 2
      ? true
      : undefined,
  );

  const acknowledged = new Set<number>();
  const submitter = submitForEver(client, folder, acknowledged);
  for (let kill = 0; kill < KILLS; kill++) {
    await new Promise((done) => setTimeout(done, random() * MAX_LIFE_MS));
    controller.process.kill("SIGKILL");
    await controller.exited;
    controller = start();
    // Every third time the next kill falls into the start.
    if (kill % 3 !== 0) await controller.ready;
  }
  await controller.ready;
  submitter.stop();
  await submitter.ended;

  const nodes = await until(
    "an idle cluster",
    async () => {
      const { jobs } = await client.get<{ jobs: unknown[] }>("/v1/jobs");
      const seen = (await client.get<{ nodes: NodeView[] }>("/v1/nodes")).nodes;
      return jobs.length === 0 ? seen : undefined;
    },
    120_000,
  );
  const history = await allHistory(client);
  const ids = history.map(({ jobId }) => jobId);
  expect(new Set(ids).size).toBe(ids.length);
  expect([...acknowledged].filter((id) => !ids.includes(id))).toEqual([]);
  expect(
    history.filter(({ state }) => state !== "COMPLETED").map(({ jobId, state }) => ({ jobId, state })),
  ).toEqual([]);
  for (const name of readdirSync(folder).filter((file) => file.startsWith("ran."))) {
    expect(readFileSync(join(folder, name), "utf8"), name).toBe("once\n");
  }
  expect(
    nodes.map(({ allocCpus, allocMemMib, runningJobs }) => ({ allocCpus, allocMemMib, runningJobs })),
  ).toEqual([
    { allocCpus: 0, allocMemMib: 0, runningJobs: 0 },
    { allocCpus: 0, allocMemMib: 0, runningJobs: 0 },
  ]);
  expect(acknowledged.size).toBeGreaterThan(KILLS / 2);
}, 900_000);

interface Submitter {
  stop(): void;
  readonly ended: Promise<void>;
}

/** Submits one job after the other; a request that fails with the controller is not acknowledged and does not count. */
function submitForEver(client: Client, folder: string, acknowledged: Set<number>): Submitter {
  let isStopped = false;
  const script = `#!/bin/sh\necho once >> ${folder}/ran.$SLURM_JOB_ID\nsleep 0.05\n`;
  const ended = (async () => {
    while (!isStopped) {
      try {
        const { jobId } = await client.post<{ jobId: number }>(
          "/v1/jobs",
          specOf(script, folder, { output: "/dev/null" }),
        );
        acknowledged.add(jobId);
      } catch {
        // The controller is away.
      }
      await new Promise((done) => setTimeout(done, 40));
    }
  })();
  return {
    stop: () => {
      isStopped = true;
    },
    ended,
  };
}

async function allHistory(client: Client): Promise<readonly HistoryView[]> {
  return (await client.get<{ history: HistoryView[] }>("/v1/history?limit=10000")).history;
}

/** Mulberry32. */
function randomOf(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = a;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
