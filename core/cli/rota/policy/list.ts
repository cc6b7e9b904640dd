/** `rota policy list` and `show`: modules that there are, and what serves in the controller. */
import type { PolicyView } from "../../../model/policy-views.ts";
import { ok, type Result, refuse } from "../../../model/refusal.ts";
import { answer, type CommandContext, fail } from "../context.ts";
import { printFacts, printTable } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { builtInModules, type FoundModule, findModule } from "./modules.ts";

export interface ListFlags {
  readonly live?: boolean;
  readonly json?: boolean;
}

/** Modules, and beside them what serves where a controller answers; with --live only that. */
export async function listPolicies(
  context: CommandContext,
  words: readonly string[],
  { live, json }: ListFlags,
): Promise<number> {
  const serving = await askServing(context);
  if (live === true) {
    return answer(context, serving, json === true, (policies) => servingTable(policies, context.terminal));
  }
  const modules: FoundModule[] = [...builtInModules()];
  for (const word of words) {
    const found = findModule(context.cwd, word);
    if (!found.ok) return fail(context, found.refusal, json === true);
    modules.push(found.value);
  }
  const value = { modules, ...(serving.ok ? { serving: serving.value } : {}) };
  return answer(context, ok(value), json === true, () => {
    const table = moduleTable(modules, serving.ok ? serving.value : [], context.terminal);
    if (serving.ok) return `${table}\n${servingTable(serving.value, context.terminal)}`;
    return table;
  });
}

/** A module, or with --live what serves a kind. */
export async function showPolicy(
  context: CommandContext,
  word: string,
  { live, json }: ListFlags,
): Promise<number> {
  const { terminal } = context;
  if (live === true) {
    const served = await askServing(context);
    const one = served.ok ? oneOf(served.value, word) : served;
    return answer(context, one, json === true, (policy) => liveText(policy, terminal));
  }
  const found = findModule(context.cwd, word);
  return answer(context, found, json === true, (module) => moduleText(module, terminal));
}

const oneOf = (policies: readonly PolicyView[], kind: string): Result<PolicyView> => {
  const one = policies.find((policy) => policy.kind === kind || policy.name === kind);
  const there = policies.map((policy) => policy.kind).join(", ");
  return one === undefined
    ? refuse("POLICY_NOT_SERVED", `no policy ${kind} serves; there are ${there}`)
    : ok(one);
};

export async function askServing({ client }: CommandContext): Promise<Result<readonly PolicyView[]>> {
  const asked = await client.ask<{ readonly policies: readonly PolicyView[] }>("GET", "/v1/policies");
  return asked.ok ? ok(asked.value.policies) : asked;
}

const moduleTable = (
  modules: readonly FoundModule[],
  serving: readonly PolicyView[],
  terminal: Terminal,
): string =>
  printTable(
    [
      { title: "KIND", cell: ({ kind }) => kind },
      { title: "NAME", cell: ({ name }) => name },
      { title: "VERSION", cell: ({ version }) => version },
      { title: "SHA256", cell: ({ sha256 }) => sha256.slice(0, 12) },
      { title: "SERVES", cell: ({ sha256 }) => (serving.some((one) => one.sha256 === sha256) ? "yes" : "") },
      { title: "WHAT IT DOES", cell: ({ doc }) => doc },
    ],
    modules,
    terminal,
  );

function servingTable(policies: readonly PolicyView[], terminal: Terminal): string {
  const { colours } = terminal;
  return printTable(
    [
      { title: "SERVES", cell: ({ kind }) => kind },
      { title: "NAME", cell: ({ name }) => name },
      { title: "VERSION", cell: ({ version }) => version },
      { title: "SHA256", cell: ({ sha256 }) => sha256.slice(0, 12) },
      { title: "FROM", cell: ({ origin }) => origin },
      { title: "CALLS", align: "right", cell: ({ calls }) => calls },
      { title: "TIME", align: "right", cell: ({ usedUs }) => `${(usedUs / 1000).toFixed(1)} ms` },
      {
        title: "STRIKES",
        align: "right",
        cell: ({ strikes, out }) => (out ? `${strikes}, out` : strikes),
        paint: (text, { strikes }) => (strikes > 0 ? colours.red(text) : text),
      },
      { title: "ROLLBACK TO", cell: ({ earlier }) => earlier ?? "" },
    ],
    policies,
    terminal,
  );
}

