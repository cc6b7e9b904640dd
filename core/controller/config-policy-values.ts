/** The values of a policy's parameters in rota.yaml, for the cluster and for partitions. Reads a document; pure. */
import type { PartitionParameters, PolicyKind, PolicyParameters } from "../model/policy.ts";
import type { ConfigDocument, Spot } from "./config-document.ts";
import { nearestName } from "./config-nearest.ts";

const MAX_PARAMETERS = 64;

/** Which names a module has, and what they take, is known when it is loaded; here every name will do. */
export function readParameters(
  document: ConfigDocument,
  spot: Spot | undefined,
  kind: PolicyKind,
): PolicyParameters {
  const parameters: Record<string, number | string> = {};
  if (spot === undefined) return parameters;
  if (!document.isMapping(spot)) {
    document.fault(spot.offset, `${spot.name} is no mapping; write names and values, as ageWeight: 1000`);
    return parameters;
  }
  const names = document.keys(spot);
  if (names.length > MAX_PARAMETERS) {
    document.fault(
      spot.offset,
      `${spot.name} has ${names.length} names; at most ${MAX_PARAMETERS} are possible`,
    );
    return parameters;
  }
  for (const [name, value] of document.fields(spot, names)) {
    const read = document.value(value, kind === "admission");
    if (read !== undefined) parameters[name] = read;
  }
  return parameters;
}

/** By partition; undefined where none has values of its own. */
export function readPartitionParameters(
  document: ConfigDocument,
  spot: Spot | undefined,
  partitions: readonly string[],
  kind: PolicyKind,
): PartitionParameters | undefined {
  if (spot === undefined) return undefined;
  if (!document.isMapping(spot)) {
    document.fault(
      spot.offset,
      "partitions is no mapping; write the partition's name, and below it names and values",
    );
    return undefined;
  }
  const given: Record<string, PolicyParameters> = {};
  for (const [name, values] of document.fields(spot, document.keys(spot))) {
    if (partitions.includes(name)) {
      given[name] = readParameters(document, values, kind);
      continue;
    }
    const nearest = nearestName(name, partitions);
    const right =
      nearest === undefined ? `there are ${partitions.join(", ") || "none"}` : `did you mean ${nearest}?`;
    document.fault(values.offset, `there is no partition ${JSON.stringify(name)}; ${right}`);
  }
  return Object.keys(given).length === 0 ? undefined : given;
}
