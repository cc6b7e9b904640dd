/**
 * How fast the state is: events reduced per second while jobs are submitted, started and ended on a full cluster, the
 * time of the copy that a pass is given, and of a snapshot and its reading back. Then histories in which a slip would
 * make each event look at all jobs: a long array, its limit, chains, singletons. What was restored must be the same to
 * the byte. `npx tsx bench/state/state.ts [--json] [--tiny]`
 */
import { emptyState } from "../../core/state/cluster-state.ts";
import { encodeEvent } from "../../core/state/events.ts";
import { snapshotForPass } from "../../core/state/pass-snapshot.ts";
import { reduceEncoded } from "../../core/state/reduce.ts";
import { decodeState, encodeState } from "../../core/state/snapshot.ts";
import type { PassSnapshot } from "../../core/state/tables.ts";
import { median, report } from "../report.ts";
import { BenchCluster } from "./cluster.ts";

const isTiny = process.argv.includes("--tiny");
const NODES = isTiny ? 50 : 12_500;
const JOBS = isTiny ? 200 : 50_000;
/** Jobs of the histories that could be quadratic. */
const LINKED_JOBS = isTiny ? 50 : 10_000;
const SNAPSHOTS = isTiny ? 2 : 30;
const USERS = 200;

const figures: Record<string, number> = { nodes: NODES, jobs: JOBS, linkedJobs: LINKED_JOBS };

/** Runs and gives events per second. */
function rate(cluster: BenchCluster, run: () => void): number {
  const before = cluster.state.lastSeq;
  const startMs = performance.now();
  run();
  return Math.round(((cluster.state.lastSeq - before) * 1000) / (performance.now() - startMs));
}

function timeMs(run: () => void): number {
  const startMs = performance.now();
  run();
  return performance.now() - startMs;
}

function measureLife(): boolean {
  const cluster = new BenchCluster(NODES);
  const ids: number[] = [];
  figures["submitPerS"] = rate(cluster, () => {
    for (let i = 0; i < JOBS; i++)
      ids.push(cluster.submit(`u${i % USERS}`, { timeLimitS: 600 + (i % 50) * 60 }));
  });
  const copies: number[] = [];
  let into: PassSnapshot | undefined;
  for (let i = 0; i < SNAPSHOTS; i++) {
    copies.push(
      timeMs(() => {
        into = snapshotForPass(cluster.state, cluster.nowS, into);
      }),
    );
  }
  figures["snapshotForPassMs"] = median(copies);
  let bytes: Uint8Array = new Uint8Array();
  figures["encodeStateMs"] = Math.round(
    timeMs(() => {
      bytes = encodeState(cluster.state);
    }),
  );
  figures["stateMib"] = Math.round(bytes.length / 2 ** 20);
  let restored = emptyState();
  figures["decodeStateMs"] = Math.round(
    timeMs(() => {
      restored = decodeState(bytes);
    }),
  );
  const isSame = Buffer.compare(encodeState(restored), bytes) === 0;
  figures["startPerS"] = rate(cluster, () => {
    for (const [i, id] of ids.entries()) cluster.start(id, i % NODES, Math.floor(i / NODES));
  });
  figures["endPerS"] = rate(cluster, () => {
    for (const id of ids) cluster.end(id);
  });
  figures["purgePerS"] = Math.round((JOBS * 1000) / timeMs(() => cluster.purge(ids)));
  return isSame && cluster.state.jobs.size === 0 && cluster.isIdle();
}

/** The same life from the bytes of a journal, as after a restart. */
function measureReplay(): boolean {
  const cluster = new BenchCluster(NODES);
  for (let i = 0; i < JOBS; i++) {
    const id = cluster.submit(`u${i % USERS}`, {});
    cluster.start(id, i % NODES, 0);
    cluster.end(id);
  }
  const journal = cluster.events.map((event) => encodeEvent(event));
  const state = emptyState();
  const ms = timeMs(() => {
    journal.forEach((bytes, i) => {
      reduceEncoded(state, i + 1, bytes);
    });
  });
  figures["replayPerS"] = Math.round((journal.length * 1000) / ms);
  return state.lastSeq === cluster.state.lastSeq && state.jobs.size === JOBS;
}

/** An array whose tasks start and end one after the other, with and without a limit; a tenth of them go back, held. */
function measureArrays(): void {
  for (const [name, throttle] of [["arrayPerS", 0] as const, ["limitedArrayPerS", 8] as const]) {
    const cluster = new BenchCluster(NODES);
    const array = cluster.submitArray(LINKED_JOBS, throttle);
    figures[name] = rate(cluster, () => {
      for (let task = 0; task < LINKED_JOBS; task++) {
        const id = cluster.split(array, task);
        cluster.start(id, task % NODES, 0);
        if (task % 10 !== 0) cluster.end(id);
        else cluster.requeueHeld(id);
      }
    });
  }
}

/** Every job waits on one, on the one before it, on its task of an array, and on its namesakes. */
function measureDependencies(): void {
  const chain = new BenchCluster(NODES);
  figures["chainPerS"] = rate(chain, () => {
    const ids = [chain.submit("u", {})];
    for (let i = 1; i < LINKED_JOBS; i++) ids.push(chain.submit("u", chain.after("afterok", ids[i - 1]!)));
    for (const [i, id] of ids.entries()) chain.run(id, i % NODES);
  });
  const fan = new BenchCluster(NODES);
  figures["fanOutPerS"] = rate(fan, () => {
    const first = fan.submit("u", {});
    for (let i = 1; i < LINKED_JOBS; i++) fan.submit("u", fan.after("afterok", first));
    fan.run(first, 0);
  });
  const tasks = new BenchCluster(NODES);
  figures["taskByTaskPerS"] = rate(tasks, () => {
    const array = tasks.submitArray(LINKED_JOBS, 0);
    for (let i = 0; i < LINKED_JOBS; i++) tasks.submit("u", tasks.after("afterok", array, i));
    for (let i = 0; i < LINKED_JOBS; i++) tasks.run(tasks.split(array, i), i % NODES);
  });
  const singles = new BenchCluster(NODES);
  figures["singletonPerS"] = rate(singles, () => {
    const ids: number[] = [];
    for (let i = 0; i < LINKED_JOBS; i++) ids.push(singles.submit("u", singles.after("singleton", 0)));
    for (const [i, id] of ids.entries()) singles.run(id, i % NODES);
  });
}

const isRight = [measureLife(), measureReplay()].every((each) => each);
measureArrays();
measureDependencies();
report("state", isRight, figures);
