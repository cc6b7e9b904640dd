/** Parts of devices through plan, commit and state: nothing is given twice, and a job starts exactly when its part is free. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PartDemand } from "../../core/model/device-parts.ts";
import { nodeIndex } from "../../core/model/ids.ts";
import type { Job } from "../../core/model/job.ts";
import { profileTable } from "../../core/model/profile-tables.ts";
import { WAIT_REASONS } from "../../core/model/reasons.ts";
import { explainRow } from "../../core/place/explain.ts";
import { gresParents } from "../../core/state/node-rows.ts";
import { planTables, snapshotForPass } from "../../core/state/pass-snapshot.ts";
import { decodeState, encodeState } from "../../core/state/snapshot.ts";
import { device, nodeSpec, partitionSpec } from "../state/fixture.ts";
import { profile, Site, share } from "./parts-site.ts";

/** What is held of one device, told by slices and sums and nothing of the code under test. */
class Witness {
  whole = 0;
  readonly kinds = new Set<string>();
  readonly sums = new Map<string, number>();
  readonly slices = new Map<number, number>();

  add(devices: Job["allocation"], lane: number, node: number): void {
    for (const held of devices?.nodes ?? []) {
      if (held.node !== nodeIndex(node)) continue;
      for (const { lane: own, part, thousandths } of held.devices) {
        if (own !== lane) continue;
        if (part === undefined) {
          expect(thousandths).toBe(1000);
          this.whole++;
        } else if (part.start === undefined) {
          this.kinds.add(part.kind);
          this.sums.set(part.kind, (this.sums.get(part.kind) ?? 0) + part.units);
        } else {
          this.kinds.add("profile");
          const { size, starts } = profileTable("a100-80gb")!.profiles.find(
            ({ name }) => name === part.kind,
          )!;
          expect(starts).toContain(part.start);
          for (let i = 0; i < size; i++)
            this.slices.set(part.start + i, (this.slices.get(part.start + i) ?? 0) + 1);
        }
      }
    }
  }

  check(): void {
    expect(this.whole).toBeLessThanOrEqual(1);
    expect(this.kinds.size + this.whole).toBeLessThanOrEqual(1);
    expect(this.sums.get("shard") ?? 0).toBeLessThanOrEqual(4);
    expect(this.sums.get("mps") ?? 0).toBeLessThanOrEqual(100);
    expect(this.sums.get("gpu") ?? 0).toBeLessThanOrEqual(1000);
    for (const times of this.slices.values()) expect(times).toBe(1);
  }

  /** Parts of the demand that would fit, at most one of shares. */
  holds({ kind, units }: PartDemand): number {
    if (this.whole > 0) return 0;
    const capacity = { shard: 4, mps: 100, gpu: 1000 }[kind];
    const own = capacity === undefined ? "profile" : kind;
    if ([...this.kinds].some((other) => other !== own)) return 0;
    if (capacity !== undefined) return (this.sums.get(kind) ?? 0) + units <= capacity ? 1 : 0;
    const { size, starts } = profileTable("a100-80gb")!.profiles.find(({ name }) => name === kind)!;
    return starts.filter((start) =>
      Array.from({ length: size }, (_, i) => start + i).every((slice) => !this.slices.has(slice)),
    ).length;
  }
}

function witnesses(site: Site, nodes: number, lanes: number): Witness[][] {
  return Array.from({ length: nodes }, (_, node) =>
    Array.from({ length: lanes }, (_, lane) => {
      const witness = new Witness();
      for (const { allocation } of site.of("RUNNING")) witness.add(allocation, lane, node);
      witness.check();
      const { columns, capacity } = site.state.nodes;
      const isFree = witness.whole === 0 && witness.kinds.size === 0;
      expect(columns.laneFree[lane * capacity + node] === 1000).toBe(isFree);
      return witness;
    }),
  );
}

function fits({ part, gres, minNodes }: Job["request"], all: Witness[][]): boolean {
  const able = all.filter((lanes) => {
    if (part !== undefined) return lanes.reduce((sum, lane) => sum + lane.holds(part), 0) >= part.count;
    const free = lanes.filter(({ whole, kinds }) => whole === 0 && kinds.size === 0).length;
    return free >= (gres[0]?.count ?? 0);
  });
  return able.length >= minNodes;
}

