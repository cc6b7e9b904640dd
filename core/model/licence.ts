/** Licences that a job holds while it runs, `matlab:2,ansys`, as `--licenses` writes them. Pure. */
import {
  digitsEnd,
  found,
  type Parsed,
  parsed,
  readNumber,
  tooLong,
  type Unparsed,
  unparsed,
} from "./parse-result.ts";

export interface LicenceDemand {
  readonly name: string;
  /** 1 .. MAX_LICENCE_COUNT. */
  readonly count: number;
}

/** What the site has of a licence. */
export interface LicenceSpec {
  readonly name: string;
  /** 0 .. MAX_LICENCE_COUNT. */
  readonly total: number;
}

export const MAX_LICENCE_COUNT = 2_147_483_647;
/** Kinds that a job may ask, and that a site may have. */
export const MAX_LICENCE_KINDS = 64;
export const LICENCE_FORMS = "a list of name[:count], like matlab:2,ansys";
/** Letters, digits and `_ . - @`: `foo@server` is a name like any other. */
export const LICENCE_NAME = /^[A-Za-z0-9_.@-]{1,255}$/;

/** Sorted by name; counts of one named again add up, none of it is left out. `a|b`, one of several, is refused. */
export const parseLicences = (text: string): Parsed<readonly LicenceDemand[]> => {
  const long = tooLong(text);
  if (long !== undefined) return long;
  const counts = new Map<string, number>();
  for (let at = 0; ; ) {
    const item = readItem(text, at);
    if (!item.ok) return item;
    const { name, count, end } = item.value;
    const sum = (counts.get(name) ?? 0) + count;
    if (sum > MAX_LICENCE_COUNT) return bad(`a count is above ${MAX_LICENCE_COUNT}`, at);
    counts.set(name, sum);
    if (counts.size > MAX_LICENCE_KINDS) return bad(`more than ${MAX_LICENCE_KINDS} are named`, at);
    if (end === text.length) break;
    if (text[end] !== "," && text[end] !== ";") return bad(`${found(text, end)} is not a comma`, end);
    at = end + 1;
  }
  return parsed(
    [...counts]
      .filter(([, count]) => count > 0)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, count]) => ({ name, count })),
  );
};

export const printLicences = (demands: readonly LicenceDemand[]): string =>
  demands.map(({ name, count }) => `${name}:${count}`).join(",");

const readItem = (text: string, at: number): Parsed<LicenceDemand & { readonly end: number }> => {
  let end = at;
  while (end < text.length && /[A-Za-z0-9_.@-]/.test(text.charAt(end))) end++;
  const name = text.slice(at, end);
  if (!LICENCE_NAME.test(name)) return bad(`a name is missing, or too long, before ${found(text, end)}`, at);
  if (text[end] !== ":" && text[end] !== "=") return parsed({ name, count: 1, end });
  const to = digitsEnd(text, end + 1);
  const count = readNumber(text, end + 1, to);
  if (to === end + 1 || count > MAX_LICENCE_COUNT)
    return bad(`a count is not 0 to ${MAX_LICENCE_COUNT}`, end + 1);
  return parsed({ name, count, end: to });
};

const bad = (problem: string, at: number): Unparsed =>
  unparsed("INVALID_LICENSES", problem, at, LICENCE_FORMS);
