/** Preemption through the stages: who is ended for whom, and what becomes of both. */
import { describe, expect, test } from "vitest";
import { nodeIndex } from "../../core/model/ids.ts";
import { explainRow } from "../../core/place/explain.ts";
import { planTables } from "../../core/state/pass-snapshot.ts";
import { NOW_S, partition } from "../admit/cluster.ts";
import { HIGH_AND_LOW, PreemptSite } from "./preempt-site.ts";

describe("a job of a QOS that may preempt", () => {
  test("has a running job of the other QOS ended, and starts on its node", () => {
    const site = new PreemptSite({ nodes: 1 });
    const low = site.submit();
    expect(site.pass().started).toEqual([low]);
    site.nowS += 100;
    const high = site.submit({ qos: "high" });
    const { started, victims, reasons } = site.pass();
    expect(started).toEqual([]);
    expect(victims).toEqual([low]);
    expect(reasons.get(high)).toMatchObject({ reason: "Resources", behind: low });
    expect(site.job(low)).toMatchObject({
      state: "RUNNING",
      preemptS: site.nowS,
      ending: { state: "PENDING", forJob: high },
    });
    site.nowS += 5;
    site.settle();
    expect(site.job(low)).toMatchObject({ state: "PENDING", restarts: 1 });
    expect(site.pass().started).toEqual([high]);
    expect(site.job(high).claim).toBeUndefined();
  });

  test("ends nobody where it can start as it is", () => {
    const site = new PreemptSite({ nodes: 2 });
    const low = site.submit();
    site.pass();
    const high = site.submit({ qos: "high" });
    const { started, victims, plan } = site.pass();
    expect(started).toEqual([high]);
    expect([victims, plan.preemptions]).toEqual([[], undefined]);
    expect(site.job(low).ending).toBeUndefined();
  });

  test("ends nobody of its own QOS, nor of one that it does not name", () => {
    const site = new PreemptSite({ nodes: 2, qos: [...HIGH_AND_LOW, { name: "other", priority: 0 }] });
    site.submit({ qos: "high" });
    site.submit({ qos: "other" });
    site.pass();
    site.submit({ qos: "high" });
    expect(site.pass().victims).toEqual([]);
  });

  test("ends nobody where even that would not make room", () => {
    const site = new PreemptSite({ nodes: 2 });
    const [low] = [site.submit(), site.submit({ qos: "high" })];
    site.pass();
    site.submit({ qos: "high", minNodes: 2 });
    expect(site.pass().victims).toEqual([]);
    expect(site.job(low!).ending).toBeUndefined();
  });

  test("leaves a job alone that is younger than the exempt time", () => {
    const site = new PreemptSite({ nodes: 1, preemption: { exemptTimeS: 300 } });
    const low = site.submit();
    site.pass();
    site.submit({ qos: "high" });
    site.nowS += 299;
    expect(site.pass().victims).toEqual([]);
    site.nowS += 1;
    expect(site.pass().victims).toEqual([low]);
  });

  test("does not take jobs that are about to end by their limits", () => {
    const site = new PreemptSite({ nodes: 1 });
    site.submit({ limitS: 60 });
    site.pass();
    const high = site.submit({ qos: "high" });
    const { victims, reasons } = site.pass();
    expect(victims).toEqual([]);
    expect(reasons.get(high)).toMatchObject({ reason: "Resources", waitS: 60 });
  });

  test("takes as few as it can, and of those the cheapest", () => {
    const site = new PreemptSite({ nodes: 3 });
    // n1 has two small jobs, n2 an old one, n3 a young one.
    const small = [site.submit({ cpus: 2 }), site.submit({ cpus: 2 })];
    const old = site.submit();
    site.pass();
    site.nowS += 3600;
    const young = site.submit();
    site.pass();
    site.nowS += 60;
    site.submit({ qos: "high" });
    expect(site.pass().victims).toEqual([young]);
    expect([...small, old].map((id) => site.job(id).ending)).toEqual([undefined, undefined, undefined]);
  });

  test("goes by the costs that the policy gives", () => {
    const site = new PreemptSite({ nodes: 2 });
    const [first, second] = [site.submit(), site.submit()];
    site.pass();
    site.nowS += 60;
    site.submit({ qos: "high" });
    const dear = (id: number) => ({
      name: "dear",
      weigh: (batch: { readonly count: number; readonly jobId: Int32Array }, out: Float64Array) => {
        for (let i = 0; i < batch.count; i++) out[i] = batch.jobId[i] === id ? 1 : 0;
        return undefined;
      },
    });
    expect(site.plan(dear(first)).preemptions).toMatchObject([{ victims: [second], nodes: [1] }]);
    expect(site.plan(dear(second)).preemptions).toMatchObject([{ victims: [first], nodes: [0] }]);
  });

  test("takes a gang whole, and only the nodes that it needs of it", () => {
    const site = new PreemptSite({ nodes: 3 });
    const gang = site.submit({ minNodes: 3 });
    site.pass();
    site.nowS += 60;
    const high = site.submit({ qos: "high", minNodes: 2 });
    expect(site.pass().victims).toEqual([gang]);
    site.settle(120);
    const next = site.submit({ limitS: 600 });
    expect(site.pass().started).toEqual([high, next]);
    expect(site.nodesOf(high)).toEqual([0, 1]);
    expect(site.nodesOf(next)).toEqual([2]);
  });

  test("gets GPUs and memory back as well as CPUs", () => {
    const site = new PreemptSite({ nodes: 2 });
    const gpus = { gres: [{ dimension: 0, count: 2 }], cpus: 1 };
    const plain = site.submit({ cpus: 1 });
    const holder = site.submit({ ...gpus, requiredNodes: [nodeIndex(0)] });
    const full = site.submit({ cpus: 1, memMib: 4000, requiredNodes: [nodeIndex(1)] });
    site.pass();
    site.nowS += 60;
    site.submit({ qos: "high", ...gpus, requiredNodes: [nodeIndex(0)] });
    site.submit({ qos: "high", cpus: 1, memMib: 3900, requiredNodes: [nodeIndex(1)] });
    expect(site.pass().victims).toEqual([holder, full]);
    expect(site.job(plain).ending).toBeUndefined();
  });

  test("with tasks that lie where there is room ends only what they lack", () => {
    const site = new PreemptSite({ nodes: 2 });
    const low = [1, 2, 3].map(() => site.submit({ cpus: 2 }));
    site.pass();
    site.nowS += 60;
    const uneven = { uneven: true, tasks: 4, tasksPerNode: 4, maxNodes: 4, cpusPerTask: 1, cpus: 4 };
    const high = site.submit({ qos: "high", ...uneven });
    // Two CPUs are free on one node: two more tasks need one of the jobs gone.
    const { victims } = site.pass();
    expect(victims).toHaveLength(1);
    site.settle(120);
    expect(site.pass().started).toEqual([high]);
    expect(low.filter((id) => site.job(id).state === "RUNNING")).toHaveLength(2);
  });

  test("does not preempt while a limit of its own keeps it from starting", () => {
    const limited = { name: "high", priority: 1, preempt: ["low"], limits: { grpJobs: 1 } };
    const site = new PreemptSite({ nodes: 2, qos: [{ name: "low", priority: 0 }, limited] });
    site.submit({ qos: "high" });
    site.submit();
    site.pass();
    site.submit({ qos: "high" });
    site.nowS += 60;
    expect(site.pass().victims).toEqual([]);
  });

  test("does not preempt for tasks on more nodes than a limit of its own lets it have", () => {
    const limited = { name: "high", priority: 1, preempt: ["low"], limits: { grpTres: { node: 1 } } };
    const site = new PreemptSite({ nodes: 2, qos: [{ name: "low", priority: 0 }, limited] });
    const low = [site.submit(), site.submit()];
    site.pass();
    site.nowS += 60;
    const tasks = { uneven: true, tasksPerNode: 6, maxNodes: 6, cpusPerTask: 1, cpus: 6 };
    const wide = site.submit({ qos: "high", tasks: 6, ...tasks });
    const { victims, reasons } = site.pass();
    expect([victims, reasons.get(wide)?.reason]).toEqual([[], "QOSGrpNodeLimit"]);
    site.submit({ qos: "high", tasks: 4, ...tasks });
    expect(site.pass().victims).toEqual([low[1]]);
  });
});

