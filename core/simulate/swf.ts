/**
 * Batch logs in the Standard Workload Format: one job a line, 18 numbers, -1 for what is unknown, comments and header
 * fields behind `;`. Reads what a replay needs and leaves out what no replay can use, by the rules below. Streams; opens
 * one file.
 *
 * A job is left out, and counted, when its allocated or requested processors exceed the machine's, its run time or
 * requested time is not above 0, its submit time is below 0, or no processors are known. It has the requested
 * processors, else the allocated ones, and runs no longer than the time it requested.
 */
import { ok, type Refusal, type Result } from "../model/refusal.ts";
import { MAX_TIME_S } from "../model/time.ts";
import { readLines } from "./byte-lines.ts";
import {
  inSubmitOrder,
  MAX_JOB_CPUS,
  MAX_SUBMIT_S,
  MAX_WORKLOAD_JOBS,
  type ReadWorkload,
  type WorkloadJob,
} from "./workload.ts";

// Places of the fields on a line, from 0.
const ID = 0;
const SUBMIT = 1;
const RUN = 3;
const ALLOCATED = 4;
const REQUESTED = 7;
const LIMIT = 8;
const USER = 11;
/** Fields that a line must have: all that are read but the user. */
const LEAST_FIELDS = 9;
const MAX_FIELDS = 18;

const BLANK = 32;
const TAB = 9;
const RETURN = 13;
const SEMICOLON = 59;
const MINUS = 45;
const DOT = 46;
const ZERO = 48;
const NINE = 57;

/** Processors that the machine of the log is taken to have: `machineCpus`, or where that is 0 what its header says. */
export async function readSwf(path: string, machineCpus: number): Promise<Result<ReadWorkload>> {
  const jobs: WorkloadJob[] = [];
  const fields = new Float64Array(MAX_FIELDS);
  const header = { cpus: 0, nodes: 0 };
  let left = 0;
  const wrong = (line: number, reason: string): Refusal => ({
    code: "WORKLOAD_INVALID",
    message: `${path}:${line}: ${reason}`,
  });
  const read = await readLines(path, (bytes, lineFrom, to, line) => {
    let from = lineFrom;
    while (from < to && isBlank(bytes[from]!)) from++;
    if (from === to) return undefined;
    if (bytes[from] === SEMICOLON) {
      readHeader(Buffer.from(bytes.subarray(from + 1, to)).toString("latin1"), header);
      return undefined;
    }
    const count = readFields(bytes, from, to, fields);
    if (count < 0) return wrong(line, `${JSON.stringify(wordAt(bytes, -1 - count, to))} is no number`);
    if (count < LEAST_FIELDS)
      return wrong(line, `it has ${count} fields; a job has at least ${LEAST_FIELDS}`);
    const machine = machineCpus || header.cpus || header.nodes;
    if (!isReplayable(fields, machine)) {
      left++;
      return undefined;
    }
    const asked = fields[REQUESTED]! > 0 ? fields[REQUESTED]! : fields[ALLOCATED]!;
    if (asked > MAX_JOB_CPUS)
      return wrong(line, `a job has at most ${MAX_JOB_CPUS} processors, not ${asked}`);
    if (fields[SUBMIT]! > MAX_SUBMIT_S)
      return wrong(line, `a submit time is at most ${MAX_SUBMIT_S}, not ${fields[SUBMIT]}`);
    if (jobs.length === MAX_WORKLOAD_JOBS)
      return wrong(line, `a workload has at most ${MAX_WORKLOAD_JOBS} jobs`);
    const timeLimitS = Math.min(fields[LIMIT]!, MAX_TIME_S);
    jobs.push({
      id: fields[ID]!,
      submitS: fields[SUBMIT]!,
      nodes: 0,
      cpus: asked,
      gpusPerNode: 0,
      timeLimitS,
      runS: Math.min(fields[RUN]!, timeLimitS),
      user: count > USER ? fields[USER]! : -1,
    });
    return undefined;
  });
  if (!read.ok) return read;
  const machine = { machineCpus: header.cpus || header.nodes, machineNodes: header.nodes };
  return ok({ workload: { name: path, jobs: inSubmitOrder(jobs), ...machine }, left });
}

function isReplayable(fields: Float64Array, machine: number): boolean {
  const allocated = fields[ALLOCATED]!;
  const requested = fields[REQUESTED]!;
  if (machine > 0 && (allocated > machine || requested > machine)) return false;
  if (fields[RUN]! <= 0 || fields[LIMIT]! <= 0 || fields[SUBMIT]! < 0) return false;
  return requested > 0 || allocated > 0;
}

/** `MaxProcs: 128`; other fields of the header say nothing to a replay. */
function readHeader(text: string, header: { cpus: number; nodes: number }): void {
  const found = /^\s*(MaxProcs|MaxNodes)\s*:\s*(\d{1,9})\b/.exec(text);
  if (found === null) return;
  if (found[1] === "MaxProcs") header.cpus = Number(found[2]);
  else header.nodes = Number(found[2]);
}

/** Numbers of the line, fractions cut off: how many, or -1 - place of what is none. More than MAX_FIELDS are passed over. */
function readFields(bytes: Uint8Array, from: number, to: number, fields: Float64Array): number {
  let count = 0;
  let at = from;
  while (at < to && count < MAX_FIELDS) {
    const start = at;
    const isNegative = bytes[at] === MINUS;
    if (isNegative) at++;
    const digits = at;
    let value = 0;
    for (let byte = bytes[at]!; at < to && byte >= ZERO && byte <= NINE; byte = bytes[++at]!)
      value = value * 10 + (byte - ZERO);
    if (at === digits) return -1 - start;
    if (at < to && bytes[at] === DOT)
      do at++;
      while (at < to && bytes[at]! >= ZERO && bytes[at]! <= NINE);
    if (at < to && !isBlank(bytes[at]!)) return -1 - start;
    fields[count++] = isNegative ? -value : value;
    while (at < to && isBlank(bytes[at]!)) at++;
  }
  return count;
}

const isBlank = (byte: number): boolean => byte === BLANK || byte === TAB || byte === RETURN;

const MAX_WORD = 40;

function wordAt(bytes: Uint8Array, from: number, lineEnd: number): string {
  let to = from;
  while (to < lineEnd && to < from + MAX_WORD && !isBlank(bytes[to]!)) to++;
  return Buffer.from(bytes.subarray(from, to)).toString("latin1");
}
