/**
 * Workloads as CSV: a header that names the columns, in any order, and one job a line, whole numbers throughout but for the
 * names of `partition` and `qos`. Without `submit_s` all jobs are there from the beginning. A wrong value is refused with its line, column and reason. Streams.
 */
import { DEVICE_LANES, MAX_NODES } from "../model/ids.ts";
import { ok, type Refusal, type Result, refuse } from "../model/refusal.ts";
import { MAX_TIME_S } from "../model/time.ts";
import { Interned } from "../state/interned.ts";
import { readLines } from "./byte-lines.ts";
import {
  inSubmitOrder,
  MAX_JOB_CPUS,
  MAX_SUBMIT_S,
  MAX_WORKLOAD_JOBS,
  type ReadWorkload,
  type WorkloadJob,
  type WorkloadQueue,
} from "./workload.ts";

interface CsvColumn {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  /** What a file without the column says; undefined where it must have it. */
  readonly absent?: number;
  /** It is a name; its value is the number of it in the file. */
  readonly isName?: true;
}

/** Distinct names of partitions and QOS. */
const MAX_NAMES = 4096;
const MAX_NAME_LENGTH = 256;

/** In the order in which they are printed. `nodes` 0 is a job whose CPUs, `cpus` in all, may lie anywhere. */
const COLUMNS: readonly CsvColumn[] = [
  { name: "id", least: 0, most: Number.MAX_SAFE_INTEGER },
  { name: "submit_s", least: 0, most: MAX_SUBMIT_S, absent: 0 },
  { name: "nodes", least: 0, most: MAX_NODES },
  { name: "gpus_per_node", least: 0, most: DEVICE_LANES, absent: 0 },
  { name: "cpus", least: 1, most: MAX_JOB_CPUS },
  { name: "time_limit_s", least: 1, most: MAX_TIME_S },
  { name: "run_s", least: 0, most: MAX_TIME_S },
  { name: "partition", least: 0, most: MAX_NAMES, absent: 0, isName: true },
  { name: "qos", least: 0, most: MAX_NAMES, absent: 0, isName: true },
];
const NAMES = COLUMNS.map(({ name }) => name);
const COMMA = 44;
const QUOTE = 34;
const BLANK = 32;
const RETURN = 13;
const ZERO = 48;
const NINE = 57;
/** Digits of a number: more than any column's largest has. */
const MAX_DIGITS = 17;

export async function readCsv(path: string): Promise<Result<ReadWorkload>> {
  const jobs: WorkloadJob[] = [];
  const values = new Float64Array(COLUMNS.length);
  const names = new Interned([""]);
  const queues = new Queues(names);
  /** By place on the line: which of COLUMNS it is. */
  let places: readonly number[] | undefined;
  const read = await readLines(path, (bytes, from, lineEnd, line) => {
    let to = lineEnd;
    while (to > from && (bytes[to - 1] === RETURN || bytes[to - 1] === BLANK)) to--;
    if (to === from) return undefined;
    const wrong = (reason: string): Refusal => ({
      code: "WORKLOAD_INVALID",
      message: `${path}:${line}: ${reason}`,
    });
    if (places === undefined) {
      const header = readHeader(Buffer.from(bytes.subarray(from, to)).toString("utf8"));
      if (typeof header === "string") return wrong(header);
      places = header;
      COLUMNS.forEach(({ absent }, c) => {
        values[c] = absent ?? 0;
      });
      return undefined;
    }
    const reason = readRow(bytes, from, to, places, values, names);
    if (reason !== undefined) return wrong(reason);
    if (jobs.length === MAX_WORKLOAD_JOBS) return wrong(`a workload has at most ${MAX_WORKLOAD_JOBS} jobs`);
    jobs.push({
      id: values[0]!,
      submitS: values[1]!,
      nodes: values[2]!,
      gpusPerNode: values[3]!,
      cpus: values[4]!,
      timeLimitS: values[5]!,
      runS: Math.min(values[6]!, values[5]!),
      user: -1,
      queue: queues.of(values[7]!, values[8]!),
    });
    return undefined;
  });
  if (!read.ok) return read;
  if (places === undefined)
    return refuse("WORKLOAD_INVALID", `${path}: it is empty; its first line is ${NAMES.join(",")}`);
  const inOrder = inSubmitOrder(jobs);
  return ok({ workload: { name: path, jobs: inOrder, machineCpus: 0, machineNodes: 0 }, left: 0 });
}

