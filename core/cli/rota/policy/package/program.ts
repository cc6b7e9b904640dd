/**
 * `rota-policy`: the author's part of `rota policy` as a program of its own, for a folder outside of Rota. The package
 * @rota/policy-sdk has it as one file, with the compiler as its only dependency. Asks no controller.
 */
import { Command, CommanderError } from "commander";
import { SCAFFOLD_KINDS } from "../../../../../policies/sdk/scaffold.ts";
import { VERSION } from "../../../../controller/version.ts";
import { ControllerClient } from "../../../controller-client.ts";
import { processInvocation } from "../../../invocation.ts";
import { type CommandContext, EXIT_FAILED, EXIT_OK } from "../../context.ts";
import { terminalOf } from "../../terminal.ts";
import { buildPolicy } from "../build.ts";
import { showPolicy } from "../list.ts";
import { newPolicy } from "../new.ts";
import { testPolicy } from "../test.ts";

const NAME = "rota-policy";
const JSON_FLAG = "--json";
const JSON_TEXT = "print the answer as JSON";

process.exitCode = await run(process.argv.slice(2));

async function run(args: readonly string[]): Promise<number> {
  const invocation = processInvocation(NAME, args);
  const context: CommandContext = {
    ...invocation,
    terminal: terminalOf(process.stdout, invocation.env),
    errorTerminal: terminalOf(process.stderr, invocation.env),
    client: new ControllerClient({}),
  };
  let code = EXIT_OK;
  const program = authorProgram(context, async (command) => {
    code = await command();
  });
  if (args.length === 0) {
    program.outputHelp();
    return EXIT_OK;
  }
  try {
    await program.parseAsync([...args], { from: "user" });
    return code;
  } catch (error) {
    // Commander has said what is wrong; help and version end with 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_OK : EXIT_FAILED;
    throw error;
  }
}

function authorProgram(
  context: CommandContext,
  serve: (command: () => Promise<number> | number) => Promise<void>,
): Command {
  const program = new Command(NAME)
    .description("Write, build and test scheduling policies for Rota.")
    .version(VERSION, "-V, --version", "print the version")
    .exitOverride();
  program
    .command("new <name>")
    .description("make a folder with a policy that builds and whose test is green")
    .requiredOption("-k, --kind <kind>", SCAFFOLD_KINDS.join(", "))
    .option("--dir <directory>", "where the folder is made (default: here)")
    .option(JSON_FLAG, JSON_TEXT)
    .action((name, options) => serve(() => newPolicy(context, name, options)));
  program
    .command("build [folder]")
    .description("compile the policy of a folder to build/NAME.wasm")
    .option(JSON_FLAG, JSON_TEXT)
    .action((folder, options) => serve(() => buildPolicy(context, folder ?? ".", options)));
  program
    .command("test [folder]")
    .description("run a policy's cases and random inputs, as WASM and as TypeScript, and compare")
    .option("--seed <number>", "of the random inputs (default: the test file's)")
    .option("--rounds <count>", "random inputs (default: the test file's)")
    .option(JSON_FLAG, JSON_TEXT)
    .action((folder, options) => serve(() => testPolicy(context, folder ?? ".", options)));
  program
    .command("show <policy>")
    .description("show a policy: a .wasm file or a folder")
    .option(JSON_FLAG, JSON_TEXT)
    .action((word, options) => serve(() => showPolicy(context, word, options)));
  for (const command of program.commands) command.exitOverride();
  return program;
}
