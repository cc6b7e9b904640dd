/**
 * Where a step of a running job runs: which of the job's nodes, how many tasks on each, and what it holds of them
 * beside the job's other steps. Runs when srun asks, and again when a step has ended while others wait. Pure.
 */
import { expandHostlist } from "../model/hostlist.ts";
import type { Allocation, DeviceShare, NodeAllocation } from "../model/job.ts";
import type { NodeSpec } from "../model/node.ts";
import { ok, type Result, refuse } from "../model/refusal.ts";
import {
  MAX_STEP_TASKS,
  type Step,
  type StepAsk,
  type StepDistribution,
  type StepShare,
} from "../model/step.ts";
import { type DevicesAsked, devicesAsked, pickDevices } from "./step-devices.ts";
import { tasksOfNodes } from "./step-layout.ts";

export interface StepPlaceInput {
  readonly ask: StepAsk;
  readonly allocation: Allocation;
  /** Of the job's nodes, in the order of the allocation. */
  readonly nodes: readonly NodeSpec[];
  /** The job's steps that run. */
  readonly running: readonly Step[];
}

export interface StepPlace {
  readonly shares: readonly StepShare[];
  readonly tasks: number;
  readonly cpusPerTask: number;
  readonly distribution: StepDistribution;
  /** Of `arbitrary`: the position among the shares of each rank. */
  readonly nodeOfRank?: readonly number[];
  readonly devicesPerTask: number;
  readonly holdsDevices: boolean;
}

interface Candidate {
  readonly share: NodeAllocation;
  readonly spec: NodeSpec;
  readonly freeCpus: number;
  readonly freeMemMib: number;
  readonly freeDevices: readonly DeviceShare[];
}

/** STEP_BUSY where it would fit the job without its other steps; any other refusal is for good. */
export function placeStep(input: StepPlaceInput): Result<StepPlace> {
  const now = placeAmong(input, input.running);
  if (now.ok || input.running.length === 0) return now;
  const alone = placeAmong(input, []);
  return alone.ok ? refuse("STEP_BUSY", "other steps of the job hold what this one asks for") : alone;
}

function placeAmong(input: StepPlaceInput, running: readonly Step[]): Result<StepPlace> {
  const { ask } = input;
  const devices = devicesAsked(ask);
  if (!devices.ok) return devices;
  const chosen = chosenNodes(input);
  if (!chosen.ok) return chosen;
  const candidates = chosen.value.map((at) => candidateOf(input, at, running));
  return ask.distribution === "arbitrary" && ask.hosts !== undefined
    ? placeArbitrary(input, candidates, devices.value)
    : placeCounted(input, candidates, devices.value);
}

/** Positions of the job's nodes that the step may be on, those that it must be on first. */
function chosenNodes({ ask, nodes }: StepPlaceInput): Result<readonly number[]> {
  const at = new Map(nodes.map(({ name }, i) => [name, i]));
  const listed = namesOf(ask.nodelist);
  const barred = new Set(namesOf(ask.exclude));
  const stranger = listed.find((name) => !at.has(name));
  if (stranger !== undefined)
    return refuse("NODE_CONFIG_UNAVAILABLE", `node ${stranger} is not of the job`, { node: stranger });
  const first = ask.relative ?? 0;
  if (first >= nodes.length) return refuse("INVALID_NODE_COUNT", `the job has ${nodes.length} nodes`);
  const wanted = new Set(listed.map((name) => at.get(name)!));
  const rest = nodes
    .map((_, i) => (i + first) % nodes.length)
    .filter(
      (i) => !wanted.has(i) && !barred.has(nodes[i]!.name) && (ask.relative === undefined || i >= first),
    );
  return ok([...wanted, ...rest]);
}

const namesOf = (list: string | undefined): readonly string[] => {
  const names = list === undefined || list === "" ? undefined : expandHostlist(list);
  return names?.ok === true ? names.value : [];
};

