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
  const words = text.toLowerCase().split(",");
  // A pack word alone leaves all else as it is.
  const [levels = "", packWord, ...rest] = isPack(words[0]) ? ["*", ...words] : words;
  const [first = "", second = "*", third = "*", ...more] = levels.split(":");
  const plane = /^plane=(\d{1,5})$/.exec(first);
  const planeSize = plane === null ? 0 : Number(plane[1]);
  const nodes = plane === null ? wordOf(first, ["block", "cyclic", "arbitrary"] as const) : "plane";
  const sockets = wordOf(second, LEVELS);
  const cores = wordOf(third, LEVELS);
  const pack = packWord === undefined ? "default" : wordOf(packWord, PACKS);
  const isPlane = plane === null || (planeSize >= 1 && planeSize <= MAX_PLANE_SIZE);
  if (!nodes || !sockets || !cores || !pack || !isPlane || rest.length > 0 || more.length > 0) {
    return unparsed("INVALID_SPEC", "the distribution is not understood", 0, DISTRIBUTION_FORMS);
  }
  return parsed({ nodes, planeSize, sockets, cores, pack });
};

/**
 * As SLURM_DISTRIBUTION has it: in small letters, as many levels as were written, `*` as what it stands for: block for
 * nodes, cyclic for sockets, and for cores what sockets have. "" where the text is not understood.
 */
export const printDistribution = (text: string): string => {
  const asked = parseDistribution(text);
  if (!asked.ok) return "";
  const { nodes, sockets, cores, pack } = asked.value;
  const written = text.toLowerCase();
  if (isPack(written)) return written;
  const socketWord = sockets === "default" ? "cyclic" : sockets;
  const coreWord = cores === "default" ? socketWord : cores;
  const count = written.split(",")[0]!.split(":").length;
  const levels = [nodes === "default" ? "block" : nodes, socketWord, coreWord].slice(0, count).join(":");
  return pack === "default" ? levels : `${levels},${pack}`;
};

/** Whether tasks lie as a list of nodes says, without which there is none such. */
export const isArbitrary = (text = ""): boolean => {
  const asked = text === "" ? undefined : parseDistribution(text);
  return asked?.ok === true && asked.value.nodes === "arbitrary";
};

export const ARBITRARY_WITHOUT_NODES =
  "With Arbitrary distribution you need to specify a nodelist or hostfile with the -w option";

const LEVELS = ["block", "cyclic", "fcyclic"] as const;
const PACKS = ["pack", "nopack"] as const;

const isPack = (text: string | undefined): boolean => PACKS.some((word) => word === text);

const wordOf = <Word extends string>(text: string, words: readonly Word[]): Word | "default" | undefined =>
  text === "*" ? "default" : words.find((word) => word === text);
