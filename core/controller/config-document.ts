/**
 * A configuration file as YAML with positions, and the readers of its values. Every reader gives the value, or
 * undefined after it has noted what is wrong, where, and what would be right; so one reading finds many faults. Reads
 * text that it is given; opens no file.
 */
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type Scalar } from "yaml";
import type { ErrorCode } from "../model/errors.ts";
import { parseMemoryMib, printMemory } from "../model/memory.ts";
import { quote } from "../model/parse-result.ts";
import { type Refusal, refuse } from "../model/refusal.ts";
import { parseDuration, printDuration, UNLIMITED_S } from "../model/time.ts";
import { nearestName } from "./config-nearest.ts";

/** Most faults that one reading reports. */
export const MAX_CONFIG_FAULTS = 20;
/** No file is looked at beyond this, in UTF-16 units. */
export const MAX_CONFIG_CHARS = 8 * 1024 * 1024;

/** A value, what it is called in messages, and where it stands: itself, or its key where it is empty. */
export interface Spot {
  readonly node: Node | null;
  readonly name: string;
  readonly offset: number;
}

/** A key that this version knows of and does not have, and the sentence that says so. */
export type Unsupported = Readonly<Record<string, string>>;

interface Fault {
  readonly offset: number;
  readonly text: string;
  readonly code: ErrorCode;
}

export class ConfigDocument {
  readonly path: string;
  /** The whole; undefined when the file is empty. */
  readonly root: Spot | undefined;
  readonly #lines = new LineCounter();
  readonly #faults: Fault[] = [];

  constructor(text: string, path: string) {
    this.path = path;
    if (text.length > MAX_CONFIG_CHARS) {
      this.fault(0, `the file is longer than ${MAX_CONFIG_CHARS} characters; it must be a rota.yaml`);
      return;
    }
    const document = parseDocument(text, {
      lineCounter: this.#lines,
      prettyErrors: false,
      stringKeys: true,
      logLevel: "error",
    });
    for (const error of document.errors)
      this.fault(error.pos[0], `this is not YAML: ${oneLine(error.message)}`);
    if (document.errors.length === 0 && document.contents !== null && !isEmpty(document.contents)) {
      this.root = { node: document.contents, name: "the file", offset: offsetOf(document.contents) };
    }
  }

  /** Notes a fault at an offset in the text. */
  fault(offset: number, text: string, code: ErrorCode = "CONFIG_INVALID"): undefined {
    this.#faults.push({ offset, text, code });
    return undefined;
  }