/** What a node has left beside the steps that hold something of it. */
function candidateOf(
  { ask, allocation, nodes }: StepPlaceInput,
  at: number,
  running: readonly Step[],
): Candidate {
  const share = allocation.nodes[at]!;
  let freeCpus = share.cpus;
  let freeMemMib = share.memMib;
  const taken = new Set<number>();
  if (ask.overlap !== true) {
    for (const step of running) {
      const held = step.shares.find(({ node }) => node === share.node);
      if (held === undefined) continue;
      if (step.holdsCpus) {
        freeCpus -= held.cpus;
        freeMemMib -= held.memMib;
      }
      if (step.holdsDevices) for (const { lane } of held.devices) taken.add(lane);
    }
  }
  const freeDevices = share.devices.filter(({ lane }) => !taken.has(lane));
  return { share, spec: nodes[at]!, freeCpus, freeMemMib, freeDevices };
}

function placeCounted(
  { ask, nodes }: StepPlaceInput,
  candidates: readonly Candidate[],
  devices: DevicesAsked,
): Result<StepPlace> {
  const cpusPerTask = ask.cpusPerTask ?? 1;
  const required = namesOf(ask.nodelist).length;
  const asked = ask.ntasks;
  const most = Math.min(
    ask.maxNodes ?? Math.max(ask.minNodes ?? nodes.length, required),
    asked ?? nodes.length,
  );
  const least = asked === undefined ? most : Math.min(Math.max(ask.minNodes ?? 1, required), asked);
  if (least > nodes.length) return refuse("INVALID_NODE_COUNT", `the job has ${nodes.length} nodes`);
  const ntasks = asked ?? (ask.ntasksPerNode ?? 1) * Math.max(least, most);
  if (ntasks > MAX_STEP_TASKS)
    return refuse("INVALID_CPU_COUNT", `a step has at most ${MAX_STEP_TASKS} tasks`);
  const room = candidates.map((candidate) => roomOf(ask, candidate, cpusPerTask, devices));
  const picked = pickNodes(room, required, least, Math.max(least, most), ntasks);
  if (picked === undefined) return tooMuch(ask, candidates, ntasks);
  const kind = ask.distribution ?? (ntasks <= picked.length ? "cyclic" : "block");
  const layout = { distribution: kind, planeSize: ask.planeSize ?? 1 };
  const tasks = tasksOfNodes(
    picked.map((at) => room[at]!),
    ntasks,
    layout,
  );
  const shares: StepShare[] = [];
  for (const [i, at] of picked.entries()) {
    const share = shareOf(ask, candidates[at]!, tasks[i]!, cpusPerTask, devices, picked.length, i);
    if (!share.ok) return share;
    shares.push(share.value);
  }
  return ok(placed(ask, shares, ntasks, cpusPerTask, kind, devices));
}

/** Tasks that a node has room for. */
function roomOf(ask: StepAsk, node: Candidate, cpusPerTask: number, devices: DevicesAsked): number {
  let room =
    ask.overcommit === true && node.share.cpus > 0 ? MAX_STEP_TASKS : Math.floor(node.freeCpus / cpusPerTask);
  if (ask.memPerNodeMib !== undefined && ask.memPerNodeMib > node.freeMemMib) return 0;
  if (ask.memPerCpuMib !== undefined && ask.memPerCpuMib > 0)
    room = Math.min(room, Math.floor(node.freeMemMib / (ask.memPerCpuMib * cpusPerTask)));
  if (ask.ntasksPerNode !== undefined) room = Math.min(room, ask.ntasksPerNode);
  return Math.min(room, devices.room(node.freeDevices, node.spec));
}

/**
 * Positions of as few nodes as hold the tasks, from `least` to `most`, in the job's order: the first ones with room, or
 * where those do not suffice the roomiest. The required ones come first and are part of it.
 */
function pickNodes(
  room: readonly number[],
  required: number,
  least: number,
  most: number,
  ntasks: number,
): readonly number[] | undefined {
  const open = room.map((_, at) => at).filter((at) => room[at]! > 0);
  const must = open.filter((at) => at < required);
  if (must.length < required) return undefined;
  const rest = open.filter((at) => at >= required);
  const sum = (at: readonly number[]): number => at.reduce((total, i) => total + room[i]!, 0);
  const roomiest = [...rest].sort((a, b) => room[b]! - room[a]! || a - b);
  for (let count = Math.max(least, required, 1); count <= Math.min(most, open.length); count++) {
    const first = [...must, ...rest.slice(0, count - required)];
    if (sum(first) >= ntasks && count <= ntasks) return inOrder(first);
    const large = [...must, ...roomiest.slice(0, count - required)];
    if (sum(large) >= ntasks && count <= ntasks) return inOrder(large);
  }
  return undefined;
}

