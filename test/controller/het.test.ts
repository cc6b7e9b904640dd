import { describe, expect, it } from "vitest";
import { displayId } from "../../core/account/display-id.ts";
import { EndedJobs } from "../../core/controller/ended-jobs.ts";
import { partedSet, withLeaders } from "../../core/controller/het-targets.ts";
import { resolveRef } from "../../core/controller/job-ref.ts";
import type { Event } from "../../core/state/events.ts";
import { Cluster, fields } from "../state/fixture.ts";

function withHet(size = 2): { cluster: Cluster; id: number } {
  const cluster = new Cluster();
  cluster.submit();
  const id = cluster.state.nextJobId;
  const jobs = Array.from({ length: size }, () => fields());
  cluster.apply({ type: "het.submitted", atS: cluster.nowS, jobId: id, scriptKey: id, jobs });
  return { cluster, id };
}

const idsOf = (cluster: Cluster, ref: string): readonly number[] => {
  const targets = resolveRef(cluster.state, ref);
  return targets.ok ? targets.value.map(({ job }) => job.id) : [];
};

describe("a reference to a heterogeneous job", () => {
  it("means all components by the leader's id, and one by its own id or by its number", () => {
    const { cluster, id } = withHet(3);
    expect(idsOf(cluster, `${id}`)).toEqual([id, id + 1, id + 2]);
    expect(idsOf(cluster, `${id}+0`)).toEqual([id]);
    expect(idsOf(cluster, `${id}+2`)).toEqual([id + 2]);
    expect(idsOf(cluster, `${id + 1}`)).toEqual([id + 1]);
    for (const ref of [`${id}+3`, `${id + 1}+0`, `${id - 1}+0`, `${id}+`, `${id}+1_2`])
      expect(idsOf(cluster, ref)).toEqual([]);
    expect(displayId(cluster.job(id + 2))).toBe(`${id}+2`);
  });

  it("parts a waiting job where it leaves components out, and not a running one", () => {
    const { cluster, id } = withHet();
    const targetsOf = (...ids: number[]) => ids.map((one) => ({ job: cluster.job(one) }));
    expect(partedSet(cluster.state, targetsOf(id + 1))?.refusal.code).toBe("HET_COMPONENT");
    expect(partedSet(cluster.state, targetsOf(id))?.refusal.code).toBe("HET_COMPONENT");
    expect(partedSet(cluster.state, targetsOf(id, id + 1))).toBeUndefined();
    expect(partedSet(cluster.state, targetsOf(id - 1))).toBeUndefined();
    cluster.start(id);
    cluster.start(id + 1);
    expect(partedSet(cluster.state, targetsOf(id + 1))).toBeUndefined();
    expect(withLeaders([cluster.job(id), cluster.job(id + 1)]).map((job) => job.id)).toEqual([id]);
    expect(withLeaders([cluster.job(id + 1)]).map((job) => job.id)).toEqual([id + 1]);
  });
});

describe("ended components", () => {
  it("leave memory with their leader, one that ended long before it too", () => {
    const { cluster, id } = withHet();
    const listeners: ((event: Event) => void)[] = [];
    const ended = new EndedJobs({
      state: cluster.state,
      onApplied: (listener: (event: Event) => void) => {
        listeners.push(listener);
        return () => undefined;
      },
    } as ConstructorParameters<typeof EndedJobs>[0]);
    const end = (one: number): void => {
      cluster.end(one);
      for (const listener of listeners) listener(cluster.events.at(-1)!);
    };
    cluster.start(id);
    cluster.start(id + 1);
    end(id + 1);
    cluster.wait(1_000);
    expect(ended.takeBefore(cluster.nowS, 10)).toEqual([]);
    end(id);
    expect(ended.takeBefore(cluster.nowS + 1, 10)).toEqual([id, id + 1]);
    expect(ended.scriptsOf(ended.takeBefore(cluster.nowS + 1, 10))).toEqual([]);
  });
});
