/**
 * Which classes may learn from each other: those that differ only in how much they ask for, and by what amounts they are
 * then compared. Pure.
 */
import { printPart } from "../model/device-parts.ts";
import type { Demand } from "./demand.ts";
import { type FrontierDemand, frontierDemand } from "./frontier.ts";
import { ruleKey } from "./rules/node-rule.ts";

/** Classes of one mask with equal keys differ in the amounts of frontierDemandOf only, so one asks for more than another or not. */
export function comparable(demand: Demand): string {
  const { checks, tasks } = demand;
  // Of further devices the counts are part of the key.
  let others = "";
  for (let i = 1; i < checks.length; i++)
    others += `${checks[i]!.dimension}:${checks[i]!.flat}+${checks[i]!.perTask} `;
  const modes = `${comparableRule(demand)}${demand.wholeCpus ? 1 : 0}${demand.perThread ? 1 : 0}${demand.wholeMem ? 1 : 0}`;
  const key = `${modes} ${checks[0]?.dimension ?? -1} ${others}`;
  if (!demand.uneven) return key;
  const cap = demand.tasksPerNode >= tasks ? "any" : demand.tasksPerNode;
  const most = demand.maxNodes >= tasks ? "any" : demand.maxNodes;
  const base = demand.fullCpus - demand.tasksPerNode * demand.cpusPerTask;
  const first = checks[0] === undefined ? "" : `${checks[0].flat}`;
  const { memPerCpuMib, fullMemMib } = demand;
  // Where memory by CPU has a cap that is felt, the cap is part of the key.
  const isCapped = memPerCpuMib > 0 && (demand.perThread || fullMemMib !== memPerCpuMib * demand.fullCpus);
  const memory = memPerCpuMib === 0 ? "flat" : isCapped ? `${fullMemMib} ${demand.tasksPerNode}` : "cpu";
  return `u ${key}${first} ${cap} ${most} ${demand.wantNodes} ${base} ${memory}`;
}

/** Where neighbours are counted by features, more of them may be easier to find than fewer. */
function comparableRule({ rule, wantNodes, tasks, part }: Demand): string {
  const sizes = rule?.isContiguous === true && rule.counts.length > 0 ? `${wantNodes} ${tasks} ` : "";
  return ruleKey(rule) + sizes + (part === undefined ? "" : `${printPart(part)} `);
}

/** An uneven job is compared by its tasks and by what one task more asks of a node. */
export function frontierDemandOf(demand: Demand): FrontierDemand {
  const [first] = demand.checks;
  if (!demand.uneven) return frontierDemand(demand.wantNodes, first?.count ?? 0, demand.cpus, demand.memMib);
  const memMib = demand.memPerCpuMib > 0 ? demand.memPerCpuMib : demand.fullMemMib;
  return frontierDemand(demand.tasks, first?.perTask ?? 0, demand.cpusPerTask, memMib);
}
