import { describe, expect, it } from "vitest";
import { admitClusterOf } from "../../core/admit/cluster-of.ts";
import { admitHet } from "../../core/admit/het.ts";
import type { HetComponent, JobSpec } from "../../core/model/job-spec.ts";
import { fourNodes, NOW_S, spec } from "./cluster.ts";

const cluster = admitClusterOf(fourNodes(), () => 0);
const ask = (over: Partial<JobSpec>, ...het: HetComponent[]): ReturnType<typeof admitHet> =>
  admitHet({ ...spec(over), het }, cluster, NOW_S, { operator: false });

describe("a heterogeneous submission", () => {
  it("is a job of its own for each component, with the request of the component and the start of the whole", () => {
    const made = ask(
      { ntasks: 1, timeLimitS: 300, beginS: NOW_S + 60, requeue: false, output: "o.txt" },
      { minNodes: 2, maxNodes: 2, gres: "gpu:1", partition: "long" },
      { ntasks: 3, timeLimitS: 60, name: "third" },
    );
    if (!made.ok) throw new Error(made.refusal.message);
    const { jobs } = made.value;
    expect(jobs.map(({ partitions }) => partitions)).toEqual([["debug"], ["long"], ["debug"]]);
    expect(jobs.map(({ request }) => [request.minNodes, request.tasks, request.gres.length])).toEqual([
      [1, 1, 0],
      [2, 2, 1],
      [1, 3, 0],
    ]);
    expect(jobs.map(({ beginS, requeueAllowed }) => [beginS, requeueAllowed])).toEqual(
      Array(3).fill([NOW_S + 60, false]),
    );
    expect(jobs.map(({ timeLimitS }) => timeLimitS)[2]).toBe(60);
    expect(jobs[2]?.name).toBe("third");
    expect(jobs.every((job) => job.spec.uid === spec({}).uid && !("het" in job.spec))).toBe(true);
  });

  it("is refused whole where one component is, which the refusal names", () => {
    const made = ask({ ntasks: 1 }, { ntasks: 1 }, { partition: "nowhere" });
    if (made.ok) throw new Error("admitted");
    expect(made.refusal.code).toBe("INVALID_PARTITION");
    expect(made.refusal.message).toMatch(/^component 2: /);
    expect(made.refusal.details).toMatchObject({ component: 2 });
  });

  it("is refused as an array, and with more components than Slurm takes", () => {
    expect(ask({ array: "1-3" }, {})).toMatchObject({ ok: false, refusal: { code: "INVALID_ARRAY" } });
    const many = ask({}, ...Array.from({ length: 128 }, () => ({})));
    expect(many).toMatchObject({ ok: false, refusal: { code: "TOO_LARGE", details: { components: 129 } } });
  });

  it("counts all its components against the limit on jobs", () => {
    const full = admitClusterOf(fourNodes(), () => 0);
    const room = { ...full, maxJobs: 2, jobCount: () => 0 };
    const made = admitHet({ ...spec({}), het: [{}, {}] }, room as typeof full, NOW_S, { operator: false });
    expect(made).toMatchObject({ ok: false, refusal: { code: "QUEUE_FULL" } });
  });
});
