/**
 * What is changed of a cluster for a question: nodes drained, nodes added, a job submitted. Works on a state of its own,
 * by the events that would do the same to a real one, so nothing of it is a special case for the passes.
 */
import { admit } from "../../admit/admit.ts";
import { admitClusterOf } from "../../admit/cluster-of.ts";
import { expandHostlist } from "../../model/hostlist.ts";
import { MAX_NODES } from "../../model/ids.ts";
import type { JobSpec } from "../../model/job-spec.ts";
import type { NodeRecord } from "../../model/node.ts";
import { ok, type Result, refuse } from "../../model/refusal.ts";
import type { ClusterState } from "../../state/cluster-state.ts";
import { reduce } from "../../state/reduce.ts";
import { isNodeUsable } from "../../state/tables.ts";

export interface Changes {
  /** A hostlist. */
  readonly drain?: string | undefined;
  readonly addNodes?: AddedNodes | undefined;
  readonly submit?: JobSpec | undefined;
}

export interface AddedNodes {
  /** 1 .. MAX_ADDED_NODES. */
  readonly count: number;
  /** Name of the node that they are like and whose partitions they join; a usable one of the default partition unless told. */
  readonly like?: string | undefined;
}

export const MAX_ADDED_NODES = 10_000;

/** Applies them; gives the id of the submitted job, 0 for none. */
export function applyChanges(state: ClusterState, changes: Changes, nowS: number): Result<number> {
  const atS = Math.max(nowS, state.lastAtS);
  const drained = drain(state, changes.drain, atS);
  if (!drained.ok) return drained;
  const added = addNodes(state, changes.addNodes, atS);
  if (!added.ok) return added;
  return submit(state, changes.submit, atS);
}

function drain(state: ClusterState, list: string | undefined, atS: number): Result<null> {
  if (list === undefined) return ok(null);
  const names = expandHostlist(list);
  if (!names.ok) return refuse("INVALID_SPEC", `--drain: ${names.message}`);
  for (const name of names.value) {
    const node = state.nodeByName.get(name);
    if (node === undefined)
      return refuse("UNKNOWN_NODE", `--drain: there is no node ${name}`, { node: name });
    const reason = "operator: what if";
    reduce(state, state.lastSeq + 1, { type: "node.changed", atS, node, drain: true, reason });
  }
  return ok(null);
}

function addNodes(state: ClusterState, added: AddedNodes | undefined, atS: number): Result<null> {
  if (added === undefined) return ok(null);
  const { count, like } = added;
  if (state.nodeRecords.length + count > MAX_NODES)
    return refuse("INVALID_SPEC", `--add-nodes: a cluster has at most ${MAX_NODES} nodes`);
  const model = like === undefined ? usualNode(state) : state.nodeRecords[state.nodeByName.get(like) ?? -1];
  if (model === undefined && like !== undefined)
    return refuse("UNKNOWN_NODE", `--add-nodes: there is no node ${like}`, { node: like });
  if (model === undefined)
    return refuse("INVALID_SPEC", "--add-nodes: no node takes jobs; say which one the new ones are like");
  const names: string[] = [];
  for (let number = 1; names.length < count; number++)
    if (!state.nodeByName.has(`new${number}`)) names.push(`new${number}`);
  // Partitions that list the model list its likes; those of all nodes have them anyway.
  state.partitionMembers = state.partitionMembers.map((members) =>
    members?.has(model.spec.name) === true ? new Set([...members, ...names]) : members,
  );
  for (const name of names) {
    const spec = { ...model.spec, name, hostname: name, address: name };
    reduce(state, state.lastSeq + 1, { type: "node.registered", atS, spec });
  }
  return ok(null);
}

/** The first node of the default partition that takes jobs, else the first that does. */
function usualNode({ nodes, nodeRecords, partitions }: ClusterState): NodeRecord | undefined {
  const { flags, partitionLo, partitionHi } = nodes.columns;
  const usable = nodeRecords.filter(({ index }) => isNodeUsable(flags[index]!));
  const byDefault = partitions.findIndex(({ spec }) => spec.isDefault);
  const bits = byDefault < 32 ? partitionLo : partitionHi;
  return usable.find(({ index }) => ((bits[index]! >>> (byDefault & 31)) & 1) === 1) ?? usable[0];
}

function submit(state: ClusterState, spec: JobSpec | undefined, atS: number): Result<number> {
  if (spec === undefined) return ok(0);
  const admitted = admit(
    spec,
    admitClusterOf(state, () => 0),
    atS,
    { operator: true },
  );
  if (!admitted.ok) return admitted;
  const jobId = state.nextJobId;
  const { job, array } = admitted.value;
  reduce(state, state.lastSeq + 1, {
    type: "job.submitted",
    atS,
    jobId,
    scriptKey: jobId,
    job,
    ...(array === undefined ? {} : { array }),
  });
  return ok(jobId);
}
