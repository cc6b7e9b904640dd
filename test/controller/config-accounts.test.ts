import { describe, expect, it } from "vitest";
import { type ClusterConfig, parseConfig } from "../../core/controller/config.ts";

const parsed = (text: string): ClusterConfig => {
  const result = parseConfig(text, "rota.yaml");
  if (!result.ok) throw new Error(result.refusal.message);
  return result.value;
};

const faults = (text: string): string[] => {
  const result = parseConfig(text, "rota.yaml");
  return result.ok ? [] : result.refusal.message.split("\n");
};

describe("accounts in rota.yaml", () => {
  it("are a tree with shares, users and limits", () => {
    const { accounts, fairShare } = parsed(`
qos: [{name: normal}]
accounts:
  - name: physics
    shares: 10
    limits: {grp_tres: {cpu: 512, mem: 4T, gres/gpu: 64}, grp_jobs: 100, max_wall: 2-0, grp_tres_mins: {gres/gpu: 60000}}
  - name: optics
    parent: physics
    others: 1
    qos: [normal]
    users: [bob, {name: alice, shares: 2, limits: {max_jobs: 10}}]
fair_share: {half_life: 14-0, reset: monthly}
`);
    expect(fairShare).toEqual({ halfLifeS: 14 * 86_400, reset: "monthly" });
    expect(accounts).toEqual([
      {
        name: "physics",
        parent: "root",
        shares: 10,
        limits: {
          grpTres: { cpu: 512, mem: 4 * 1024 * 1024, "gres/gpu": 64 },
          grpTresMins: { "gres/gpu": 60_000 },
          grpJobs: 100,
          maxWallS: 2 * 86_400,
        },
        users: [],
        othersShares: 0,
      },
      {
        name: "optics",
        parent: "physics",
        shares: 1,
        limits: {},
        users: [
          { name: "bob", shares: 1, limits: {} },
          { name: "alice", shares: 2, limits: { maxJobs: 10 } },
        ],
        othersShares: 1,
        qos: ["normal"],
      },
    ]);
  });

  it("are none, with a week's half-life, where the file has none", () => {
    expect(parsed("cluster: alpha")).toMatchObject({
      accounts: [],
      fairShare: { halfLifeS: 7 * 86_400, reset: "none" },
    });
    expect(parsed("fair_share: {half_life: none}").fairShare.halfLifeS).toBe(0);
  });

  it("give QOS their factor, flags, limits and whom they preempt", () => {
    const { qos } = parsed(`
qos:
  - name: high
    priority: 100
    usage_factor: 1.5
    flags: [OverPartQOS]
    limits: {max_tres_per_user: {gres/gpu: 8}, max_wall: 1h}
    preempt: [low]
    grace_time: 60s
  - name: low
`);
    expect(qos).toEqual([
      {
        name: "high",
        priority: 100,
        usageFactor: 1.5,
        flags: ["OverPartQOS"],
        limits: { maxTresPerUser: { "gres/gpu": 8 }, maxWallS: 3600 },
        preempt: ["low"],
        graceTimeS: 60,
      },
      { name: "low", priority: 0 },
    ]);
  });

  it("give partitions their weights, and who may use them", () => {
    const { partitions } = parsed(`
qos: [{name: normal}]
accounts: [{name: physics}]
partitions:
  - {name: gpu, tres_billing_weights: {cpu: 1, mem: 0.001, gres/gpu: 16}, allow_accounts: [physics], deny_qos: [normal], qos: normal}
`);
    expect(partitions[0]).toMatchObject({
      billingWeights: { cpu: 1, mem: 0.001, "gres/gpu": 16 },
      allowAccounts: ["physics"],
      denyQos: ["normal"],
      qos: "normal",
    });
  });

  it.each([
    ["accounts: [{shares: 1}]", "1:12: the account has no name; add name: physics"],
    ["accounts: [{name: a}, {name: a}]", "1:23: account a is listed twice; list each account once"],
    ["accounts: [{name: root}]", "1:12: account root is there already; list each account once"],
    ["accounts: [{name: a, parent: b}]", "1:12: account a is below b, which is not listed; list it as well"],
    [
      "accounts: [{name: a, users: [bob, bob]}]",
      "1:35: user bob is listed twice in one account; list him once",
    ],
    [
      "accounts: [{name: a, qos: [fast]}]",
      "1:28: there is no QOS fast; list it under qos, or leave it out here",
    ],
    ["accounts: [{name: a, shares: -1}]", "1:30: shares is -1; write a whole number from 0 to 1000000"],
    [
      "accounts: [{name: a, limits: {grp_tres: {gpus: 1}}}]",
      '1:48: "gpus" is no TRES; write cpu, mem, node, billing, gres/gpu or gres/gpu:TYPE',
    ],
    [
      "accounts: [{name: a, limits: {max_tres_per_user: {cpu: 1}}}]",
      "1:31: max_tres_per_user is not supported: it is a limit of a QOS; an association is of one user or account already",
    ],
    [
      "accounts: [{name: a, limits: {grp_job: 1}}]",
      '1:31: "grp_job" is not a key of limits; did you mean grp_jobs?',
    ],
    [
      "qos: [{name: a, preempt: [b]}]",
      "1:26: QOS a may preempt b, which is not listed; list it under qos as well",
    ],
    ["qos: [{name: a, flags: [overpartqos]}]", '1:25: a flag is "overpartqos"; did you mean OverPartQOS?'],
    ["qos: [{name: a, flags: [NoDekay]}]", '1:25: a flag is "NoDekay"; did you mean NoDecay?'],
    ["qos: [{name: a, usage_threshold: 2}]", "1:34: usage_threshold is 2; write a number from 0 to 1"],
    [
      "qos: [{name: a, limits: {grp_jobs_accrue: 1}}]",
      "1:26: grp_jobs_accrue is not supported: which jobs gain age is not limited by this version",
    ],
    [
      "{qos: [{name: a, flags: [Relative]}], partitions: [{name: p, qos: a}, {name: o, qos: a}]}",
      "1:7: QOS a is Relative and that of 2 partitions; give each a QOS of its own",
    ],
    ["fair_share: {half_life: 7}", "1:25: half_life is 7, which has no unit; write 7m or 7s"],
    [
      "partitions: [{name: p, allow_qos: [x], deny_qos: [x]}]",
      "1:50: both allow_qos and deny_qos are given; keep one of them",
    ],
  ])("refuse %s", (text, line) => {
    expect(faults(text)).toContain(`rota.yaml:${line}`);
  });

  it("refuse a circle of accounts, naming one of them", () => {
    const lines = faults("accounts: [{name: a, parent: b}, {name: b, parent: a}]");
    expect(lines[0]).toMatch(/account a is below itself, through [ab]; take it out of the circle/);
  });
});
