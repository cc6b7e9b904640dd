/** Generic resources, `gpu:tesla:2,nic:1`: what is asked, what a node has, what of it is in use. Pure. */
import { printFraction } from "./device-parts.ts";
import {
  digitsEnd,
  found,
  isDigit,
  type Parsed,
  parsed,
  readNumber,
  tooLong,
  type Unparsed,
  unparsed,
} from "./parse-result.ts";
import { printRanges } from "./ranges.ts";

export interface GresItem {
  readonly name: string;
  /** The model, where one was named. */
  readonly type?: string;
  /** Units, 0 .. MAX_GRES_COUNT; 0 of a part of one. */
  readonly count: number;
  /** Of `gpu:0.5`: the part of one unit, 1 .. 999. */
  readonly thousandths?: number;
}

/** Units of a GRES in use on a node, with their numbers there. */
export interface GresUse extends GresItem {
  /** Ascending indices of the units. */
  readonly indices: readonly number[];
  /** Of shares of devices instead: of each device those in use, and those that it has. */
  readonly shares?: readonly { readonly used: number; readonly of: number }[];
}

export const MAX_GRES_ITEMS = 256;
export const MAX_GRES_COUNT = 1_099_511_627_776;
const MAX_NAME_LENGTH = 255;
export const GRES_FORMS = "a list of name[[:type]:count], like gpu:2, gpu:0.5 or gpu:tesla:2,nic:1";
export const GPU_COUNT_FORMS = "[type:]count, like 2 or tesla:2,a100:1";

/**
 * `name[[:type]:count]` items; a prefix `gres:` or `gres/` is passed over, a count may have K, M or G (times 1,024 each)
 * and is 1 when absent, `none` is no items. A name and type given twice is refused.
 */
export const parseGres = (text: string): Parsed<GresItem[]> =>
  parseItems(text, GRES_FORMS, (from, to) => readGres(text, from, to));

/** The value of `--gpus`, `--gpus-per-node` and `--gpus-per-task`, as items named gpu. */
export const parseGpuCount = (text: string): Parsed<GresItem[]> =>
  parseItems(text, GPU_COUNT_FORMS, (from, to) => readParts(text, "gpu", from, to, GPU_COUNT_FORMS));

/** `gpu:tesla:2,nic:1`; `(null)` is the caller's word for none. */
export const printGres = (items: readonly GresItem[]): string => items.map(printItem).join(",");

/** What a node has, `gpu:tesla:2(S:0-1)`; without sockets as printGres. */
export const printGresNode = (items: readonly GresItem[], sockets: readonly number[] = []): string => {
  const suffix = sockets.length > 0 ? `(S:${printRanges(sockets)})` : "";
  return items.map((item) => printItem(item) + suffix).join(",");
};

/** What is in use on a node, `gpu:tesla:2(IDX:0-1)`, `gpu:tesla:0(IDX:N/A)`, `shard:1(0/4,1/4)`. */
export const printGresUsed = (uses: readonly GresUse[]): string =>
  uses
    .map(({ indices, shares, ...item }) => {
      const each = shares?.map(({ used, of }) => `${used}/${of}`).join();
      return `${printItem(item)}(${each ?? `IDX:${indices.length > 0 ? printRanges(indices) : "N/A"}`})`;
    })
    .join(",");

/** scontrol's TresPerNode, `gres:gpu:1`; with `slash` as later releases print it, `gres/gpu:1`. */
export const printTresPerNode = (
  items: readonly GresItem[],
  options: { readonly slash?: boolean } = {},
): string => items.map((item) => `gres${options.slash === true ? "/" : ":"}${printItem(item)}`).join(",");

const printItem = ({ name, type, count, thousandths }: GresItem): string => {
  const units = thousandths === undefined ? `${count}` : printFraction(thousandths);
  return type === undefined ? `${name}:${units}` : `${name}:${type}:${units}`;
};

const parseItems = (
  text: string,
  forms: string,
  read: (from: number, to: number) => Parsed<GresItem>,
): Parsed<GresItem[]> => {
  const long = tooLong(text);
  if (long !== undefined) return long;
  const items: GresItem[] = [];
  if (text.length === 4 && text.toLowerCase() === "none") return parsed(items);
  const seen = new Set<string>();
  for (let at = 0; at <= text.length; ) {
    const comma = text.indexOf(",", at);
    const to = comma < 0 ? text.length : comma;
    const item = read(at, to);
    if (!item.ok) return item;
    if (items.length === MAX_GRES_ITEMS) return bad(`there are more than ${MAX_GRES_ITEMS} items`, at, forms);
    const key = `${item.value.name}:${item.value.type ?? ""}`;
    if (seen.has(key)) return bad("the same resource is named twice", at, forms);
    seen.add(key);
    items.push(item.value);
    at = to + 1;
  }
  return parsed(items);
};

