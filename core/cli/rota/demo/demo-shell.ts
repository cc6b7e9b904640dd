/** Runs the built commands as a user's shell would, against the demo's own controller. */
import { spawn } from "node:child_process";
import { join } from "node:path";

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export type Shell = (command: string, args: readonly string[]) => Promise<CommandResult>;

const TIMEOUT_MS = 20_000;
const MAX_OUTPUT_CHARS = 1024 * 1024;

/** Commands of `folder`, run in `workDir`, with nothing in the environment that says another cluster or option. */
export function demoShell(
  folder: string,
  workDir: string,
  stateDir: string,
  environment: Readonly<Record<string, string | undefined>>,
): Shell {
  const inherited = Object.entries(environment).filter(
    ([name]) => !/^(ROTA_|SLURM|SBATCH_|SQUEUE_|SINFO_)/.test(name),
  );
  const env = { ...Object.fromEntries(inherited), ROTA_STATE_DIR: stateDir };
  return (command, args) =>
    new Promise((resolve) => {
      const child = spawn(join(folder, command), args, { cwd: workDir, env, timeout: TIMEOUT_MS });
      const result = { stdout: "", stderr: "" };
      for (const name of ["stdout", "stderr"] as const) {
        child[name].setEncoding("utf8").on("data", (text: string) => {
          if (result[name].length < MAX_OUTPUT_CHARS) result[name] += text;
        });
      }
      child.stdin.end();
      child.once("error", (error) => resolve({ code: 127, ...result, stderr: error.message }));
      child.once("close", (code, signal) => {
        const stderr = signal === null ? result.stderr : `${result.stderr}ended by ${signal}`;
        resolve({ code: code ?? 1, stdout: result.stdout, stderr });
      });
    });
}
