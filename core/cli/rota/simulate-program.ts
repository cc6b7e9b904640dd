/** The command line of `rota simulate`. What it does is in core/simulate, loaded when it is called. */
import type { Command } from "commander";
import type { CommandContext } from "./context.ts";
import type { Serve } from "./program.ts";

/** Flags and what each says, in the order of the help text. */
const OPTIONS: readonly (readonly [string, string])[] = [
  ["--cluster <file>", "the nodes, partitions and policies of a rota.yaml"],
  ["--nodes <count>", "nodes, all alike (default for a log: one node with its processors)"],
  ["--cpus-per-node <count>", "CPUs of each node"],
  ["--gpus-per-node <count>", "GPUs of each node (default: 0)"],
  ["--gpu-model <name>", "what the GPUs are, as h100"],
  ["--memory-per-node <size>", "memory of each node, as 4000M or 512G"],
  ["--order <policy>", "fcfs, sjf, wfp3, unicef, f1, multifactor or a .wasm file (default: fcfs)"],
  ["--backfill <mode>", "none, easy, conservative or planned (default: planned)"],
  ["--backfill-order <order>", "of easy: jobs behind the first as in the queue, or the shortest first"],
  [
    "--placement <policy>",
    "first-fit, pack, spread, those of pods (below) or a .wasm file (default: pack with GPUs, else first-fit)",
  ],
  ["--topology <policy>", "tree, none or a .wasm file (default: none)"],
  ["--estimates <which>", "time limits as requested, or exact run times (default: requested)"],
  ["--event-order <order>", "batch: one pass a second; serial: one for each event (default: batch)"],
  ["--seed <number>", "of the policies' random numbers, and which of --arrivals (default: 0)"],
  ["--json", "print the figures as JSON, one object a line for each run"],
  ["--jobs <file>", "write id,submit,start,end,nodes of every job as CSV"],
  ["--report <file>", "write an HTML page with charts of all runs"],
  ["--nodes-file <file>", "the nodes of a list of pods, as CSV: cpu_milli, memory_mib, gpu, model"],
  ["--arrivals <file>", "of pods: in which order they arrive, by seed (default: the list's, each once)"],
  ["--until-arrived <percent>", "of pods: stop when they have asked for this much of all GPUs"],
  ["--curve <file>", "of pods: write arrived_pct,allocation_pct,fragmentation_pct as CSV"],
];

/** Adds the command. */
export function addSimulateCommand(program: Command, context: CommandContext, serve: Serve): void {
  const command = program
    .command("simulate <workloads...>")
    .description(
      "replay logs or lists of jobs with the scheduler's own stages, and print waits and slowdowns",
    )
    .addHelpText("after", AFTER);
  for (const [flags, about] of OPTIONS) command.option(flags, about);
  command.action((workloads: readonly string[], options) =>
    serve(async () => (await import("./simulate.ts")).runSimulateCommand(context, workloads, options)),
  );
}

const AFTER = `
A workload is a log in the Standard Workload Format (.swf, .swf.gz), a processor being a CPU and a job of p processors
p tasks that may lie anywhere, or a CSV (.csv, .csv.gz) with the columns id, submit_s, nodes, gpus_per_node, cpus,
time_limit_s, run_s, partition and qos; cpus are those of each node. --order and --backfill take lists, as easy,planned: every workload
is replayed with each. With --cluster the file's policies are the defaults, and jobs are preempted as it says.

With --nodes-file the workload is a list of pods (.csv, .csv.gz) with the columns cpu_milli, memory_mib, num_gpu,
gpu_milli and, if any, gpu_spec, that arrive one by one and never leave; --placement is then fgd (the default), best-fit,
dot-product, gpu-packing, gpu-clustering, random, foresight or a .wasm file. Without --curve, --report and --json the
curve is printed. In other workloads, whose devices are whole, these placements serve as well.

Examples:
  rota simulate log.swf.gz --backfill easy --event-order serial
  rota simulate jobs.csv --nodes 100 --cpus-per-node 128 --gpus-per-node 8 --backfill easy,planned
  rota simulate pods.csv --nodes-file nodes.csv --arrivals arrivals.json.gz --seed 42 --placement fgd --curve out.csv
`;