const inOrder = (positions: readonly number[]): readonly number[] => [...positions].sort((a, b) => a - b);

function tooMuch(ask: StepAsk, candidates: readonly Candidate[], ntasks: number): Result<StepPlace> {
  const memory = candidates.every(
    ({ share }) =>
      (ask.memPerNodeMib ?? 0) > share.memMib ||
      (ask.memPerCpuMib ?? 0) * (ask.cpusPerTask ?? 1) > share.memMib,
  );
  if (memory) return refuse("STEP_MEMORY", "no node of the job has so much memory of it");
  const cpus = candidates.reduce((sum, { share }) => sum + share.cpus, 0);
  return refuse("INVALID_CPU_COUNT", `the job has ${cpus} CPUs on these nodes`, { cpus, tasks: ntasks });
}

function shareOf(
  ask: StepAsk,
  node: Candidate,
  tasks: number,
  cpusPerTask: number,
  devices: DevicesAsked,
  nodes: number,
  rank: number,
): Result<StepShare> {
  const picked = pickDevices(devices, node.freeDevices, node.share.devices, node.spec, tasks, nodes, rank);
  if (!picked.ok) return picked;
  // -c asks for no more than it says, as --exact does.
  const isExact = ask.exact === true || ask.cpusPerTask !== undefined;
  const needs = ask.overcommit === true ? Math.min(tasks, node.share.cpus) : tasks * cpusPerTask;
  const all = ask.overlap === true ? node.share.cpus : node.freeCpus;
  const cpus = isExact ? Math.min(needs, node.share.cpus) : all;
  const memMib = ask.memPerNodeMib ?? (ask.memPerCpuMib ?? 0) * needs;
  return ok({ node: node.share.node, tasks, cpus: Math.max(cpus, 0), memMib, devices: picked.value });
}

/** Each rank on the node that a list says. */
function placeArbitrary(
  { ask }: StepPlaceInput,
  candidates: readonly Candidate[],
  devices: DevicesAsked,
): Result<StepPlace> {
  const hosts = (ask.hosts ?? []).slice(0, ask.ntasks ?? MAX_STEP_TASKS);
  const ntasks = hosts.length;
  if (ntasks === 0 || ntasks < (ask.ntasks ?? 0))
    return refuse("INVALID_SPEC", `the list of hosts has ${ntasks} entries for ${ask.ntasks ?? 1} tasks`);
  const used = candidates.filter(({ spec }) => hosts.includes(spec.name));
  const at = new Map(used.map(({ spec }, i) => [spec.name, i]));
  const stranger = hosts.find((name) => !at.has(name));
  if (stranger !== undefined)
    return refuse("NODE_CONFIG_UNAVAILABLE", `node ${stranger} is not of the job`, { node: stranger });
  const nodeOfRank = hosts.map((name) => at.get(name)!);
  const cpusPerTask = ask.cpusPerTask ?? 1;
  const shares: StepShare[] = [];
  for (const [i, node] of used.entries()) {
    const tasks = nodeOfRank.filter((position) => position === i).length;
    if (tasks > roomOf(ask, node, cpusPerTask, devices)) return tooMuch(ask, candidates, ntasks);
    const share = shareOf(ask, node, tasks, cpusPerTask, devices, used.length, i);
    if (!share.ok) return share;
    shares.push(share.value);
  }
  return ok({ ...placed(ask, shares, ntasks, cpusPerTask, "arbitrary", devices), nodeOfRank });
}

const placed = (
  ask: StepAsk,
  shares: readonly StepShare[],
  tasks: number,
  cpusPerTask: number,
  distribution: StepDistribution,
  devices: DevicesAsked,
): StepPlace => ({
  shares,
  tasks,
  cpusPerTask,
  distribution,
  devicesPerTask: devices.perTask,
  holdsDevices: devices.isAsked && ask.overlap !== true,
});
