/** A port made of plain values for the tests of the API: it keeps what it was called with, and answers what it is given. */
import type { ControllerPort, StreamEvent } from "../../core/api/port.ts";
import { ok, refuse } from "../../core/model/refusal.ts";
import { FACTORS, PRIORITY, QOS, SHARE } from "./account-values.ts";
import {
  BESIDE,
  CLUSTER,
  NODE,
  PARTITION,
  POLICY,
  RESERVATION,
  SHADOW,
  SNAPSHOT,
  STATS,
} from "./cluster-values.ts";
import { EXPLANATION, HISTORY, jobView, STEP, STEP_ANSWER } from "./job-values.ts";

export interface Call {
  readonly method: string;
  readonly args: readonly unknown[];
}

export interface FakePort extends ControllerPort {
  readonly calls: Call[];
  /** Gives an event to all subscribers and keeps it for later ones. */
  emit(event: StreamEvent): void;
  subscribers(): number;
  /** Methods that answer otherwise than they do by default. */
  override: Partial<ControllerPort>;
}

/** Knows job 12 (and its tasks), node n1, reservation course and nothing else. */
export const createFakePort = (): FakePort => {
  const calls: Call[] = [];
  const events: StreamEvent[] = [];
  const listeners = new Set<(event: StreamEvent) => void>();
  const known = (ref: string) => /^12(_|$)/.test(ref);
  const unknown = (ref: string) => refuse("INVALID_JOB_ID", `There is no job ${ref}.`, { ref });
  const noReservation = (name: string) =>
    refuse("RESERVATION_INVALID", `There is no reservation ${name}.`, { reservation: name });
  const done = async (ref: string) => (known(ref) ? ok(null) : unknown(ref));
  const answers: ControllerPort = {
    submit: async () => ok({ jobId: 13, tasks: 1 }),
    testOnly: async () => ok({ jobId: 13, startS: 1_700_000_100, cpus: 4, nodes: "n1", partition: "debug" }),
    jobs: async () => [jobView()],
    job: async (ref) => (known(ref) ? ok([jobView()]) : unknown(ref)),
    script: async (ref) => (known(ref) ? ok("#!/bin/sh\necho ä\n") : unknown(ref)),
    waitForEnd: async (ref) => (known(ref) ? ok([jobView({ state: "COMPLETED" })]) : unknown(ref)),
    update: done,
    cancel: done,
    hold: done,
    release: done,
    requeue: done,
    suspend: done,
    resume: done,
    explain: async (ref) => (known(ref) ? ok([EXPLANATION]) : unknown(ref)),
    steps: async () => [STEP],
    jobSteps: async (ref) => (known(ref) ? ok([STEP]) : unknown(ref)),
    startStep: async (ref) => (known(ref) ? ok(STEP_ANSWER) : unknown(ref)),
    cancelStep: done,
    holdAllocation: async (ref) => (known(ref) ? ok({ SLURM_JOB_ID: "12" }) : unknown(ref)),
    completeAllocation: done,
    nodes: async () => [NODE],
    updateNode: async (name) =>
      name === "n1" ? ok(null) : refuse("UNKNOWN_NODE", `There is no node ${name}.`, { node: name }),
    partitions: async () => [PARTITION],
    reservations: async () => [RESERVATION],
    createReservation: async ({ name }) => ok(name ?? "ada_1"),
    updateReservation: async (name) => (name === "course" ? ok(null) : noReservation(name)),
    deleteReservation: async (name) => (name === "course" ? ok(null) : noReservation(name)),
    cluster: async () => CLUSTER,
    stats: async () => STATS,
    shares: async () => [SHARE],
    qos: async () => [QOS],
    priorityPolicy: () => ({ policy: "multifactor", hasFactors: true, weights: FACTORS }),
    priorities: async () => [PRIORITY],
    policies: async () => [POLICY],
    loadPolicy: async (kind) =>
      kind === "placement" ? ok(POLICY) : refuse("POLICY_WRONG_KIND", "quiet is a placement policy."),
    setPolicy: async (kind) =>
      kind === "placement" ? ok(POLICY) : refuse("POLICY_PARAMETER", "There is no such parameter."),
    policyShadow: async () => SHADOW,
    startShadow: async (kind) =>
      kind === "placement" ? ok(SHADOW) : refuse("POLICY_WRONG_KIND", "quiet is a placement policy."),
    stopShadow: async () => ok(SHADOW),
    buildPolicy: async ({ name }) =>
      name === "broken"
        ? refuse("POLICY_BUILD", "broken/assembly/broken.ts:3:5: error")
        : ok({ name, wasm: "AGFzbQEAAAA=", bytes: 8, sha256: "ab".repeat(32), warnings: "" }),
    testPolicy: async ({ name }) =>
      ok({ name, kind: "priority", isGreen: true, cases: [], random: { seed: 1, rounds: 5, faults: [] } }),
    simulatePolicy: async () => ok(BESIDE),
    rollbackPolicy: async (kind) =>
      kind === "placement" ? ok(POLICY) : refuse("POLICY_NO_EARLIER", "Nothing was loaded."),
    history: async () => [HISTORY],
    snapshot: async () => SNAPSHOT,
    subscribe: (afterSeq, onEvent) => {
      listeners.add(onEvent);
      for (const event of events) if (event.seq > afterSeq) onEvent(event);
      return () => listeners.delete(onEvent);
    },
  };
  const port = {
    calls,
    override: {} as Partial<ControllerPort>,
    emit: (event: StreamEvent) => {
      events.push(event);
      for (const listener of [...listeners]) listener(event);
    },
    subscribers: () => listeners.size,
  };
  const methods = Object.keys(answers) as (keyof ControllerPort)[];
  const recorded = Object.fromEntries(
    methods.map((method) => [
      method,
      (...args: unknown[]) => {
        calls.push({ method, args });
        const answer = (port.override[method] ?? answers[method]) as (...args: unknown[]) => unknown;
        return answer(...args);
      },
    ]),
  ) as unknown as ControllerPort;
  return Object.assign(port, recorded);
};
