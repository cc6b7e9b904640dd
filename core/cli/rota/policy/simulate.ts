/**
 * `rota policy simulate`: a policy on a trace, or on what a controller has recorded, beside the one that serves there. The
 * controller is asked for its state and its history and is not touched.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { PolicyChoice } from "../../../model/policy.ts";
import type { PolicyView } from "../../../model/policy-views.ts";
import { ok, type Result, refuse } from "../../../model/refusal.ts";
import type { SnapshotFacts } from "../../../model/state-snapshot.ts";
import { clusterFor, machineCpus } from "../../../simulate/asked-cluster.ts";
import {
  type BesideMade,
  type BesideParts,
  namesBeside,
  runBeside,
} from "../../../simulate/beside/beside.ts";
import { besideText } from "../../../simulate/beside/beside-text.ts";
import { clusterOfState } from "../../../simulate/beside/live-cluster.ts";
import { recordedWorkload } from "../../../simulate/beside/recorded.ts";
import { readFlags, type SimulateFlags } from "../../../simulate/flags.ts";
import { prepareFiles } from "../../../simulate/policies.ts";
import { Progress } from "../../../simulate/progress.ts";
import { readWorkload } from "../../../simulate/read-workload.ts";
import { fetchRecords, fetchState } from "../../../simulate/whatif/fetch-state.ts";
import { decodeState } from "../../../state/snapshot.ts";
import { findConnection } from "../../connection.ts";
import { answer, type CommandContext, fail } from "../context.ts";
import { UNKNOWN_WIDTH } from "../terminal.ts";
import { askServing } from "./list.ts";
import { settingsOf } from "./load.ts";
import { findModule } from "./modules.ts";

export type SimulatePolicyFlags = Pick<
  SimulateFlags,
  | "cluster"
  | "nodes"
  | "cpusPerNode"
  | "gpusPerNode"
  | "gpuModel"
  | "memoryPerNode"
  | "backfill"
  | "estimates"
  | "seed"
> & {
  readonly set?: readonly string[];
  readonly json?: boolean;
};

/** Of the options of a trace, those that say what its cluster is; a recorded workload has its own. */
const TRACE_FLAGS = ["cluster", "nodes", "cpusPerNode", "gpusPerNode", "gpuModel", "memoryPerNode"] as const;
const KINDS: readonly string[] = ["priority", "placement", "topology", "preemption"];

type Parts = Omit<BesideParts, "candidate" | "onProgress"> & { readonly notes: readonly string[] };

/** The exit code when both replays are done. */
export async function simulatePolicy(
  context: CommandContext,
  word: string,
  trace: string | undefined,
  flags: SimulatePolicyFlags,
): Promise<number> {
  const json = flags.json === true;
  const made = await simulated(context, word, trace, flags);
  if (!made.ok) return fail(context, made.refusal, json);
  for (const note of made.value.notes) context.err(`rota: ${note}\n`);
  return answer(context, ok(made.value.beside), json, (beside) => besideText(beside, context.terminal));
}

async function simulated(
  context: CommandContext,
  word: string,
  trace: string | undefined,
  flags: SimulatePolicyFlags,
): Promise<Result<BesideMade>> {
  const candidate = candidateOf(context, word, flags.set ?? []);
  if (!candidate.ok) return candidate;
  const parts =
    trace === undefined ? await fromController(context, flags) : await fromTrace(context, trace, flags);
  if (!parts.ok) return parts;
  const { notes, ...given } = parts.value;
  if (candidate.value.kind === "preemption" && given.cluster.preemption.by === "none")
    return refuse("POLICY_NOT_SERVED", "nothing is preempted on this cluster");
  for (const names of [given.policies, namesBeside({ ...given, candidate: candidate.value })]) {
    const prepared = await prepareFiles(names);
    if (!prepared.ok) return prepared;
  }
  const { err, errorTerminal } = context;
  const isTerminal = errorTerminal.width !== UNKNOWN_WIDTH;
  const nowMs = (): number => performance.now();
  const progress = new Progress(
    { write: err, nowMs, isTerminal },
    candidate.value.name,
    2 * given.workload.jobs.length,
    "jobs ended",
  );
  const onProgress = isTerminal ? { onProgress: (ended: number) => progress.to(ended) } : {};
  const made = runBeside({ ...given, candidate: candidate.value, ...onProgress });
  progress.end();
  return made.ok ? ok({ ...made.value, notes: [...notes, ...made.value.notes] }) : made;
}

