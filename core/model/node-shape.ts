/** Sockets, cores and threads that a job asks of each of its nodes, `--extra-node-info` as `2:4:1`. Pure. */
import type { JobSpec } from "./job-spec.ts";
import { type Parsed, parsed, tooLong, unparsed } from "./parse-result.ts";

/** The least that a node must have, each 1 or more; absent for any number. */
export interface NodeShape {
  readonly socketsPerNode?: number;
  readonly coresPerSocket?: number;
  readonly threadsPerCore?: number;
}

export const NODE_SHAPE_FORMS = "sockets[:cores[:threads]], each a number or *";
const MAX_OF_KIND = 65_535;

/** Sockets of a node, cores of a socket, threads of a core; `*` for any number. */
export const parseNodeShape = (text: string): Parsed<NodeShape> => {
  const long = tooLong(text);
  if (long !== undefined) return long;
  const words = text.split(":");
  const counts = words.map((word) => (word === "*" ? 0 : /^\d{1,5}$/.test(word) ? Number(word) : -1));
  const isRight = counts.every((count, i) => count <= MAX_OF_KIND && (count > 0 || words[i] === "*"));
  if (words.length > 3 || !isRight)
    return unparsed("INVALID_SPEC", "the shape of a node is not understood", 0, NODE_SHAPE_FORMS);
  const [socketsPerNode = 0, coresPerSocket = 0, threadsPerCore = 0] = counts;
  return parsed({
    ...(socketsPerNode > 0 ? { socketsPerNode } : {}),
    ...(coresPerSocket > 0 ? { coresPerSocket } : {}),
    ...(threadsPerCore > 0 ? { threadsPerCore } : {}),
  });
};

/**
 * Tasks of each node of a job that says how many nodes and what shape they have, and nothing of tasks: one for each thread,
 * core or socket that it names, as in Slurm. undefined where it says otherwise.
 */
export const tasksOfShape = (spec: Partial<JobSpec>): number | undefined => {
  const { minNodes, ntasks, ntasksPerNode, socketsPerNode, coresPerSocket, threadsPerCore } = spec;
  const isFree = minNodes !== undefined && ntasks === undefined && ntasksPerNode === undefined;
  const tasks = (socketsPerNode ?? 1) * (coresPerSocket ?? 1) * (threadsPerCore ?? 1);
  return isFree && tasks > 1 ? tasks : undefined;
};

/** Slurm gives a job that is bound by memory no fewer cores of a socket than others. */
export const ONE_THREAD_HINTS: readonly string[] = ["compute_bound", "memory_bound", "nomultithread"];

/** Whether only one thread of each core may be used. */
export const usesOneThread = ({
  threadsPerCore,
  hint = "",
}: Pick<JobSpec, "threadsPerCore" | "hint">): boolean =>
  threadsPerCore === 1 || (threadsPerCore === undefined && ONE_THREAD_HINTS.includes(hint));
