/** The command line of `rota submit`. The names are sbatch's where sbatch has one, so that a reader of both learns one. */
import type { Command } from "commander";
import type { CommandContext } from "./context.ts";
import type { Serve } from "./program.ts";

/** Flags and what each says, in the order of the help text. */
const OPTIONS: readonly (readonly [string, string])[] = [
  ["-t, --time <limit>", "time limit: 5s, 30m, 1h30m, 1d12h, or Slurm's forms; seconds are kept"],
  ["-N, --nodes <count>", "nodes: 2, or 2-4"],
  ["-n, --ntasks <count>", "tasks of the job"],
  ["--ntasks-per-node <count>", "tasks on each node"],
  ["-c, --cpus-per-task <count>", "CPUs of each task"],
  ["-m, --mem <size>", "memory on each node: 4000M, 16G; 0 for all of it"],
  ["--mem-per-cpu <size>", "memory for each CPU"],
  ["--mem-per-gpu <size>", "memory for each GPU"],
  ["-G, --gpus <count>", "GPUs of the job: 2, or type:2"],
  ["--gpus-per-node <count>", "GPUs on each node"],
  ["--gpus-per-task <count>", "GPUs of each task"],
  ["--cpus-per-gpu <count>", "CPUs for each GPU"],
  ["--ntasks-per-socket <count>", "at most so many tasks on each socket"],
  ["--tres-per-task <list>", "what each task has beside: cpu:2,gres/gpu:1"],
  ["--gres <list>", "devices on each node: gpu:tesla:2, or parts of one: shard:2, gpu:0.5"],
  ["--exclusive", "share nodes with no other job"],
  ["-C, --constraint <features>", "features that nodes must have: a100&ib"],
  ["-L, --licenses <list>", "licences held while it runs: matlab:2,ansys"],
  ["-w, --nodelist <nodes>", "nodes that must be part of it"],
  ["-x, --exclude <nodes>", "nodes that must not"],
  ["-p, --partition <names>", "partition, or several, the first that can start it"],
  ["-q, --qos <name>", "quality of service"],
  ["-A, --account <name>", "account"],
  ["-a, --array <tasks>", "many alike: 0-15, 1,3,5 or 0-99%4 for four at a time"],
  ["--after <jobs>", "start once these have succeeded: 12 or 12,13 (as --dependency=afterok:12:13)"],
  ["-d, --dependency <list>", "start after others: afterok:12, afterany:12,afternotok:13"],
  ["-b, --begin <time>", "start no earlier: 16:00, 2026-11-24T08:00, now+1hour"],
  ["-H, --hold", "wait for `rota release`"],
  ["--nice <number>", "lower its priority"],
  ["-J, --name <name>", "job name (default: the script's)"],
  ["--comment <text>", "a note that is kept with the job"],
  ["-D, --chdir <directory>", "directory that it runs in (default: this one)"],
  ["-o, --output <pattern>", "file for its output, as run-%j.out (default: slurm-%j.out)"],
  ["-e, --error <pattern>", "file for its errors (default: the output's)"],
  ["-i, --input <file>", "file for its input"],
  ["--open-mode <mode>", "append or truncate"],
  ["--export <list>", "variables that it gets: ALL, NONE or names"],
  ["--signal <signal>", "a signal before the time limit: B:USR1@120"],
  ["--requeue", "run it again when its node dies"],
  ["--no-requeue", "do not"],
  ["--mail-type <types>", "mails: BEGIN,END,FAIL"],
  ["--mail-user <address>", "whom they go to"],
  ["--test-only", "say when and where it would start, and submit nothing"],
  ["-W, --wait", "stay until it has ended, and end with its exit code"],
  ["--wrap <command>", "run this shell command instead of a script"],
];

/** Names of Rota's own that sbatch has another for. */
export const RENAMED: Readonly<Record<string, string>> = { name: "job-name" };

/** Adds the command; what stands behind the script are the script's own arguments. */
export function addSubmitCommand(program: Command, context: CommandContext, serve: Serve): void {
  const command = program
    .command("submit [script] [args...]")
    .description("submit a batch script; its #SBATCH lines count, and options go before them")
    .passThroughOptions()
    .addHelpText("after", "\nWithout a script (or with -) it is read from standard input.");
  for (const [flags, about] of OPTIONS) command.option(flags, about);
  command.option("--json", "print the API's answer as JSON");
  command.action((script: string | undefined, args: readonly string[], options) =>
    serve(async () => {
      const { runSubmit } = await import("./submit.ts");
      return runSubmit(context, sbatchWords(command, options), script, args, options);
    }),
  );
}

/** The options that were given, as words of sbatch's command line. */
function sbatchWords(command: Command, options: Readonly<Record<string, unknown>>): readonly string[] {
  const words: string[] = [];
  for (const option of command.options) {
    const name = option.name();
    const value = options[option.attributeName()];
    if (value === undefined || name === "json" || name === "wait" || name === "test-only") continue;
    // Commander keeps `--requeue` and `--no-requeue` under one name.
    if (option.negate) {
      if (value === false) words.push(`--no-${option.attributeName()}`);
    } else if (value === true) words.push(`--${name}`);
    else if (name === "after") words.push(`--dependency=afterok:${String(value).replaceAll(",", ":")}`);
    else if (typeof value === "string") words.push(`--${RENAMED[name] ?? name}=${value}`);
  }
  return words;
}
