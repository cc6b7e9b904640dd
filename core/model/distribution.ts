/** How tasks go round nodes, sockets and cores, `cyclic:block,Pack`, as `--distribution` writes it. Pure. */
import { type Parsed, parsed, tooLong, unparsed } from "./parse-result.ts";

export interface Distribution {
  readonly nodes: "block" | "cyclic" | "arbitrary" | "plane" | "default";
  /** Tasks of each block of `plane`, >= 1; 0 for the others. */
  readonly planeSize: number;
  readonly sockets: "block" | "cyclic" | "fcyclic" | "default";
  readonly cores: "block" | "cyclic" | "fcyclic" | "default";
  /** Whether nodes are filled one after the other. */
  readonly pack: "pack" | "nopack" | "default";
}

export const DISTRIBUTION_FORMS =
  "block|cyclic|arbitrary|plane=size[:block|cyclic|fcyclic[:block|cyclic|fcyclic]][,Pack|NoPack]";
const MAX_PLANE_SIZE = 65_535;

export const parseDistribution = (text: string): Parsed<Distribution> => {
  const long = tooLong(text);
  if (long !== undefined) return long;
  const [levels = "", packWord, ...rest] = text.toLowerCase().split(",");
  const [first = "", second = "*", third = "*", ...more] = levels.split(":");
  const plane = /^plane=(\d{1,5})$/.exec(first);
  const planeSize = plane === null ? 0 : Number(plane[1]);
  const nodes = plane === null ? wordOf(first, ["block", "cyclic", "arbitrary"] as const) : "plane";
  const sockets = wordOf(second, LEVELS);
  const cores = wordOf(third, LEVELS);
  const pack = packWord === undefined ? "default" : wordOf(packWord, ["pack", "nopack"] as const);
  const isPlane = plane === null || (planeSize >= 1 && planeSize <= MAX_PLANE_SIZE);
  if (!nodes || !sockets || !cores || !pack || !isPlane || rest.length > 0 || more.length > 0) {
    return unparsed("INVALID_SPEC", "the distribution is not understood", 0, DISTRIBUTION_FORMS);
  }
  return parsed({ nodes, planeSize, sockets, cores, pack });
};

const LEVELS = ["block", "cyclic", "fcyclic"] as const;

const wordOf = <Word extends string>(text: string, words: readonly Word[]): Word | "default" | undefined =>
  text === "*" ? "default" : words.find((word) => word === text);
