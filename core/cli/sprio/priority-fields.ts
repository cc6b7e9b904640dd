/** What sprio can show of a waiting job in one of its partitions, and of the weights. Pure. */
import type { FactorNumbers, PriorityView } from "../../model/account-views.ts";
import type { Field } from "../columns.ts";
import { fixed } from "./fixed.ts";

/** A job in a partition, or the line of weights. */
export type PriorityRow =
  | { readonly kind: "job"; readonly view: PriorityView; readonly weights: FactorNumbers }
  | { readonly kind: "weights"; readonly weights: FactorNumbers };

/** What normalised priorities are parts of. */
const TOP_PRIORITY = 2 ** 32 - 1;
const PRIORITY_DIGITS = 14;
const FACTOR_DIGITS = 7;
const TRES_DIGITS = 2;
/** The factors by TRES, with Slurm's names of them. */
const TRES: readonly (readonly [keyof FactorNumbers, string])[] = [
  ["tresCpu", "cpu"],
  ["tresMem", "mem"],
  ["tresGpu", "gres/gpu"],
];

export const usesTres = (weights: FactorNumbers): boolean => TRES.some(([factor]) => weights[factor] !== 0);

/** The sum of all factors before it is cut to a whole number, as far as nobody has set the priority. */
const sumOf = (view: PriorityView): number => {
  if (view.isSet) return view.priority;
  let sum = view.site - view.nice;
  for (const points of Object.values(view.weighted)) sum += points;
  return Math.max(sum, 1);
};

const factorFields = (factor: keyof FactorNumbers, letter: string, header: string): Field<PriorityRow>[] => [
  {
    letter: letter.toLowerCase(),
    names: [],
    header,
    value: (row) =>
      row.kind === "weights" ? String(row.weights[factor]) : fixed(row.view.normal[factor], FACTOR_DIGITS),
    order: (row) => (row.kind === "weights" ? 0 : row.view.normal[factor]),
  },
  {
    letter,
    names: [],
    header,
    value: (row) =>
      row.kind === "weights" ? String(row.weights[factor]) : fixed(row.view.weighted[factor], 0),
    order: (row) => (row.kind === "weights" ? 0 : row.view.weighted[factor]),
  },
];

/** A field of which the line of weights says nothing. */
const ofJob = (
  letter: string,
  header: string,
  value: (view: PriorityView) => string,
  order?: (view: PriorityView) => number | string,
): Field<PriorityRow> => ({
  letter,
  names: [],
  header,
  value: (row) => (row.kind === "weights" ? "" : value(row.view)),
  ...(order === undefined
    ? {}
    : { order: (row: PriorityRow) => (row.kind === "weights" ? 0 : order(row.view)) }),
});

const tresText = (row: PriorityRow, of: (factor: keyof FactorNumbers) => string): string =>
  TRES.filter(([factor]) => row.weights[factor] !== 0)
    .map(([factor, name]) => `${name}=${of(factor)}`)
    .join(",");

export const PRIORITY_FIELDS: readonly Field<PriorityRow>[] = [
  {
    letter: "i",
    names: [],
    header: "JOBID",
    value: (row) => (row.kind === "weights" ? "Weights" : String(row.view.jobId)),
    order: (row) => (row.kind === "weights" ? 0 : row.view.jobId),
  },
  ofJob("r", "PARTITION", ({ partition }) => partition),
  ofJob("u", "USER", ({ user }) => user),
  // The clusters of a federation, of which there is none.
  ofJob("c", "CLUSTER", () => "(null)"),
  ofJob(
    "y",
    "PRIORITY",
    (view) => fixed(sumOf(view) / TOP_PRIORITY, PRIORITY_DIGITS),
    (view) => sumOf(view),
  ),
  ofJob(
    "Y",
    "PRIORITY",
    ({ priority }) => String(Math.trunc(priority)),
    ({ priority }) => priority,
  ),
  {
    letter: "S",
    names: [],
    header: "SITE",
    value: (row) => (row.kind === "weights" ? "1" : String(Math.trunc(row.view.site))),
    order: (row) => (row.kind === "weights" ? 0 : row.view.site),
  },
  ...factorFields("age", "A", "AGE"),
  ...factorFields("assoc", "B", "ASSOC"),
  ...factorFields("fairshare", "F", "FAIRSHARE"),
  ...factorFields("size", "J", "JOBSIZE"),
  ...factorFields("partition", "P", "PARTITION"),
  ...factorFields("qos", "Q", "QOS"),
  ofJob(
    "N",
    "NICE",
    ({ nice }) => String(nice),
    ({ nice }) => nice,
  ),
  {
    letter: "t",
    names: [],
    header: "TRES",
    value: (row) =>
      row.kind === "weights" ? "" : tresText(row, (factor) => fixed(row.view.normal[factor], TRES_DIGITS)),
  },
  {
    letter: "T",
    names: [],
    header: "TRES",
    value: (row) => {
      if (row.kind === "job") return tresText(row, (factor) => fixed(row.view.weighted[factor], 0));
      return usesTres(row.weights) ? tresText(row, (factor) => String(row.weights[factor])) : "(null)";
    },
  },
];

/** The format where none is asked for: factors without a weight have no column, but in the long one. */
export const defaultFormat = (
  { long, norm }: { readonly long: boolean; readonly norm: boolean },
  withUser: boolean,
  weights: FactorNumbers,
): string => {
  const parts = ["%.15i", "%9r"];
  if (long || withUser) parts.push("%.8u");
  parts.push(...(norm ? ["%10y"] : ["%.10Y", "%.10S"]));
  for (const [factor, letter] of COLUMNS) {
    if (long || weights[factor] !== 0) parts.push(norm ? `%10${letter.toLowerCase()}` : `%.10${letter}`);
  }
  if (long && !norm) parts.push("%.11N");
  if (long || usesTres(weights)) parts.push(norm ? "%20t" : "%.20T");
  return parts.join(" ");
};

const COLUMNS: readonly (readonly [keyof FactorNumbers, string])[] = [
  ["age", "A"],
  ["assoc", "B"],
  ["fairshare", "F"],
  ["size", "J"],
  ["partition", "P"],
  ["qos", "Q"],
];
