/**
 * The forms in which a waiting job is tried for `rota explain`: on fewer nodes, for a shorter time, in another partition,
 * without its features, with devices of any type. Each is a submission of its own to a state that is a copy. Pure but for
 * that copy.
 */
import { isEnded, type Job } from "../model/job.ts";
import type { WaitChange } from "../model/reasons.ts";
import type { Request } from "../model/request.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { gresParents } from "../state/node-rows.ts";
import { reduce } from "../state/reduce.ts";

export interface Variant {
  readonly change: WaitChange;
  /** Pending row of the copy. */
  readonly row: number;
}

export interface Variants {
  readonly forms: readonly Variant[];
  /** Of the form whose time limit is to be found. */
  readonly timeRow: number;
}

/** Other partitions that are tried. */
const MAX_PARTITIONS = 4;
/** Parts of its nodes on which it is tried, and all but one. */
const NODE_PARTS = [2, 4] as const;

/** Adds all forms of the job to the state; empty where it does not wait. */
export function addVariants(state: ClusterState, job: Job, atS: number): Variants {
  if (isEnded(job.state) || job.state === "RUNNING") return { forms: [], timeRow: -1 };
  const forms = formsOf(state, job).map(({ change, ...form }) => ({
    change,
    row: add(state, { ...job, ...form }, atS),
  }));
  return { forms, timeRow: add(state, job, atS) };
}

type Form = { readonly change: WaitChange } & Partial<Pick<Job, "request" | "partitions">>;

function formsOf(state: ClusterState, { request, partitions }: Job): readonly Form[] {
  return [
    ...fewerNodes(request).map((form) => ({
      change: { change: "nodes" as const, to: String(form.maxNodes) },
      request: form,
    })),
    ...state.partitions
      .filter(({ spec }) => spec.state === "UP" && !partitions.includes(spec.name))
      .slice(0, MAX_PARTITIONS)
      .map(({ spec: { name } }) => ({
        change: { change: "partition" as const, to: name },
        partitions: [name],
      })),
    ...(request.features === ""
      ? []
      : [{ change: { change: "features" as const, to: "" }, request: { ...request, features: "" } }]),
    ...anywhere(request),
    ...anyType(state, request).map((form) => ({
      change: { change: "gres" as const, to: gresText(state, form) },
      request: form,
    })),
  ];
}

/** Where its nodes must lie together: wherever they are. */
function anywhere(request: Request): readonly Form[] {
  const { contiguous, switches, ...rest } = request;
  return [
    ...(contiguous === undefined
      ? []
      : [
          {
            change: { change: "contiguous" as const, to: "" },
            request: { ...rest, ...(switches === undefined ? {} : { switches }) },
          },
        ]),
    ...(switches === undefined
      ? []
      : [
          {
            change: { change: "switches" as const, to: "" },
            request: { ...rest, ...(contiguous === undefined ? {} : { contiguous }) },
          },
        ]),
  ];
}

/** Of jobs on several nodes that are all alike: the same on each of fewer, most first. */
function fewerNodes(request: Request): readonly Request[] {
  const { minNodes, uneven, tasksPerNode, requiredNodes } = request;
  if (uneven || minNodes < 2) return [];
  const counts = new Set([minNodes - 1, ...NODE_PARTS.map((part) => Math.floor(minNodes / part))]);
  return [...counts]
    .filter((nodes) => nodes >= Math.max(1, requiredNodes.length))
    .map((nodes) => ({ ...request, minNodes: nodes, maxNodes: nodes, tasks: tasksPerNode * nodes }));
}

/** Where it asks devices of a type: as many of any. */
function anyType(state: ClusterState, request: Request): readonly Request[] {
  const parents = gresParents(state);
  const gres = request.gres.map((demand) => ({
    ...demand,
    dimension: parents[demand.dimension] ?? demand.dimension,
  }));
  const isOther = gres.some(({ dimension }, i) => dimension !== request.gres[i]!.dimension);
  const isOne = new Set(gres.map(({ dimension }) => dimension)).size === gres.length;
  return isOther && isOne ? [{ ...request, gres }] : [];
}

const gresText = (state: ClusterState, { gres }: Request): string =>
  gres.map(({ dimension, count }) => `${state.dimensions.nameOf(dimension)}:${count}`).join(",");

/** Submits it as a plain job that may start at once; gives its row. */
function add(state: ClusterState, job: Job, atS: number): number {
  const { spec, name, request, partitions, timeLimitS, nice, account, qos, comment, requeueAllowed } = job;
  const jobId = state.nextJobId;
  reduce(state, state.lastSeq + 1, {
    type: "job.submitted",
    atS,
    jobId,
    scriptKey: job.scriptKey,
    job: {
      spec,
      name,
      request,
      partitions,
      timeLimitS,
      nice,
      account,
      qos,
      comment,
      requeueAllowed,
      held: "",
      beginS: 0,
      ...(job.reservation === undefined ? {} : { reservation: job.reservation }),
    },
  });
  return state.pendingRow.get(jobId as Job["id"]) ?? -1;
}
