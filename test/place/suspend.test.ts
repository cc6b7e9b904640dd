/** Preemption by suspension: who stands still and for how long, what he keeps, and that he goes on before others. */
import { describe, expect, test } from "vitest";
import { shownState } from "../../core/model/job.ts";
import { partition } from "../admit/cluster.ts";
import { device, nodeSpec } from "../state/fixture.ts";
import { PreemptSite } from "./preempt-site.ts";

const suspending = (options: ConstructorParameters<typeof PreemptSite>[0] = {}): PreemptSite =>
  new PreemptSite({ ...options, preemption: { mode: "suspend", ...options.preemption } });

describe("a job that preempts by suspension", () => {
  test("has another stand still, runs in its place, and lets it go on where it was", () => {
    const site = suspending({ nodes: 1 });
    const low = site.submit({ limitS: 7200 });
    site.pass();
    site.nowS += 600;
    const high = site.submit({ qos: "high", limitS: 3600 });
    expect(site.pass()).toMatchObject({ victims: [low], started: [] });
    expect(shownState(site.job(low))).toBe("SUSPENDED");
    expect(site.pass()).toMatchObject({ victims: [], started: [], conflicts: 0 });
    site.settle();
    expect(site.pass()).toMatchObject({ started: [high], resumed: [], conflicts: 0 });
    const { plan, resumed } = site.pass();
    expect(resumed).toEqual([]);
    expect(plan.resumes).toEqual([{ jobId: low, atS: site.nowS + 3600 }]);
    site.nowS += 100;
    site.end(high);
    expect(site.pass()).toMatchObject({ resumed: [low], conflicts: 0 });
    expect(site.job(low)).toMatchObject({ suspendedS: 100, state: "RUNNING" });
  });

  test("does not get the memory of those who stand still", () => {
    const site = suspending({ nodes: 1 });
    site.submit({ memMib: 3000 });
    site.pass();
    site.submit({ qos: "high", memMib: 2000 });
    expect(site.pass()).toMatchObject({ victims: [], started: [] });
    const small = site.submit({ qos: "high", memMib: 900, limitS: 600 });
    expect(site.pass().victims).toHaveLength(1);
    site.settle();
    expect(site.pass()).toMatchObject({ started: [small], conflicts: 0 });
  });

  test("leaves alone who has not run for long enough, counting what he really ran", () => {
    const site = suspending({ nodes: 1, preemption: { exemptTimeS: 600 } });
    const low = site.submit();
    site.pass();
    site.nowS += 599;
    const high = site.submit({ qos: "high", limitS: 600 });
    expect(site.pass().victims).toEqual([]);
    site.nowS += 1;
    expect(site.pass().victims).toEqual([low]);
    site.settle();
    site.pass();
    site.nowS += 300;
    site.end(high);
    expect(site.pass().resumed).toEqual([low]);
    // Its suspension was no run, so its 600 seconds are those of before.
    site.submit({ qos: "high" });
    expect(site.pass().victims).toEqual([low]);
  });

  test("does nothing about those who stand still already", () => {
    const site = suspending({ nodes: 2 });
    site.submit({ minNodes: 2 });
    site.pass();
    const first = site.submit({ qos: "high" });
    site.pass();
    site.settle();
    expect(site.pass().started).toEqual([first]);
    // The other node is free as long as its job stands still.
    const second = site.submit({ qos: "high" });
    expect(site.pass()).toMatchObject({ started: [second], victims: [] });
  });
});

describe("a suspended job", () => {
  test("has its room before all that may not suspend it, and lets shorter ones use it until then", () => {
    const site = suspending({ nodes: 1 });
    const low = site.submit({ limitS: 7200 });
    site.pass();
    const high = site.submit({ qos: "high", limitS: 3600, cpus: 2 });
    site.pass();
    site.settle();
    site.pass();
    const long = site.submit({ limitS: 7200, cpus: 2 });
    const short = site.submit({ limitS: 1800, cpus: 2 });
    expect(site.pass()).toMatchObject({ started: [short], conflicts: 0 });
    site.end(high);
    site.end(short);
    const { started, resumed, conflicts } = site.pass();
    expect({ started, resumed, conflicts }).toEqual({ started: [], resumed: [low], conflicts: 0 });
    site.end(low);
    expect(site.pass().started).toEqual([long]);
  });

  test("waits for a second job that may suspend it, without going on in between", () => {
    const site = suspending({ nodes: 1 });
    const low = site.submit();
    site.pass();
    const first = site.submit({ qos: "high", limitS: 600 });
    site.pass();
    site.settle();
    site.pass();
    const second = site.submit({ qos: "high", limitS: 600 });
    const waiting = site.pass();
    expect(waiting).toMatchObject({ victims: [], started: [] });
    expect(waiting.reasons.get(second)?.waitS).toBe(600);
    expect(waiting.plan.resumes).toEqual([{ jobId: low, atS: site.nowS + 1200 }]);
    site.nowS += 60;
    site.end(first);
    expect(site.pass()).toMatchObject({ started: [second], resumed: [], conflicts: 0 });
  });

  test("goes on only with the devices that it had", () => {
    const gpu = (lane: number) => device("gpu", "a", lane);
    const site = suspending({
      nodes: [nodeSpec("n1", { cpus: 8, memoryMib: 8000, devices: [gpu(0), gpu(1)] })],
    });
    const gres = [{ dimension: 0, count: 1 }];
    const low = site.submit({ cpus: 4, gres });
    site.pass();
    const both = site.submit({ qos: "high", cpus: 4, gres: [{ dimension: 0, count: 2 }], limitS: 600 });
    expect(site.pass().victims).toEqual([low]);
    site.settle();
    expect(site.pass().started).toEqual([both]);
    expect(site.pass().resumed).toEqual([]);
    site.end(both);
    const other = site.submit({ cpus: 4, gres });
    const { resumed, started, conflicts } = site.pass();
    expect({ resumed, started, conflicts }).toEqual({ resumed: [low], started: [other], conflicts: 0 });
    expect(site.job(low).allocation?.nodes[0]?.devices).toEqual([{ lane: 0, thousandths: 1000 }]);
  });

  test("goes on at a free place however the scheduler plans", () => {
    for (const mode of ["none", "easy", "conservative", "planned"] as const) {
      const site = suspending({ nodes: 1 });
      const low = site.submit();
      site.pass();
      const at = { atS: site.nowS, jobId: low };
      site.apply({ type: "job.suspending", ...at, byUid: 0, byHand: true });
      site.settle();
      site.submit();
      expect(site.plan(undefined, mode).resumes).toBeUndefined();
      site.apply({ type: "job.resuming", ...at });
      const plan = site.plan(undefined, mode);
      expect(plan.resumes).toEqual([{ jobId: low, atS: site.nowS }]);
      expect(plan.startCount).toBe(0);
    }
  });

  test("of a lower tier waits for those of a higher one", () => {
    const tiers = [partition("low", { isDefault: true }), partition("high", { priorityTier: 9 })];
    const site = suspending({ nodes: 1, partitions: tiers, preemption: { by: "partition" } });
    const low = site.submit({ partitions: ["low"] });
    site.pass();
    const high = site.submit({ partitions: ["high"] });
    expect(site.pass().victims).toEqual([low]);
    site.settle();
    expect(site.pass()).toMatchObject({ started: [high], resumed: [] });
  });
});
