/** A real cluster on this machine for benchmarks: one controller and some agents as processes, from the build. */
import { join } from "node:path";
import type { NodeView } from "../../core/model/views.ts";
import {
  type Client,
  clientOf,
  freePort,
  freshFolder,
  startRota,
  stopAll,
  until,
} from "../../test/e2e/programs.ts";

export interface Cluster {
  readonly client: Client;
  readonly url: string;
  readonly folder: string;
  readonly stateDir: string;
  readonly controllerPid: number;
  stop(): Promise<void>;
}

/** `agents` agents with `cpus` CPUs each, all registered. */
export async function startCluster(agents: number, cpus: number): Promise<Cluster> {
  const folder = freshFolder();
  const stateDir = join(folder, "state");
  const port = await freePort();
  const controller = startRota(folder, "controller", [
    "controller",
    "--state-dir",
    stateDir,
    "--port",
    String(port),
  ]);
  const url = await controller.ready;
  const client = clientOf(url, stateDir);
  for (let i = 1; i <= agents; i++) {
    startRota(folder, `n${i}`, [
      "agent",
      "--controller",
      url,
      "--token-file",
      join(stateDir, "token"),
      "--name",
      `n${i}`,
      "--state-dir",
      join(folder, `n${i}`),
      "--cpus",
      String(cpus),
      "--memory",
      "64000M",
    ]);
  }
  await until("all agents", async () => {
    const { nodes } = await client.get<{ nodes: NodeView[] }>("/v1/nodes");
    return nodes.filter(({ responding }) => responding).length === agents ? true : undefined;
  });
  return { client, url, folder, stateDir, controllerPid: controller.process.pid ?? 0, stop: stopAll };
}
