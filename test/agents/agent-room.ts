/** A controller, agents and a folder for one test file, all gone after it. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll } from "vitest";
import { type AgentOptions, type RunningAgent, startAgent } from "../../agents/node/agent.ts";
import { TestController, TOKEN } from "./test-controller.ts";

export interface AgentRoom {
  readonly controller: TestController;
  /** A directory that other users may enter, for jobs' files. */
  readonly folder: string;
  readonly agent: (options?: Partial<AgentOptions>) => Promise<RunningAgent>;
  /** As `agent`, in a process of its own. Resolves once it has said hello. */
  readonly process: (options: Partial<AgentOptions> & { readonly name: string }) => Promise<ChildProcess>;
  readonly read: (name: string) => string;
}

/** Call once at the top of a test file. */
export const agentRoom = (): AgentRoom => {
  const controller = new TestController();
  const folder = mkdtempSync(join(tmpdir(), "rota-agent-"));
  const stops: (() => unknown)[] = [];
  let states = 0;
  const options = (more: Partial<AgentOptions>): AgentOptions => ({
    controllerUrl: controller.url,
    token: TOKEN,
    name: "n1",
    stateDir: join(folder, `state-${states++}`),
    cpus: 4,
    memoryMib: 4000,
    gres: "gpu:tesla:2",
    spoof: true,
    maxBackoffMs: 100,
    ...more,
  });
  beforeAll(async () => {
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    await controller.open();
  });
  afterAll(async () => {
    for (const stop of stops) await stop();
    await controller.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    controller,
    folder,
    agent: async (more = {}) => {
      const agent = await startAgent({ ...options(more), log: pino({ level: "silent" }) });
      stops.push(() => agent.close());
      await controller.hello(agent.node.name);
      return agent;
    },
    process: async (more) => {
      const words = [
        "--import",
        "tsx",
        join(import.meta.dirname, "agent-process.ts"),
        JSON.stringify(options(more)),
      ];
      const hellos = controller.hellos.filter((hello) => hello.node.name === more.name).length;
      const child = spawn(process.execPath, words, { stdio: "ignore" });
      stops.push(async () => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        child.kill("SIGTERM");
        await new Promise<void>((resolve) => child.once("exit", () => resolve()));
      });
      await controller.hello(more.name, hellos + 1);
      return child;
    },
    read: (name) => readFileSync(join(folder, name), "utf8"),
  };
};
