/**
 * Checks of what a submission carries along: script, environment, names and paths. Nothing here is looked up in the
 * cluster. Pure.
 */

import { MAX_PATTERN_LENGTH } from "../model/filename-pattern.ts";
import { type JobSpec, MAX_ARGS, MAX_ENVIRONMENT_BYTES, MAX_SCRIPT_BYTES } from "../model/job-spec.ts";
import { parseMailType } from "../model/mail-type.ts";
import type { Refusal } from "../model/refusal.ts";
import { MAX_BEFORE_S, MAX_SIGNAL } from "../model/signal-spec.ts";

/** Characters of a job's name, comment and wckey. */
export const MAX_NAME_LENGTH = 1024;
/** Characters of a user, group, account, QOS or host name. */
export const MAX_ACCOUNT_LENGTH = 255;
/** Characters of an absolute path. */
export const MAX_PATH_LENGTH = 4096;
/** Bytes of all arguments of a script. */
export const MAX_ARGS_BYTES = 1024 * 1024;
const MAX_ID = 4_294_967_294;

/** The first thing wrong, undefined when nothing is. */
export const checkTexts = (spec: JobSpec): Refusal | undefined =>
  checkScript(spec) ??
  checkArgs(spec) ??
  checkEnvironment(spec) ??
  checkOwner(spec) ??
  checkNames(spec) ??
  checkMail(spec);

function checkScript(spec: JobSpec): Refusal | undefined {
  if (!spec.script.startsWith("#!")) {
    return invalid('the script must begin with "#!" and the path of an interpreter, like #!/bin/sh', {
      field: "script",
    });
  }
  if (spec.script.includes("\0")) return invalid("the script has a NUL character", { field: "script" });
  const bytes = Buffer.byteLength(spec.script);
  if (bytes <= MAX_SCRIPT_BYTES) return undefined;
  const details = { asked: bytes, most: MAX_SCRIPT_BYTES };
  return {
    code: "SCRIPT_TOO_LARGE",
    message: `the script has ${bytes} bytes, at most ${MAX_SCRIPT_BYTES} are taken`,
    details,
  };
}

function checkArgs(spec: JobSpec): Refusal | undefined {
  const args = spec.args ?? [];
  if (args.length > MAX_ARGS) return tooLarge("arguments", args.length, MAX_ARGS);
  let bytes = 0;
  for (const arg of args) {
    if (arg.includes("\0")) return invalid("an argument has a NUL character", { field: "args" });
    bytes += Buffer.byteLength(arg) + 1;
  }
  return bytes > MAX_ARGS_BYTES ? tooLarge("bytes of arguments", bytes, MAX_ARGS_BYTES) : undefined;
}

function checkEnvironment(spec: JobSpec): Refusal | undefined {
  let bytes = 0;
  for (const [name, value] of Object.entries(spec.environment)) {
    if (name === "" || name.includes("=") || name.includes("\0") || value.includes("\0")) {
      return invalid("an environment variable's name is empty or has =, or it has a NUL character", {
        field: "environment",
      });
    }
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value) + 2;
    if (bytes > MAX_ENVIRONMENT_BYTES) break;
  }
  return bytes > MAX_ENVIRONMENT_BYTES
    ? tooLarge("bytes of environment", bytes, MAX_ENVIRONMENT_BYTES)
    : undefined;
}

function checkOwner(spec: JobSpec): Refusal | undefined {
  for (const field of ["uid", "gid"] as const) {
    const id = spec[field];
    if (!Number.isInteger(id) || id < 0 || id > MAX_ID)
      return invalid(`${field} ${id} is no user or group id`, { field });
  }
  if (spec.user === "") return invalid("the user's name is missing", { field: "user" });
  if (!spec.workDir.startsWith("/"))
    return invalid("the working directory must be an absolute path", { field: "workDir" });
  if (spec.scriptPath !== undefined && !spec.scriptPath.startsWith("/")) {
    return invalid("the script's path must be absolute", { field: "scriptPath" });
  }
  return undefined;
}

const LENGTHS = {
  name: MAX_NAME_LENGTH,
  comment: MAX_NAME_LENGTH,
  wckey: MAX_NAME_LENGTH,
  user: MAX_ACCOUNT_LENGTH,
  group: MAX_ACCOUNT_LENGTH,
  account: MAX_ACCOUNT_LENGTH,
  qos: MAX_ACCOUNT_LENGTH,
  submitHost: MAX_ACCOUNT_LENGTH,
  mailUser: MAX_NAME_LENGTH,
  workDir: MAX_PATH_LENGTH,
  scriptPath: MAX_PATH_LENGTH,
  output: MAX_PATTERN_LENGTH,
  error: MAX_PATTERN_LENGTH,
  input: MAX_PATTERN_LENGTH,
} as const satisfies Partial<Record<keyof JobSpec, number>>;

function checkNames(spec: JobSpec): Refusal | undefined {
  for (const field of Object.keys(LENGTHS) as (keyof typeof LENGTHS)[]) {
    const text = spec[field];
    if (text === undefined) continue;
    if (text.length > LENGTHS[field]) {
      const details = { field, asked: text.length, most: LENGTHS[field] };
      return invalid(`${field} has ${text.length} characters, at most ${LENGTHS[field]} are taken`, details);
    }
    if (text.includes("\0") || text.includes("\n"))
      return invalid(`${field} has a line break or a NUL`, { field });
  }
  return undefined;
}

function checkMail(spec: JobSpec): Refusal | undefined {
  if (spec.mailType !== undefined && spec.mailType.length > 0) {
    const types = parseMailType(spec.mailType.join(","));
    if (!types.ok) return invalid(`--mail-type: ${types.message}`, { field: "mailType" });
  }
  if (spec.signal === undefined) return undefined;
  const { signal, beforeS } = spec.signal;
  if (!Number.isInteger(signal) || signal < 1 || signal > MAX_SIGNAL) {
    return invalid(`there is no signal ${signal}`, { field: "signal", asked: signal, most: MAX_SIGNAL });
  }
  if (!Number.isInteger(beforeS) || beforeS < 0 || beforeS > MAX_BEFORE_S) {
    const details = { field: "signal", asked: beforeS, most: MAX_BEFORE_S };
    return invalid(`a signal comes 0 to ${MAX_BEFORE_S} seconds before the limit`, details);
  }
  return undefined;
}

const invalid = (message: string, details: Readonly<Record<string, string | number>>): Refusal => ({
  code: "INVALID_SPEC",
  message,
  details,
});

const tooLarge = (what: string, asked: number, most: number): Refusal => ({
  code: "TOO_LARGE",
  message: `there are ${asked} ${what}, at most ${most} are taken`,
  details: { asked, most },
});