const anyPart = fc.oneof(
  fc.integer({ min: 1, max: 4 }).map((units) => share("shard", units)),
  fc.integer({ min: 1, max: 100 }).map((units) => share("mps", units)),
  fc.constantFrom(125, 250, 500, 999).map((units) => share("gpu", units)),
  fc
    .tuple(
      fc.constantFrom("1g.10gb", "1g.20gb", "2g.20gb", "3g.40gb", "4g.40gb", "7g.80gb"),
      fc.integer({ min: 1, max: 2 }),
    )
    .map(([kind, count]) => profile(kind, count)),
);
const anyStep = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("submit" as const),
      part: fc.option(anyPart, { nil: undefined }),
      gpus: fc.integer({ min: 0, max: 2 }),
      limitS: fc.constantFrom(60, 600, 3600),
      nodes: fc.constantFrom(1, 1, 1, 2),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("end" as const), pick: fc.nat(50) }) },
);

describe("in any history", () => {
  test.each([
    ["planned", false],
    ["easy", false],
    ["conservative", false],
    ["none", false],
    // A promise may keep even the first of the queue where it is.
    ["planned", true],
  ] as const)(
    "no device is given twice or in two ways, and the first of the queue starts exactly when it fits (%s, %s)",
    (mode, keepsPromises) => {
      fc.assert(
        fc.property(fc.array(anyStep, { minLength: 1, maxLength: 40 }), (steps) => {
          const site = new Site(2, 2, mode, keepsPromises);
          for (const step of steps) {
            site.nowS += 7;
            if (step.kind === "submit")
              site.submit(step.part, step.part === undefined ? step.gpus : 0, step.limitS, step.nodes);
            else {
              const running = site.of("RUNNING");
              if (running.length > 0) site.end(running[step.pick % running.length]!);
            }
            expect(site.pass()).toBe(0);
            const all = witnesses(site, 2, 2);
            const [first] = site.of("PENDING");
            if (first !== undefined && !keepsPromises) expect(fits(first.request, all)).toBe(false);
            const bytes = encodeState(site.state);
            expect(Buffer.compare(encodeState(decodeState(bytes)), bytes)).toBe(0);
          }
          for (let left = site.of("RUNNING"); left.length > 0; left = site.of("RUNNING")) {
            site.nowS += 4000;
            for (const job of left) site.end(job);
            expect(site.pass()).toBe(0);
          }
          expect(site.of("PENDING")).toEqual([]);
          const { columns, capacity } = site.state.nodes;
          for (let node = 0; node < 2; node++) {
            expect(columns.freeGres[node]).toBe(2);
            for (let lane = 0; lane < 2; lane++) expect(columns.laneFree[lane * capacity + node]).toBe(1000);
          }
        }),
        { numRuns: 30 },
      );
    },
  );
});

describe("a job with parts", () => {
  test("goes where parts of its kind are, so that whole devices stay whole", () => {
    const site = new Site(1, 4);
    const ids = [share("shard", 1), share("mps", 10), share("shard", 3), profile("1g.10gb", 2)].map((part) =>
      site.submit(part),
    );
    site.pass();
    expect(ids.map((id) => site.lanesOf(id))).toEqual([[0], [1], [0], [2, 2]]);
    const whole = site.submit(undefined, 1);
    site.pass();
    expect(site.lanesOf(whole)).toEqual([3]);
  });

  test("goes to the node where no whole device goes into parts for it", () => {
    const site = new Site(3, 2);
    // Two devices of n0 are in use whole, one of n1 in shards, n2 is idle.
    const gone = site.submit(undefined, 2);
    site.submit(undefined, 1);
    site.submit(share("shard", 1));
    site.pass();
    site.end(site.job(gone));
    const ids = [share("shard", 3), share("shard", 1), share("shard", 3)].map((part) => site.submit(part));
    site.pass();
    const nodes = ids.map((id) => site.job(id).allocation!.nodes[0]!.node as number);
    // The first goes to n1; then nothing is open, so n0 is opened, and kept to.
    expect(nodes).toEqual([1, 0, 0]);
  });

  test("does not start where it would put off a job ahead of it", () => {
    const site = new Site(1, 1);
    site.submit(share("shard", 2), 0, 600);
    site.pass();
    const whole = site.submit(undefined, 1, 600);
    const long = site.submit(share("shard", 1), 0, 3600);
    const short = site.submit(share("shard", 1), 0, 60);
    site.pass();
    expect([whole, long, short].map((id) => site.job(id).state)).toEqual(["PENDING", "PENDING", "RUNNING"]);
  });

  test("has an expected start when the part is free again", () => {
    const site = new Site(1, 1);
    site.submit(share("shard", 4), 0, 600);
    site.pass();
    site.submit(share("shard", 1), 0, 600);
    const plan = site.plan();
    expect(plan.startCount).toBe(0);
    expect(plan.expectedStartS[0]! - site.nowS).toBeGreaterThanOrEqual(600);
    expect(plan.expectedStartS[0]! - site.nowS).toBeLessThan(1200);
  });

  test("is explained by what is free of one device", () => {
    const site = new Site(2, 1);
    for (const units of [3, 2]) site.submit(share("shard", units));
    site.pass();
    site.submit(share("shard", 3));
    const tables = planTables(site.state, site.nowS);
    const names = { node: String, gresParent: gresParents(site.state) };
    const { text } = explainRow(tables, site.plan(), 0, names);
    expect(text).toContain("It asks shard:3 of one device; the most that one has free is 2.");
    expect(text).toContain("2 nodes could hold it and 0 of them are free now");
  });
});

