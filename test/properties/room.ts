/** Whether a waiting job would fit on what a witness says is free, in the plainest way: node by node, device by device. */
import type { NodeSpec } from "../../core/model/node.ts";
import type { PartitionSpec } from "../../core/model/partition.ts";
import { ALL, type Request } from "../../core/model/request.ts";
import { isNodeOf, type Life, type NodeBook, type Witness } from "./witness.ts";

/** The partition in which it could start at this moment; undefined when it could in none. */
export function canStart(witness: Witness, life: Life): string | undefined {
  const { request } = life;
  if (!witness.hasTurn(life)) return undefined;
  // What whole nodes will come to is not known before they are chosen.
  if (witness.hasLimits && request.exclusive) return undefined;
  if (witness.overLimit(life, cpusOf(request), 1) !== undefined) return undefined;
  for (const { name, count } of request.licences ?? [])
    if ((witness.licences.get(name) ?? 0) < count) return undefined;
  return life.partitions.find((name) => {
    const partition = witness.partitions.find((spec) => spec.name === name);
    return partition !== undefined && fitsIn(witness, partition, life);
  });
}

const cpusOf = ({ uneven, tasks, cpus, minNodes, cpusPerTask }: Request): number =>
  uneven ? tasks * cpusPerTask : cpus * minNodes;

function fitsIn({ nodes }: Witness, partition: PartitionSpec, { request, timeLimitS }: Life): boolean {
  if (partition.state !== "UP" || timeLimitS > partition.maxTimeS) return false;
  if (request.minNodes > partition.maxNodes) return false;
  const room = nodes.map((book, row) =>
    isNodeOf(partition, book.spec.name) && !request.excludedNodes.some((node) => node === row)
      ? tasksOn(book, request)
      : 0,
  );
  const required = request.requiredNodes as readonly number[];
  if (required.some((row) => (room[row] ?? 0) === 0)) return false;
  if (!request.uneven) return room.filter((tasks) => tasks > 0).length >= request.minNodes;
  const others = room.filter((tasks, row) => tasks > 0 && !required.includes(row)).sort((a, b) => b - a);
  const taken = [...required.map((row) => room[row]!), ...others].slice(
    0,
    Math.min(request.maxNodes, partition.maxNodes),
  );
  return taken.length >= request.minNodes && taken.reduce((sum, tasks) => sum + tasks, 0) >= request.tasks;
}

/** Tasks that fit on it; of an even job 1 where the fullest node's share fits. */
function tasksOn(book: NodeBook, request: Request): number {
  const { spec } = book;
  if (!book.isUp || (request.exclusive && book.jobs > 0)) return 0;
  const features = request.features === "" ? [] : request.features.split("&");
  if (!features.every((name) => spec.features.includes(name))) return 0;
  const memMib = request.memMib === ALL ? spec.memoryMib : request.memMib;
  if (book.freeMemMib < memMib || !hasDevices(book, request)) return 0;
  const tasks = Math.min(request.tasksPerNode, Math.floor(book.freeCpus / request.cpusPerTask));
  if (request.uneven) return tasks;
  return tasks === request.tasksPerNode ? 1 : 0;
}

/** Typed demands first: whatever is left of any type serves the untyped ones. */
function hasDevices({ spec, lanes }: NodeBook, { gres }: Request): boolean {
  const free = spec.devices.filter((_, lane) => lanes[lane] === 0).map(namesOf);
  for (const { dimension, count } of [...gres].sort((a, b) => b.dimension - a.dimension)) {
    for (let i = 0; i < count; i++) {
      const at = free.findIndex((names) => names.includes(DIMENSIONS[dimension]!));
      if (at < 0) return false;
      free.splice(at, 1);
    }
  }
  return true;
}

const namesOf = ({ name, type }: NodeSpec["devices"][number]): readonly string[] =>
  type === "" ? [name] : [name, `${name}:${type}`];

/** As histories intern them, with the first node. */
export const DIMENSIONS: readonly string[] = ["gpu", "gpu:tesla", "gpu:volta", "nic"];
