/** The command line of `rota priority`. Parses and dispatches. */
import type { Command } from "commander";
import type { CommandContext } from "./context.ts";
import type { Serve } from "./program.ts";

export function addPriorityCommand(program: Command, context: CommandContext, serve: Serve): void {
  program
    .command("priority [jobs...]")
    .description("show how the priorities of waiting jobs come about, the highest first")
    .option("-u, --user <names>", "only jobs of these users, comma separated")
    .option("--me", "only my own jobs")
    .option("-A, --account <names>", "only jobs of these accounts")
    .option("-p, --partition <names>", "only in these partitions")
    .option("-n, --norm", "factors from 0 to 1 in place of points")
    .option("--json", "print the API's answer as JSON")
    .action((refs, options) =>
      serve(async () => (await import("./priority.ts")).runPriority(context, refs, options)),
    );
}
