/** What rota.yaml says of preemption. */
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../core/controller/config.ts";

const parsed = (text: string) => {
  const config = parseConfig(text, "rota.yaml");
  if (!config.ok) throw new Error(config.refusal.message);
  return config.value;
};

describe("preemption", () => {
  it("is off where the file says nothing of it", () => {
    const { preemption, policies } = parsed("");
    expect(preemption).toEqual({ by: "none", mode: "off", exemptTimeS: 0 });
    expect(policies.preemption).toBeUndefined();
  });

  it("goes by QOS, each with its own mode and grace time", () => {
    const { preemption, policies, qos } = parsed(`
preemption: { by: qos, exempt_time: 5m }
qos:
  - { name: low, preempt_mode: cancel, grace_time: 90s }
  - { name: high, preempt: [low] }
`);
    expect(preemption).toEqual({ by: "qos", mode: "requeue", exemptTimeS: 300 });
    expect(policies.preemption).toEqual({ kind: "preemption", module: "cheapest", parameters: {} });
    expect(qos).toMatchObject([{ preemptMode: "cancel", graceTimeS: 90 }, { preempt: ["low"] }]);
  });

  it("goes by the tiers of partitions", () => {
    const { preemption, partitions } = parsed(`
preemption: { by: partition, mode: cancel }
policies: { preemption: { module: cheapest, parameters: { tierWeight: 5 } } }
partitions:
  - { name: debug, preempt_mode: off, grace_time: 1m }
  - { name: urgent, priority_tier: 9 }
`);
    expect(preemption).toEqual({ by: "partition", mode: "cancel", exemptTimeS: 0 });
    expect(partitions).toMatchObject([{ preemptMode: "off", graceTimeS: 60 }, { priorityTier: 9 }]);
  });

  it("has jobs of some partitions take turns", () => {
    const { preemption, partitions } = parsed(`
preemption: { mode: gang, time_slice: 10s }
partitions: [{ name: a, oversubscribe: "FORCE:2" }, { name: b, oversubscribe: force }, { name: c }]
`);
    expect(preemption).toEqual({ by: "none", mode: "suspend", exemptTimeS: 0, turnS: 10 });
    expect(partitions.map(({ turnJobs }) => turnJobs)).toEqual([2, 4, undefined]);
  });

  it("suspends, in its own word and in Slurm's", () => {
    const { preemption, qos } = parsed(`
preemption: { by: qos, mode: "SUSPEND,GANG" }
qos: [{ name: low, preempt_mode: suspend }]
`);
    expect(preemption).toEqual({ by: "qos", mode: "suspend", exemptTimeS: 0, turnS: 30 });
    expect(qos).toMatchObject([{ preemptMode: "suspend" }]);
  });

  it.each([
    ["preemption: {mode: gang, time_slice: 1s}\n", "CONFIG_INVALID", "1:38: time_slice is 1 s; 5 to 65535"],
    [
      "preemption: {by: qos, time_slice: 9s}\n",
      "CONFIG_INVALID",
      "1:35: jobs have turns only where the mode",
    ],
    [
      "partitions: [{name: a, oversubscribe: FORCE}]\n",
      "NOT_SUPPORTED",
      "1:39: jobs share CPUs by taking turns",
    ],
    ["partitions: [{name: a, oversubscribe: 'YES:2'}]\n", "NOT_SUPPORTED", "1:39: oversubscribe is YES:2"],
    ["preemption: {by: users}\n", "CONFIG_INVALID", '1:18: by is "users"; write none, qos, partition'],
    [
      "preemption: {by: qos}\nscheduler: {backfill: easy}\n",
      "NOT_SUPPORTED",
      "1:18: jobs are preempted only where",
    ],
    [
      "policies: {preemption: cheapest}\n",
      "CONFIG_INVALID",
      "1:24: a preemption policy is given and nothing",
    ],
    [
      "qos: [{name: a, grace_time: 2-00:00:00}]\n",
      "CONFIG_INVALID",
      "1:29: grace_time is 172800 s; at most 86400",
    ],
  ])("%j is refused at its place", (text, code, line) => {
    const config = parseConfig(text, "rota.yaml");
    expect(config.ok ? undefined : config.refusal.code).toBe(code);
    expect(config.ok ? "" : config.refusal.message).toContain(`rota.yaml:${line}`);
  });
});
