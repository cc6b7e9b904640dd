/** The command line of `rota generate`. What it does is in generate.ts, loaded when it is called. */
import { type Command, Option } from "commander";
import type { CommandContext } from "./context.ts";
import type { Serve } from "./program.ts";

/** Adds the command. */
export function addGenerateCommand(program: Command, context: CommandContext, serve: Serve): void {
  program
    .command("generate")
    .description("make a workload for `rota simulate` from a model and a seed")
    .addOption(new Option("--model <model>", MODEL_TEXT).makeOptionMandatory())
    .requiredOption("--jobs <count>", "how many jobs")
    .requiredOption(
      "--load <load>",
      "CPU seconds (gpu: GPU seconds) of the jobs over what the cluster has while they are submitted: 0.9",
    )
    .requiredOption("--nodes <count>", "nodes of the cluster")
    .requiredOption("--cpus-per-node <count>", "CPUs of each node")
    .option("--gpus-per-node <count>", "GPUs of each node, for the gpu model (default: 8)")
    .option("--seed <number>", "another number gives other jobs, the same gives the same (default: 1)")
    .option("--format <format>", "csv, or swf (batch model only) (default: the file's ending, else csv)")
    .option(
      "-o, --output <file>",
      "write to this file, compressed if it ends in .gz (default: standard output)",
    )
    .addHelpText("after", AFTER)
    .action((options) => serve(async () => (await import("./generate.ts")).runGenerate(context, options)));
}

const MODEL_TEXT =
  "batch: parallel jobs on CPUs, many small and short, sizes often powers of two; " +
  "gpu: one-GPU jobs and sweeps of them, whole nodes, gangs of 2 to 64 nodes";

const AFTER = `
Jobs arrive by the hours of the day, the first at midnight with submit_s 0. Time limits are round numbers, mostly well
above the run times. Within the bounds of whole seconds the load is met exactly.

Examples:
  rota generate --model batch --jobs 5000 --load 0.9 --nodes 32 --cpus-per-node 64 -o batch.swf.gz
  rota generate --model gpu --jobs 2000 --load 1.1 --nodes 100 --cpus-per-node 128 --gpus-per-node 8 -o gpu.csv
`;
