/**
 * Nodes for a job that starts now and asks something of them together: the policies choose among those that would do, or
 * among those on the leaves chosen; where nodes lie next to each other the choice is made without them. Runs once for each
 * such job that may start.
 */
import type { PolicyJob } from "../../model/policy.ts";
import type { Demand } from "../demand.ts";
import type { PlanKernel } from "../kernel.ts";
import type { NodeChooser } from "../node-chooser.ts";
import type { RuledSearch } from "./ruled-search.ts";
import { isIn } from "./set-ask.ts";
import type { SetChoice } from "./set-choice.ts";
import { firstOf } from "./spanning.ts";

/** As Picker.pick, of a class that is ready. */
export function pickRuled(
  kernel: PlanKernel,
  search: RuledSearch,
  chooser: NodeChooser,
  classIndex: number,
  demand: Demand,
  length: number,
  describe: () => PolicyJob,
): number {
  const choice = search.at(classIndex, demand, length, 0);
  if (choice === undefined) return 0;
  const { region, picks } = choice;
  if (region !== undefined && !demand.uneven && demand.rule!.counts.length === 0) {
    pickAny(kernel, chooser, demand, region, describe());
    return demand.wantNodes;
  }
  const liked =
    region === undefined
      ? undefined
      : pickLiked(kernel, search, chooser, classIndex, demand, { picks, region }, describe());
  const nodes = liked ?? picks;
  kernel.usePicks(nodes, undefined);
  if (demand.uneven) kernel.share(classIndex, length, nodes.length);
  return nodes.length;
}

/** Any nodes of the region, as the policies like them best. */
function pickAny(
  kernel: PlanKernel,
  chooser: NodeChooser,
  { required, wantNodes }: Demand,
  region: Int32Array,
  job: PolicyJob,
): void {
  mark(kernel, region, required);
  kernel.picks.set(required);
  chooser.choose(job, wantNodes - required.length, required.length);
  const picks = kernel.picks.slice(0, wantNodes);
  kernel.usePicks(required.length > 0 ? picks.sort() : picks, undefined);
}

/** In the order of the policies until they hold the job, none emptier than it must be; undefined where that fails. */
function pickLiked(
  kernel: PlanKernel,
  search: RuledSearch,
  chooser: NodeChooser,
  classIndex: number,
  demand: Demand,
  { picks, region }: Required<SetChoice>,
  job: PolicyJob,
): Int32Array | undefined {
  const { holds } = search;
  const least = picks.reduce((most, node) => Math.min(most, holds[node]!), Number.POSITIVE_INFINITY);
  const offered = region.filter((node) => holds[node]! >= least && !isIn(demand.required, node));
  mark(kernel, offered, demand.required);
  const order = chooser.order(job, offered.length);
  return firstOf(search.askOf(classIndex, demand), order, holds);
}

function mark(kernel: PlanKernel, nodes: Int32Array, but: Int32Array): void {
  const mask = kernel.feasibleMask;
  mask.fill(0);
  for (const node of nodes) mask[node] = 255;
  for (const node of but) mask[node] = 0;
}
