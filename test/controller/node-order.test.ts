/** The order of a job's nodes: leaf by leaf as planned, by name within a leaf. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { NodeOrder } from "../../core/controller/node-order.ts";
import { compareHostNames } from "../../core/model/hostlist.ts";
import type { Plan } from "../../core/model/plan.ts";
import type { Event } from "../../core/state/events.ts";
import { Cluster, nodeSpec } from "../state/fixture.ts";

it("is by name within a leaf, and by the plan's first node among leaves, in whatever order nodes registered", () => {
  const names = fc.uniqueArray(fc.integer({ min: 1, max: 300 }), { minLength: 2, maxLength: 40 });
  fc.assert(
    fc.property(names, fc.integer({ min: 1, max: 4 }), fc.integer(), (numbers, leaves, pick) => {
      const cluster = new Cluster(0);
      const listeners = new Set<(event: Event, seq: number) => void>();
      const known = Math.floor(numbers.length / 2);
      const register = (number: number): void => {
        const spec = nodeSpec(`n${number}`, { topologyLeaf: `leaf${number % leaves}` });
        cluster.apply({ type: "node.registered", atS: cluster.nowS, spec });
        for (const listener of listeners) listener(cluster.events[cluster.events.length - 1]!, 1);
      };
      for (const number of numbers.slice(0, known)) register(number);
      const order = new NodeOrder({
        state: cluster.state,
        onApplied: (listener) => {
          listeners.add(listener);
          return () => listeners.delete(listener);
        },
      });
      for (const number of numbers.slice(known)) register(number);
      const planned = numbers.map((_, i) => (i + Math.abs(pick)) % numbers.length);
      const plan = {
        startCount: 1,
        startOffset: Int32Array.of(0, planned.length),
        startNodes: Int32Array.from(planned),
      } as unknown as Plan;
      order.apply(plan);
      const specOf = (row: number) => cluster.state.nodeRecords[row]!.spec;
      const leafRank = new Map<string, number>();
      for (const row of planned)
        if (!leafRank.has(specOf(row).topologyLeaf)) leafRank.set(specOf(row).topologyLeaf, leafRank.size);
      const expected = [...planned].sort(
        (a, b) =>
          leafRank.get(specOf(a).topologyLeaf)! - leafRank.get(specOf(b).topologyLeaf)! ||
          compareHostNames(specOf(a).name, specOf(b).name),
      );
      expect([...plan.startNodes]).toEqual(expected);
    }),
    { numRuns: 60 },
  );
});
