/** Preemptions of a plan against the state of the moment: what changed since the snapshot is a conflict. */
import { describe, expect, test } from "vitest";
import { commitPreemptions } from "../../core/controller/commit-plan.ts";
import { PreemptSite } from "../place/preempt-site.ts";

/** A node each with a low job of 4 CPUs, and a high job that takes one of them. */
function planned() {
  const site = new PreemptSite({ nodes: 2 });
  const low = [site.submit(), site.submit()];
  site.pass();
  site.nowS += 60;
  const high = site.submit({ qos: "high" });
  const plan = site.plan();
  const [preemption] = plan.preemptions!;
  return { site, low, high, plan, victim: preemption!.victims[0]!, node: preemption!.nodes[0]! };
}

const ended = { state: "COMPLETED", exitCode: 0, exitSignal: 0, endReason: "" } as const;

describe("a planned preemption", () => {
  test("stands while nothing has changed", () => {
    const { site, plan, high, victim } = planned();
    expect(commitPreemptions(site.state, plan)).toMatchObject({
      preemptions: [{ jobId: high, victims: [victim] }],
      conflicts: 0,
    });
  });

  test.each<[string, (made: ReturnType<typeof planned>) => void]>([
    [
      "the victim has ended",
      ({ site, victim }) => site.apply({ type: "job.ended", atS: site.nowS, jobId: victim, ...ended }),
    ],
    [
      "the victim is being ended for another reason",
      ({ site, victim }) =>
        site.apply({ type: "job.ending", atS: site.nowS, jobId: victim, state: "CANCELLED", byUid: 0 }),
    ],
    [
      "the victim is of another QOS by now",
      ({ site, victim }) => {
        site.apply({ type: "job.updated", atS: site.nowS, jobId: victim, change: { qos: "high" } });
      },
    ],
    [
      "the job is held",
      ({ site, high }) =>
        site.apply({ type: "job.updated", atS: site.nowS, jobId: high, change: { held: "user" } }),
    ],
    [
      "the job is gone",
      ({ site, high }) => site.apply({ type: "job.ended", atS: site.nowS, jobId: high, ...ended }),
    ],
    [
      "the node takes no jobs any more",
      ({ site, node }) =>
        site.apply({ type: "node.changed", atS: site.nowS, node, drain: true, reason: "broken", uid: 0 }),
    ],
  ])("is dropped where %s", (_, change) => {
    const made = planned();
    change(made);
    expect(commitPreemptions(made.site.state, made.plan)).toEqual({ preemptions: [], conflicts: 1 });
  });

  test("is dropped where the job fits by now without ending the others", () => {
    const site = new PreemptSite({ nodes: 1 });
    const [low, other] = [site.submit({ cpus: 2 }), site.submit({ cpus: 2 })];
    site.pass();
    site.nowS += 60;
    site.submit({ qos: "high", cpus: 2 });
    const plan = site.plan();
    const spared = [low, other].find((id) => id !== plan.preemptions![0]!.victims[0]!)!;
    site.apply({ type: "job.ended", atS: site.nowS, jobId: spared, ...ended });
    expect(commitPreemptions(site.state, plan)).toEqual({ preemptions: [], conflicts: 1 });
  });
});
