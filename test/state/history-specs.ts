/** Random descriptions for histories: configurations, nodes, submissions and changes that fit the state as it is. */
import type { AccountSpec, FairShareSpec, LimitSet } from "../../core/model/account.ts";
import { DEPENDENCY_KINDS, type DependencyExpr, type DependencyTerm } from "../../core/model/dependency.ts";
import type { DeviceSpec, NodeSpec } from "../../core/model/node.ts";
import type { Request } from "../../core/model/request.ts";
import { UNLIMITED_S } from "../../core/model/time.ts";
import type { ClusterState } from "../../core/state/cluster-state.ts";
import type { Event, JobChange, SubmittedFields } from "../../core/state/events.ts";
import type { Chance } from "./chance.ts";
import { device, fields, nodeSpec, partitionSpec, request } from "./fixture.ts";

export const MOST_NODES = 8;
const PARTITIONS = ["p0", "p1", "p2"];
const FEATURES = ["fast", "big", "ib", "new"];
const NAMES = ["sim", "train", "eval"];
const QOS = ["", "high", "low", "gone"];
const MOST_TASKS = 6;

export function configured(chance: Chance, atS: number): Event {
  const names = chance.shuffled(PARTITIONS).slice(0, chance.between(1, PARTITIONS.length));
  return {
    type: "cluster.configured",
    atS,
    clusterName: chance.pick(["red", "blue"]),
    partitions: names.map((name, i) =>
      partitionSpec(name, {
        isDefault: i === 0,
        nodes: chance.pick(["ALL", "ALL", "n[1-4]", "n1,n[5-8]", "n[3-6]"]),
        state: chance.odds(90) ? "UP" : "DRAIN",
        priorityTier: chance.between(1, 3),
      }),
    ),
    qos: chance.some(["high", "low"], chance.below(3)).map((name) => ({
      name,
      priority: chance.below(1000),
      ...(name === "high" && chance.odds(50) ? { preempt: ["low"], graceTimeS: 60 } : {}),
      ...(chance.odds(30) ? { limits: randomLimits(chance), usageFactor: chance.pick([0, 0.5, 1]) } : {}),
    })),
    ...(chance.odds(50)
      ? {
          preemption: {
            by: chance.pick(["qos", "partition"] as const),
            mode: chance.pick(["cancel", "requeue"] as const),
            exemptTimeS: chance.pick([0, 300]),
          },
        }
      : {}),
    ...(chance.odds(50) ? { power: { bootS: chance.pick([60, 600]) } } : {}),
    ...(chance.odds(50) ? { accounts: randomAccounts(chance), fairShare: randomFairShare(chance) } : {}),
    nodes: chance.some(["n7", "n8"], chance.below(3)).map((name) => ({
      name,
      cpus: 4,
      memoryMib: 4000,
      gres: "gpu:1",
      features: chance.some(FEATURES, 1),
      topologyLeaf: chance.pick(["", "leaf1"]),
    })),
  };
}

const ACCOUNTS = ["physics", "optics"];
const RESERVATIONS = ["course", "disks"];

/** A reservation is made, changed, moved on or ended, or a waiting job asks for another one. */
export function reservationEvents(chance: Chance, state: ClusterState, atS: number): readonly Event[] {
  const name = chance.pick(RESERVATIONS);
  const startS = atS + chance.pick([-60, 0, 600, 86_400]);
  const times = { startS, endS: startS + chance.pick([120, 3600, 90_000]) };
  const nodes = state.nodeRecords.map(({ index }) => index).filter(() => chance.odds(50));
  const waiting = [...state.jobs.values()].filter((job) => job.state === "PENDING");
  const isThere = state.reservations.byName.has(name);
  if (chance.odds(60) && waiting.length > 0) {
    const change = { reservation: isThere && chance.odds(80) ? name : "" };
    return [{ type: "job.updated", atS, jobId: chance.pick(waiting).id, change }];
  }
  if (isThere) {
    return [
      chance.pick<Event>([
        { type: "reservation.changed", atS, name, change: { users: ["bob"], nodes } },
        { type: "reservation.rolled", atS, name, ...times },
        { type: "reservation.deleted", atS, name },
      ]),
    ];
  }
  const reservation = {
    ...{ name, ...times, nodes, features: "", partition: "", users: ["alice"], accounts: [], groups: [] },
    flags: chance.some(["MAINT", "DAILY", "NO_HOLD_JOBS_AFTER_END"] as const, chance.below(3)),
    purgeS: 0,
  };
  return [{ type: "reservation.created", atS, reservation }];
}

