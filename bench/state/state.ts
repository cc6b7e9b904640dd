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
import { PlainCluster } from "./plain-cluster.ts";

const isTiny = process.argv.includes("--tiny");
const NODES = isTiny ? 50 : 12_500;
const JOBS = isTiny ? 200 : 50_000;
/** Jobs of the histories that could be quadratic. */
const LINKED_JOBS = isTiny ? 50 : 10_000;
/** CPUs of the one machine, and nodes of one CPU. */
const MACHINE_CPUS = 80_640;
const CPU_NODES = isTiny ? 320 : MACHINE_CPUS;
const WIDE_NODES = isTiny ? 16 : 1024;
const WIDE_ROUNDS = isTiny ? 3 : 600;
const MACHINE_JOBS = isTiny ? 300 : 300_000;
/** Jobs that run at once on the one machine. */
const MACHINE_RUNNING = isTiny ? 20 : 500;
const PURGE = 1000;
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
  const cluster = new BenchCluster(NODES, true);
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

/**
 * Gangs on single-CPU nodes, nearly all taken: two end and two start on the nodes that came free, mixed, so that a job's
 * nodes lie apart. Microseconds a node for commit, start and end together.
 */
function measureWide(): boolean {
  const cluster = new PlainCluster(CPU_NODES, 1);
  let isStarted = true;
  const start = (nodes: Int32Array): { id: number; nodes: Int32Array } => {
    const id = cluster.submit(WIDE_NODES, 1);
    isStarted = cluster.start(id, nodes) && isStarted;
    return { id, nodes };
  };
  let running: { id: number; nodes: Int32Array }[] = [];
  for (let first = 0; first + WIDE_NODES <= CPU_NODES; first += WIDE_NODES) {
    running.push(start(Int32Array.from({ length: WIDE_NODES }, (_, i) => first + i)));
  }
  if (running.length % 2 === 1) cluster.end(running.pop()!.id);
  const ms = timeMs(() => {
    for (let round = 0; round < WIDE_ROUNDS; round++) {
      const at = (round * 7) % (running.length - 1);
      const [a, b] = running.splice(at, 2) as [(typeof running)[0], (typeof running)[0]];
      cluster.nowS++;
      cluster.end(a.id);
      cluster.end(b.id);
      const mixed = [new Int32Array(WIDE_NODES), new Int32Array(WIDE_NODES)] as const;
      for (let i = 0; i < WIDE_NODES; i++) {
        mixed[i & 1]![i >> 1] = a.nodes[i]!;
        mixed[i & 1]![(WIDE_NODES + i) >> 1] = b.nodes[i]!;
      }
      running.push(start(mixed[0]), start(mixed[1]));
    }
  });
  figures["wideUsPerNode"] = hundredths((ms * 1000) / (2 * WIDE_ROUNDS * WIDE_NODES));
  for (const { id } of running) cluster.end(id);
  running = [];
  const { freeCpus } = cluster.state.nodes.columns;
  return (
    isStarted && cluster.state.running.count === 0 && freeCpus.subarray(0, CPU_NODES).every((n) => n === 1)
  );
}

/** Jobs of one to 64 CPUs on one machine: microseconds for a job's submission, commit, start and end. */
function measureMachine(): boolean {
  const cluster = new PlainCluster(1, MACHINE_CPUS);
  const node = Int32Array.of(0);
  const running: number[] = [];
  let ended: number[] = [];
  let isStarted = true;
  const ms = timeMs(() => {
    for (let i = 0; i < MACHINE_JOBS; i++) {
      cluster.nowS++;
      const id = cluster.submit(1, 1 << (i % 7));
      isStarted = cluster.start(id, node) && isStarted;
      running.push(id);
      if (running.length > MACHINE_RUNNING) {
        const gone = (i * 7919) % running.length;
        const job = running[gone]!;
        running[gone] = running[running.length - 1]!;
        running.pop();
        cluster.end(job);
        ended.push(job);
      }
      if (ended.length === PURGE) {
        cluster.purge(ended);
        ended = [];
      }
    }
  });
  figures["machineUsPerJob"] = hundredths((ms * 1000) / MACHINE_JOBS);
  return isStarted && cluster.state.running.count === running.length;
}

const hundredths = (value: number): number => Math.round(value * 100) / 100;

const isRight = [measureLife(), measureReplay(), measureWide(), measureMachine()].every((each) => each);
const perSecond = ["submitPerS", "startPerS", "endPerS"].map((name) => 1_000_000 / figures[name]!);
figures["lifeUsPerJob"] = hundredths(perSecond.reduce((sum, us) => sum + us, 0));
measureArrays();
measureDependencies();
report("state", isRight, figures);
