/** `rota simulate`: hands its words over to the simulator, a program of its own that is loaded here. */
import type { runSimulate } from "../../simulate/main.ts";
import type { CommandContext } from "./context.ts";
import { programUrl } from "./program-file.ts";
import { UNKNOWN_WIDTH } from "./terminal.ts";

type Flags = Parameters<typeof runSimulate>[2];

/** Resolves with the exit code when all is replayed and written. */
export async function runSimulateCommand(
  { out, err, terminal, errorTerminal, args }: CommandContext,
  workloads: readonly string[],
  flags: Flags,
): Promise<number> {
  const simulator = (await import(programUrl("simulate"))) as { runSimulate: typeof runSimulate };
  const isErrorTerminal = errorTerminal.width !== UNKNOWN_WIDTH;
  return simulator.runSimulate(
    { out, err, terminal, isErrorTerminal, command: ["rota", ...args].join(" ") },
    workloads,
    flags,
  );
}
