/** Amounts by TRES as Slurm's commands write them, `cpu=4,mem=8G,gres/gpu=2`. Pure. */
import { printMemory } from "../model/memory.ts";

type Amounts = Readonly<Record<string, number>>;

/** The order of Slurm's own table of TRES; what is not in it follows as it comes. */
const ORDER = ["cpu", "mem", "energy", "node", "billing", "fs/disk", "vmem", "pages"];

/** Limits; memory with its unit. */
export const tresText = (amounts: Amounts | undefined): string =>
  entriesOf(amounts)
    .map(([name, amount]) => `${name}=${name === "mem" ? printMemory(amount) : amount}`)
    .join(",");

/** TRES minutes, plain numbers. */
export const tresMinsText = (amounts: Amounts | undefined): string =>
  entriesOf(amounts)
    .map(([name, amount]) => `${name}=${Math.trunc(amount)}`)
    .join(",");

/** The same with those that are 0, as usage is shown; `gres` are the devices that the cluster has. */
export const allTresMinsText = (amounts: Amounts, gres: readonly string[]): string =>
  [...ORDER, ...gres].map((name) => `${name}=${Math.trunc(amounts[name] ?? 0)}`).join(",");

/** Names of devices among the amounts of several rows, in order. */
export const gresOf = (rows: Iterable<Amounts>): readonly string[] => {
  const names = new Set<string>();
  for (const amounts of rows)
    for (const name of Object.keys(amounts)) if (!ORDER.includes(name)) names.add(name);
  return [...names].sort();
};

const rankOf = (name: string): number => {
  const at = ORDER.indexOf(name);
  return at < 0 ? ORDER.length : at;
};

const entriesOf = (amounts: Amounts | undefined): [string, number][] =>
  Object.entries(amounts ?? {}).sort(([a], [b]) => rankOf(a) - rankOf(b));
