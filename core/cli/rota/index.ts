/**
 * `rota`: the modern commands. Loaded by the command file only when it is called under this name, since what it needs
 * to parse and to print takes longer to load than Slurm's commands take to run.
 */
import { CommanderError } from "commander";
import { ControllerClient } from "../controller-client.ts";
import { type Invocation, processInvocation } from "../invocation.ts";
import type { CommandContext } from "./context.ts";
import { EXIT_FAILED, EXIT_OK } from "./context.ts";
import { rotaProgram } from "./program.ts";
import { type Terminal, terminalOf } from "./terminal.ts";

/** Runs a command, `argv` being what follows `rota`, and resolves with its exit code. */
export function runRota(argv: readonly string[]): Promise<number> {
  const invocation = processInvocation("rota", argv);
  return runRotaWith(invocation, {
    terminal: terminalOf(process.stdout, invocation.env),
    errorTerminal: terminalOf(process.stderr, invocation.env),
  });
}

/** As runRota, with everything that it uses of the process passed in. */
export async function runRotaWith(
  invocation: Invocation,
  terminals: { readonly terminal: Terminal; readonly errorTerminal: Terminal },
): Promise<number> {
  const context: CommandContext = {
    ...invocation,
    ...terminals,
    client: new ControllerClient(invocation.env),
  };
  let code = EXIT_OK;
  const program = rotaProgram(context, async (run) => {
    code = await run();
  });
  for (const command of [program, ...program.commands.flatMap((named) => [named, ...named.commands])]) {
    command.exitOverride().configureOutput({
      writeOut: context.out,
      writeErr: context.err,
      outputError: (text, write) => write(`rota: ${text.replace(/^error: /, "")}`),
    });
  }
  if (invocation.args.length === 0) {
    program.outputHelp();
    return EXIT_OK;
  }
  try {
    await program.parseAsync(invocation.args, { from: "user" });
    return code;
  } catch (error) {
    // Commander has said what is wrong; help and version end with 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_OK : EXIT_FAILED;
    throw error;
  }
}
