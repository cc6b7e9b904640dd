/**
 * A generator's specification of topology-aware workloads, in the form that Kueue's scheduler tests have it: cohorts of
 * queues with a quota, each with sets of gangs that come at an interval, on nodes below racks. Read from a file whose path
 * is given, or a small one of our own in the same form.
 */
import { parse } from "yaml";

export interface GangSet {
  readonly name: string;
  readonly count: number;
  readonly intervalMs: number;
  readonly runMs: number;
  readonly priority: number;
  /** CPU thousandths of each pod. */
  readonly podCpuMilli: number;
  readonly pods: number;
  /** Whether its pods must be below one rack. */
  readonly isRequired: boolean;
}

export interface TasSpec {
  readonly racks: number;
  readonly nodesPerRack: number;
  readonly nodeCpuMilli: number;
  readonly cohorts: number;
  readonly queues: number;
  /** CPU thousandths that the queues of a cohort have together. */
  readonly cohortCpuMilli: number;
  /** Of each queue. */
  readonly sets: readonly GangSet[];
}

/** The small one: two cohorts of two queues on twelve nodes. */
export const TINY_SPEC: TasSpec = {
  racks: 3,
  nodesPerRack: 4,
  nodeCpuMilli: 8000,
  cohorts: 2,
  queues: 2,
  cohortCpuMilli: 40_000,
  sets: [
    {
      name: "small",
      count: 20,
      intervalMs: 100,
      runMs: 200,
      priority: 50,
      podCpuMilli: 500,
      pods: 2,
      isRequired: true,
    },
    {
      name: "large",
      count: 5,
      intervalMs: 1200,
      runMs: 1000,
      priority: 200,
      podCpuMilli: 2500,
      pods: 4,
      isRequired: true,
    },
  ],
};

/** Of the first class of cohorts and of queues; throws where the text has not that form. */
export function readSpec(text: string): TasSpec {
  const root = recordOf(parse(text));
  const levels = listOf(recordOf(root["topology"])["levels"]);
  const [rack, node] = levels.slice(-2);
  const cohort = listOf(root["cohorts"])[0]!;
  const queues = listOf(cohort["queuesSets"])[0]!;
  const count = numberOf(queues["count"]);
  return {
    racks: levels.slice(0, -1).reduce((product, level) => product * numberOf(level["count"]), 1),
    nodesPerRack: numberOf(node!["count"]),
    nodeCpuMilli: milliOf(recordOf(node!["capacity"])["cpu"]),
    cohorts: numberOf(cohort["count"]),
    queues: count,
    cohortCpuMilli: count * milliOf(queues["nominalQuota"]),
    sets: listOf(queues["workloadsSets"]).flatMap((set) =>
      listOf(set["workloads"]).map((workload) => ({
        name: String(workload["className"]),
        count: numberOf(set["count"]),
        intervalMs: numberOf(set["creationIntervalMs"]),
        runMs: numberOf(workload["runtimeMs"]),
        priority: numberOf(workload["priority"]),
        podCpuMilli: milliOf(workload["request"]),
        pods: numberOf(workload["podCount"] ?? 1),
        isRequired: workload["tasConstraint"] === "required" && workload["tasLevel"] === rack!["nodeLabel"],
      })),
    ),
  };
}

type Fields = Readonly<Record<string, unknown>>;

function recordOf(value: unknown): Fields {
  if (typeof value !== "object" || value === null)
    throw new Error("the specification has not the known form");
  return value as Fields;
}

function listOf(value: unknown): readonly Fields[] {
  if (!Array.isArray(value)) throw new Error("the specification has not the known form");
  return value.map(recordOf);
}

function numberOf(value: unknown): number {
  const number = Number(value);
  if (!(number >= 0)) throw new Error(`${String(value)} is no number`);
  return number;
}

/** `500m` is 500, `2` is 2000. */
function milliOf(value: unknown): number {
  const text = String(value);
  return text.endsWith("m") ? numberOf(text.slice(0, -1)) : 1000 * numberOf(text);
}
