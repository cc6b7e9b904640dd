/** The one program of all commands: `rota`, and Slurm's names as links to it. Runs the one that it was called as. */
import { runProgram } from "./run.ts";

runProgram(process.argv[1] ?? "", process.argv.slice(2)).then(
  (status) => {
    process.exitCode = status;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = 1;
  },
);
