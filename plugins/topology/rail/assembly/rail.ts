import {
  countFeasible, isFeasible, Job, Node, nodeAt, prepareUnits, rowOfUnit, SetTopology, take, takeAny, taken, Unit, unitAt,
  unitCount,
} from "rota/set-topology";

/**
 * Rail-optimised networks: in each group of nodes (the first level, a scalable unit) the l-th GPU of every node hangs on
 * the l-th rail switch, so ranks that have the same GPU on every node talk over one switch. Cost of a set of nodes: its
 * groups, the fewest first; then the nodes of it that do not have the job's rails free; then the feasible nodes left over
 * in the last group.
 *
 * For a job that one group holds the cost is the least among all groups and, on nodes of up to eight GPUs, all sets of as
 * many rails as the job has GPUs of a node; on nodes of more only rails that follow each other are tried. A job over
 * several groups fills the one with most nodes first, each with its own best rails. Nodes that started a job in this very
 * pass are taken to have given their lowest rails.
 *
 * Source: NVIDIA's DGX SuperPOD reference architecture, compute fabric with eight rails of a scalable unit; Wang and
 * others, "Rail-only: A Low-Cost High-Performance Network for Training LLMs" (2023), for why alignment matters.
 */
@final
@policy("1.0.0", "As few rail groups as can be, and nodes whose same GPUs are free.")
class Rail extends SetTopology {
  prepare(count: i32): void {
    prepareUnits(count);
  }

  choose(job: Job, want: i32): void {
    countFeasible();
    while (taken < want) {
      const rest = want - taken;
      const group = next(job.gpus, rest);
      if (group < 0) break;
      takeAligned(unitAt(0, group), bestRails(unitAt(0, group), job.gpus), min(rest, unitAt(0, group).feasible));
    }
    takeAny();
  }
}

const EXACT_LANES = 8;
const MASKS = 1 << EXACT_LANES;
/** More than a group has nodes. */
const MISALIGNED: i32 = 1 << 20;

const having = new StaticArray<i32>(MASKS);
/** Of the last `bestRails`: nodes that have those rails free. */
let aligned: i32 = 0;

/** The group that holds the rest, most of it aligned and tight, else the one with most nodes; -1 for none. */
function next(gpus: i32, rest: i32): i32 {
  let least = i32.MAX_VALUE;
  let tightest = -1;
  let most = 0;
  let fullest = -1;
  for (let index = 0; index < unitCount(0); index++) {
    const group = unitAt(0, index);
    if (group.feasible > most) {
      most = group.feasible;
      fullest = index;
    }
    if (group.feasible < rest) continue;
    bestRails(group, gpus);
    const off = max(rest - aligned, 0);
    const cost = off >= 1024 ? i32.MAX_VALUE - 1 : off * MISALIGNED + group.feasible - rest;
    if (cost >= least) continue;
    least = cost;
    tightest = index;
  }
  return tightest >= 0 ? tightest : fullest;
}

/** Bit l where the l-th GPU of the node is free, as far as is known. */
function lanesOf(node: Node): i32 {
  let lanes = node.freeLanes;
  for (let more = popcnt(lanes) - node.freeGpus; more > 0; more--) lanes &= lanes - 1;
  return lanes;
}

/** The rails that most feasible nodes of the group have free, the lowest of several; 0 for a job without GPUs. */
function bestRails(group: Unit, gpus: i32): i32 {
  aligned = group.feasible;
  if (gpus <= 0) return 0;
  let all = 0;
  for (let n = 0; n < group.nodes; n++) {
    const row = rowOfUnit(group, n);
    if (isFeasible(row)) all |= lanesOf(nodeAt(row));
  }
  return all < MASKS ? bestOfAll(group, gpus) : bestOfRuns(group, gpus);
}

function bestOfAll(group: Unit, gpus: i32): i32 {
  for (let mask = 0; mask < MASKS; mask++) unchecked((having[mask] = 0));
  for (let n = 0; n < group.nodes; n++) {
    const row = rowOfUnit(group, n);
    if (isFeasible(row)) unchecked(having[lanesOf(nodeAt(row))]++);
  }
  // Afterwards each mask counts the nodes that have all its rails: sums over supersets.
  for (let lane = 1; lane < MASKS; lane <<= 1) {
    for (let mask = 0; mask < MASKS; mask++) {
      if ((mask & lane) == 0) unchecked((having[mask] += having[mask | lane]));
    }
  }
  let rails = 0;
  aligned = -1;
  for (let mask = 0; mask < MASKS; mask++) {
    if (popcnt(mask) != gpus || unchecked(having[mask]) <= aligned) continue;
    aligned = unchecked(having[mask]);
    rails = mask;
  }
  return rails;
}

function bestOfRuns(group: Unit, gpus: i32): i32 {
  let rails = 0;
  aligned = -1;
  for (let first = 0; first + gpus <= 16; first++) {
    const mask = ((1 << gpus) - 1) << first;
    let count = 0;
    for (let n = 0; n < group.nodes; n++) {
      const row = rowOfUnit(group, n);
      if (isFeasible(row) && (lanesOf(nodeAt(row)) & mask) == mask) count++;
    }
    if (count <= aligned) continue;
    aligned = count;
    rails = mask;
  }
  return rails;
}

/** Takes `want` nodes of the group: those with the rails free, those with fewest others free first, then any. */
function takeAligned(group: Unit, rails: i32, want: i32): void {
  const all = taken + want;
  for (let spare = 0; spare <= 16 && taken < all; spare++) {
    for (let n = 0; n < group.nodes && taken < all; n++) {
      const row = rowOfUnit(group, n);
      if (!isFeasible(row)) continue;
      const lanes = lanesOf(nodeAt(row));
      if ((lanes & rails) == rails && popcnt(lanes ^ rails) == spare && take(row)) group.feasible--;
    }
  }
  for (let n = 0; n < group.nodes && taken < all; n++) if (take(rowOfUnit(group, n))) group.feasible--;
}
