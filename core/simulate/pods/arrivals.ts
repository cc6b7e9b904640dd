/**
 * In which order pods arrive, and which node goes first on equal scores: read from a file of seeds, or that of the lists
 * themselves. Everything in the file is checked against the lists before the replay begins.
 */
import { readFileSync, statSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { ok, type Result, refuse } from "../../model/refusal.ts";

export interface Arrivals {
  /** Rows of the list of pods, with repeats. */
  readonly pods: Int32Array;
  /** Rows of the list of nodes, each once, the first to be preferred first. */
  readonly nodes: Int32Array;
}

/** Of the file, gunzipped. */
const MAX_ARRIVALS_BYTES = 268_435_456;
const MAX_ARRIVALS = 10_000_000;
/** Seeds that a message names. */
const MAX_NAMED = 12;

/** Both lists from top to bottom, each pod once. */
export function listOrder(podRows: number, nodeRows: number): Arrivals {
  return {
    pods: Int32Array.from({ length: podRows }, (_, row) => row),
    nodes: Int32Array.from({ length: nodeRows }, (_, row) => row),
  };
}

/** `{"seeds": {"42": {"arrivals": [...], "node_order": [...]}}}`, rows from 0; gunzipped where the name ends in `.gz`. */
export function readArrivals(
  path: string,
  seed: number,
  podRows: number,
  nodeRows: number,
): Result<Arrivals> {
  const text = textOf(path);
  if (!text.ok) return text;
  let document: unknown;
  try {
    document = JSON.parse(text.value);
  } catch (error) {
    const why = (error as Error).message.replaceAll(/\s+/g, " ");
    return refuse("ARRIVALS_INVALID", `${path}: ${why}`);
  }
  const seeds = fieldOf(document, "seeds");
  if (typeof seeds !== "object" || seeds === null)
    return refuse("ARRIVALS_INVALID", `${path}: it has no object "seeds"`);
  if (!Object.hasOwn(seeds, String(seed))) {
    const known = Object.keys(seeds).slice(0, MAX_NAMED).join(", ");
    return refuse("ARRIVALS_INVALID", `${path}: it has no seed ${seed}; --seed is one of ${known}`);
  }
  const orders = fieldOf(seeds, String(seed));
  const pods = rowsOf(fieldOf(orders, "arrivals"), podRows, MAX_ARRIVALS);
  if (typeof pods === "string") return refuse("ARRIVALS_INVALID", `${path}: seed ${seed}: arrivals ${pods}`);
  const nodes = rowsOf(fieldOf(orders, "node_order"), nodeRows, nodeRows);
  if (typeof nodes === "string")
    return refuse("ARRIVALS_INVALID", `${path}: seed ${seed}: node_order ${nodes}`);
  if (new Set(nodes).size !== nodeRows)
    return refuse(
      "ARRIVALS_INVALID",
      `${path}: seed ${seed}: node_order does not have each of the ${nodeRows} nodes once`,
    );
  return ok({ pods, nodes });
}

function textOf(path: string): Result<string> {
  try {
    if (statSync(path).size > MAX_ARRIVALS_BYTES)
      return refuse("ARRIVALS_INVALID", `${path}: it is larger than ${MAX_ARRIVALS_BYTES} bytes`);
    const bytes = readFileSync(path);
    if (!path.endsWith(".gz")) return ok(bytes.toString("utf8"));
    return ok(gunzipSync(bytes, { maxOutputLength: MAX_ARRIVALS_BYTES }).toString("utf8"));
  } catch (error) {
    return refuse("WORKLOAD_UNREADABLE", `${path}: ${(error as Error).message}`);
  }
}

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;

/** The rows, or what is wrong with them. */
function rowsOf(value: unknown, rows: number, most: number): Int32Array | string {
  if (!Array.isArray(value)) return "is not a list";
  if (value.length > most) return `has more than ${most} rows`;
  const wrong = value.findIndex(
    (row: unknown) => !Number.isInteger(row) || (row as number) < 0 || (row as number) >= rows,
  );
  if (wrong >= 0) return `has something at place ${wrong} that is no row from 0 to ${rows - 1}`;
  return Int32Array.from(value as readonly number[]);
}
