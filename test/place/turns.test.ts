/** Gang scheduling: jobs of a partition take turns on its CPUs, no more of them than it says, each its share of the time. */
import { describe, expect, test } from "vitest";
import { turnEvents } from "../../core/controller/turns.ts";
import { isSuspended } from "../../core/model/job.ts";
import { partition } from "../admit/cluster.ts";
import { device, nodeSpec } from "../state/fixture.ts";
import { PreemptSite } from "./preempt-site.ts";

const TURN_S = 30;

class TurnSite extends PreemptSite {
  /** A second of the controller's: turns change, agents answer, a pass. Two are needed from a stop to a start. */
  tick(): void {
    for (const event of turnEvents(this.state, this.nowS).events) this.apply(event);
    this.pass();
    this.settle();
    this.pass();
    this.nowS++;
  }

  running(): readonly number[] {
    return [...this.state.jobs.values()]
      .filter((job) => job.state === "RUNNING" && !isSuspended(job))
      .map(({ id }) => id)
      .sort((a, b) => a - b);
  }

  /** Seconds that each of these ran in so many. */
  ranIn(seconds: number, ids: readonly number[]): readonly number[] {
    const ran = ids.map(() => 0);
    for (let second = 0; second < seconds; second++) {
      this.tick();
      const now = this.running();
      ids.forEach((id, i) => {
        if (now.includes(id)) ran[i]!++;
      });
    }
    return ran;
  }
}

const taking = (turnJobs: number, nodes: ConstructorParameters<typeof PreemptSite>[0] = {}): TurnSite =>
  new TurnSite({
    nodes: 1,
    partitions: [partition("debug", { isDefault: true, turnJobs }), partition("urgent", { priorityTier: 9 })],
    preemption: { by: "partition", mode: "suspend", turnS: TURN_S },
    ...nodes,
  });

describe("jobs that take turns", () => {
  test("have the CPUs one after the other, each as long as the other", () => {
    const site = taking(2);
    const [a, b] = [site.submit({ memMib: 100 }), site.submit({ memMib: 100 })];
    const [ranA, ranB] = site.ranIn(10 * TURN_S, [a, b]);
    expect(ranA! + ranB!).toBeGreaterThanOrEqual(10 * TURN_S - 2);
    expect(Math.abs(ranA! - ranB!)).toBeLessThanOrEqual(TURN_S + 2);
  });

  test("are no more on a CPU than the partition says; the others wait until one has ended", () => {
    const site = taking(2);
    const jobs = [0, 1, 2].map(() => site.submit({ memMib: 100 }));
    const ran = site.ranIn(6 * TURN_S, jobs);
    expect(ran[0]).toBeGreaterThan(2 * TURN_S);
    expect(ran[1]).toBeGreaterThan(2 * TURN_S);
    expect(ran[2]).toBe(0);
    site.end(jobs[0]!);
    expect(site.ranIn(4 * TURN_S, [jobs[2]!])[0]).toBeGreaterThan(TURN_S);
  });

  test("of three go round, and those who find room beside others use it", () => {
    const site = taking(3);
    const wide = [0, 1, 2].map(() => site.submit({ memMib: 100, cpus: 3 }));
    const small = site.submit({ memMib: 100, cpus: 1 });
    const ran = site.ranIn(12 * TURN_S, [...wide, small]);
    for (const seconds of ran.slice(0, 3)) expect(seconds).toBeGreaterThan(3 * TURN_S);
    expect(ran[3]).toBeGreaterThan(10 * TURN_S);
  });

  test("share no memory: who does not fit beside the others waits", () => {
    const site = taking(4);
    const [a, b] = [site.submit({ memMib: 3000 }), site.submit({ memMib: 3000 })];
    const ran = site.ranIn(3 * TURN_S, [a, b]);
    expect(ran).toEqual([3 * TURN_S, 0]);
  });

  test("over several nodes have all of them at once, and their own devices", () => {
    const gpu = device("gpu", "a", 0);
    const spec = (name: string) => nodeSpec(name, { cpus: 4, memoryMib: 4000, devices: [gpu] });
    const site = taking(2, { nodes: [spec("n1"), spec("n2")] });
    const gres = [{ dimension: 0, count: 1 }];
    const gang = site.submit({ minNodes: 2, memMib: 100, gres });
    const single = site.submit({ memMib: 100, gres });
    const ran = site.ranIn(8 * TURN_S, [gang, single]);
    for (const seconds of ran) expect(seconds).toBeGreaterThan(3 * TURN_S);
    expect(ran[0]! + ran[1]!).toBeLessThanOrEqual(8 * TURN_S);
  });

  test("stand still for one of a higher partition, which takes no turns with them", () => {
    const site = taking(2);
    const low = [site.submit({ memMib: 100 }), site.submit({ memMib: 100 })];
    site.ranIn(2 * TURN_S, low);
    const urgent = site.submit({ partitions: ["urgent"], memMib: 100 });
    const ran = site.ranIn(4 * TURN_S, [...low, urgent]);
    expect(ran[2]).toBeGreaterThanOrEqual(4 * TURN_S - 2);
    expect(ran[0]! + ran[1]!).toBeLessThanOrEqual(2);
    site.end(urgent);
    expect(site.ranIn(4 * TURN_S, low).every((seconds) => seconds > TURN_S)).toBe(true);
  });
});
