/** Limits of QOS over time, and what QOS change of decisions, through the stages. */
import { describe, expect, test } from "vitest";
import type { QosFlag } from "../../core/model/partition.ts";
import type { ClusterState } from "../../core/state/cluster-state.ts";
import { decodeState, encodeState } from "../../core/state/snapshot.ts";
import { NOW_S, node, partition } from "../admit/cluster.ts";
import { apply, end, HALF_LIFE_S, MODES, pass, q, site, submit } from "./qos-site.ts";

describe("usage of a QOS", () => {
  test("holds its jobs when their minutes would be more than are left, and decays", () => {
    const state = site({ qos: [q({ grpTresMins: { cpu: 40 } })] });
    const first = submit(state, { cpus: 4 });
    expect(pass(state, NOW_S).started).toEqual([first]);
    const second = submit(state, { cpus: 2 });
    expect(pass(state, NOW_S + 10).waits.get(second)?.reason).toBe("QOSGrpCPUMinutesLimit");
    end(state, first, NOW_S + 600);
    // 40 CPU minutes at a constant rate over one half-life have decayed to 28.9.
    const { waits } = pass(state, NOW_S + 600);
    expect(waits.get(second)?.reason).toBe("QOSGrpCPUMinutesLimit");
    expect(waits.get(second)?.waitS).toBeGreaterThanOrEqual(318);
    expect(pass(state, NOW_S + 600 + 310).started).toEqual([]);
    expect(pass(state, NOW_S + 600 + 320).started).toEqual([second]);
  });

  test("is kept for ever with NoDecay, also when the site's period ends, until an operator clears it", () => {
    const state = site({ qos: [q({ grpWallS: 700 }, { flags: ["NoDecay"] })] });
    const first = submit(state);
    pass(state, NOW_S);
    end(state, first, NOW_S + 600);
    const second = submit(state, { limitS: 120 });
    const laterS = NOW_S + 600 + 100 * HALF_LIFE_S;
    apply(state, { type: "usage.reset", atS: laterS });
    const { waits } = pass(state, laterS);
    expect(waits.get(second)).toEqual({ reason: "QOSGrpWallLimit", waitS: 0 });
    apply(state, { type: "usage.reset", atS: laterS, qos: "q" });
    expect(pass(state, laterS).started).toEqual([second]);
  });

  test("counts what the usage factor makes of it", () => {
    const state = site({ qos: [q({ grpTresMins: { cpu: 15 } }, { usageFactor: 2, flags: ["NoDecay"] })] });
    const first = submit(state);
    pass(state, NOW_S);
    end(state, first, NOW_S + 300);
    // 10 minutes are used.
    const second = submit(state, { limitS: 300 });
    const third = submit(state, { limitS: 60 });
    const { started, waits } = pass(state, NOW_S + 300);
    expect(started).toEqual([second]);
    expect(waits.get(third)?.reason).toBe("QOSGrpCPUMinutesLimit");
  });

  test("counts what the limit of a suspended job leaves it, and not for ever", () => {
    const limits = { grpTresMins: { cpu: 20 }, grpTresRunMins: { cpu: 20 } };
    const state = site({ qos: [q(limits, { flags: ["NoDecay"] })] });
    const first = submit(state);
    pass(state, NOW_S);
    apply(state, { type: "job.suspending", atS: NOW_S + 120, jobId: first, byUid: 0, byHand: true });
    apply(state, { type: "job.suspended", atS: NOW_S + 120, jobId: first });
    // 2 minutes are used and 8 are left, however long it stands still.
    const [fits, not] = [submit(state), submit(state, { limitS: 180 })];
    const { started, waits } = pass(state, NOW_S + 5000);
    expect(started).toEqual([fits]);
    expect(waits.get(not)?.reason).toBe("QOSGrpCPUMinutesLimit");
  });

  test("is that of a partition's QOS as well", () => {
    const qos = [q({ grpTresMins: { cpu: 10 } }, { name: "part" }), q({})];
    const state = site({ qos, partition: { qos: "part" } });
    const first = submit(state);
    pass(state, NOW_S);
    const second = submit(state, { limitS: 60 });
    expect(pass(state, NOW_S).waits.get(second)?.reason).toBe("QOSGrpCPUMinutesLimit");
    end(state, first, NOW_S + 60);
    expect(pass(state, NOW_S + 60).started).toEqual([second]);
  });

  test("survives a restart, and a change of the configuration while jobs run", () => {
    const state = site({ qos: [q({ grpTresMins: { cpu: 100 } })] });
    submit(state, { cpus: 4 });
    pass(state, NOW_S);
    const again = decodeState(encodeState(state));
    expect(encodeState(again)).toEqual(encodeState(state));
    const usage = (of: ClusterState) => of.accounting.qosUsage.usageOf("q", 0, NOW_S + 300);
    expect(usage(again)).toBe(usage(state));
    expect(usage(state)).toBeGreaterThan(900);
    const parted = partition("debug", { isDefault: true, qos: "p" });
    apply(again, {
      type: "cluster.configured",
      atS: NOW_S + 100,
      clusterName: "qos",
      partitions: [parted],
      qos: [q({}), q({}, { name: "p" })],
      nodes: [],
      accounts: again.accounting.accounts,
      fairShare: again.accounting.fairShare,
    });
    expect(usage(again)).toBeCloseTo(usage(state));
    expect(again.accounting.qosUsage.usageOf("p", 0, NOW_S + 300)).toBeLessThan(usage(state));
  });
});

