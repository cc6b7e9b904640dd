/** What a history's plan says of nodes and jobs, as the records that events carry. Pure. */
import type { NodeIndex } from "../../core/model/ids.ts";
import type { DeviceSpec } from "../../core/model/node.ts";
import type { Request } from "../../core/model/request.ts";
import type { SubmittedFields } from "../../core/state/events.ts";
import { device, fields, nodeSpec, request } from "../state/fixture.ts";
import type { HistoryPlan, JobPlan, NodePlan } from "./plans.ts";
import { DIMENSIONS } from "./room.ts";

export const nameOf = (i: number): string => `n${i + 1}`;

/** The fields of a submission at `nowS` in a cluster by this plan; `more` goes before. */
export function fieldsOf(
  plan: JobPlan,
  { nodes, hasFew, hasLimits, preempt }: HistoryPlan,
  nowS: number,
  more: Partial<SubmittedFields>,
): SubmittedFields {
  const { limitS, deadlineInS = 0, timeMin = 0 } = plan;
  const hasQos = hasLimits || preempt !== undefined;
  const spec = {
    ...fields().spec,
    user: plan.user,
    ...(deadlineInS === 0
      ? {}
      : { timeLimitS: limitS, deadlineS: nowS + plan.beginInS + limitS + deadlineInS }),
    ...(timeMin === 0 ? {} : { timeMinS: Math.max(1, Math.floor((limitS * timeMin) / 4)) }),
  };
  return fields({
    request: requestOf(plan, nodes.length),
    partitions: hasFew ? plan.partitions : plan.partitions.map(allForFew),
    timeLimitS: limitS,
    nice: plan.nice,
    spec,
    ...(hasLimits ? { account: plan.account } : {}),
    ...(hasQos ? { qos: plan.qos } : {}),
    requeueAllowed: plan.requeueAllowed ?? true,
    beginS: plan.beginInS === 0 ? 0 : nowS + plan.beginInS,
    ...more,
  });
}

/** Where there is no smaller partition. */
export const allForFew = (name: string): string => (name === "few" ? "all" : name);

export function specOf({ cpus, memMib, devices, features }: NodePlan, i: number) {
  const list: DeviceSpec[] = devices.map((type, lane) =>
    type === "nic" ? device("nic", "", lane) : device("gpu", type, lane),
  );
  return nodeSpec(nameOf(i), { cpus, coresPerSocket: cpus, memoryMib: memMib, devices: list, features });
}

function requestOf(plan: JobPlan, clusterNodes: number): Request {
  const named = (rows: readonly number[]): readonly number[] => rows.filter((row) => row < clusterNodes);
  const required = named(plan.required);
  const excluded = named(plan.excluded).filter((row) => !required.includes(row));
  const minNodes = Math.max(plan.nodes, required.length, 1);
  const tasks = Math.max(plan.tasks, minNodes);
  const tasksPerNode = plan.uneven ? tasks : Math.ceil(tasks / minNodes);
  return request({
    minNodes,
    maxNodes: plan.uneven ? tasks : minNodes,
    tasks,
    tasksPerNode,
    uneven: plan.uneven,
    cpusPerTask: plan.cpusPerTask,
    cpus: plan.exclusive ? -1 : tasksPerNode * plan.cpusPerTask,
    memMib: plan.memMib,
    memPerMib: Math.max(0, plan.memMib),
    gres: plan.gres.map(({ name, count }) => ({ dimension: DIMENSIONS.indexOf(name), count })),
    exclusive: plan.exclusive,
    features: plan.features,
    requiredNodes: required as unknown as readonly NodeIndex[],
    excludedNodes: excluded as unknown as readonly NodeIndex[],
    ...(plan.licences === 0 ? {} : { licences: [{ name: "sim", count: plan.licences }] }),
  });
}
