import { describe, expect, it } from "vitest";
import { Cluster } from "./fixture.ts";

describe("singletons", () => {
  it("of one user and name run one after the other, in the order of submission", () => {
    const cluster = new Cluster();
    const jobs = [1, 2, 3].map(() => cluster.submit({ after: "singleton" }));
    const other = cluster.submit({ after: "singleton", fields: { name: "other" } });
    const bob = cluster.submit({
      after: "singleton",
      fields: { spec: { user: "bob", uid: 1001, group: "users", gid: 100, workDir: "/" } },
    });
    const statesOf = (): unknown => [...jobs, other, bob].map((id) => cluster.terms(id)[0]);
    expect(statesOf()).toEqual(["met", "waiting", "waiting", "met", "met"]);
    cluster.run(jobs[0]!, "FAILED");
    expect(statesOf()).toEqual(["met", "met", "waiting", "met", "met"]);
    cluster.end(jobs[1]!, "CANCELLED");
    expect(statesOf()).toEqual(["met", "met", "met", "met", "met"]);
  });

  it("wait for earlier jobs of the name that are no singletons, and not for later ones", () => {
    const cluster = new Cluster();
    const earlier = cluster.submit();
    const singleton = cluster.submit({ after: "singleton" });
    cluster.submit();
    cluster.start(earlier);
    expect(cluster.terms(singleton)).toEqual(["waiting"]);
    cluster.end(earlier);
    expect(cluster.terms(singleton)).toEqual(["met"]);
  });

  it("do not go on waiting for a job that has another name now", () => {
    const cluster = new Cluster();
    const earlier = cluster.submit();
    const singleton = cluster.submit({ after: "singleton" });
    cluster.update(earlier, { name: "renamed" });
    expect(cluster.terms(singleton)).toEqual(["met"]);
  });

  it("look at their new name when it is changed", () => {
    const cluster = new Cluster();
    cluster.submit({ fields: { name: "busy" } });
    const earlier = cluster.submit();
    const singleton = cluster.submit({ after: "singleton" });
    cluster.update(singleton, { name: "free" });
    expect(cluster.terms(singleton)).toEqual(["met"]);
    const third = cluster.submit({ after: "singleton" });
    cluster.update(third, { name: "busy" });
    cluster.end(earlier, "CANCELLED");
    expect(cluster.terms(third)).toEqual(["waiting"]);
  });

  it("wait for all of an array; tasks of one array do not wait for each other", () => {
    const cluster = new Cluster();
    const array = cluster.submit({ tasks: [0, 1], after: "singleton" });
    const second = cluster.submit({ tasks: [0, 1], after: "singleton" });
    const task = cluster.split(second, 0);
    expect(cluster.terms(task)).toEqual(["waiting"]);
    cluster.end(cluster.startTask(array, 0));
    expect(cluster.terms(second)).toEqual(["waiting"]);
    cluster.end(cluster.startTask(array, 1));
    expect(cluster.terms(second)).toEqual(["met"]);
    expect(cluster.terms(task)).toEqual(["met"]);
  });
});
