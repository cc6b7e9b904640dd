/** How the ranks of a step's tasks go round its nodes: --distribution. Pure. */
import type { StepDistribution } from "../model/step.ts";

export interface RankLayout {
  readonly distribution: StepDistribution;
  /** Of `plane`; 1 or more. */
  readonly planeSize: number;
  /** Of `arbitrary`: the position among the nodes of each rank. */
  readonly nodeOfRank?: readonly number[];
}

/** The ranks of each node, ascending, for nodes that have so many tasks each. */
export function ranksOf(tasks: readonly number[], layout: RankLayout): number[][] {
  if (layout.distribution === "arbitrary" && layout.nodeOfRank !== undefined) {
    const ranks = tasks.map((): number[] => []);
    layout.nodeOfRank.forEach((node, rank) => {
      ranks[node]?.push(rank);
    });
    return ranks;
  }
  const size = layout.distribution === "block" ? Number.MAX_SAFE_INTEGER : blockSize(layout);
  const ranks = tasks.map((): number[] => []);
  const total = tasks.reduce((sum, count) => sum + count, 0);
  for (let rank = 0; rank < total; ) {
    for (let node = 0; node < tasks.length; node++) {
      const own = ranks[node]!;
      for (let i = 0; i < size && own.length < tasks[node]!; i++) own.push(rank++);
    }
  }
  return ranks;
}

const blockSize = ({ distribution, planeSize }: RankLayout): number =>
  distribution === "plane" ? planeSize : 1;

/**
 * How many tasks each node has, where it can have up to `room`: every node one, then the first ones all they can (block),
 * or one after the other in turns (cyclic), or `planeSize` in turns. The room is enough for all of them.
 */
export function tasksOfNodes(room: readonly number[], ntasks: number, layout: RankLayout): number[] {
  const tasks = room.map(() => 0);
  let left = ntasks;
  const give = (node: number, count: number): void => {
    const given = Math.max(0, Math.min(count, room[node]! - tasks[node]!, left));
    tasks[node]! += given;
    left -= given;
  };
  if (layout.distribution === "block") {
    room.forEach((_, node) => {
      give(node, 1);
    });
    room.forEach((_, node) => {
      give(node, ntasks);
    });
    return tasks;
  }
  for (let before = -1; left > 0 && left !== before; ) {
    before = left;
    room.forEach((_, node) => {
      give(node, blockSize(layout));
    });
  }
  return tasks;
}