describe("a QOS", () => {
  test("that reserves nothing has jobs that start when they fit, and nobody waits for them", () => {
    for (const mode of MODES) {
      const flags: readonly QosFlag[] = ["NoReserve"];
      const state = site({ qos: [q({}, { flags }), q({}, { name: "normal" })] });
      const running = submit(state, { nodes: 2, cpus: 4, limitS: 600 });
      expect(pass(state, NOW_S, mode).started).toEqual([running]);
      const wide = submit(state, { nodes: 3, cpus: 4 });
      const long = submit(state, { qos: "normal", cpus: 4, limitS: 6000 });
      const { started, waits } = pass(state, NOW_S, mode);
      expect(started, mode).toEqual([long]);
      expect(waits.get(wide)?.reason).toBe("Resources");
    }
  });

  test("lets its jobs go by no limit of their partition", () => {
    const flags: readonly QosFlag[] = ["PartitionTimeLimit", "PartitionMaxNodes", "PartitionMinNodes"];
    for (const mode of MODES) {
      const state = site({
        qos: [q({}, { flags }), q({}, { name: "normal" })],
        partition: { maxTimeS: 300, maxNodes: 2, minNodes: 2 },
      });
      const free = [
        submit(state, { nodes: 3, limitS: 300 }),
        submit(state, { nodes: 2, limitS: 900 }),
        submit(state, { nodes: 1, limitS: 300 }),
      ];
      const bound = [
        submit(state, { qos: "normal", nodes: 3, limitS: 300 }),
        submit(state, { qos: "normal", nodes: 2, limitS: 900 }),
        submit(state, { qos: "normal", nodes: 1, limitS: 300 }),
      ];
      const { started, conflicts, waits } = pass(state, NOW_S, mode);
      expect(conflicts).toBe(0);
      expect(started).toEqual(free);
      expect(bound.map((id) => waits.get(id)?.reason)).toEqual([
        "PartitionNodeLimit",
        "PartitionTimeLimit",
        "PartitionNodeLimit",
      ]);
    }
  });

  test("holds the jobs of owners whose fair share is below its threshold, until it has risen", () => {
    const flags: readonly QosFlag[] = ["EnforceUsageThreshold"];
    const state = site({ qos: [q({}, { flags, usageThreshold: 0.75 })] });
    const first = submit(state, { user: "ada" });
    expect(pass(state, NOW_S).started).toEqual([first]);
    const [ada, bob] = [submit(state, { user: "ada" }), submit(state, { user: "bob" })];
    const { started, waits } = pass(state, NOW_S + 60);
    expect(started).toEqual([bob]);
    expect(waits.get(ada)?.reason).toBe("QOSUsageThreshold");
    end(state, first, NOW_S + 120);
    expect(pass(state, NOW_S + 120 + 6000).started).toEqual([ada]);
  });

  test("is measured by what the cluster has where its limits are percents", () => {
    const state = site({ qos: [q({ grpTres: { cpu: 50 } }, { flags: ["Relative"] })] });
    const ids = [1, 2, 3].map(() => submit(state, { cpus: 3 }));
    expect(pass(state, NOW_S).started).toEqual(ids.slice(0, 2));
    apply(state, { type: "node.registered", atS: NOW_S, spec: node("n9", { cpus: 8 }) });
    expect(pass(state, NOW_S).started).toEqual([ids[2]]);
  });

  test("counts a job that takes nodes whole by the nodes that it gets", () => {
    for (const mode of MODES) {
      const state = site({ qos: [q({ grpTres: { cpu: 6 }, maxTresPerNode: { cpu: 4 } })], cpus: [2, 4, 32] });
      const ids = [1, 2, 3].map(() => submit(state, { whole: true }));
      const { started, conflicts, waits } = pass(state, NOW_S, mode);
      expect([started, conflicts], mode).toEqual([ids.slice(0, 2), 0]);
      expect(waits.get(ids[2]!)?.reason).toBe("QOSGrpCpuLimit");
    }
  });
});
