/** A cluster of real processes as the contract's: n1 to n4 with 4 CPUs, 4000 MB and gpu:tesla:2, partitions debug and long. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JobView, NodeView } from "../../core/model/views.ts";
import {
  type Client,
  clientOf,
  freePort,
  freshFolder,
  type Started,
  specOf,
  startRota,
  until,
} from "./programs.ts";

export const CONTRACT_YAML = `
cluster: oracle
partitions:
  - name: debug
    nodes: n[1-4]
    default: true
    max_time: 60m
    def_mem_per_cpu: 100M
  - name: long
    nodes: n[1-2]
    max_time: unlimited
    def_mem_per_cpu: 100M
timing:
  kill_wait: 2s
  requeue_delay: 0s
  node_grace: 500ms
  node_timeout: 2s
  heartbeat: 300ms
`;

export class TestCluster {
  readonly folder: string;
  readonly stateDir: string;
  readonly workDir: string;
  readonly url: string;
  readonly agents = new Map<string, Started>();
  controller: Started;
  client: Client;

  private constructor(folder: string, port: number) {
    this.folder = folder;
    this.stateDir = join(folder, "state");
    this.workDir = join(folder, "work");
    this.url = `http://127.0.0.1:${port}`;
    this.controller = undefined as unknown as Started;
    this.client = undefined as unknown as Client;
  }

  static async start(names: readonly string[], yaml = CONTRACT_YAML): Promise<TestCluster> {
    const cluster = new TestCluster(freshFolder(), await freePort());
    mkdirSync(cluster.workDir, { recursive: true });
    writeFileSync(join(cluster.folder, "rota.yaml"), yaml);
    await cluster.startController();
    for (const name of names) cluster.startAgent(name);
    await until(
      () => `all agents; ${cluster.logs()}`,
      async () => {
        const nodes = await cluster.nodes();
        return nodes.filter(({ responding }) => responding).length === names.length ? true : undefined;
      },
    );
    return cluster;
  }

  /** The last lines of every program's log, for whoever has to find out why. */
  logs(): string {
    const tails = readdirSync(this.folder)
      .filter((name) => name.endsWith(".log"))
      .map((name) => `${name}:\n${readFileSync(join(this.folder, name), "utf8").slice(-2000)}`);
    return tails.join("\n");
  }

  async startController(): Promise<void> {
    const port = new URL(this.url).port;
    this.controller = startRota(this.folder, "controller", [
      "controller",
      "--state-dir",
      this.stateDir,
      "--config",
      join(this.folder, "rota.yaml"),
      "--port",
      port,
    ]);
    await this.controller.ready;
    this.client = clientOf(this.url, this.stateDir);
  }

  startAgent(name: string, gres = "gpu:tesla:2"): Started {
    const agent = startRota(this.folder, name, [
      "agent",
      "--controller",
      this.url,
      "--token-file",
      join(this.stateDir, "token"),
      "--name",
      name,
      "--state-dir",
      join(this.folder, name),
      "--cpus",
      "4",
      "--memory",
      "4000M",
      "--gres",
      gres,
    ]);
    this.agents.set(name, agent);
    return agent;
  }

  async submit(script: string, more: Record<string, unknown> = {}): Promise<number> {
    const answer = await this.client.post<{ jobId: number }>("/v1/jobs", specOf(script, this.workDir, more));
    return answer.jobId;
  }

  /** All records of a reference. */
  async jobs(ref: number | string): Promise<readonly JobView[]> {
    return (await this.client.get<{ jobs: JobView[] }>(`/v1/jobs/${encodeURIComponent(ref)}`)).jobs;
  }

  async job(ref: number | string): Promise<JobView> {
    const [job] = await this.jobs(ref);
    if (job === undefined) throw new Error(`no job ${ref}`);
    return job;
  }

  /** The first record once it is in the state. */
  untilState(ref: number | string, state: JobView["state"], limitMs = 30_000): Promise<JobView> {
    return until(
      `job ${ref} is ${state}`,
      async () => {
        const job = await this.job(ref);
        return job.state === state ? job : undefined;
      },
      limitMs,
    );
  }

  /** All records once each has ended. */
  async ended(ref: number | string): Promise<readonly JobView[]> {
    const path = `/v1/jobs/${encodeURIComponent(ref)}/end?timeoutMs=60000`;
    return (await this.client.get<{ jobs: JobView[] }>(path)).jobs;
  }

  async nodes(): Promise<readonly NodeView[]> {
    return (await this.client.get<{ nodes: NodeView[] }>("/v1/nodes")).nodes;
  }
}
