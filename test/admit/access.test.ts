import { describe, expect, test } from "vitest";
import { admit } from "../../core/admit/admit.ts";
import { admitClusterOf } from "../../core/admit/cluster-of.ts";
import type { AccountSpec, LimitSet } from "../../core/model/account.ts";
import type { JobSpec } from "../../core/model/job-spec.ts";
import type { PartitionSpec, QosSpec } from "../../core/model/partition.ts";
import type { ClusterState } from "../../core/state/cluster-state.ts";
import { reduce } from "../../core/state/reduce.ts";
import { clusterOf, NOW_S, node, partition, spec } from "./cluster.ts";

interface Site {
  readonly accounts?: readonly AccountSpec[];
  readonly qos?: readonly QosSpec[];
  readonly partition?: Partial<PartitionSpec>;
}

const site = ({ partition: rules = {}, ...more }: Site): ClusterState =>
  clusterOf([node("n1")], [partition("debug", { isDefault: true, ...rules })], more);

const account = (name: string, users: readonly string[], rest: Partial<AccountSpec> = {}): AccountSpec => ({
  name,
  parent: "root",
  shares: 1,
  limits: {},
  users: users.map((user) => ({ name: user, shares: 1, limits: {} })),
  othersShares: 0,
  ...rest,
});

/** The account it gets, or the code that it is refused with. */
function asked(state: ClusterState, over: Partial<JobSpec>): string {
  const result = admit(
    spec(over),
    admitClusterOf(state, () => 0),
    NOW_S,
    { operator: false },
  );
  return result.ok
    ? `account ${result.value.job.account}`
    : `${result.refusal.code} ${result.refusal.message}`;
}

/** Submits for good. */
function submit(state: ClusterState, over: Partial<JobSpec>): void {
  const result = admit(
    spec(over),
    admitClusterOf(state, () => 0),
    NOW_S,
    { operator: false },
  );
  if (!result.ok) throw new Error(result.refusal.message);
  const { job, array } = result.value;
  const event = { type: "job.submitted", atS: NOW_S, jobId: state.nextJobId, scriptKey: 1, job } as const;
  reduce(state, state.lastSeq + 1, array === undefined ? event : { ...event, array });
}

const { user } = spec({});

describe("accounts", () => {
  test("are any name where the site has none", () => {
    expect(asked(site({}), { account: "whatever" })).toBe("account whatever");
    expect(asked(site({}), {})).toBe("account ");
  });

  test("are by default the one that names the user, else an open one", () => {
    const accounts = [account("guests", [], { othersShares: 1 }), account("physics", [user])];
    expect(asked(site({ accounts }), {})).toBe("account physics");
    expect(asked(site({ accounts }), { user: "eve" })).toBe("account guests");
  });

  test("that do not have the user refuse him", () => {
    const state = site({ accounts: [account("physics", ["ada"])] });
    expect(asked(state, { account: "physics" })).toBe(
      `INVALID_ACCOUNT user ${user} may not use account physics`,
    );
    expect(asked(state, {})).toBe(
      `INVALID_ACCOUNT user ${user} is in no account; ask for one with --account`,
    );
  });

  test("may name the QOS that their users can ask for; the nearest list decides", () => {
    const qos = [
      { name: "high", priority: 1 },
      { name: "low", priority: 0 },
    ];
    const accounts = [
      account("optics", [user], { parent: "physics" }),
      account("physics", [], { qos: ["low"] }),
    ];
    const state = site({ accounts, qos });
    expect(asked(state, { qos: "low" })).toBe("account optics");
    expect(asked(state, { qos: "high" })).toBe("INVALID_QOS account optics may not use QOS high");
  });
});