describe("what becomes of a preempted job", () => {
  test("is cancelled where its QOS says so, or where it may not go back to the queue", () => {
    const qos = [
      { name: "low", priority: 0, preemptMode: "cancel" },
      { name: "mid", priority: 0 },
      { name: "high", priority: 1, preempt: ["low", "mid"] },
    ] as const;
    const site = new PreemptSite({ nodes: 2, qos });
    const [low, mid] = [site.submit(), site.submit({ qos: "mid", requeueAllowed: false })];
    site.pass();
    site.nowS += 60;
    site.submit({ qos: "high", minNodes: 2 });
    expect(site.pass().victims).toEqual([low, mid].sort((a, b) => b - a));
    expect([low, mid].map((id) => site.job(id).ending?.state)).toEqual(["PREEMPTED", "PREEMPTED"]);
    site.settle();
    expect([low, mid].map((id) => site.job(id).state)).toEqual(["PREEMPTED", "PREEMPTED"]);
  });

  test("is nothing where the mode is off", () => {
    const qos = [{ name: "low", priority: 0, preemptMode: "off" }, HIGH_AND_LOW[1]!] as const;
    const site = new PreemptSite({ nodes: 1, qos });
    site.submit();
    site.pass();
    site.nowS += 60;
    site.submit({ qos: "high" });
    expect(site.pass().victims).toEqual([]);
  });
});

