/**
 * Reads sbatch's options from where they may stand and in the order in which one goes before another: the script's
 * directives, then SBATCH_ variables, then the command line. Pure.
 */
import { MAX_HET_COMPONENTS } from "../../model/het.ts";
import { done, type Failure, failure, type Outcome, plainFailure, refuseUnsupported } from "../failure.ts";
import { type GivenOption, scanOptions } from "../getopt.ts";
import { type Directives, TOO_MANY_COMPONENTS } from "./directives.ts";
import { type Draft, emptyDraft, type OptionSource, type ReadContext, type SbatchOption } from "./draft.ts";
import { SBATCH_OPTIONS } from "./options.ts";
import { bsubToSbatch, pbsToSbatch } from "./other-directives.ts";

const USAGE_STATUS = 255;

export interface OptionInput {
  readonly command: string;
  readonly nowS: number;
  readonly user: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Options of the command line, scanned. */
  readonly given: readonly GivenOption[];
  /** Absent on the first reading, before the script is known. */
  readonly directives?: Directives;
}

/** The words of the command line as options and the rest, which is the script and its arguments. */
export const scanCommandLine = (
  command: string,
  words: readonly string[],
): Outcome<{ readonly given: readonly GivenOption[]; readonly rest: readonly string[] }> => {
  const scan = scanOptions(command, words, SBATCH_OPTIONS, true);
  if (!scan.ok) return plainFailure(scan.text, USAGE_STATUS);
  return done({ given: scan.options, rest: scan.rest });
};

/**
 * The same of all components of a heterogeneous job, whose options are parted by `:`; one where there is none. What
 * comes behind the last group is the script and its arguments.
 */
export const scanComponents = (
  command: string,
  words: readonly string[],
): Outcome<{ readonly groups: readonly (readonly GivenOption[])[]; readonly rest: readonly string[] }> => {
  const groups: (readonly GivenOption[])[] = [];
  for (let rest = words; ; ) {
    const line = scanCommandLine(command, rest);
    if (!line.ok) return line;
    if (groups.length === MAX_HET_COMPONENTS) return failure(command, TOO_MANY_COMPONENTS);
    groups.push(line.value.given);
    rest = line.value.rest;
    if (rest[0] !== ":") return done({ groups, rest });
    rest = rest.slice(1);
  }
};

export const readOptions = (input: OptionInput): Outcome<Draft> => {
  const draft = emptyDraft();
  const groups: [OptionSource, readonly GivenOption[]][] = [];
  const ignorePbs =
    input.env["SBATCH_IGNORE_PBS"] !== undefined || input.given.some(({ spec }) => spec.key === "ignore-pbs");
  if (input.directives !== undefined) {
    const scripted = scanDirectives(input.command, input.directives, ignorePbs);
    if (!scripted.ok) return scripted;
    groups.push(["script", scripted.value]);
  }
  groups.push(["environment", optionsOfEnvironment(input.env)], ["command line", input.given]);
  for (const [source, options] of groups) {
    const bad = take(draft, options, { ...input, source });
    if (bad !== undefined) return bad;
  }
  return settleMemory(input.command, draft) ?? done(draft);
};

const take = (draft: Draft, options: readonly GivenOption[], context: ReadContext): Failure | undefined => {
  const unsupported = refuseUnsupported(context.command, options);
  if (unsupported !== undefined) return unsupported;
  for (const { spec, value } of options) {
    const option = spec as SbatchOption;
    const bad = option.read?.(value ?? "", draft, context);
    if (bad !== undefined) return bad;
    draft.shown.set(option.key, shownValue(option, value, draft));
  }
  return undefined;
};

const shownValue = (option: SbatchOption, value: string | undefined, draft: Draft): string => {
  if (option.key === "verbose") return String(draft.verbose);
  if (option.key === "no-requeue" || option.key === "requeue") return option.key;
  return value ?? "set";
};

const scanDirectives = (
  command: string,
  directives: Directives,
  ignorePbs: boolean,
): Outcome<readonly GivenOption[]> => {
  const foreign = ignorePbs ? [] : [...pbsToSbatch(directives.pbs), ...bsubToSbatch(directives.bsub)];
  // Words of other systems come last, as Slurm reads them last.
  const scan = scanOptions(command, [...directives.sbatch], SBATCH_OPTIONS, true);
  if (!scan.ok) return plainFailure(scan.text, USAGE_STATUS);
  const [word] = scan.rest;
  if (word !== undefined)
    return failure(command, `Invalid directive found in batch script: ${word}`, USAGE_STATUS);
  const turned = scanOptions(command, foreign, SBATCH_OPTIONS, false);
  const options = turned.ok ? [...scan.options, ...turned.options] : scan.options;
  return done(options.filter(({ spec }) => (spec as SbatchOption).notInScript !== true));
};

const optionsOfEnvironment = (env: Readonly<Record<string, string | undefined>>): GivenOption[] => {
  const options: GivenOption[] = [];
  for (const spec of SBATCH_OPTIONS) {
    for (const name of spec.env ?? []) {
      const value = env[name];
      if (value === undefined) continue;
      // A flag's variable sets it whatever it says; an empty one of another option says nothing.
      if (spec.arg === "none") options.push({ spec, value: undefined });
      else if (value !== "") options.push({ spec, value: variableOf(spec.key, value, env) });
    }
  }
  const debug = Number(env["SBATCH_DEBUG"] ?? 0);
  const verbose = SBATCH_OPTIONS.find(({ key }) => key === "verbose")!;
  const MAX_VERBOSE = 9;
  for (let i = 0; i < Math.min(debug, MAX_VERBOSE); i++) options.push({ spec: verbose, value: undefined });
  return options;
};

const variableOf = (
  key: string,
  value: string,
  env: Readonly<Record<string, string | undefined>>,
): string => {
  if (key === "exclusive") return exclusiveOf(value);
  const wait = key === "switches" && !value.includes("@") ? (env["SBATCH_WAIT4SWITCH"] ?? "") : "";
  return wait === "" ? value : `${value}@${wait}`;
};

/** SBATCH_EXCLUSIVE may say `1` or `exclusive` for the bare option. */
const exclusiveOf = (value: string): string => (/^(\d+|exclusive|yes)$/i.test(value) ? "" : value);

/**
 * Only one of the three may be asked; of variables and others the most general goes before, as in Slurm.
 */
export const settleMemory = (command: string, draft: Draft): Failure | undefined => {
  const { memory, spec } = draft;
  const asked = [memory.node, memory.cpu, memory.gpu].filter((ask) => ask !== undefined);
  if (asked.length > 1 && asked.every(({ source }) => source !== "environment"))
    return plainFailure(
      `${command}: fatal: --mem, --mem-per-cpu, and --mem-per-gpu are mutually exclusive.\n`,
    );
  if (memory.node !== undefined) spec.memPerNodeMib = memory.node.mib;
  else if (memory.cpu !== undefined) spec.memPerCpuMib = memory.cpu.mib;
  else if (memory.gpu !== undefined) spec.memPerGpuMib = memory.gpu.mib;
  return undefined;
};
