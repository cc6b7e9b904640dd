/**
 * `#PBS` and `#BSUB` lines of scripts that come from those systems, turned into sbatch's own options. What has no
 * counterpart is passed over, as Slurm does: such scripts often carry #SBATCH lines for the same. Pure.
 */

/** Words of sbatch's command line for the words of #PBS lines. */
export const pbsToSbatch = (words: readonly string[]): readonly string[] => {
  const made: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (!word.startsWith("-") || word.length < 2) continue;
    const letter = word[1]!;
    if (PBS_FLAGS.includes(letter)) {
      if (letter === "h") made.push("--hold");
      continue;
    }
    const value = word.length > 2 ? word.slice(2) : (words[++at] ?? "");
    made.push(...(PBS_VALUES[letter]?.(value) ?? []));
  }
  return made;
};

/** Words of sbatch's command line for the words of #BSUB lines. */
export const bsubToSbatch = (words: readonly string[]): readonly string[] => {
  const made: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    const option = word.startsWith("-") ? BSUB_VALUES[word.slice(1)] : undefined;
    if (option !== undefined) made.push(...option(words[++at] ?? ""));
  }
  return made;
};

type Turn = (value: string) => readonly string[];
const as =
  (option: string): Turn =>
  (value) => [`--${option}=${value}`];

/** Options of qsub without a value. */
const PBS_FLAGS = "hVIXzfx";

const PBS_VALUES: Readonly<Record<string, Turn>> = {
  A: as("account"),
  a: as("begin"),
  e: (value) => [`--error=${localPath(value)}`],
  J: as("array"),
  l: (value) => value.split(",").flatMap(pbsResource),
  m: (value) => pbsMail(value),
  M: as("mail-user"),
  N: as("job-name"),
  o: (value) => [`--output=${localPath(value)}`],
  q: as("partition"),
  r: (value) => [value.startsWith("n") ? "--no-requeue" : "--requeue"],
  t: as("array"),
};

/** `host:path` names the host that the file is brought to. */
const localPath = (value: string): string => value.slice(value.indexOf(":") + 1);

const pbsResource = (resource: string): readonly string[] => {
  const equals = resource.indexOf("=");
  const name = resource.slice(0, equals);
  const value = resource.slice(equals + 1);
  switch (name) {
    case "nodes":
      return pbsNodes(value);
    case "walltime":
      return [`--time=${value}`];
    case "mem":
      return [`--mem=${value}`];
    case "pmem":
      return [`--mem-per-cpu=${value}`];
    case "ncpus":
      return [`--cpus-per-task=${value}`];
    case "nice":
      return [`--nice=${value}`];
    default:
      return [];
  }
};

/** `2:ppn=4`, or names of nodes joined by `+`. */
const pbsNodes = (value: string): readonly string[] => {
  const [nodes = "", ...rest] = value.split(":");
  if (!/^\d+$/.test(nodes)) return [`--nodelist=${value.split("+").join(",")}`];
  const perNode = rest.find((part) => part.startsWith("ppn="))?.slice("ppn=".length);
  const made = [`--nodes=${nodes}`];
  if (perNode !== undefined && /^\d+$/.test(perNode))
    made.push(`--ntasks=${Number(nodes) * Number(perNode)}`);
  return made;
};

const pbsMail = (value: string): readonly string[] => {
  const types: string[] = [];
  if (value.includes("b")) types.push("BEGIN");
  if (value.includes("e")) types.push("END");
  if (value.includes("a")) types.push("FAIL");
  return [`--mail-type=${types.length === 0 ? "NONE" : types.join(",")}`];
};

const BSUB_VALUES: Readonly<Record<string, Turn>> = {
  e: as("error"),
  i: as("input"),
  J: as("job-name"),
  m: as("nodelist"),
  M: as("mem-per-cpu"),
  n: as("ntasks"),
  o: as("output"),
  q: as("partition"),
  W: (value) => [`--time=${/^\d+:\d+$/.test(value) ? `${value}:00` : value}`],
};
