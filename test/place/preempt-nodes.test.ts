/** The nodes that running jobs are ended for: who has them until the victims are gone, and beside reservations. */
import { describe, expect, test } from "vitest";
import { nodeIndex } from "../../core/model/ids.ts";
import { decodeState, encodeState } from "../../core/state/snapshot.ts";
import { PreemptSite } from "./preempt-site.ts";

describe("the nodes that others are ended for", () => {
  test("go to the job that they are ended for, not to those ahead of it or behind it", () => {
    const site = new PreemptSite({ nodes: 2 });
    const low = [site.submit(), site.submit()];
    site.pass();
    site.nowS += 60;
    // Ahead in the order, but of a QOS that may not preempt.
    const ahead = site.submit({ minNodes: 2, limitS: 60 });
    const high = site.submit({ qos: "high", limitS: 600 });
    const behind = site.submit({ limitS: 60 });
    const { victims, started } = site.pass();
    expect([victims, started]).toEqual([[low[1]], []]);
    // While the victim is on its way out nobody gets its place, nor is anybody else ended.
    for (let turn = 0; turn < 3; turn++) {
      site.nowS += 5;
      expect(site.pass()).toMatchObject({ victims: [], started: [] });
    }
    site.settle(0);
    expect(site.pass().started).toEqual([high]);
    expect([ahead, behind].map((id) => site.job(id).state)).toEqual(["PENDING", "PENDING"]);
  });

  test("are shared by two jobs where one that ends has room for both", () => {
    const site = new PreemptSite({ nodes: 2 });
    const [low, other] = [site.submit(), site.submit()];
    site.pass();
    site.nowS += 60;
    const high = [site.submit({ qos: "high", cpus: 2 }), site.submit({ qos: "high", cpus: 2 })];
    expect(site.pass().victims).toEqual([other]);
    site.nowS += 5;
    expect(site.pass().victims).toEqual([]);
    site.settle(120);
    expect(site.pass().started).toEqual(high);
    expect(site.job(low).state).toBe("RUNNING");
  });

  test("keep what is free beside them for others", () => {
    const site = new PreemptSite({ nodes: 1 });
    const low = site.submit({ cpus: 2 });
    site.pass();
    site.nowS += 60;
    site.submit({ qos: "high", cpus: 3 });
    const [small, smaller] = [site.submit({ cpus: 2, limitS: 60 }), site.submit({ cpus: 1, limitS: 60 })];
    // Two CPUs are free: one of them is the preemptor's, beside the two that are given back.
    const { victims, started } = site.pass();
    expect([victims, started]).toEqual([[low], [smaller]]);
    expect(site.job(small).state).toBe("PENDING");
  });

  test("are given up when the job is held, changed or cancelled", () => {
    const site = new PreemptSite({ nodes: 1 });
    site.submit();
    site.pass();
    site.nowS += 60;
    const high = site.submit({ qos: "high" });
    site.pass();
    expect(site.job(high).claim).toMatchObject({ nodes: [0] });
    const behind = site.submit();
    site.apply({ type: "job.updated", atS: site.nowS, jobId: high, change: { held: "user" } });
    expect(site.job(high).claim).toBeUndefined();
    site.settle(120);
    expect(site.pass().started).toEqual([behind]);
  });

  test("are looked for anew when the claim is not fulfilled in time", () => {
    const site = new PreemptSite({ nodes: 2 });
    const low = [site.submit(), site.submit()];
    site.pass();
    site.nowS += 60;
    const high = site.submit({ qos: "high", limitS: 600 });
    expect(site.pass().victims).toEqual([low[1]]);
    site.settle(0);
    site.apply({ type: "node.changed", atS: site.nowS, node: 1, drain: true, reason: "broken", uid: 0 });
    const { victims } = site.pass();
    expect(victims).toEqual([low[0]]);
    site.settle(120);
    expect(site.pass().started).toEqual([high]);
  });

  test("survive a restart of the controller", () => {
    const site = new PreemptSite({ nodes: 1 });
    site.submit();
    site.pass();
    site.nowS += 60;
    const high = site.submit({ qos: "high" });
    site.pass();
    const bytes = encodeState(site.state);
    const restored = decodeState(bytes);
    expect(Buffer.compare(encodeState(restored), bytes)).toBe(0);
    expect([...restored.claimants]).toEqual([high]);
    expect(restored.preemption).toEqual(site.state.preemption);
  });

  test("go to the tasks of an array one after the other", () => {
    const site = new PreemptSite({ nodes: 2 });
    const low = [site.submit(), site.submit()];
    site.pass();
    site.nowS += 60;
    site.submit({ qos: "high", tasksOfArray: [0, 1] });
    expect(site.pass().victims).toEqual([low[1]]);
    site.settle(120);
    const { started, victims } = site.pass();
    expect([started.length, victims]).toEqual([1, [low[0]]]);
    site.settle(120);
    expect(site.pass().started).toHaveLength(1);
  });
});

describe("beside a reservation of others", () => {
  const reserve = (site: PreemptSite, startS: number): void =>
    site.apply({
      type: "reservation.created",
      atS: site.nowS,
      reservation: {
        name: "course",
        startS,
        endS: startS + 7200,
        nodes: [nodeIndex(1)],
        features: "",
        partition: "",
        users: ["bob"],
        accounts: [],
        groups: [],
        flags: [],
        purgeS: 0,
      },
    });

  test.each([
    ["begins before the job would end", 600, 3600, 0],
    ["begins after that", 7200, 3600, 1],
  ])(
    "that %s, the nodes of the reservation are taken only where the job may have them",
    (_, inS, limitS, node) => {
      const site = new PreemptSite({ nodes: 2 });
      const low = [site.submit(), site.submit()];
      site.pass();
      site.nowS += 60;
      reserve(site, site.nowS + inS);
      const high = site.submit({ qos: "high", limitS });
      const { victims } = site.pass();
      // Of two that cost the same the younger is taken, which runs on the reserved node.
      expect(victims).toEqual([low[node]]);
      site.settle(1000);
      expect(site.pass().started).toEqual([high]);
      expect(site.nodesOf(high)).toEqual([node]);
    },
  );
});
