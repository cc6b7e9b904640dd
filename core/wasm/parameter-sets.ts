/**
 * The values of a module's parameters by partition: those of the cluster, and those of partitions that have values of
 * their own. Pure; a partition's values stand in front of the cluster's, and these in front of the defaults.
 */
import type { PartitionParameters, PolicyParameters } from "../model/policy.ts";
import { ok, type Result } from "../model/refusal.ts";
import type { Manifest } from "./manifest.ts";
import { parameterValues } from "./parameters.ts";

export type ParameterValues = readonly (number | string)[];

export interface ParameterSets {
  /** Of the cluster, in the manifest's order. */
  readonly cluster: ParameterValues;
  /** Of the partitions that have values of their own. */
  readonly partitions: ReadonlyMap<string, ParameterValues>;
}

/** Refuses what `parameterValues` refuses, with the partition's name before it. */
export function parameterSets(
  manifest: Pick<Manifest, "name" | "parameters">,
  given: PolicyParameters,
  byPartition: PartitionParameters = {},
): Result<ParameterSets> {
  const cluster = parameterValues(manifest, given);
  if (!cluster.ok) return cluster;
  const partitions = new Map<string, ParameterValues>();
  for (const [partition, own] of Object.entries(byPartition)) {
    const values = parameterValues(manifest, { ...given, ...own });
    if (!values.ok) {
      const { refusal } = values;
      const details = { ...refusal.details, partition };
      return {
        ok: false,
        refusal: { ...refusal, message: `partition ${partition}: ${refusal.message}`, details },
      };
    }
    partitions.set(partition, values.value);
  }
  return ok({ cluster: cluster.value, partitions });
}