function candidateOf(
  { cwd }: CommandContext,
  word: string,
  settings: readonly string[],
): Result<BesideParts["candidate"]> {
  const found = findModule(cwd, word);
  if (!found.ok) return found;
  const { kind, name, version, sha256, path } = found.value;
  if (!KINDS.includes(kind))
    return refuse(
      "POLICY_WRONG_KIND",
      `${name} is a policy of kind ${kind}; replays ask ${KINDS.join(", ")}`,
    );
  const parameters = settingsOf(found.value, settings);
  return parameters.ok ? ok({ kind, module: path, ...parameters.value, name, version, sha256 }) : parameters;
}

async function fromTrace(
  { cwd }: CommandContext,
  trace: string,
  flags: SimulatePolicyFlags,
): Promise<Result<Parts>> {
  const settings = readFlags(
    flags.cluster === undefined ? flags : { ...flags, cluster: resolve(cwd, flags.cluster) },
  );
  if (!settings.ok) return settings;
  const { orders, modes, backfillOrder, placement, topology, estimates, eventOrder, seed } = settings.value;
  const [mode, another] = modes;
  if (mode === undefined || another !== undefined)
    return refuse("INVALID_SPEC", "--backfill is a list; two replays are compared in one mode");
  const read = await readWorkload(resolve(cwd, trace), machineCpus(settings.value.cluster));
  if (!read.ok) return read;
  const cluster = clusterFor(settings.value.cluster, read.value.workload);
  if (!cluster.ok) return cluster;
  const asked = settings.value.cluster;
  return ok({
    // As it was typed.
    workload: { ...read.value.workload, name: trace },
    cluster: cluster.value,
    policies: {
      order: orders[0]!,
      placement,
      topology,
      preemption: asked.kind === "config" ? asked.config.policies.preemption : undefined,
    },
    settings: { backfill: { mode, order: backfillOrder }, eventOrder, estimates, seed },
    notes:
      read.value.left === 0 ? [] : [`${read.value.left} jobs of the log cannot be replayed and are left out`],
  });
}

async function fromController(context: CommandContext, flags: SimulatePolicyFlags): Promise<Result<Parts>> {
  const strange = TRACE_FLAGS.find((flag) => flags[flag] !== undefined);
  if (strange !== undefined)
    return refuse("INVALID_SPEC", "the options of nodes are of a trace; give its file after the policy");
  const controller = findConnection(context.env);
  if (!controller.ok) return controller;
  const taken = await fetchState(controller.value);
  if (!taken.ok) return taken;
  const { facts, bytes } = taken.value;
  const policies = await servingNames(context, facts);
  if (!policies.ok) return policies;
  const records = await fetchRecords(controller.value);
  if (!records.ok) return records;
  const state = decodeState(bytes);
  const cluster = clusterOfState(state);
  if (!cluster.ok) return cluster;
  const { workload, real, neverRan } = recordedWorkload(records.value, `${state.clusterName}, recorded`);
  if (workload.jobs.length === 0)
    return refuse("WORKLOAD_INVALID", "no job has run on this cluster yet; give a trace after the policy");
  // The cluster's own settings, where the command line says nothing else.
  const settings = readFlags({ backfill: facts.backfill, ...flags, nodes: "1", cpusPerNode: "1" });
  if (!settings.ok) return settings;
  const { modes, backfillOrder, estimates, eventOrder, seed } = settings.value;
  return ok({
    workload,
    cluster: cluster.value,
    policies: policies.value,
    real,
    settings: { backfill: { mode: modes[0]!, order: backfillOrder }, eventOrder, estimates, seed },
    notes: neverRan === 0 ? [] : [`${neverRan} recorded jobs ended before they had run and are left out`],
  });
}

/** The live policies by module; refused where the file of one is not what serves any more. */
async function servingNames(
  context: CommandContext,
  { policies }: SnapshotFacts,
): Promise<Result<BesideParts["policies"]>> {
  const serving = await askServing(context);
  if (!serving.ok) return serving;
  for (const choice of Object.values(policies) as (PolicyChoice | undefined)[]) {
    const served = serving.value.find(({ kind }) => kind === choice?.kind);
    const wrong = choice === undefined || served === undefined ? undefined : changed(choice, served);
    if (wrong !== undefined) return refuse("POLICY_UNREADABLE", wrong);
  }
  const { priority, placement, topology, preemption } = policies;
  return ok({ order: priority, placement, topology, preemption });
}

function changed({ module }: PolicyChoice, { kind, sha256 }: PolicyView): string | undefined {
  if (!module.endsWith(".wasm")) return undefined;
  if (!existsSync(module))
    return `the ${kind} policy that serves was loaded from ${module}, which is not here`;
  const here = createHash("sha256").update(readFileSync(module)).digest("hex");
  return here === sha256
    ? undefined
    : `the ${kind} policy that serves is not what ${module} holds now; load it again`;
}
