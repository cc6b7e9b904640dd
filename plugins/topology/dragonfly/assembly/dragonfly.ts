import {
  ANY, bestFit, countFeasible, depth, Job, prepareUnits, SetTopology, takeAny, takeBest, taken, unitAt, unitCount,
} from "rota/set-topology";

/**
 * Groups of routers, all routers of a group linked with each other and all groups by a few long links: the first level is
 * the group, the second the router. Cost of a set of nodes: its groups, the fewest there are; then the feasible nodes
 * left over in the last group, the fullest ones being filled first. Inside a group the job is packed on the fewest
 * routers (the fullest first, the last by best fit), or with `spread` dealt to all routers in turn, so that no router has
 * more of its nodes than it must.
 *
 * Source: Kim, Dally, Scott and Abts, "Technology-Driven, Highly-Scalable Dragonfly Topology" (ISCA 2008), for the
 * network; that packing suits neighbours that talk and spreading suits traffic among all ranks is from Yang, Jenkins,
 * Mubarak, Ross and Lan, "Watch Out for the Bully!" (SC 2016).
 */
@final
@policy("1.0.0", "As few groups as can be; inside one, packed on few routers or spread over all.")
class Dragonfly extends SetTopology {
  @parameter(0, 1, "Whether nodes inside a group are spread over its routers instead of packed.")
  spread: bool = false;

  prepare(count: i32): void {
    prepareUnits(count);
  }

  choose(job: Job, want: i32): void {
    countFeasible();
    while (taken < want) {
      const group = bestFit(0, ANY, want - taken);
      if (group < 0) break;
      const rest = min(want - taken, unitAt(0, group).feasible);
      if (depth == 1) takeBest(unitAt(0, group), rest);
      else if (this.spread) deal(group, rest);
      else pack(group, rest);
    }
    takeAny();
  }
}

function pack(group: i32, want: i32): void {
  const all = taken + want;
  while (taken < all) {
    const router = bestFit(1, group, all - taken);
    if (router < 0 || takeBest(unitAt(1, router), all - taken) == 0) return;
  }
}

/** One node of each router in turn, those that the job has fewest nodes of first, of these the one with most left. */
function deal(group: i32, want: i32): void {
  for (let index = 0; index < unitCount(1); index++) unitAt(1, index).mark = 0;
  for (let rest = want; rest > 0; rest--) {
    let chosen = -1;
    for (let index = 0; index < unitCount(1); index++) {
      const router = unitAt(1, index);
      if (router.parent != group || router.feasible == 0) continue;
      if (chosen < 0) {
        chosen = index;
        continue;
      }
      const best = unitAt(1, chosen);
      if (router.mark < best.mark || (router.mark == best.mark && router.feasible > best.feasible))
        chosen = index;
    }
    if (chosen < 0) return;
    unitAt(1, chosen).mark++;
    takeBest(unitAt(1, chosen), 1);
  }
}
