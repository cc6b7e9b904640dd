/**
 * Reads a JSON body, strictly: text that is not UTF-8, a key given twice and nesting without end are refused, where
 * JSON.parse alone would change what was sent without a word. Pure.
 */
import { isUtf8 } from "node:buffer";
import { RequestFault } from "./faults.ts";
import { MAX_JSON_DEPTH } from "./limits.ts";

/** The value of a body, undefined for an empty one. Throws a RequestFault. */
export const parseBody = (body: Buffer): unknown => {
  if (body.length === 0) return undefined;
  if (!isUtf8(body)) throw new RequestFault("body: is not UTF-8", { field: "body" });
  const text = body.toString("utf8");
  const value = parse(text);
  // Where no key is lost, the text has a colon outside of strings for each key of the value.
  if (countKeys(value, 0) !== countColons(text))
    throw new RequestFault(`body${firstTwice(text)}: is given twice`);
  return value;
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RequestFault(`body: is not JSON: ${(error as Error).message}`, { field: "body" });
  }
};

const countKeys = (value: unknown, depth: number): number => {
  if (typeof value !== "object" || value === null) return 0;
  if (depth >= MAX_JSON_DEPTH)
    throw new RequestFault(`body: is nested more than ${MAX_JSON_DEPTH} deep`, { field: "body" });
  let keys = 0;
  if (Array.isArray(value)) {
    for (const item of value) keys += countKeys(item, depth + 1);
    return keys;
  }
  for (const key of Object.keys(value)) {
    if (key === "__proto__")
      throw new RequestFault("body: a field cannot be named __proto__", { field: "body" });
    keys += 1 + countKeys((value as Record<string, unknown>)[key], depth + 1);
  }
  return keys;
};

const countColons = (text: string): number => {
  let colons = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === QUOTE) at = stringEnd(text, at);
    else if (unit === COLON) colons++;
  }
  return colons;
};

const QUOTE = 34;
const COLON = 58;
const BACKSLASH = 92;

/** Index of the quote that ends the string which begins at `from`. The text is known to be JSON. */
const stringEnd = (text: string, from: number): number => {
  for (let end = text.indexOf('"', from + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return end;
  }
  return text.length;
};

/** Path of the first key that an object has twice, `/environment/PATH`. Only called where there is one. */
const firstTwice = (text: string): string => {
  const path: { readonly keys: Set<string>; last: string }[] = [];
  let string = "";
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '"') {
      const end = stringEnd(text, at);
      string = text.slice(at, end + 1);
      at = end;
    } else if (char === "{" || char === "[") path.push({ keys: new Set(), last: "" });
    else if (char === "}" || char === "]") path.pop();
    else if (char === ":") {
      const holder = path[path.length - 1]!;
      holder.last = JSON.parse(string) as string;
      if (holder.keys.has(holder.last))
        return path.map((level) => (level.last === "" ? "" : `/${level.last}`)).join("");
      holder.keys.add(holder.last);
    }
  }
  return "";
};
