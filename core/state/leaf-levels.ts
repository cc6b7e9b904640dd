/**
 * The numbers of places at each level of the topology, as policies see them: a part of a place that is a number counts
 * as itself, so that coordinates stay coordinates; others are numbered in the site's order, then as they came. Made
 * once and again whenever there are new places. Pure.
 */
import { levelsOfPlace, MAX_LEVELS, type TopologySpec } from "../model/topology.ts";
import { Interned } from "./interned.ts";

/** By level: by interned leaf, the number of its part at that level; -1 for none. */
export type LeafLevels = readonly Int32Array[];

interface Made {
  readonly leaves: number;
  readonly topology: TopologySpec | undefined;
  readonly levels: LeafLevels;
}

const COORDINATE = /^(?:0|[1-9]\d{0,5})$/;
const made = new WeakMap<Interned, Made>();

/** Undefined while no node has a place. */
export function leafLevels(leaves: Interned, topology: TopologySpec | undefined): LeafLevels | undefined {
  const { names } = leaves;
  if (names.length === 0) return undefined;
  const known = made.get(leaves);
  if (known !== undefined && known.leaves === names.length && known.topology === topology)
    return known.levels;
  const levels = numbered(names, topology);
  made.set(leaves, { leaves: names.length, topology, levels });
  return levels;
}

function numbered(names: readonly string[], topology: TopologySpec | undefined): LeafLevels {
  const words = Array.from({ length: MAX_LEVELS }, () => new Interned());
  const numberOf = (part: string, level: number): number =>
    COORDINATE.test(part) ? Number(part) : words[level]!.intern(part);
  for (const place of topology?.places ?? [])
    levelsOfPlace(place).forEach((part, level) => {
      numberOf(part, level);
    });
  const levels = words.map(() => new Int32Array(names.length).fill(-1));
  names.forEach((place, leaf) => {
    levelsOfPlace(place).forEach((part, level) => {
      levels[level]![leaf] = numberOf(part, level);
    });
  });
  return levels;
}
