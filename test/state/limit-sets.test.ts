import { describe, expect, test } from "vitest";
import type { AccountSpec, LimitSet } from "../../core/model/account.ts";
import type { QosSpec } from "../../core/model/partition.ts";
import { WAIT_REASONS } from "../../core/model/reasons.ts";
import { AssociationBook } from "../../core/state/associations.ts";
import {
  constraintOf,
  counterOf,
  type JobOwner,
  type LimitScale,
  LimitSets,
  numbersOf,
} from "../../core/state/limit-sets.ts";

const account = (name: string, parent: string, limits: LimitSet, userLimits: LimitSet = {}): AccountSpec => ({
  name,
  parent,
  shares: 1,
  limits,
  users: [{ name: "ada", shares: 1, limits: userLimits }],
  othersShares: 0,
});
const qos = (name: string, limits: LimitSet, rest: Partial<QosSpec> = {}): QosSpec => ({
  name,
  priority: 0,
  limits,
  ...rest,
});
const gres = (name: string): number | undefined => ({ gpu: 0, "gpu:a100": 1 })[name];

/** Of every TRES there are 101. */
const scale: LimitScale = { dimensionOf: gres, totalOf: () => 101 };

/** The limits that hold, as `reason value subject`. */
function limitsOf(
  accounts: readonly AccountSpec[],
  owner: Partial<JobOwner> & { account: string },
): string[] {
  const book = new AssociationBook();
  book.configure(accounts, 0, 0);
  const sets = new LimitSets();
  const association = book.find(owner.account, "ada");
  const { constraints } = sets.of(
    { association, user: "ada", qos: undefined, partitionQos: undefined, ...owner },
    book,
    scale,
  );
  return numbersOf(sets.constraintSets.nameOf(constraints))
    .map((index) => constraintOf(sets.constraints.nameOf(index)))
    .map(({ counter, value, reason }) => {
      const subject =
        counter < 0 ? "job" : sets.subjects.nameOf(counterOf(sets.counters.nameOf(counter)).subject);
      const [kind, row] = subject.split("/");
      const { account: of, user } =
        (kind === "a" || kind === "u" ? book.names[Number(row)] : undefined) ?? {};
      return `${WAIT_REASONS[reason]} ${value} ${of === undefined ? subject : `${kind}/${of}/${user}`}`;
    })
    .sort();
}

describe("the limits that hold for a job", () => {
  test("are none where nobody has set one", () => {
    expect(limitsOf([account("physics", "root", {})], { account: "physics" })).toEqual([]);
  });

  test("of groups hold at every account above", () => {
    const accounts = [
      account("optics", "physics", { grpTres: { "gres/gpu": 8 } }),
      account("physics", "root", { grpTres: { "gres/gpu": 32, cpu: 512 }, grpJobs: 9 }),
    ];
    expect(limitsOf(accounts, { account: "optics" })).toEqual([
      "AssocGrpCpuLimit 512 a/physics/",
      "AssocGrpGRES 32 a/physics/",
      "AssocGrpGRES 8 a/optics/",
      "AssocGrpJobsLimit 9 a/physics/",
    ]);
  });

  test("of one job are those nearest to the user", () => {
    const accounts = [
      account("optics", "physics", { maxWallS: 7200, maxTresPerJob: { cpu: 64 } }, { maxWallS: 60 }),
      account("physics", "root", { maxTresPerJob: { cpu: 128, node: 4 }, maxJobs: 3 }),
    ];
    expect(limitsOf(accounts, { account: "optics" })).toEqual([
      "AssocMaxCpuPerJobLimit 64 job",
      "AssocMaxJobsLimit 3 u/optics/ada",
      "AssocMaxNodePerJobLimit 4 job",
      "AssocMaxWallDurationPerJobLimit 60 job",
    ]);
  });

  test("of a QOS stand in for the same ones of associations, TRES by TRES", () => {
    const accounts = [account("physics", "root", { grpTres: { cpu: 100, "gres/gpu": 10 }, maxWallS: 60 })];
    const high = qos("high", {
      grpTres: { "gres/gpu": 99 },
      maxWallS: 3600,
      maxTresPerUser: { "gres/gpu": 4 },
    });
    expect(limitsOf(accounts, { account: "physics", qos: high })).toEqual([
      "AssocGrpCpuLimit 100 a/physics/",
      "QOSGrpGRES 99 q/high",
      "QOSMaxGRESPerUser 4 qu/high/ada",
      "QOSMaxWallDurationPerJobLimit 3600 job",
    ]);
  });

  test("of the partition's QOS go before the job's, unless that is over them", () => {
    const ofPartition = qos("part", { maxJobs: 1 });
    const owner = { account: "physics", partitionQos: ofPartition };
    const accounts = [account("physics", "root", {})];
    expect(limitsOf(accounts, { ...owner, qos: qos("high", { maxJobs: 7 }) })).toEqual([
      "QOSMaxJobsPerUserLimit 1 qu/part/ada",
    ]);
    const over = qos("high", { maxJobs: 7 }, { flags: ["OverPartQOS"] });
    expect(limitsOf(accounts, { ...owner, qos: over })).toEqual(["QOSMaxJobsPerUserLimit 7 qu/high/ada"]);
  });

  test("of a TRES that no node has are none", () => {
    expect(limitsOf([account("a", "root", { grpTres: { "gres/fpga": 1 } })], { account: "a" })).toEqual([]);
  });

  test("of associations are multiplied by a factor of the QOS, those of the QOS are not", () => {
    const qos = { name: "big", priority: 0, limitFactor: 1.5, limits: { maxTresPerUser: { cpu: 7 } } };
    const limits = limitsOf([account("physics", "root", { grpTres: { cpu: 5 }, grpJobs: 3 })], {
      account: "physics",
      qos,
    });
    expect(limits.map((line) => line.split(" ").slice(0, 2).join(" "))).toEqual([
      "AssocGrpCpuLimit 7",
      "AssocGrpJobsLimit 3",
      "QOSMaxCpuPerUserLimit 7",
    ]);
  });

  test("of a QOS may be percents of what there is", () => {
    const qos = {
      name: "half",
      priority: 0,
      flags: ["Relative" as const],
      limits: { grpTres: { cpu: 50, "gres/gpu": 25 }, grpJobs: 50 },
    };
    const limits = limitsOf([account("physics", "root", {})], { account: "physics", qos });
    expect(limits.map((line) => line.split(" ").slice(0, 2).join(" "))).toEqual([
      "QOSGrpCpuLimit 50",
      "QOSGrpGRES 25",
      "QOSGrpJobsLimit 50",
    ]);
  });

  test("are found once for jobs of one owner, and are equal numbers for equal ones", () => {
    const book = new AssociationBook();
    book.configure([account("a", "root", { grpJobs: 1 }), account("b", "root", {})], 0, 0);
    const sets = new LimitSets();
    const owner = (name: string): JobOwner => ({
      association: book.find(name, "ada"),
      account: name,
      user: "ada",
      qos: undefined,
      partitionQos: undefined,
    });
    expect(sets.of(owner("a"), book, scale)).toBe(sets.of(owner("a"), book, scale));
    expect(sets.of(owner("b"), book, scale).constraints).toBe(0);
    expect(sets.of(owner("a"), book, scale).constraints).not.toBe(0);
  });
});
