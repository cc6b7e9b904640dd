/** `rota policy load` and `rollback`: what serves in the running controller, from its next pass on. */
import { readFileSync } from "node:fs";
import {
  type PolicyLoadRequest,
  type PolicyView,
  SERVED_KINDS,
  type ServedKind,
} from "../../../model/policy-views.ts";
import { ok, type Result, refuse } from "../../../model/refusal.ts";
import { parameterValues } from "../../../wasm/parameters.ts";
import { answer, type CommandContext, fail } from "../context.ts";
import { printable } from "../terminal.ts";
import { type FoundModule, findModule } from "./modules.ts";

export interface LoadFlags {
  readonly set?: readonly string[];
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
  const request = loadRequest(context, kind, word, flags.set ?? []);
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
  settings: readonly string[],
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
  const parameters = settingsOf(module, settings);
  if (!parameters.ok) return parameters;
  return ok({
    module: module.isBuiltIn ? module.name : module.path,
    ...(module.isBuiltIn ? {} : { wasm: readFileSync(module.path).toString("base64") }),
    parameters: parameters.value,
  });
}

/** What --set says, checked against the module's ranges. */
export function settingsOf(
  module: FoundModule,
  settings: readonly string[],
): Result<Readonly<Record<string, number>>> {
  const parameters: Record<string, number> = {};
  for (const setting of settings) {
    const [, name = "", text = ""] = /^(\w+)=(.+)$/.exec(setting) ?? [];
    const value = text === "true" ? 1 : text === "false" ? 0 : Number(text);
    if (name === "" || !Number.isFinite(value))
      return refuse("POLICY_PARAMETER", `${JSON.stringify(setting)} is no setting; write --set name=number`);
    parameters[name] = value;
  }
  const values = parameterValues({ ...module, time: "dynamic", singles: false }, parameters);
  return values.ok ? ok(parameters) : values;
}

const servedKind = (kind: string): Result<ServedKind> =>
  SERVED_KINDS.includes(kind as ServedKind)
    ? ok(kind as ServedKind)
    : refuse(
        "POLICY_WRONG_KIND",
        `there is no kind ${JSON.stringify(kind.slice(0, 80))}; write ${SERVED_KINDS.join(", ")}`,
      );

const servesText = ({ kind, name, version, sha256, earlier }: PolicyView): string =>
  printable(
    `${kind}: ${name} ${version} (sha256 ${sha256.slice(0, 12)}) serves from the next pass on` +
      `${earlier === undefined ? "" : `; rollback brings ${earlier} back`}`,
  ).concat("\n");

function yamlOf(
  kind: string,
  module: string,
  { parameters = {}, wasm }: PolicyLoadRequest,
  sha256: string,
): string {
  const settings = Object.entries(parameters).map(([name, value]) => `      ${name}: ${value}\n`);
  const body = settings.length === 0 ? "" : `    parameters:\n${settings.join("")}`;
  // One that comes with Rota changes with it.
  const pin = wasm === undefined ? "" : `    digest: sha256:${sha256}\n`;
  return `policies:\n  ${kind}:\n    module: ${module}\n${pin}${body}`;
}
