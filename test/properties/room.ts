/** Whether a waiting job would fit on what a witness says is free, in the plainest way: node by node, device by device. */
import type { NodeSpec } from "../../core/model/node.ts";
import type { PartitionSpec } from "../../core/model/partition.ts";
import { ALL, type Request } from "../../core/model/request.ts";
import type { Life, NodeBook } from "./life.ts";
import { isNodeOf, type Witness } from "./witness.ts";

/**
 * The partition in which it could start at this moment and be gone in `busyS` seconds; undefined when it could in none. Of
 * a component: beside all others of its job, wherever these lie.
 */
export function canStart(witness: Witness, life: Life, busyS: (life: Life) => number): string | undefined {
  if (life.het === undefined) return partitionOf(witness, life, busyS(life), 0);
  const { leader, size } = life.het;
  const all = Array.from({ length: size }, (_, i) => witness.life(leader + i));
  // What the components come to together against a limit or of a licence is not known before all are placed.
  const isSimple = !witness.hasLimits && all.every(({ request }) => request.licences === undefined);
  if (!isSimple || all.some((one) => !witness.mayRun(one))) return undefined;
  const nodes = all.reduce((sum, { request }) => sum + Math.max(request.minNodes, request.maxNodes), 0);
  const places = all.map((one) => {
    const others = nodes - Math.max(one.request.minNodes, one.request.maxNodes);
    return partitionOf(witness, one, busyS(one), others);
  });
  return places.every((place) => place !== undefined) ? places[0] : undefined;
}

/** With the best `lost` nodes left out. */
function partitionOf(witness: Witness, life: Life, busyS: number, lost: number): string | undefined {
  const { request } = life;
  if (!witness.hasTurn(life)) return undefined;
  // What whole nodes will come to is not known before they are chosen.
  if (witness.hasLimits && request.exclusive) return undefined;
  if (witness.overLimit(life, cpusOf(request), 1) !== undefined) return undefined;
  for (const { name, count } of request.licences ?? [])
    if ((witness.licences.get(name) ?? 0) < count) return undefined;
  return life.partitions.find((name) => {
    const partition = witness.partitions.find((spec) => spec.name === name);
    return partition !== undefined && fitsIn(witness, partition, life, busyS, lost);
  });
}

const cpusOf = ({ uneven, tasks, cpus, minNodes, cpusPerTask }: Request): number =>
  uneven ? tasks * cpusPerTask : cpus * minNodes;

function fitsIn(
  witness: Witness,
  partition: PartitionSpec,
  life: Life,
  busyS: number,
  lost: number,
): boolean {
  const { request } = life;
  const { nodes, reservations, nowS, claims } = witness;
  if (partition.state !== "UP" || plannedLimitOf(life) > partition.maxTimeS) return false;
  if (request.minNodes > partition.maxNodes) return false;
  const claimed = new Set([...claims.values()].flatMap((claim) => claim.nodes));
  const room = nodes.map((book, row) =>
    isNodeOf(partition, book.spec.name) &&
    !request.excludedNodes.some((node) => node === row) &&
    !claimed.has(row) &&
    reservations.keeps(life, row, nowS, nowS + busyS) === undefined &&
    reservations.bars(life, row, nowS, nowS + busyS) === undefined
      ? tasksOn(book, request)
      : 0,
  );
  const required = request.requiredNodes as readonly number[];
  if (required.some((row) => (room[row] ?? 0) === 0) || (required.length > 0 && lost > 0)) return false;
  if (!request.uneven) return room.filter((tasks) => tasks > 0).length >= request.minNodes + lost;
  const others = room
    .filter((tasks, row) => tasks > 0 && !required.includes(row))
    .sort((a, b) => b - a)
    .slice(lost);
  const taken = [...required.map((row) => room[row]!), ...others].slice(
    0,
    Math.min(request.maxNodes, partition.maxNodes),
  );
  return taken.length >= request.minNodes && taken.reduce((sum, tasks) => sum + tasks, 0) >= request.tasks;
}

/** What it is planned with. */
export const plannedLimitOf = ({ timeLimitS, timeMinS }: Life): number => Math.min(timeLimitS, timeMinS);

/** Tasks that fit on it; of an even job 1 where the fullest node's share fits. */
export function tasksOn(book: NodeBook, request: Request): number {
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

/**
 * Whether it asks devices of a type. What an untyped demand takes may be of any type until it is committed, so such a job
 * may have to wait for the next pass.
 */
export const asksTyped = ({ request }: Life): boolean =>
  request.gres.some(({ dimension }) => DIMENSIONS[dimension]!.includes(":"));
