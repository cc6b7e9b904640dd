import { Job, Leaf, Topology } from "rota/topology";

/** More than any number of nodes. */
const FITS: f64 = 1048576;

/**
 * Best fit over leaf switches: as few leaves as can be and, of the last one, as little left over as can be. Source:
 * Slurm's topology/tree, "allocates resources on its underlying leaf switches using a best-fit algorithm"
 * (slurm.schedmd.com/topology.html); here with one level of switches.
 *
 * Cost of a leaf with f feasible nodes for a job that lacks w: f - w when it holds them all, least first; when no leaf
 * does, the leaf with most nodes is filled first. That is the fewest leaves; which of several sets of as few leaves is
 * taken is not searched further.
 */
@final
@policy("1.0.0", "Fewest leaf switches, the last of them left least empty.")
class Tree extends Topology {
  score(job: Job, leaf: Leaf, want: i32): f64 {
    return leaf.feasible >= want ? FITS - <f64>(leaf.feasible - want) : <f64>leaf.feasible;
  }
}
