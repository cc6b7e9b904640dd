/** `rota topology`: where the nodes stand in the network, what is free there, as a picture. */
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { ok, refuse } from "../../model/refusal.ts";
import { answer, type CommandContext, EXIT_OK, fail } from "./context.ts";
import { importTopology } from "./topology-import.ts";
import { topologySvg } from "./topology-svg.ts";
import { printTopology } from "./topology-text.ts";
import { topologyUnits } from "./topology-units.ts";

export interface TopologyOptions {
  readonly import?: string;
  readonly svg?: string;
  readonly json?: boolean;
}

export async function runTopology(context: CommandContext, options: TopologyOptions): Promise<number> {
  if (options.import !== undefined) return runImport(context, options.import);
  const nodes = await context.client.nodes();
  if (!nodes.ok) return fail(context, nodes.refusal, options.json);
  const cluster = await context.client.cluster();
  const kind = cluster.ok ? (cluster.value.topology ?? "") : "";
  const units = topologyUnits(nodes.value);
  if (options.svg === undefined)
    return answer(context, ok({ kind, ...units }), options.json ?? false, () =>
      printTopology(units, kind, context.terminal),
    );
  const path = resolve(context.cwd, options.svg);
  try {
    writeFileSync(path, topologySvg(units, kind));
  } catch (error) {
    const message = `--svg ${options.svg}: ${(error as Error).message}`;
    return fail(context, refuse("INVALID_SPEC", message).refusal, options.json);
  }
  context.out(`the picture of ${units.nodeCount} nodes is in ${path}\n`);
  return EXIT_OK;
}

/** Asks no controller: the file is of another cluster, or of this one before it was Rota's. */
function runImport(context: CommandContext, path: string): number {
  let text: string;
  try {
    text = readFileSync(resolve(context.cwd, path), "utf8");
  } catch (error) {
    return fail(context, refuse("INVALID_SPEC", `--import ${path}: ${(error as Error).message}`).refusal);
  }
  return answer(context, importTopology(text, path), false, (yaml) => yaml);
}
