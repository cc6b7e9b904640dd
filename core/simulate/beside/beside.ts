/**
 * A policy beside those that serve, on the same workload: two replays of the product's own stages that differ in one
 * module, and what changes. Opens the modules in this thread; changes nothing elsewhere.
 */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { kernelPath } from "../../controller/built-file.ts";
import type { PolicyChoice } from "../../model/policy.ts";
import { ok, type Result } from "../../model/refusal.ts";
import type { BesideView } from "../../model/workbench.ts";
import { PlanKernel } from "../../place/kernel.ts";
import type { SimulatedCluster } from "../cluster.ts";
import { figuresOf, type Schedule } from "../figures.ts";
import { openPolicies, type PolicyNames } from "../policies.ts";
import { replay } from "../replay.ts";
import type { RunSettings } from "../settings.ts";
import type { SimulatedJobs, Simulation } from "../simulation.ts";
import type { Workload } from "../workload.ts";
import { movesBetween } from "./moved.ts";

export interface BesideParts {
  readonly workload: Workload;
  readonly cluster: SimulatedCluster;
  /** Those that serve. */
  readonly policies: PolicyNames;
  readonly candidate: PolicyChoice & Pick<BesideView, "name" | "version" | "sha256">;
  readonly settings: Omit<RunSettings, "label" | "keepPlacements">;
  /** Of a recorded workload. */
  readonly real?: SimulatedJobs | undefined;
  /** Called after each pass with how many jobs of both replays have ended. */
  readonly onProgress?: (ended: number) => void;
}

export interface BesideMade {
  readonly beside: BesideView;
  /** Sentences that belong beside the figures. */
  readonly notes: readonly string[];
}

const OPTION = {
  priority: "order",
  placement: "placement",
  topology: "topology",
  preemption: "preemption",
} as const;
type BesideKind = keyof typeof OPTION;

/** Both replays. Modules of files have their fuel when `prepareFiles` was called with both `namesBeside`. */
export function runBeside(parts: BesideParts): Result<BesideMade> {
  const { workload, cluster, policies, candidate, settings, real } = parts;
  const { name, version, sha256 } = candidate;
  const option = OPTION[candidate.kind as BesideKind];
  const live = runOf(parts, policies, 0);
  if (!live.ok) return live;
  const other = runOf(parts, namesBeside(parts), workload.jobs.length);
  if (!other.ok) return other;
  const against = policies[option];
  return ok({
    beside: {
      kind: candidate.kind,
      name,
      version,
      sha256,
      parameters: candidate.parameters,
      against: against === undefined ? "none" : basename(against.module, ".wasm"),
      workload: workload.name,
      nodes: cluster.nodes.length,
      cpus: cluster.cpus,
      gpus: cluster.gpus,
      backfill: settings.backfill.mode,
      live: scheduleOf(live.value),
      candidate: scheduleOf(other.value),
      ...(real === undefined ? {} : { real: realFigures(workload, real, cluster) }),
      moved: movesBetween(live.value, other.value),
    },
    notes: [
      ...(live.value.notes ?? []).map((line) => `live: ${line}`),
      ...(other.value.notes ?? []).map((line) => `${name}: ${line}`),
    ],
  });
}

/** What serves, with the candidate in its place. */
export function namesBeside({
  policies,
  candidate,
}: Pick<BesideParts, "policies" | "candidate">): PolicyNames {
  const { kind, module, parameters } = candidate;
  return { ...policies, [OPTION[kind as BesideKind]]: { kind, module, parameters } };
}

function runOf(parts: BesideParts, names: PolicyNames, endedBefore: number): Result<Simulation> {
  const policies = openPolicies(names);
  if (!policies.ok) return policies;
  const { workload, cluster, settings, onProgress } = parts;
  return ok(
    replay({
      workload,
      cluster,
      policies: policies.value,
      kernel: new PlanKernel(readFileSync(kernelPath())),
      settings: { ...settings, label: names.order.module, keepPlacements: false },
      nowMs: () => performance.now(),
      peakRssMib: () => process.resourceUsage().maxRSS / 1024,
      ...(onProgress === undefined ? {} : { onProgress: (ended) => onProgress(endedBefore + ended) }),
    }),
  );
}

/** Without what says how long the replay itself took, so that the same question has the same answer. */
function scheduleOf({ summary }: Simulation): Schedule {
  const { passes: _, decisions: __, wallS: ___, peakRssMib: ____, ...schedule } = summary;
  return schedule;
}

const realFigures = (workload: Workload, real: SimulatedJobs, { cpus }: SimulatedCluster): Schedule =>
  figuresOf(workload, real, new Float64Array(workload.jobs.length).fill(-1), cpus);
