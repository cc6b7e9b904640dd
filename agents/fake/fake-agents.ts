/**
 * Many agents in one process that speak the real protocol and only play at running jobs: what a benchmark or a test of
 * a large cluster needs. Each has its own connection, session and job list; a job "runs" for as long as it is told to
 * and starts no process.
 */
import { randomUUID } from "node:crypto";
import type { NodeSpec } from "../../core/model/node.ts";
import type { StartOrder, StepOrder } from "../protocol/frames.ts";
import { Uplink } from "../protocol/uplink.ts";
import { FakeJobs } from "./fake-jobs.ts";
import { FakeSteps } from "./fake-steps.ts";

export interface FakeAgentsOptions {
  readonly controllerUrl: string;
  readonly token: string;
  /** 1 .. MAX_FAKE_AGENTS. */
  readonly count: number;
  /** The node that agent i, from 0, registers. */
  readonly nodeSpec: (i: number) => NodeSpec;
  /** How long a job runs, ms; 0 ends it at once. */
  readonly runMs: (order: StartOrder) => number;
  /** How long a job step runs, ms; default 0. */
  readonly stepMs?: (order: StepOrder) => number;
  /** Exit code of a job that ends by itself; default 0. */
  readonly exitCode?: (order: StartOrder) => number;
  /** Called with each start order that reaches agent i, from 0, said again or not. */
  readonly onStart?: (i: number, order: StartOrder) => void;
  /** Agents that connect at the same time; default 64. */
  readonly connecting?: number;
  /** Longest wait before connecting again; default 3 s. */
  readonly maxBackoffMs?: number;
}

export interface FakeAgents {
  readonly counts: () => { readonly connected: number; readonly running: number; readonly ended: number };
  /** Cuts every connection; jobs and timers are dropped. */
  readonly close: () => void;
}

export const MAX_FAKE_AGENTS = 65_536;
const DEFAULT_CONNECTING = 64;

/** Starts the agents; resolves once every one has been welcomed. */
export const startFakeAgents = async (options: FakeAgentsOptions): Promise<FakeAgents> => {
  const { count, connecting = DEFAULT_CONNECTING } = options;
  if (!Number.isInteger(count) || count < 1 || count > MAX_FAKE_AGENTS) {
    throw new RangeError(`There can be 1 to ${MAX_FAKE_AGENTS} fake agents, not ${count}.`);
  }
  const agents: FakeAgent[] = [];
  const connectInTurn = async (): Promise<void> => {
    while (agents.length < count) {
      const agent = new FakeAgent(options, agents.length);
      agents.push(agent);
      await agent.welcomed;
    }
  };
  await Promise.all(Array.from({ length: Math.min(connecting, count) }, connectInTurn));
  const total = (amount: (agent: FakeAgent) => number) =>
    agents.reduce((sum, agent) => sum + amount(agent), 0);
  return {
    counts: () => ({
      connected: total((agent) => (agent.uplink.connected ? 1 : 0)),
      running: total((agent) => agent.jobs.running),
      ended: total((agent) => agent.jobs.ended),
    }),
    close: () => {
      for (const agent of agents) agent.close();
    },
  };
};

class FakeAgent {
  readonly uplink: Uplink;
  readonly jobs: FakeJobs;
  readonly steps: FakeSteps;
  readonly welcomed: Promise<void>;

  constructor(options: FakeAgentsOptions, i: number) {
    const node = options.nodeSpec(i);
    this.jobs = new FakeJobs({
      runMs: options.runMs,
      exitCode: options.exitCode ?? (() => 0),
      report: (body) => this.uplink.push(body),
    });
    this.steps = new FakeSteps({
      runMs: options.stepMs ?? (() => 0),
      report: (body) => this.uplink.push(body),
    });
    let welcome = () => {};
    this.welcomed = new Promise((resolve) => {
      welcome = resolve;
    });
    this.uplink = new Uplink({
      controllerUrl: options.controllerUrl,
      token: () => options.token,
      agentSession: randomUUID(),
      hello: () => ({ node, jobs: this.jobs.presences(), steps: this.steps.presences() }),
      onOrder: (order) => {
        if (order.kind === "start") options.onStart?.(i, order);
        if (!this.steps.take(order)) this.jobs.take(order);
      },
      onNewSession: () => {
        this.jobs.reportAgain();
        this.steps.reportAgain();
      },
      load: () => ({ cpuLoad: this.jobs.running * 100, freeMemMib: node.memoryMib }),
      onState: (state) => state === "connected" && welcome(),
      ...(options.maxBackoffMs === undefined ? {} : { maxBackoffMs: options.maxBackoffMs }),
    });
    this.uplink.open();
  }

  close(): void {
    this.uplink.close();
    this.jobs.close();
    this.steps.close();
  }
}
