/** Which ended records may leave memory, and which scripts with them. */
import { expect, it } from "vitest";
import { EndedJobs } from "../../core/controller/ended-jobs.ts";
import type { LedgerListener } from "../../core/controller/ledger.ts";
import type { Event } from "../../core/state/events.ts";
import { BEGAN_S, Cluster } from "../state/fixture.ts";

/** A cluster that tells of its events as the ledger does. */
class ToldCluster extends Cluster {
  readonly listeners = new Set<LedgerListener>();

  override apply(event: Event): void {
    super.apply(event);
    for (const listener of this.listeners ?? []) listener(event, this.events.length);
  }

  onApplied(listener: LedgerListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

it("gives the records that ended before a second, oldest first, each once and a bounded number at a time", () => {
  const cluster = new ToldCluster();
  const early = cluster.submit();
  cluster.run(early);
  const ended = new EndedJobs(cluster);
  const later = [cluster.submit(), cluster.submit(), cluster.submit()];
  cluster.wait(10);
  for (const id of [...later].reverse()) cluster.run(id);
  const waiting = cluster.submit();

  expect(ended.takeBefore(BEGAN_S, 10)).toEqual([]);
  expect(ended.takeBefore(BEGAN_S + 10, 10)).toEqual([early]);
  expect(ended.takeBefore(BEGAN_S + 10, 10)).toEqual([]);
  expect(ended.takeBefore(BEGAN_S + 11, 2)).toEqual([later[2], later[1]]);
  expect(ended.takeBefore(BEGAN_S + 11, 2)).toEqual([later[0]]);
  expect(ended.takeBefore(BEGAN_S + 11, 2)).not.toContain(waiting);
});

it("leaves out a record that was requeued, until it has ended again", () => {
  const cluster = new ToldCluster();
  const ended = new EndedJobs(cluster);
  const id = cluster.submit();
  cluster.run(id);
  cluster.requeue(id);
  expect(ended.takeBefore(BEGAN_S + 100, 10)).toEqual([]);
  cluster.wait(50);
  cluster.run(id);
  expect(ended.takeBefore(BEGAN_S + 50, 10)).toEqual([]);
  expect(ended.takeBefore(BEGAN_S + 51, 10)).toEqual([id]);
});

it("lets an array's script go with the last of its records", () => {
  const cluster = new ToldCluster();
  const ended = new EndedJobs(cluster);
  const array = cluster.submit({ tasks: [0, 1] });
  const first = cluster.startTask(array, 0);
  cluster.end(first);
  const gone = ended.takeBefore(BEGAN_S + 1, 10);
  expect(gone).toEqual([first]);
  expect(ended.scriptsOf(gone)).toEqual([]);
  cluster.purge(...gone);
  const last = cluster.startTask(array, 1);
  cluster.end(last);
  const rest = ended.takeBefore(BEGAN_S + 1, 10);
  expect(rest).toEqual([last]);
  expect(ended.scriptsOf(rest)).toEqual([array]);
});