function moduleText(module: FoundModule, terminal: Terminal): string {
  const { kind, name, version, abi, doc, time, columns, sha256, signedBy, bytes, path } = module;
  return [
    printFacts(
      [
        ["name", name],
        ["kind", kind],
        ["version", version],
        ["what it does", doc],
        ["scores", time ?? ""],
        ["ABI", abi],
        ["sha256", sha256],
        ["signed by", signedBy.join(", ") || "nobody"],
        ["bytes", bytes],
        ["reads", columns.join(", ") || "no columns"],
        ["file", path],
      ],
      terminal,
    ),
    parameterTable(module.parameters, terminal),
  ].join("\n");
}

export function liveText(policy: PolicyView, terminal: Terminal): string {
  const { lastFault } = policy;
  return [
    printFacts(
      [
        ["serves", policy.kind],
        ["name", policy.name],
        ["version", policy.version],
        ["what it does", policy.doc],
        ["module", policy.module],
        ["from", policy.origin],
        ["since", new Date(policy.sinceS * 1000).toISOString()],
        ["ABI", policy.abi],
        ["sha256", policy.sha256],
        ["signed by", policy.signedBy.map(signerText).join(", ") || "nobody"],
        ["reads", policy.columns.join(", ") || "no columns"],
        ["calls", policy.calls],
        ["time used", `${(policy.usedUs / 1000).toFixed(1)} ms`],
        [
          "strikes",
          policy.out
            ? `${policy.strikes}, out: ${policy.onFault === undefined ? "the built-in serves" : onFaultText(policy)}`
            : policy.strikes,
        ],
        ["on a fault", onFaultText(policy)],
        ["last fault", lastFault === undefined ? "" : `${lastFault.code}: ${lastFault.message}`],
        ["rollback to", policy.earlier ?? ""],
      ],
      terminal,
    ),
    parametersText(policy, terminal),
  ].join("\n");
}

/** What is set, for the cluster and for partitions. */
export const parametersText = (policy: PolicyView, terminal: Terminal): string =>
  parameterTable(policy.parameters, terminal) + partitionTable(policy, terminal);

const onFaultText = ({ onFault }: PolicyView): string =>
  onFault === undefined ? "" : `submissions are ${onFault === "admit" ? "admitted" : "refused"}`;

type Parameter = Omit<PolicyView["parameters"][number], "value"> & { readonly value?: number | string };

/** An empty text would be no cell to be seen. */
const shownValue = (value: number | string | undefined): number | string =>
  typeof value === "string" ? JSON.stringify(value) : (value ?? "");

/** Values that partitions have for themselves. */
function partitionTable(policy: PolicyView, terminal: Terminal): string {
  const rows = Object.entries(policy.partitions ?? {}).flatMap(([partition, values]) =>
    Object.entries(values).map(([name, value]) => ({ partition, name, value })),
  );
  if (rows.length === 0) return "";
  const table = printTable(
    [
      { title: "PARTITION", cell: ({ partition }) => partition },
      { title: "PARAMETER", cell: ({ name }) => name },
      { title: "VALUE", align: "right", cell: ({ value }) => shownValue(value) },
    ],
    rows,
    terminal,
  );
  return `\n${table}`;
}

const signerText = ({ key, name }: PolicyView["signedBy"][number]): string =>
  name === undefined ? `${key} (not trusted here)` : `${name} (${key})`;

const parameterTable = (parameters: readonly Parameter[], terminal: Terminal): string =>
  parameters.length === 0
    ? "It has no parameters.\n"
    : printTable(
        [
          { title: "PARAMETER", cell: ({ name }) => name },
          { title: "TYPE", cell: ({ type }) => type },
          { title: "VALUE", align: "right", cell: ({ value }) => shownValue(value) },
          { title: "DEFAULT", align: "right", cell: (parameter) => shownValue(parameter.default) },
          { title: "LEAST", align: "right", cell: ({ min }) => min },
          { title: "MOST", align: "right", cell: ({ max }) => max },
          { title: "UNIT", cell: ({ type, unit = "" }) => (type === "string" ? "characters" : unit) },
          { title: "WHAT IT DOES", cell: ({ doc }) => doc },
        ],
        parameters,
        terminal,
      );