  /** All faults as one refusal, one line each with `path:line:column:` before it; undefined when there are none. */
  refusal(): Refusal | undefined {
    if (this.#faults.length === 0) return undefined;
    const faults = this.#faults.toSorted((a, b) => a.offset - b.offset);
    const lines = faults.slice(0, MAX_CONFIG_FAULTS).map((fault) => `${this.#place(fault)}: ${fault.text}`);
    const more = faults.length - lines.length;
    if (more > 0) lines.push(`${this.path}: and ${more} more ${more === 1 ? "fault" : "faults"}`);
    const first = this.#position(faults[0]!);
    const code = faults.every((fault) => fault.code === "NOT_SUPPORTED") ? "NOT_SUPPORTED" : "CONFIG_INVALID";
    return refuse(code, lines.join("\n"), { path: this.path, faults: faults.length, ...first }).refusal;
  }

  /** The values of a mapping by key. A key that is not in `known` is refused with the nearest that is. */
  fields(
    spot: Spot | undefined,
    known: readonly string[],
    unsupported: Unsupported = {},
  ): ReadonlyMap<string, Spot> {
    const fields = new Map<string, Spot>();
    if (spot === undefined) return fields;
    if (!isMap(spot.node)) {
      this.fault(
        spot.offset,
        `${spot.name} is ${described(spot.node)}; write keys and values: ${known.join(", ")}`,
      );
      return fields;
    }
    for (const { key, value } of spot.node.items) {
      const keyNode = key as Scalar;
      const name = String(keyNode.value);
      const offset = offsetOf(keyNode);
      if (known.includes(name)) {
        const node = value as Node | null;
        fields.set(name, { node, name, offset: node === null || isEmpty(node) ? offset : offsetOf(node) });
      } else if (Object.hasOwn(unsupported, name)) {
        this.fault(offset, `${name} is not supported: ${unsupported[name]}`, "NOT_SUPPORTED");
      } else {
        const nearest = nearestName(name, known);
        const right = nearest === undefined ? `known here: ${known.join(", ")}` : `did you mean ${nearest}?`;
        this.fault(offset, `${quote(name)} is not a key of ${spot.name}; ${right}`);
      }
    }
    return fields;
  }

  /** The word of a plain value, for a choice that is made before the value is read; no fault is noted. */
  word(spot: Spot | undefined): string | undefined {
    return isScalar(spot?.node) && typeof spot.node.value === "string" ? spot.node.value : undefined;
  }

  /** Whether keys and values stand there. */
  isMapping(spot: Spot | undefined): boolean {
    return isMap(spot?.node);
  }

  /** The keys of a mapping, as written; none of anything else. */
  keys(spot: Spot): readonly string[] {
    return isMap(spot.node) ? spot.node.items.map(({ key }) => String((key as Scalar).value)) : [];
  }

  /** The items of a list, `min` to `max` of them; a single value that is no list is refused. */
  items(spot: Spot | undefined, itemName: string, min: number, max: number): readonly Spot[] {
    if (spot === undefined) return [];
    if (!isSeq(spot.node)) {
      this.fault(spot.offset, `${spot.name} is ${described(spot.node)}; write a list, each item after "- "`);
      return [];
    }
    const items = spot.node.items as (Node | null)[];
    if (items.length < min)
      this.fault(spot.offset, `${spot.name} has no items; list one, or leave the key out`);
    if (items.length > max)
      this.fault(spot.offset, `${spot.name} has ${items.length} items; at most ${max} are possible`);
    return items
      .slice(0, max)
      .map((node) => ({ node, name: itemName, offset: node === null ? spot.offset : offsetOf(node) }));
  }

  /** The text of a plain or quoted value, not empty, without line breaks; numbers count as text. */
  text(
    spot: Spot | undefined,
    maxLength: number,
    form?: { readonly pattern: RegExp; readonly words: string },
  ) {
    if (spot === undefined) return undefined;
    const text = this.#scalar(spot, "text", form?.words);
    if (text === undefined) return undefined;
    if (text.length > maxLength)
      return this.fault(
        spot.offset,
        `${spot.name} has ${text.length} characters; at most ${maxLength} are possible`,
      );
    if (form !== undefined && !form.pattern.test(text))
      return this.fault(spot.offset, `${spot.name} is ${quote(text)}; write ${form.words}`);
    return text;
  }

  /** A whole number from `min` to `max`. */
  integer(spot: Spot | undefined, min: number, max: number): number | undefined {
    const words = `a whole number from ${min} to ${max}`;
    const value = this.number(spot, words);
    if (spot === undefined || value === undefined) return undefined;
    if (Number.isInteger(value) && value >= min && value <= max) return value;
    return this.fault(spot.offset, `${spot.name} is ${value}; write ${words}`);
  }

  number(spot: Spot | undefined, words = "a number"): number | undefined {
    if (spot === undefined) return undefined;
    if (isScalar(spot.node) && typeof spot.node.value === "number" && Number.isFinite(spot.node.value))
      return spot.node.value;
    return this.fault(spot.offset, `${spot.name} is ${described(spot.node)}; write ${words}`);
  }

  /** A number, a truth value as 1 or 0, or, where texts are taken, one without line breaks, which may be empty. */
  value(spot: Spot, takesTexts: boolean): number | string | undefined {
    const value = isScalar(spot.node) ? spot.node.value : undefined;
    if (typeof value === "boolean") return value ? 1 : 0;
    if (typeof value === "number" && Number.isFinite(value)) return value;
    if (takesTexts && typeof value === "string" && !/[\r\n]/.test(value)) return value;
    const words = `a number; 1 for true, 0 for false${takesTexts ? ", or a text in one line" : ""}`;
    return this.fault(spot.offset, `${spot.name} is ${described(spot.node)}; write ${words}`);
  }

  boolean(spot: Spot | undefined): boolean | undefined {
    if (spot === undefined) return undefined;
    if (isScalar(spot.node) && typeof spot.node.value === "boolean") return spot.node.value;
    return this.fault(spot.offset, `${spot.name} is ${described(spot.node)}; write true or false`);
  }

  oneOf<Word extends string>(spot: Spot | undefined, words: readonly Word[]): Word | undefined {
    if (spot === undefined) return undefined;
    const text = this.#scalar(spot, "text", words.join(" or "));
    if (text === undefined) return undefined;
    const word = words.find((candidate) => candidate === text);
    if (word !== undefined) return word;
    const nearest = nearestName(text, words);
    const right = nearest === undefined ? `write ${words.join(", ")}` : `did you mean ${nearest}?`;
    return this.fault(spot.offset, `${spot.name} is ${quote(text)}; ${right}`);
  }

  /** Seconds of `60m`, `1-00:00:00` or, where `unlimited` is true, `unlimited`. A number without a unit is refused. */
  durationS(spot: Spot | undefined, minS: number, unlimited: boolean): number | undefined {
    if (spot === undefined) return undefined;
    const forms = `60m, 1h30m, 1-00:00:00${unlimited ? " or unlimited" : ""}`;
    const text = this.#scalar(spot, "a time", forms);
    if (text === undefined) return undefined;
    if (/^\d+$/.test(text))
      return this.fault(
        spot.offset,
        `${spot.name} is ${text}, which has no unit; write ${text}m or ${text}s`,
      );
    const seconds = parseDuration(text);
    if (!seconds.ok || (seconds.value === UNLIMITED_S && !unlimited))
      return this.fault(spot.offset, `${spot.name} is ${quote(text)}, which is not a time; write ${forms}`);
    if (seconds.value < minS)
      return this.fault(spot.offset, `${spot.name} is ${text}; write at least ${printDuration(minS)}`);
    return seconds.value;
  }

  /** Milliseconds of `500ms` or of a duration, `min` to `max`. */
  durationMs(spot: Spot | undefined, minMs: number, maxMs: number): number | undefined {
    if (spot === undefined) return undefined;
    const text = this.#scalar(spot, "a time", "500ms, 5s or 1m");
    if (text === undefined) return undefined;
    const milliseconds = /^(\d{1,12})ms$/.exec(text);
    const seconds = milliseconds === null ? this.durationS(spot, 0, false) : undefined;
    const value = milliseconds === null ? (seconds ?? -1) * 1000 : Number(milliseconds[1]);
    if (value < 0) return undefined;
    if (value >= minMs && value <= maxMs) return value;
    return this.fault(spot.offset, `${spot.name} is ${text}; write a time from ${minMs}ms to ${maxMs}ms`);
  }

  /** MiB of `4G`, `4000M` or a number of MiB. */
  memoryMib(spot: Spot | undefined, minMib: number): number | undefined {
    if (spot === undefined) return undefined;
    const text = this.#scalar(spot, "an amount of memory", "4G or 4000M");
    if (text === undefined) return undefined;
    const mib = parseMemoryMib(text);
    if (!mib.ok)
      return this.fault(
        spot.offset,
        `${spot.name} is ${quote(text)}, which is not an amount; write 4G or 4000M`,
      );
    if (mib.value >= minMib) return mib.value;
    return this.fault(spot.offset, `${spot.name} is ${text}; write at least ${printMemory(minMib)}`);
  }

  /** What stands there as written; empty values, lists and mappings are refused. */
  #scalar(spot: Spot, kind: string, words: string | undefined): string | undefined {
    const { node } = spot;
    if (isScalar(node) && node.value !== null && typeof node.value !== "boolean") {
      const text = typeof node.value === "string" ? node.value : (node.source ?? String(node.value));
      if (text.trim() !== "" && !/[\r\n]/.test(text)) return text;
    }
    return this.fault(spot.offset, `${spot.name} is ${described(node)}; write ${words ?? kind}`);
  }

  #place(fault: Fault): string {
    const { line, column } = this.#position(fault);
    return `${this.path}:${line}:${column}`;
  }

  /** From 1, both; an end of the file that ends in a line break counts as the line before. */
  #position({ offset }: Fault): { line: number; column: number } {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  }
}

const offsetOf = (node: Node): number => node.range?.[0] ?? 0;

const isEmpty = (node: Node): boolean => isScalar(node) && node.value === null;

const oneLine = (text: string): string => text.replaceAll(/\s+/g, " ").trim();

const described = (node: Node | null): string => {
  if (isMap(node)) return "a mapping";
  if (isSeq(node)) return "a list";
  if (isAlias(node)) return "an alias";
  if (!isScalar(node) || node.value === null) return "empty";
  if (typeof node.value === "string") return quote(node.value);
  return String(node.value);
};