function randomAccounts(chance: Chance): AccountSpec[] {
  const names = chance.some(ACCOUNTS, chance.below(3));
  return names.map((name) => ({
    name,
    parent: name === "optics" && names.includes("physics") ? "physics" : "root",
    shares: chance.below(3),
    limits: randomLimits(chance),
    users: chance.some(["alice", "bob"], chance.below(3)).map((user) => ({
      name: user,
      shares: chance.below(3),
      limits: randomLimits(chance),
    })),
    othersShares: chance.pick([0, 1]),
  }));
}

const randomFairShare = (chance: Chance): FairShareSpec => ({
  halfLifeS: chance.pick([0, 3600, 86_400]),
  reset: "none",
});

function randomLimits(chance: Chance): LimitSet {
  return {
    ...(chance.odds(30) ? { grpTres: { cpu: chance.below(9), "gres/gpu": chance.below(3) } } : {}),
    ...(chance.odds(20) ? { grpJobs: chance.below(4) } : {}),
    ...(chance.odds(20) ? { maxTresPerJob: { cpu: 4, "gres/fpga": 1 } } : {}),
    ...(chance.odds(20) ? { maxWallS: 3600 } : {}),
    ...(chance.odds(20) ? { grpTresMins: { cpu: 100 } } : {}),
  };
}

export function randomNode(chance: Chance, name: string): NodeSpec {
  const cpus = chance.pick([2, 4, 8, 16]);
  return nodeSpec(name, {
    cpus,
    coresPerSocket: cpus,
    threadsPerCore: chance.pick([1, 1, 2]),
    memoryMib: chance.pick([1000, 4000, 64_000]),
    devices: randomDevices(chance),
    features: chance.some(FEATURES, chance.below(3)),
    topologyLeaf: chance.pick(["", "leaf1", "leaf2"]),
    bootS: chance.below(1000),
  });
}

function randomDevices(chance: Chance): DeviceSpec[] {
  const kinds = chance.some(
    [
      { name: "gpu", type: "tesla" },
      { name: "gpu", type: "a100" },
      { name: "gpu", type: "" },
      { name: "nic", type: "" },
    ],
    chance.below(3),
  );
  const list = kinds.flatMap((kind) => Array.from({ length: chance.between(1, 4) }, () => kind));
  return list.map(({ name, type }, lane) => device(name, type, lane));
}

export function submitted(chance: Chance, state: ClusterState, nowS: number): Event {
  const id = state.nextJobId;
  const dependency = chance.odds(35) ? randomDependency(chance, state) : undefined;
  const job: SubmittedFields = {
    ...fields(),
    spec: {
      user: chance.pick(["alice", "bob"]),
      uid: chance.pick([1000, 1001]),
      group: "users",
      gid: 100,
      workDir: "/home",
      ...(chance.odds(20) ? { args: ["-x", "é ü"] } : {}),
      ...(chance.odds(10)
        ? { mailType: ["END"], signal: { signal: 10, beforeS: 60, batchOnly: false } }
        : {}),
      ...(chance.odds(20) ? { timeMinS: chance.pick([60, 1800]) } : {}),
      ...(chance.odds(20) ? { deadlineS: nowS + chance.pick([3600, 86_400]) } : {}),
    },
    name: chance.pick(NAMES),
    request: randomRequest(chance, state),
    partitions: randomPartitions(chance),
    timeLimitS: chance.pick([60, 3600, 86_400, UNLIMITED_S]),
    nice: chance.between(-50, 50),
    account: chance.pick(["", "physics", "optics"]),
    qos: chance.pick(QOS),
    held: chance.pick(["", "", "", "", "", "user", "admin"] as const),
    beginS: chance.odds(10) ? nowS + chance.below(600) : 0,
    requeueAllowed: chance.odds(80),
    ...(dependency === undefined ? {} : { dependency }),
  };
  const tasks = chance.odds(30) ? randomTasks(chance) : undefined;
  return {
    type: "job.submitted",
    atS: nowS,
    jobId: id,
    scriptKey: id,
    job,
    ...(tasks === undefined ? {} : { array: { tasks, throttle: chance.pick([0, 0, 1, 2, 3]) } }),
  };
}

function randomTasks(chance: Chance): number[] {
  const count = chance.between(1, MOST_TASKS);
  if (chance.odds(50)) return Array.from({ length: count }, (_, i) => i);
  return chance.some([0, 1, 2, 3, 5, 8, 13, 21, 34], count);
}

