/**
 * What srun asks of the controller for a step inside an allocation. What the job's variables say is taken only as far as
 * it means the step as well: a step shares the job's memory and devices unless it is told otherwise. Pure.
 */
import { parseDistribution } from "../../model/distribution.ts";
import type { StepAsk } from "../../model/step.ts";
import { UNLIMITED_S } from "../../model/time.ts";
import type { SrunDraft } from "./draft.ts";

export type StepWish = Omit<StepAsk, "port" | "key" | "waitMs">;

export interface StepWishInput {
  readonly draft: SrunDraft;
  /** Name of the program, for a step without a name. */
  readonly program: string;
  readonly srunHost: string;
  readonly srunPid: number;
  /** Lines of SLURM_HOSTFILE. */
  readonly hosts: readonly string[] | undefined;
  /** Tasks that a file of programs names. */
  readonly programTasks?: number;
}

export const stepWish = (
  { draft, program, srunHost, srunPid, hosts }: StepWishInput,
  warn: (text: string) => void,
): StepWish => {
  const { spec, step, typed } = draft;
  const isTyped = (key: string): boolean => typed.has(key);
  const distribution = spec.distribution === undefined ? undefined : parseDistribution(spec.distribution);
  const kind = distribution?.ok === true ? distribution.value.nodes : undefined;
  // Tasks a node that are typed go before the number of tasks of the job.
  const ntasks = isTyped("ntasks-per-node") && !isTyped("ntasks") ? undefined : spec.ntasks;
  const { minNodes, maxNodes } = fewerNodes(draft, ntasks, warn);
  const ask: StepWish = {
    name: isTyped("job-name") && spec.name !== undefined && spec.name !== "" ? spec.name : program,
    srunHost,
    srunPid,
    ...defined({
      ntasks,
      minNodes,
      maxNodes,
      ntasksPerNode: spec.ntasksPerNode,
      cpusPerTask: spec.cpusPerTask,
      memPerNodeMib: isTyped("mem") && spec.memPerNodeMib !== 0 ? spec.memPerNodeMib : undefined,
      memPerCpuMib: isTyped("mem-per-cpu") ? spec.memPerCpuMib : undefined,
      ...devicesOf(draft),
      nodelist: spec.nodelist,
      exclude: spec.exclude,
      relative: step.has("relative") ? Number(step.get("relative")) : undefined,
      exact: step.has("exact") || (isTyped("exclusive") && spec.exclusive === true) ? true : undefined,
      overlap: step.has("overlap") ? true : undefined,
      overcommit: spec.overcommit,
      distribution: kind === "default" ? undefined : kind,
      planeSize: distribution?.ok === true && kind === "plane" ? distribution.value.planeSize : undefined,
      hosts: kind === "arbitrary" ? hosts : undefined,
      timeLimitS:
        isTyped("time") && spec.timeLimitS !== undefined && spec.timeLimitS < UNLIMITED_S
          ? spec.timeLimitS
          : undefined,
    }),
  };
  return ask;
};

/** What is asked of devices; none of a kind is asked for by a count of 0. */
const devicesOf = ({
  spec,
  typed,
}: SrunDraft): Pick<StepWish, "gres" | "gpus" | "gpusPerNode" | "gpusPerTask"> => {
  const said = {
    gres: typed.has("gres") ? spec.gres : undefined,
    gpus: typed.has("gpus") ? spec.gpus : undefined,
    gpusPerNode: typed.has("gpus-per-node") ? spec.gpusPerNode : undefined,
    gpusPerTask: spec.gpusPerTask,
  };
  const asked = defined(said);
  const kept = Object.fromEntries(Object.entries(asked).filter(([, text]) => text !== ""));
  return Object.keys(asked).length > 0 && Object.keys(kept).length === 0 ? { gres: "none" } : kept;
};

/** More nodes than tasks: Slurm warns and takes as many nodes as there are tasks. */
const fewerNodes = (
  { spec, typed }: SrunDraft,
  ntasks: number | undefined,
  warn: (text: string) => void,
): { readonly minNodes: number | undefined; readonly maxNodes: number | undefined } => {
  const { minNodes, maxNodes } = spec;
  if (ntasks === undefined || minNodes === undefined || minNodes <= ntasks) return { minNodes, maxNodes };
  if (typed.has("ntasks") || typed.has("nodes"))
    warn(`Warning: can't run ${ntasks} processes on ${minNodes} nodes, setting nnodes to ${ntasks}`);
  return { minNodes: ntasks, maxNodes: ntasks };
};

const defined = <T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
