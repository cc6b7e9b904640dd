/** Makes the submission of what sbatch was asked: options, script, who and where. Pure. */
import { resolve } from "node:path";
import type { JobSpec } from "../../model/job-spec.ts";
import type { Identity } from "../identity.ts";
import type { Draft } from "./draft.ts";
import { jobEnvironment } from "./job-environment.ts";
import type { Script } from "./script-file.ts";

export interface Submitter extends Identity {
  readonly host: string;
  /** 0 for unknown. */
  readonly sessionId: number;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface MadeSpec {
  readonly spec: JobSpec;
  /** What sbatch warns of, without its name. */
  readonly warnings: readonly string[];
}

export const jobSpecOf = (draft: Draft, script: Script, submitter: Submitter): MadeSpec => {
  const { user, uid, group, gid, host, sessionId, cwd, env } = submitter;
  const warnings: string[] = [];
  const spec: JobSpec = {
    ...withoutEmpty(draft.spec),
    name: draft.spec.name === undefined || draft.spec.name === "" ? script.name : draft.spec.name,
    script: script.text,
    ...(script.path === undefined ? {} : { scriptPath: script.path }),
    ...(script.args.length === 0 ? {} : { args: script.args }),
    user,
    uid,
    group,
    gid,
    submitHost: host,
    ...(sessionId > 0 ? { submitSid: sessionId } : {}),
    workDir: draft.chdir === undefined || draft.chdir === "" ? cwd : resolve(cwd, draft.chdir),
    environment: jobEnvironment(draft.exportList, env),
  };
  return { spec: { ...spec, ...fewerNodes(spec, warnings) }, warnings };
};

/** A text that an option took back (`--constraint=`) is not said at all. */
const withoutEmpty = (said: Draft["spec"]): Draft["spec"] => {
  const kept: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(said)) if (value !== "") kept[field] = value;
  return kept;
};

/** More nodes than tasks: Slurm warns and takes as many nodes as there are tasks. */
const fewerNodes = (spec: JobSpec, warnings: string[]): Pick<JobSpec, "minNodes" | "maxNodes"> => {
  const { ntasks, minNodes, maxNodes } = spec;
  if (ntasks === undefined) return {};
  if (minNodes !== undefined && minNodes > ntasks) {
    warnings.push(`Warning: can't run ${ntasks} processes on ${minNodes} nodes, setting nnodes to ${ntasks}`);
    return { minNodes: ntasks, maxNodes: ntasks };
  }
  return maxNodes !== undefined && maxNodes > ntasks ? { maxNodes: ntasks } : {};
};