const randomPartitions = (chance: Chance): readonly string[] =>
  chance.odds(70) ? [chance.pick(PARTITIONS)] : chance.shuffled(PARTITIONS).slice(0, 2);

function randomRequest(chance: Chance, state: ClusterState): Request {
  const nodes = chance.pick([1, 1, 1, 1, 2, 3]);
  const tasksPerNode = chance.pick([1, 1, 2]);
  const cpusPerTask = chance.pick([1, 1, 2]);
  const memMib = chance.pick([100, 500, 1000]);
  const dimensions = chance.some([...state.dimensions.names.keys()], chance.pick([0, 0, 1, 1, 2]));
  const rows = [...state.nodeRecords.keys()];
  const required = chance.odds(6) ? chance.some(rows, 1) : [];
  const excluded = chance.odds(6) ? chance.some(rows, 2).filter((row) => !required.includes(row)) : [];
  return request({
    minNodes: nodes,
    maxNodes: nodes,
    tasks: nodes * tasksPerNode,
    tasksPerNode,
    cpusPerTask,
    cpus: tasksPerNode * cpusPerTask,
    memMib,
    memPer: chance.pick(["node", "cpu"] as const),
    memPerMib: memMib,
    gres: dimensions.map((dimension) => ({ dimension, count: chance.between(1, 2) })),
    exclusive: chance.odds(8),
    features: chance.odds(15) ? chance.some(FEATURES, chance.between(1, 2)).sort().join("&") : "",
    requiredNodes: required as unknown as Request["requiredNodes"],
    excludedNodes: excluded as unknown as Request["excludedNodes"],
  });
}

/** On jobs that wait, run, have ended or are long gone; on arrays and single tasks of them. */
export function randomDependency(chance: Chance, state: ClusterState): DependencyExpr {
  const terms = Array.from({ length: chance.pick([1, 1, 1, 2, 3]) }, () => randomTerm(chance, state));
  return { mode: chance.odds(30) ? "any" : "all", terms };
}

function randomTerm(chance: Chance, state: ClusterState): DependencyTerm {
  const kind = chance.pick(DEPENDENCY_KINDS);
  if (kind === "singleton" || state.nextJobId === 1) return { kind: "singleton", jobId: 0 };
  const recent = Math.max(1, state.nextJobId - 12);
  const delay = kind === "after" && chance.odds(40) ? { delayMin: chance.between(0, 5) } : {};
  if (state.arrays.size > 0 && chance.odds(45)) {
    const life = chance.pick([...state.arrays.values()]);
    const array = state.jobs.get([...life.records][0] as never)?.array;
    const task = chance.odds(15)
      ? ("all" as const)
      : chance.between(array?.taskMin ?? 0, array?.taskMax ?? 0);
    return { kind, jobId: life.arrayJobId, ...(chance.odds(40) ? {} : { arrayTask: task }), ...delay };
  }
  return { kind, jobId: chance.between(recent, state.nextJobId - 1), ...delay };
}

/** A change of a waiting job: one thing or several. */
export function randomChange(chance: Chance, state: ClusterState, nowS: number): JobChange {
  const changes: readonly (() => JobChange)[] = [
    () => ({ timeLimitS: chance.pick([120, 7200, UNLIMITED_S]) }),
    () => ({ nice: chance.between(-10, 10) }),
    () => ({ setPriority: chance.pick([0, 17, 4_294_967_295]) }),
    () => ({ partitions: randomPartitions(chance) }),
    () => ({ qos: chance.pick(QOS) }),
    () => ({ account: "biology" }),
    () => ({ comment: chance.pick(["", "a remark"]) }),
    () => ({ name: chance.pick(NAMES) }),
    () => ({ beginS: chance.pick([0, nowS + chance.below(300)]) }),
    () => ({ throttle: chance.below(4) }),
    () => ({ held: chance.pick(["", "", "user", "admin"] as const) }),
    () => ({ dependency: chance.odds(30) ? null : randomDependency(chance, state) }),
  ];
  return Object.assign({}, ...chance.some(changes, chance.pick([1, 1, 1, 2, 4])).map((change) => change()));
}

/** What may change of a running job. */
export const runningChange = (chance: Chance): JobChange =>
  chance.pick<JobChange>([
    { timeLimitS: chance.pick([60, 600, 90_000, UNLIMITED_S]) },
    { name: chance.pick(NAMES) },
    { comment: "runs" },
    { throttle: chance.below(4) },
  ]);
