/** `rota policy set`: other values of parameters for the policy that serves, without loading it again. */
import type { PolicySetRequest, PolicyView } from "../../../model/policy-views.ts";
import { ok, type Result, refuse } from "../../../model/refusal.ts";
import { answer, type CommandContext, fail } from "../context.ts";
import { askServing, parametersText } from "./list.ts";
import { onFaultOf, servedKind, servesText } from "./load.ts";
import { readSettings } from "./settings.ts";

export interface SetFlags {
  /** Names, or partition:name, that go back to what stands behind them. */
  readonly unset?: readonly string[];
  readonly onFault?: string;
  readonly json?: boolean;
}

/** The exit code once the controller has taken the values. */
export async function setPolicy(
  context: CommandContext,
  kind: string,
  settings: readonly string[],
  flags: SetFlags,
): Promise<number> {
  const json = flags.json === true;
  const known = servedKind(kind);
  if (!known.ok) return fail(context, known.refusal, json);
  const serving = await askServing(context);
  if (!serving.ok) return fail(context, serving.refusal, json);
  const policy = serving.value.find((one) => one.kind === kind);
  if (policy === undefined)
    return fail(context, refuse("POLICY_NOT_SERVED", `no ${kind} policy serves`).refusal, json);
  const request = makeRequest(policy, settings, flags);
  if (!request.ok) return fail(context, request.refusal, json);
  const set = await context.client.ask<PolicyView>("POST", `/v1/policies/${kind}/set`, request.value);
  return answer(
    context,
    set,
    json,
    (made) => `${servesText(made)}\n${parametersText(made, context.terminal)}`,
  );
}

function makeRequest(
  { kind, parameters }: PolicyView,
  settings: readonly string[],
  { unset = [], onFault }: SetFlags,
): Result<PolicySetRequest> {
  const read = readSettings(settings, parameters);
  if (!read.ok) return read;
  const fault = onFaultOf(kind, onFault);
  if (!fault.ok) return fault;
  if (settings.length === 0 && unset.length === 0 && onFault === undefined)
    return refuse(
      "POLICY_PARAMETER",
      "nothing is set; write name=value, partition:name=value or --unset name",
    );
  const cluster: Record<string, number | string | null> = { ...read.value.parameters };
  const partitions: Record<string, Record<string, number | string | null>> = Object.fromEntries(
    Object.entries(read.value.partitions).map(([name, values]) => [name, { ...values }]),
  );
  for (const word of unset) {
    const colon = word.lastIndexOf(":");
    const name = word.slice(colon + 1);
    if (!parameters.some((parameter) => parameter.name === name))
      return refuse(
        "POLICY_PARAMETER",
        `there is no parameter ${name}; it has: ${parameters.map((one) => one.name).join(", ") || "none"}`,
      );
    if (colon < 0) cluster[name] = null;
    else partitions[word.slice(0, colon)] = { ...partitions[word.slice(0, colon)], [name]: null };
  }
  return ok({
    parameters: cluster,
    partitions,
    ...(fault.value === undefined ? {} : { onFault: fault.value }),
  });
}
