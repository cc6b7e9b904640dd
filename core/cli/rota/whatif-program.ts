/** The command line of `rota whatif`. What it does is in core/simulate/whatif, loaded when it is called. */
import type { Command } from "commander";
import type { CommandContext } from "./context.ts";
import type { Serve } from "./program.ts";

/** Flags and what each says, in the order of the help text. */
const OPTIONS: readonly (readonly [string, string])[] = [
  ["--drain <nodes>", "these nodes take no more jobs: n1, n[1-4]"],
  ["--add-nodes <count[:node]>", "so many more nodes, like this one: 4, 4:n1"],
  ["--submit <script>", "one more job; options of sbatch for it may follow"],
  ["--order <policy>", "another order: fcfs, sjf, multifactor, ... or a .wasm file"],
  ["--placement <policy>", "another placement: first-fit, pack, spread or a .wasm file"],
  ["--topology <policy>", "another topology: tree, none or a .wasm file"],
  ["--backfill <mode>", "none, easy, conservative or planned"],
  ["--backfill-order <order>", "of easy: queue or shortest"],
  ["--until <time>", "look no further: 12h, 2-00:00:00, 18:00, 2026-12-24 (default: 30 days)"],
  ["--ends <which>", "jobs end at their limit, or as observed of their user's past jobs (default: limit)"],
  ["--json", "print the answer as JSON"],
];

/** Adds the command. */
export function addWhatifCommand(program: Command, context: CommandContext, serve: Serve): void {
  const command = program
    .command("whatif")
    .description("say when each waiting job will start, as things are and if something were changed")
    .argument("[options...]", "options of sbatch for the job of --submit")
    .allowUnknownOption()
    .addHelpText("after", AFTER);
  for (const [flags, about] of OPTIONS) command.option(flags, about);
  command.action((words: readonly string[], options) =>
    serve(async () => (await import("./whatif.ts")).runWhatifCommand(context, words, options)),
  );
}

const AFTER = `
The controller gives its state and goes on as it is; nothing that is asked here changes it. Nobody else is taken to
submit anything, and jobs run as --ends says.

Examples:
  rota whatif
  rota whatif --drain n[1-4] --until 12h
  rota whatif --add-nodes 8:gpu1 --backfill conservative
  rota whatif --submit train.sh --gpus=8 --time=4:00:00
`;
