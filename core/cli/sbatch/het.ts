/**
 * Heterogeneous jobs of sbatch: a draft for each component, and one submission of them all. What a component does not say
 * of its account, name, time and memory it has from the component before, as in Slurm; nodes, tasks, devices and the
 * partition are its own. Pure.
 */
import { HET_FIELDS, type HetComponent, type JobSpec } from "../../model/job-spec.ts";
import { printTimestamp } from "../../model/time.ts";
import type { TestOnlyAnswer } from "../../model/views.ts";
import { done, failure, type Outcome } from "../failure.ts";
import type { GivenOption } from "../getopt.ts";
import type { Directives } from "./directives.ts";
import type { Draft } from "./draft.ts";
import { jobSpecOf, type MadeSpec, type Submitter } from "./job-spec-of.ts";
import { type OptionInput, readOptions } from "./read-options.ts";
import type { Script } from "./script-file.ts";

/**
 * One draft a component: the groups of the command line and those of the script, each with the other of its place. One
 * draft where neither has more than one group.
 */
export const readComponents = (
  input: Omit<OptionInput, "given" | "directives">,
  groups: readonly (readonly GivenOption[])[],
  directives?: Directives,
): Outcome<readonly Draft[]> => {
  const scripted = directives === undefined ? [] : [directives, ...(directives.components ?? [])];
  const drafts: Draft[] = [];
  for (let at = 0; at < Math.max(groups.length, scripted.length); at++) {
    const own = scripted[at] ?? (directives === undefined ? undefined : NO_DIRECTIVES);
    const given = groups[at] ?? [];
    const draft = readOptions({ ...input, given, ...(own === undefined ? {} : { directives: own }) });
    if (!draft.ok) return draft;
    drafts.push(draft.value);
  }
  return done(drafts);
};

/** The first component's draft with what sbatch itself is asked, wherever that was said. */
export const wholeDraft = (drafts: readonly Draft[]): Draft => {
  const [first, ...others] = drafts;
  const wrap = drafts.findLast((draft) => draft.wrap !== undefined)?.wrap;
  return {
    ...first!,
    ...(wrap === undefined ? {} : { wrap }),
    parsable: drafts.some(({ parsable }) => parsable),
    wait: drafts.some((draft) => draft.wait),
    testOnly: drafts.some(({ testOnly }) => testOnly),
    quiet: drafts.some(({ quiet }) => quiet),
    verbose: others.reduce((most, { verbose }) => Math.max(most, verbose), first!.verbose),
  };
};

/** The submission of all components, of one or more; warnings are those of all. */
export const hetSpecOf = (
  drafts: readonly Draft[],
  script: Script,
  submitter: Submitter,
): Outcome<MadeSpec> => {
  const [first, ...others] = drafts;
  const made = jobSpecOf(first!, script, submitter);
  if (others.length === 0) return done(made);
  const warnings = [...made.warnings];
  const het: HetComponent[] = [];
  let before: Partial<JobSpec> = first!.spec;
  for (const draft of others) {
    const spec = { ...inherited(before, draft.spec), ...draft.spec };
    const component = jobSpecOf({ ...draft, spec }, script, submitter);
    warnings.push(...component.warnings);
    het.push(componentOf(component.spec));
    before = spec;
  }
  const reserved = others.find(
    ({ spec }) => (spec.reservation ?? made.spec.reservation) !== made.spec.reservation,
  );
  if (reserved !== undefined)
    return failure("sbatch", "All components of a heterogeneous job are in one reservation");
  return done({ spec: { ...made.spec, ...startOfWhole(drafts), het }, warnings });
};

/** Slurm's line of --test-only for such a job. */
export const hetTestOnlyText = (command: string, answer: TestOnlyAnswer): string =>
  `${command}: Job ${answer.jobId} to start at ${printTimestamp(answer.startS)} using ${answer.cpus} processors` +
  ` on ${answer.nodes}\n`;

const NO_DIRECTIVES: Directives = { sbatch: [], pbs: [], bsub: [] };

const INHERITED = [
  ...["name", "account", "qos", "comment", "wckey", "timeLimitS", "timeMinS", "exclude"],
] as const satisfies readonly (keyof JobSpec)[];
const MEMORY = ["memPerNodeMib", "memPerCpuMib", "memPerGpuMib"] as const;

const inherited = (before: Partial<JobSpec>, own: Partial<JobSpec>): Partial<JobSpec> => {
  const saysMemory = MEMORY.some((field) => own[field] !== undefined);
  const fields: readonly (keyof JobSpec)[] = saysMemory ? INHERITED : [...INHERITED, ...MEMORY];
  return Object.fromEntries(
    fields.flatMap((field) => (before[field] === undefined ? [] : [[field, before[field]]])),
  );
};

const componentOf = (spec: JobSpec): HetComponent =>
  Object.fromEntries(
    HET_FIELDS.flatMap((field) => (spec[field] === undefined ? [] : [[field, spec[field]]])),
  ) as HetComponent;

/** The job starts when each of its components may; that it is no array is the controller's to say. */
const startOfWhole = (drafts: readonly Draft[]): Partial<JobSpec> => {
  const begins = drafts.flatMap(({ spec }) => spec.beginS ?? []);
  const deadlines = drafts.flatMap(({ spec }) => spec.deadlineS ?? []);
  const dependencies = [...new Set(drafts.flatMap(({ spec }) => spec.dependency || []))];
  const array = drafts.find(({ spec }) => (spec.array ?? "") !== "")?.spec.array;
  return {
    ...(begins.length === 0 ? {} : { beginS: Math.max(...begins) }),
    ...(deadlines.length === 0 ? {} : { deadlineS: Math.min(...deadlines) }),
    ...(dependencies.length === 0 ? {} : { dependency: dependencies.join(",") }),
    ...(drafts.some(({ spec }) => spec.hold === true) ? { hold: true } : {}),
    ...(array === undefined ? {} : { array }),
  };
};
