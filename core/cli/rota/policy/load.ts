/** `rota policy load` and `rollback`: what serves in the running controller, from its next pass on. */
import { readFileSync } from "node:fs";
import { ON_FAULT, type OnFault, type PolicyParameters } from "../../../model/policy.ts";
import {
  type PolicyLoadRequest,
  type PolicyView,
  SERVED_KINDS,
  type ServedKind,
} from "../../../model/policy-views.ts";
import { ok, type Result, refuse } from "../../../model/refusal.ts";
import { parameterSets } from "../../../wasm/parameter-sets.ts";
import { answer, type CommandContext, fail } from "../context.ts";
import { printable } from "../terminal.ts";
import { type FoundModule, findModule } from "./modules.ts";
import { readSettings, type Settings } from "./settings.ts";

export interface LoadFlags {
  readonly set?: readonly string[];
  readonly onFault?: string;
  readonly json?: boolean;
}

/** The exit code once the controller has taken it. */
export async function loadPolicy(
  context: CommandContext,
  kind: string,
  word: string,
  flags: LoadFlags,
): Promise<number> {
  const json = flags.json === true;
  const request = loadRequest(context, kind, word, flags);
  if (!request.ok) return fail(context, request.refusal, json);
  const loaded = await context.client.ask<PolicyView>("POST", `/v1/policies/${kind}/load`, request.value);
  return answer(context, loaded, json, (policy) => {
    const { module } = request.value;
    return `${servesText(policy)}To keep it over a restart, write in rota.yaml:\n${yamlOf(kind, module, request.value, policy.sha256)}`;
  });
}

/** The exit code once the controller has gone back. */
export async function rollbackPolicy(
  context: CommandContext,
  kind: string,
  { json }: { readonly json?: boolean },
): Promise<number> {
  const known = servedKind(kind);
  if (!known.ok) return fail(context, known.refusal, json === true);
  const back = await context.client.ask<{ readonly policies: readonly PolicyView[] }>(
    "POST",
    `/v1/policies/${kind}/rollback`,
    {},
  );
  return answer(context, back, json === true, ({ policies: [policy] }) =>
    policy === undefined ? `no ${kind} policy serves from the next pass on\n` : servesText(policy),
  );
}

/** What is sent of a module; the refusal is said before anything is. */
export function loadRequest(
  { cwd }: Pick<CommandContext, "cwd">,
  kind: string,
  word: string,
  { set = [], onFault }: LoadFlags,
): Result<PolicyLoadRequest> {
  const known = servedKind(kind);
  if (!known.ok) return known;
  // A short name is of the kind that is asked for, where two kinds have it.
  const ofKind = findModule(cwd, `${kind}/${word}`);
  const found = ofKind.ok && ofKind.value.isBuiltIn ? ofKind : findModule(cwd, word);
  if (!found.ok) return found;
  const module = found.value;
  if (module.kind !== kind)
    return refuse("POLICY_WRONG_KIND", `${module.name} is a ${module.kind} policy, not one of kind ${kind}`);
  const read = settingsOf(module, set);
  if (!read.ok) return read;
  const { parameters, partitions } = read.value;
  const fault = onFaultOf(kind, onFault);
  if (!fault.ok) return fault;
  return ok({
    module: module.isBuiltIn ? module.name : module.path,
    ...(module.isBuiltIn ? {} : { wasm: readFileSync(module.path).toString("base64") }),
    parameters,
    ...(Object.keys(partitions).length === 0 ? {} : { partitions }),
    ...(fault.value === undefined ? {} : { onFault: fault.value }),
  });
}

/** What --set says, checked against the module's ranges. */
export function settingsOf(module: FoundModule, settings: readonly string[]): Result<Settings> {
  const read = readSettings(settings, module.parameters);
  if (!read.ok) return read;
  const values = parameterSets(module, read.value.parameters, read.value.partitions);
  return values.ok ? read : values;
}

/** The word of `--on-fault`, which only an admission policy has. */
export function onFaultOf(kind: string, word: string | undefined): Result<OnFault | undefined> {
  if (word === undefined) return ok(undefined);
  if (kind !== "admission") return refuse("POLICY_WRONG_KIND", "--on-fault is of admission policies");
  const known = ON_FAULT.find((one) => one === word);
  return known === undefined
    ? refuse(
        "POLICY_PARAMETER",
        `--on-fault is ${JSON.stringify(word.slice(0, 80))}; write ${ON_FAULT.join(" or ")}`,
      )
    : ok(known);
}

export const servedKind = (kind: string): Result<ServedKind> =>
  SERVED_KINDS.includes(kind as ServedKind)
    ? ok(kind as ServedKind)
    : refuse(
        "POLICY_WRONG_KIND",
        `there is no kind ${JSON.stringify(kind.slice(0, 80))}; write ${SERVED_KINDS.join(", ")}`,
      );

export const servesText = ({ kind, name, version, sha256, earlier }: PolicyView): string =>
  printable(
    `${kind}: ${name} ${version} (sha256 ${sha256.slice(0, 12)}) serves from the next ` +
      `${kind === "admission" ? "submission" : "pass"} on` +
      `${earlier === undefined ? "" : `; rollback brings ${earlier} back`}`,
  ).concat("\n");

function yamlOf(kind: string, module: string, request: PolicyLoadRequest, sha256: string): string {
  const { parameters = {}, partitions = {}, onFault, wasm } = request;
  const lines = (values: PolicyParameters, indent: string): string =>
    Object.entries(values)
      .map(([name, value]) => `${indent}${name}: ${JSON.stringify(value)}\n`)
      .join("");
  const own = Object.entries(partitions).map(
    ([name, values]) => `      ${name}:\n${lines(values, "        ")}`,
  );
  return [
    `policies:\n  ${kind}:\n    module: ${module}\n`,
    // One that comes with Rota changes with it.
    wasm === undefined ? "" : `    digest: sha256:${sha256}\n`,
    onFault === undefined ? "" : `    on_fault: ${onFault}\n`,
    Object.keys(parameters).length === 0 ? "" : `    parameters:\n${lines(parameters, "      ")}`,
    own.length === 0 ? "" : `    partitions:\n${own.join("")}`,
  ].join("");
}