describe("limits", () => {
  const limited = (gres: string, value: number): Site => {
    const site = new Site(1, 4);
    site.apply({
      type: "cluster.configured",
      atS: site.nowS,
      clusterName: "parts",
      partitions: [partitionSpec("debug", { isDefault: true })],
      qos: [{ name: "q", priority: 0, limits: { grpTres: { [gres]: value } } }],
      nodes: [],
    });
    return site;
  };
  const running = (site: Site): number => {
    expect(site.pass()).toBe(0);
    return site.of("RUNNING").length;
  };

  test("count shares one by one", () => {
    const site = limited("gres/shard", 5);
    for (const units of [3, 2, 1]) site.submit(share("shard", units), 0, 600, 1, "q");
    expect(running(site)).toBe(2);
    expect(site.plan().reason[0]).toBe(WAIT_REASONS.indexOf("QOSGrpGRES"));
    site.end(site.of("RUNNING")[0]!);
    expect(running(site)).toBe(2);
  });

  test("count any other part as a GPU, and shares not", () => {
    const site = limited("gres/gpu", 2);
    for (const part of [share("gpu", 100), profile("1g.10gb"), share("gpu", 100), share("shard", 1)])
      site.submit(part, 0, 600, 1, "q");
    expect(running(site)).toBe(3);
    expect(site.of("PENDING").map(({ id }) => id as number)).toEqual([3]);
  });
});

test("a job with parts is not ended for another, one with whole devices is", () => {
  for (const part of [share("shard", 4), undefined]) {
    const site = new Site(1, 1);
    site.apply({
      type: "cluster.configured",
      atS: site.nowS,
      clusterName: "parts",
      partitions: [partitionSpec("debug", { isDefault: true })],
      qos: [
        { name: "low", priority: 0 },
        { name: "high", priority: 0, preempt: ["low"] },
      ],
      preemption: { by: "qos", mode: "requeue", exemptTimeS: 0 },
      nodes: [],
    });
    site.submit(part, part === undefined ? 1 : 0, 600, 1, "low");
    site.pass();
    expect(site.of("RUNNING")).toHaveLength(1);
    site.submit(undefined, 1, 600, 1, "high");
    expect(site.plan().preemptions ?? []).toHaveLength(part === undefined ? 1 : 0);
  }
});

test("a node that comes back with fewer devices, or other parts, is no trouble", () => {
  const site = new Site(1, 4);
  for (const part of [profile("1g.10gb", 9), share("shard", 2)]) site.submit(part);
  site.pass();
  expect(site.of("RUNNING")).toHaveLength(2);
  const devices = [{ ...device("gpu", "tesla", 0), parts: { shard: 1 } }];
  const spec = nodeSpec("n0", { cpus: 64, memoryMib: 100_000, devices });
  site.apply({ type: "node.registered", atS: site.nowS, spec });
  const id = site.submit(share("shard", 1));
  expect(site.pass()).toBe(0);
  expect(site.job(id).state).toBe("PENDING");
  for (const job of site.of("RUNNING")) site.end(job);
  expect(site.pass()).toBe(0);
  expect(site.lanesOf(id)).toEqual([0]);
});

test("a cluster without parts has no tables of them", () => {
  const site = new Site(1, 1);
  site.submit(undefined, 1);
  expect(snapshotForPass(site.state, site.nowS).parts).toBeUndefined();
  const id = site.submit(share("shard", 1));
  expect(snapshotForPass(site.state, site.nowS).parts).toBeDefined();
  site.pass();
  site.apply({
    type: "job.ended",
    atS: site.nowS,
    jobId: id,
    state: "CANCELLED",
    exitCode: 0,
    exitSignal: 0,
    endReason: "",
  });
  expect(snapshotForPass(site.state, site.nowS).parts).toBeUndefined();
});