const readGres = (text: string, start: number, to: number): Parsed<GresItem> => {
  const from = text.startsWith("gres:", start) || text.startsWith("gres/", start) ? start + 5 : start;
  const end = wordEnd(text, from, to);
  if (end === from || isDigit(text, from))
    return bad(`a name is missing before ${found(text, from)}`, from, GRES_FORMS);
  const name = text.slice(from, end);
  if (name.length > MAX_NAME_LENGTH) return bad("a name is too long", from, GRES_FORMS);
  if (name.toLowerCase() === "none") return bad("none does not go with others", from, GRES_FORMS);
  if (end === to) return parsed({ name, count: 1 });
  if (text[end] !== ":") return bad(`${found(text, end)} does not belong in a name`, end, GRES_FORMS);
  return readParts(text, name, end + 1, to, GRES_FORMS);
};

/** `type`, `count` or `type:count`. */
const readParts = (text: string, name: string, from: number, to: number, forms: string): Parsed<GresItem> => {
  const part = readPart(text, from, to);
  if (part !== undefined) return parsed({ name, count: 0, thousandths: part });
  const alone = readCount(text, from, to);
  if (alone !== undefined) return counted(name, undefined, alone, from, forms);
  const end = wordEnd(text, from, to);
  if (end === from || "-.+_".includes(text.charAt(from))) {
    return bad(`a type or count is missing before ${found(text, from)}`, from, forms);
  }
  if (end - from > MAX_NAME_LENGTH) return bad("a type is too long", from, forms);
  const type = text.slice(from, end);
  if (end === to) return parsed({ name, type, count: 1 });
  if (text[end] !== ":") return bad(`${found(text, end)} does not belong in a type`, end, forms);
  const partOfType = readPart(text, end + 1, to);
  if (partOfType !== undefined) return parsed({ name, type, count: 0, thousandths: partOfType });
  const count = readCount(text, end + 1, to);
  if (count === undefined) return bad("a count is not a number", end + 1, forms);
  return counted(name, type, count, end + 1, forms);
};

const counted = (
  name: string,
  type: string | undefined,
  count: number,
  at: number,
  forms: string,
): Parsed<GresItem> => {
  if (count > MAX_GRES_COUNT) return bad(`a count is above ${MAX_GRES_COUNT}`, at, forms);
  return parsed(type === undefined ? { name, count } : { name, type, count });
};

/** Thousandths of a fraction below 1 that fills `text[from, to)`, `0.5` or `.125`; undefined when something else does. */
const readPart = (text: string, from: number, to: number): number | undefined => {
  const point = text[from] === "0" ? from + 1 : from;
  if (
    text[point] !== "." ||
    to - point > MAX_PLACES + 1 ||
    digitsEnd(text, point + 1) < to ||
    to === point + 1
  )
    return undefined;
  const thousandths = Number(text.slice(point + 1, to).padEnd(MAX_PLACES, "0"));
  return thousandths === 0 ? undefined : thousandths;
};

const MAX_PLACES = 3;

/** The count that fills `text[from, to)`; undefined when something else does. */
const readCount = (text: string, from: number, to: number): number | undefined => {
  const end = digitsEnd(text, from);
  if (end === from || end > to) return undefined;
  const count = readNumber(text, from, end);
  if (end === to) return count;
  if (end + 1 < to) return undefined;
  const power = "kmg".indexOf(text.charAt(end).toLowerCase());
  return power < 0 ? undefined : count * 1024 ** (power + 1);
};

const wordEnd = (text: string, from: number, to: number): number => {
  let end = from;
  while (end < to && isWordCharacter(text.charCodeAt(end))) end++;
  return end;
};

/** Letters, digits and `_ - . +`: what vendors' models are named with, as in `nvidia_a100-sxm4-40gb` and `1g.5gb`. */
const isWordCharacter = (code: number): boolean =>
  (code >= 97 && code <= 122) ||
  (code >= 65 && code <= 90) ||
  (code >= 48 && code <= 57) ||
  code === 95 ||
  code === 45 ||
  code === 46 ||
  code === 43;

const bad = (problem: string, at: number, forms: string): Unparsed =>
  unparsed("INVALID_GRES", problem, at, forms);