/** Which column stands at each place, or what is wrong with the header. */
function readHeader(text: string): readonly number[] | string {
  const names = text
    .replace(/^\ufeff/, "")
    .split(",", COLUMNS.length * 2)
    .map((name) => name.trim());
  const unknown = names.find((name) => !NAMES.includes(name));
  if (unknown !== undefined)
    return `there is no column ${JSON.stringify(unknown.slice(0, 40))}; the columns are ${NAMES.join(", ")}`;
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) return `the column ${twice} is there twice`;
  const missing = COLUMNS.find(({ name, absent }) => absent === undefined && !names.includes(name));
  if (missing !== undefined)
    return `the column ${missing.name} is missing; the columns are ${NAMES.join(", ")}`;
  return names.map((name) => NAMES.indexOf(name));
}

/** Writes the row's values, or says what is wrong with one. */
function readRow(
  bytes: Uint8Array,
  from: number,
  to: number,
  places: readonly number[],
  values: Float64Array,
  names: Interned,
): string | undefined {
  let at = from;
  for (let place = 0; place < places.length; place++) {
    const column = COLUMNS[places[place]!]!;
    if (at > to) return `it has ${place} values, and the header names ${places.length} columns`;
    let end = at;
    while (end < to && bytes[end] !== COMMA) end++;
    const value = column.isName === true ? nameAt(bytes, at, end, names) : wholeAt(bytes, at, end);
    if (!(value >= column.least && value <= column.most)) {
      const found = Buffer.from(bytes.subarray(at, Math.min(end, at + 40))).toString("utf8");
      if (column.isName === true) return `${column.name} is ${JSON.stringify(found)}; it is a name`;
      return `${column.name} is ${JSON.stringify(found)}; it is a whole number from ${column.least} to ${column.most}`;
    }
    values[places[place]!] = value;
    at = end + 1;
  }
  return at <= to ? `it has more values than the header's ${places.length} columns` : undefined;
}

/** The digits between blanks and quotes, NaN where there is anything else. */
function wholeAt(bytes: Uint8Array, start: number, stop: number): number {
  let from = start;
  let to = stop;
  while (from < to && (bytes[from] === BLANK || bytes[from] === QUOTE)) from++;
  while (to > from && (bytes[to - 1] === BLANK || bytes[to - 1] === QUOTE)) to--;
  if (from === to || to - from > MAX_DIGITS) return Number.NaN;
  let value = 0;
  for (let at = from; at < to; at++) {
    const byte = bytes[at]!;
    if (byte < ZERO || byte > NINE) return Number.NaN;
    value = value * 10 + (byte - ZERO);
  }
  return value;
}

/** The number of the name between blanks and quotes, 0 for none; NaN where there are too many, or it is too long. */
function nameAt(bytes: Uint8Array, from: number, to: number, names: Interned): number {
  if (to - from > MAX_NAME_LENGTH) return Number.NaN;
  const name = Buffer.from(bytes.subarray(from, to)).toString("utf8").replaceAll('"', "").trim();
  const known = names.find(name);
  if (known !== undefined) return known;
  return names.names.length > MAX_NAMES ? Number.NaN : names.intern(name);
}

/** One object for each partition and QOS that go together. */
class Queues {
  readonly #names: Interned;
  readonly #queues = new Map<number, WorkloadQueue>();

  constructor(names: Interned) {
    this.#names = names;
  }

  of(partition: number, qos: number): WorkloadQueue | undefined {
    if (partition === 0 && qos === 0) return undefined;
    const key = partition * (MAX_NAMES + 1) + qos;
    let queue = this.#queues.get(key);
    if (queue === undefined) {
      queue = { partition: this.#names.nameOf(partition), qos: this.#names.nameOf(qos) };
      this.#queues.set(key, queue);
    }
    return queue;
  }
}
