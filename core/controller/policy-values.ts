/** What other values make of a policy's choice: those of the cluster and of partitions, null for back to what was behind. Pure. */
import type { PolicyChoice, PolicyParameters } from "../model/policy.ts";
import type { PolicySetRequest } from "../model/policy-views.ts";

type Values = Readonly<Record<string, number | string | null>>;

/** The parts of the choice that the request changes. */
export function otherValues(
  { parameters, partitions = {}, onFault }: PolicyChoice,
  request: PolicySetRequest,
): Pick<PolicyChoice, "parameters" | "partitions" | "onFault"> {
  const own: Record<string, PolicyParameters> = { ...partitions };
  for (const [partition, values] of Object.entries(request.partitions ?? {})) {
    const made = merged(own[partition] ?? {}, values);
    if (Object.keys(made).length === 0) delete own[partition];
    else own[partition] = made;
  }
  const kept = request.onFault ?? onFault;
  return {
    parameters: merged(parameters, request.parameters ?? {}),
    ...(Object.keys(own).length === 0 ? { partitions: undefined } : { partitions: own }),
    ...(kept === undefined ? {} : { onFault: kept }),
  } as Pick<PolicyChoice, "parameters" | "partitions" | "onFault">;
}

function merged(before: PolicyParameters, values: Values): PolicyParameters {
  const next: Record<string, number | string> = { ...before };
  for (const [name, value] of Object.entries(values)) {
    if (value === null) delete next[name];
    else next[name] = value;
  }
  return next;
}
