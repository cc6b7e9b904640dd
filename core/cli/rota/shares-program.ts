/** The command line of `rota shares`. Parses and dispatches. */
import type { Command } from "commander";
import type { CommandContext } from "./context.ts";
import type { Serve } from "./program.ts";

export function addSharesCommand(program: Command, context: CommandContext, serve: Serve): void {
  program
    .command("shares [accounts...]")
    .description("show accounts and users: shares, what they have used, fair share and limits")
    .option("-u, --user <names>", "of users only these, comma separated")
    .option("--me", "of users only myself")
    .option("--json", "print the API's answer as JSON")
    .action((accounts, options) =>
      serve(async () => (await import("./shares.ts")).runShares(context, accounts, options)),
    );
}