describe("a job of a partition with a higher tier", () => {
  const tiers = (over = {}) => [
    partition("debug", { isDefault: true, nodes: "n[1-2]" }),
    partition("urgent", { nodes: "n[2-3]", priorityTier: 10, ...over }),
  ];

  test("takes jobs of a lower tier on the nodes that both have", () => {
    const site = new PreemptSite({ nodes: 3, partitions: tiers(), preemption: { by: "partition" } });
    const [first, second] = [site.submit({ qos: "" }), site.submit({ qos: "" })];
    const urgent = site.submit({ qos: "", partitions: ["urgent"], requiredNodes: [nodeIndex(2)] });
    expect(site.pass().started.toSorted((a, b) => a - b)).toEqual([first, second, urgent]);
    site.nowS += 60;
    site.submit({ qos: "", partitions: ["urgent"] });
    const { victims } = site.pass();
    expect(victims).toHaveLength(1);
    expect(site.nodesOf(victims[0]!)).toEqual([1]);
    // Jobs of the same tier wait for each other.
    site.submit({ qos: "" });
    expect(site.pass().victims).toEqual([]);
  });

  test("gives them the grace time of their partition", () => {
    const site = new PreemptSite({
      nodes: 3,
      partitions: [
        partition("debug", { isDefault: true, graceTimeS: 900, preemptMode: "cancel" }),
        ...tiers().slice(1),
      ],
      preemption: { by: "partition" },
    });
    const low = [site.submit({ qos: "" }), site.submit({ qos: "" }), site.submit({ qos: "" })];
    site.pass();
    site.nowS += 60;
    const urgent = site.submit({ qos: "", partitions: ["urgent"] });
    const { victims, reasons } = site.pass();
    expect(victims).toEqual([low[2]]);
    expect(reasons.get(urgent)!.waitS).toBeGreaterThanOrEqual(900);
    expect(site.job(urgent).claim!.untilS).toBeGreaterThan(site.nowS + 900);
    expect(site.job(low[2]!).ending).toMatchObject({ state: "PREEMPTED", atS: NOW_S + 60 });
  });
});

describe("a wrong preemption module", () => {
  test("is reported, and the built-in's reckoning serves", () => {
    const site = new PreemptSite({ nodes: 2 });
    site.submit();
    site.pass();
    site.nowS += 3600;
    const young = site.submit();
    site.pass();
    site.nowS += 60;
    site.submit({ qos: "high" });
    const fault = { code: "POLICY_BAD_SCORE", message: "gave job 1 the cost NaN" } as const;
    const plan = site.plan({ name: "wrong", weigh: () => fault });
    expect(plan.preemptions).toMatchObject([{ victims: [young] }]);
    expect(plan.faults).toEqual([{ kind: "preemption", module: "wrong", fault }]);
  });
});

describe("explaining a job that waits for others to end", () => {
  test("names these jobs, from the plan that chose them and as long as they are not gone", () => {
    const site = new PreemptSite({ nodes: 2 });
    const low = [site.submit(), site.submit()];
    site.pass();
    site.nowS += 60;
    const high = site.submit({ qos: "high", minNodes: 2 });
    const explain = () => {
      const plan = site.plan();
      const tables = planTables(site.state, site.nowS);
      const row = Array.from(tables.pending.columns.jobId).indexOf(high);
      return explainRow(tables, plan, row, { node: String, gresParent: [0] });
    };
    const victims = low.toReversed();
    expect(explain()).toMatchObject({ reason: "Resources", behindJob: victims[0], victims });
    expect(explain().text).toContain(`Jobs ${victims.join(", ")} are ended for it.`);
    site.pass();
    expect(explain()).toMatchObject({ reason: "Resources", behindJob: victims[0], victims });
    site.settle(120);
    expect(site.pass().started).toEqual([high]);
  });
});
