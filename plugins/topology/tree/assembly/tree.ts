import { ANY, bestFit, countFeasible, depth, Job, prepareUnits, SetTopology, takeBest, unitAt } from "rota/set-topology";

/**
 * A tree of switches. Cost of a set of nodes: the level of the lowest switch above all of them, the lowest first; then
 * how many switches right below that one are used, and so on down; then the feasible nodes left over under the last one.
 *
 * The lowest switch that holds the job is found exactly, of several the one with least left over. Below it the switch
 * with most feasible nodes is filled first and the last is the one with least left over, which is the fewest switches of
 * that level; which of several sets of as few is taken is not searched further. Source: Slurm's topology/tree, "allocates
 * resources on its underlying leaf switches using a best-fit algorithm" (slurm.schedmd.com/topology.html).
 */
@final
@policy("2.0.0", "The lowest switch that holds the job, and as few leaf switches as can be below it.")
class Tree extends SetTopology {
  prepare(count: i32): void {
    prepareUnits(count);
  }

  choose(job: Job, want: i32): void {
    countFeasible();
    for (let level = depth - 1; level >= 0; level--) {
      const index = bestFit(level, ANY, want);
      if (index >= 0 && unitAt(level, index).feasible >= want) return fill(level, index, want);
    }
    fillBelow(0, ANY, want);
  }
}

/** Takes `want` nodes of a unit that has them. */
function fill(level: i32, index: i32, want: i32): void {
  if (level == depth - 1) takeBest(unitAt(level, index), want);
  else fillBelow(level + 1, index, want);
}

/** Takes `want` nodes of the units of a level that lie below `parent`: the fullest whole, the last one by best fit. */
function fillBelow(level: i32, parent: i32, want: i32): void {
  for (let rest = want; rest > 0; ) {
    const index = bestFit(level, parent, rest);
    if (index < 0) return;
    const unit = unitAt(level, index);
    if (unit.feasible >= rest) return fill(level, index, rest);
    rest -= takeBest(unit, unit.feasible);
  }
}
