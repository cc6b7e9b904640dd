/** What a `rota` command is given: the controller, the standard streams, and how to print. Made once a run. */
import { ERRORS } from "../../model/errors.ts";
import type { Refusal, Result } from "../../model/refusal.ts";
import type { ControllerClient } from "../controller-client.ts";
import type { Invocation } from "../invocation.ts";
import { printable, type Terminal } from "./terminal.ts";

export interface CommandContext extends Invocation {
  readonly client: ControllerClient;
  readonly terminal: Terminal;
  /** Of stderr, which may be a terminal where stdout is none. */
  readonly errorTerminal: Terminal;
}

export const EXIT_OK = 0;
export const EXIT_FAILED = 1;

/** Prints the value with `print`, or as JSON, or the refusal; the exit code of the command. */
export function answer<Value>(
  context: CommandContext,
  result: Result<Value>,
  json: boolean,
  print: (value: Value) => string,
): number {
  if (!result.ok) return fail(context, result.refusal, json);
  context.out(json ? `${JSON.stringify(result.value, null, 2)}\n` : print(result.value));
  return EXIT_OK;
}

/** Says what went wrong and what to do about it, on stderr; the exit code of the command. */
export function fail(context: CommandContext, refusal: Refusal, json = false): number {
  const { code, message, details } = refusal;
  if (json) {
    context.err(
      `${JSON.stringify(details === undefined ? { code, message } : { code, message, details })}\n`,
    );
    return EXIT_FAILED;
  }
  const { colours } = context.errorTerminal;
  const { todo } = ERRORS[code];
  // A message that says what to do is not followed by the same again.
  const advice = message.toLowerCase().includes(todo.toLowerCase().replace(/\.$/, ""))
    ? ""
    : `${colours.dim(`  ${todo}`)}\n`;
  context.err(`${colours.red(`rota: ${code}:`)} ${message.split("\n").map(printable).join("\n")}\n${advice}`);
  return EXIT_FAILED;
}
