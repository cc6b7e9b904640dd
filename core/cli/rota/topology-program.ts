/** The command line of `rota topology`. Parses and dispatches. */
import type { Command } from "commander";
import type { CommandContext } from "./context.ts";
import type { Serve } from "./program.ts";

export function addTopologyCommand(program: Command, context: CommandContext, serve: Serve): void {
  program
    .command("topology")
    .description("show where nodes stand in the network, and what is free there")
    .option("--import <file>", "print a topology.conf or topology.yaml as the topology of a rota.yaml")
    .option("--svg <file>", "write the picture to this file")
    .option("--json", "print the units with their nodes as JSON")
    .action((options) => serve(async () => (await import("./topology.ts")).runTopology(context, options)));
}
