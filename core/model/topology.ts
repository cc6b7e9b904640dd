/**
 * Where nodes stand in the network: the words of it. A node's place is written from the top down with dots between the
 * levels, `spine1.leaf3`, `block7`, or `3.0.2` for a coordinate, which is also what a job's environment says. Pure.
 */

export const TOPOLOGY_KINDS = ["tree", "block", "torus", "dragonfly", "rail"] as const;
export type TopologyKind = (typeof TOPOLOGY_KINDS)[number];

/** Levels of a place that policies see; more can be written, and the lowest ones then count as one. */
export const MAX_LEVELS = 3;

/** What a site says of its network. */
export interface TopologySpec {
  readonly kind: TopologyKind;
  /** Places in the site's order, so that neighbours have neighbouring numbers; each once. */
  readonly places: readonly string[];
}

/** The parts of a place, top first, at most MAX_LEVELS; none of "". */
export function levelsOfPlace(place: string): readonly string[] {
  if (place === "") return [];
  const parts = place.split(".");
  if (parts.length <= MAX_LEVELS) return parts;
  return [...parts.slice(0, MAX_LEVELS - 1), parts.slice(MAX_LEVELS - 1).join(".")];
}