describe("a partition", () => {
  test("that is not open to an account, a QOS or a group refuses it", () => {
    const accounts = [account("physics", [user])];
    expect(asked(site({ accounts, partition: { allowAccounts: ["optics"] } }), {})).toBe(
      "INVALID_ACCOUNT partition debug is not open to account physics",
    );
    expect(asked(site({ accounts, partition: { denyAccounts: ["physics"] } }), {})).toMatch(
      /^INVALID_ACCOUNT/,
    );
    expect(asked(site({ partition: { allowQos: ["high"] } }), {})).toBe(
      "INVALID_QOS partition debug is not open to QOS (none)",
    );
    expect(asked(site({ partition: { allowGroups: ["wheel"] } }), {})).toMatch(/^GROUP_NOT_ALLOWED/);
  });

  test("that is closed is left out where another is open", () => {
    const state = clusterOf(
      [node("n1")],
      [partition("closed", { allowGroups: ["wheel"] }), partition("open", { isDefault: true })],
    );
    const result = admit(
      spec({ partition: "closed,open" }),
      admitClusterOf(state, () => 0),
      NOW_S,
      { operator: false },
    );
    expect(result.ok && result.value.job.partitions).toEqual(["open"]);
  });
});

describe("limits on submission", () => {
  const limited = (limits: LimitSet, userLimits: LimitSet = {}): ClusterState =>
    site({
      accounts: [
        account("optics", [], {
          parent: "physics",
          users: [{ name: user, shares: 1, limits: userLimits }],
        }),
        account("physics", ["ada"], { limits }),
      ],
    });

  test("of an account count the jobs of all below it, tasks of arrays one by one", () => {
    const state = limited({ grpSubmitJobs: 5 });
    submit(state, { array: "0-2" });
    submit(state, { user: "ada", account: "physics" });
    expect(asked(state, {})).toBe("account optics");
    expect(asked(state, { array: "0-1" })).toBe(
      "SUBMIT_LIMIT GrpSubmitJobs of account physics is 5, 4 jobs wait or run and 2 more are asked",
    );
  });

  test("of a user are those nearest to him, and count his jobs alone", () => {
    const state = limited({ maxSubmitJobs: 1 }, { maxSubmitJobs: 2 });
    submit(state, {});
    expect(asked(state, {})).toBe("account optics");
    submit(state, {});
    expect(asked(state, {})).toMatch(/^SUBMIT_LIMIT MaxSubmitJobs of user/);
    submit(state, { user: "ada", account: "physics" });
    expect(asked(state, { user: "ada", account: "physics" })).toMatch(/^SUBMIT_LIMIT MaxSubmitJobs of/);
  });

  test("of a QOS stand in for those of associations", () => {
    const accounts = [account("physics", [user], { limits: { maxSubmitJobs: 0 } })];
    const state = site({ accounts, qos: [{ name: "high", priority: 0, limits: { maxSubmitJobs: 1 } }] });
    expect(asked(state, {})).toMatch(/^SUBMIT_LIMIT MaxSubmitJobs of account physics is 0/);
    expect(asked(state, { qos: "high" })).toBe("account physics");
    submit(state, { qos: "high" });
    expect(asked(state, { qos: "high" })).toBe(
      "SUBMIT_LIMIT MaxSubmitJobsPerUser of QOS high is 1, 1 jobs wait or run and 1 more are asked",
    );
  });

  test("of a partition's QOS count the same jobs when the partitions are listed in another order", () => {
    const qos = [{ name: "few", priority: 0, limits: { grpSubmitJobs: 1 } }];
    const accounts = [account("optics", [user])];
    const [debug, few] = [partition("debug", { isDefault: true }), partition("small", { qos: "few" })];
    const partitions = [debug, few];
    const state = clusterOf([node("n1")], partitions, { accounts, qos });
    submit(state, { partition: "small" });
    const configured = { type: "cluster.configured", atS: NOW_S, clusterName: "oracle" } as const;
    const event = { ...configured, partitions: [few, debug], nodes: [], accounts, qos };
    reduce(state, state.lastSeq + 1, event);
    expect(asked(state, { partition: "small" })).toMatch(
      /^SUBMIT_LIMIT GrpSubmitJobs of QOS few is 1, 1 jobs/,
    );
  });

  test("of two QOS are those of the first that sets them, the partition's unless the job's goes over it", () => {
    const limits = (most: number): LimitSet => ({ maxSubmitJobsPerAccount: most });
    const qos: readonly QosSpec[] = [
      { name: "many", priority: 0, limits: limits(2) },
      { name: "one", priority: 0, limits: limits(1) },
      { name: "over", priority: 0, limits: limits(1), flags: ["OverPartQOS"] },
    ];
    const state = site({ accounts: [account("optics", [user])], qos, partition: { qos: "many" } });
    submit(state, { qos: "one" });
    submit(state, { qos: "one" });
    expect(asked(state, { qos: "one" })).toMatch(
      /^SUBMIT_LIMIT MaxSubmitJobsPerAccount of QOS many is 2, 2 /,
    );
    expect(asked(state, { qos: "over" })).toBe("account optics");
  });

  test("of the QOS refuse a job that alone is over one, where the QOS says so", () => {
    const limits: LimitSet = {
      maxTresPerJob: { cpu: 2 },
      grpTres: { node: 2 },
      maxWallS: 600,
      grpTresMins: { "gres/gpu": 10 },
      minTresPerJob: { mem: 50 },
    };
    const qos: readonly QosSpec[] = [
      { name: "strict", priority: 0, limits, flags: ["DenyOnLimit"] },
      { name: "lax", priority: 0, limits },
    ];
    const state = site({
      accounts: [account("optics", [user], { limits: { maxTresPerNode: { cpu: 1 } } })],
      qos,
    });
    const strict = { qos: "strict", timeLimitS: 600 };
    expect(asked(state, strict)).toBe("account optics");
    expect(asked(state, { ...strict, timeLimitS: 660 })).toBe(
      "SUBMIT_LIMIT QOSMaxWallDurationPerJobLimit is 600, and the job asks 660",
    );
    expect(asked(state, { ...strict, ntasks: 3 })).toBe(
      "SUBMIT_LIMIT QOSMaxCpuPerJobLimit is 2, and the job asks 3",
    );
    expect(asked(state, { ...strict, minNodes: 3 })).toMatch(/^SUBMIT_LIMIT QOSGrpNodeLimit is 2/);
    expect(asked(state, { ...strict, gres: "gpu:2" })).toMatch(
      /^SUBMIT_LIMIT QOSGrpGRESMinutes is 10, .* 20$/,
    );
    expect(asked(state, { ...strict, memPerNodeMib: 20 })).toMatch(/^SUBMIT_LIMIT QOSMinMemory is 50/);
    expect(asked(state, { ...strict, cpusPerTask: 2 })).toMatch(/^SUBMIT_LIMIT AssocMaxCpuPerNode is 1/);
    expect(asked(state, { qos: "lax", ntasks: 3 })).toBe("account optics");
  });

  test("of percents make a partition's QOS its alone; a QOS may ask for a reservation", () => {
    const qos: readonly QosSpec[] = [
      { name: "part", priority: 0, flags: ["Relative"], limits: { grpTres: { cpu: 50 } } },
      { name: "reserved", priority: 0, flags: ["RequiresReservation"] },
    ];
    const state = site({ accounts: [account("optics", [user])], qos, partition: { qos: "part" } });
    expect(asked(state, {})).toBe("account optics");
    expect(asked(state, { qos: "part" })).toMatch(/^INVALID_QOS QOS part is that of partition/);
    expect(asked(state, { qos: "reserved" })).toMatch(/^INVALID_QOS QOS reserved asks for a job with a/);
  });

  test("go down when a job ends", () => {
    const state = limited({ grpSubmitJobs: 1 });
    submit(state, {});
    expect(asked(state, {})).toMatch(/^SUBMIT_LIMIT/);
    const ended = {
      type: "job.ended",
      atS: NOW_S,
      jobId: 1,
      state: "CANCELLED",
      exitCode: 0,
      exitSignal: 0,
      endReason: "",
    } as const;
    reduce(state, state.lastSeq + 1, ended);
    expect(asked(state, {})).toBe("account optics");
  });
});
