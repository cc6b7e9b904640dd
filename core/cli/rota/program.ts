/**
 * The command line of `rota`: commands, options and help texts, and which function serves each. Parses and dispatches;
 * what a command does is in its own file, loaded when it is called.
 */
import { Command, Option } from "commander";
import { VERSION } from "../../controller/version.ts";
import type { CommandContext } from "./context.ts";
import { addDeviceCommand } from "./device-program.ts";
import { addGenerateCommand } from "./generate-program.ts";
import { addPolicyCommand } from "./policy-program.ts";
import { addPriorityCommand } from "./priority-program.ts";
import { addReservationCommand } from "./reservation-program.ts";
import { addSharesCommand } from "./shares-program.ts";
import { addSimulateCommand } from "./simulate-program.ts";
import { addSubmitCommand } from "./submit-program.ts";
import { addTopologyCommand } from "./topology-program.ts";
import { addWhatifCommand } from "./whatif-program.ts";

/** Runs a command and keeps its exit code. */
export type Serve = (run: () => Promise<number> | number) => Promise<void>;

const JSON_FLAG = "--json";
const JSON_TEXT = "print the API's answer as JSON";

/** The whole program; `serve` is called with the command that was chosen. */
export function rotaProgram(context: CommandContext, serve: Serve): Command {
  const program = new Command("rota")
    .description(
      "Rota, a workload manager. Slurm's commands (sbatch, squeue, sinfo, scancel, scontrol) work too.",
    )
    .version(VERSION, "-V, --version", "print Rota's version")
    .helpOption("-h, --help", "say how a command is used")
    .enablePositionalOptions()
    .showHelpAfterError("(add --help for what there is)")
    .addHelpText("after", EXAMPLES);
  addSubmitCommand(program, context, serve);
  addReadCommands(program, context, serve);
  addPriorityCommand(program, context, serve);
  addSharesCommand(program, context, serve);
  addTopologyCommand(program, context, serve);
  addChangeCommands(program, context, serve);
  addClusterCommands(program, context, serve);
  addReservationCommand(program, context, serve);
  addSimulateCommand(program, context, serve);
  addWhatifCommand(program, context, serve);
  addGenerateCommand(program, context, serve);
  addPolicyCommand(program, context, serve);
  addDeviceCommand(program, context, serve);
  return program;
}

const EXAMPLES = `
Examples:
  rota up                              a controller and this machine as its node
  rota submit --gpus 1 train.sh        submit a batch script
  rota queue --me                      what waits and runs
  rota explain 12                      why job 12 waits, and until when
  rota history --me                    what became of my jobs
`;

function addReadCommands(program: Command, context: CommandContext, serve: Serve): void {
  const load = () => import("./read-commands.ts");
  withFilters(
    program
      .command("queue [jobs...]")
      .alias("q")
      .description("show waiting and running jobs")
      .option("-a, --all", "also jobs that ended a short while ago"),
    true,
  )
    .option(JSON_FLAG, JSON_TEXT)
    .action((refs, options) => serve(async () => (await load()).runQueue(context, refs, options)));
  program
    .command("nodes [names...]")
    .description("show nodes, what of them is in use and how they are")
    .option("-p, --partition <name>", "only nodes of this partition")
    .option(JSON_FLAG, JSON_TEXT)
    .action((names, options) => serve(async () => (await load()).runNodes(context, names, options)));
  program
    .command("show")
    .description("show all that is known of one thing, or of all of a kind")
    .argument("<kind>", "what to show: job, node, partition, cluster; or a job id alone")
    .argument("[name]", "a job id, or a name; all of them when absent")
    .option(JSON_FLAG, JSON_TEXT)
    .action((kind, name, options) => serve(async () => (await load()).runShow(context, kind, name, options)));
  program
    .command("explain <job>")
    .description("say why a job waits, with numbers, and when it is expected to start")
    .option(JSON_FLAG, JSON_TEXT)
    .action((ref, options) => serve(async () => (await load()).runExplain(context, ref, options)));
  withFilters(program.command("history [jobs...]").description("show ended jobs, the newest last"), false)
    .option("--since <time>", "ended at or after: 2026-11-24T08:00, 08:00, now-1hour, ...")
    .option("--until <time>", "ended before")
    .option("--limit <count>", "at most this many, the newest (1000 unless told, at most 10000)")
    .option(JSON_FLAG, `${JSON_TEXT}, newest first`)
    .action((refs, options) => serve(async () => (await load()).runHistory(context, refs, options)));
  program
    .command("errors [code]")
    .description("list the error codes, and what to do about each")
    .option(JSON_FLAG, "print the table as JSON")
    .action((code, options) => serve(async () => (await load()).runErrors(context, code, options)));
}

function addChangeCommands(program: Command, context: CommandContext, serve: Serve): void {
  const load = () => import("./change-commands.ts");
  withFilters(
    program
      .command("cancel [jobs...]")
      .description("end jobs: by id (12, 12_3, 12_[1-4]), or all that the filters select"),
    true,
  )
    .option("-s, --signal <signal>", "only send this signal: USR1, SIGTERM, 10")
    .option("-b, --batch", "send the signal to the batch shell alone")
    .option(JSON_FLAG, "print what became of each as JSON")
    .action((refs, options) => serve(async () => (await load()).runCancel(context, refs, options)));
  program
    .command("hold <jobs...>")
    .description("keep waiting jobs from starting")
    .option(JSON_FLAG, "print what became of each as JSON")
    .action((refs, options) => serve(async () => (await load()).runHold(context, refs, options)));
  program
    .command("release <jobs...>")
    .description("let held jobs start")
    .option(JSON_FLAG, "print what became of each as JSON")
    .action((refs, options) => serve(async () => (await load()).runRelease(context, refs, options)));
  program
    .command("suspend <jobs...>")
    .description("have running jobs stand still, for operators")
    .option(JSON_FLAG, "print what became of each as JSON")
    .action((refs, options) => serve(async () => (await load()).runSuspend(context, refs, options)));
  program
    .command("resume <jobs...>")
    .description("let suspended jobs go on as soon as there is room, for operators")
    .option(JSON_FLAG, "print what became of each as JSON")
    .action((refs, options) => serve(async () => (await load()).runResume(context, refs, options)));
}

function addClusterCommands(program: Command, context: CommandContext, serve: Serve): void {
  program
    .command("up")
    .description(
      "start a controller and agents on this machine and keep them running; jobs survive their end",
    )
    .option("-N, --nodes <count>", "agents: one has this host's name, more are called n1, n2, ...", "1")
    .option("-c, --cpus <count>", "CPUs of each node (default: this host's)")
    .option("-m, --memory <size>", "memory of each node, as 4000M or 4G (default: this host's)")
    .option(
      "-g, --gres <list>",
      "devices of each node, as gpu:tesla:2,shard:8 (default: those that are found)",
    )
    .addOption(stateDirOption())
    .option("--config <file>", "the cluster's rota.yaml (default: one partition with every node)")
    .option("--host <address>", "address to listen on (default: the configuration's, 127.0.0.1)")
    .option("--port <number>", "TCP port to listen on, 0 for a free one (default: the configuration's, 6820)")
    .option("-v, --verbose", "copy the logs of controller and agents to stderr")
    .action((options) => serve(async () => (await import("./up/up-command.ts")).runUp(context, options)));
  program
    .command("controller")
    .description("run the controller in the foreground")
    .addOption(stateDirOption())
    .option("--config <file>", "the cluster's rota.yaml")
    .option("--host <address>", "address to listen on (default: the configuration's, 127.0.0.1)")
    .option("--port <number>", "TCP port to listen on, 0 for a free one (default: the configuration's, 6820)")
    .option("--log-level <level>", "trace, debug, info, warn, error (default: info)")
    .action((options) =>
      serve(async () => (await import("./program-commands.ts")).runControllerCommand(context, options)),
    );
  program
    .command("agent")
    .description("run this machine's agent in the foreground")
    .option("--controller <url>", "the controller, http://host:6820 (default: this machine's)")
    .option("--token-file <file>", "file with the controller's token")
    .option("--name <name>", "node name (default: this host's, up to its first dot)")
    .option(
      "--state-dir <directory>",
      "the agent's own directory (default: agents/NAME in the state directory)",
    )
    .option("--address <host>", "how other nodes reach this one (default: this host's name)")
    .option("--cpus <count>", "CPUs of the node (default: this host's)")
    .option("--memory <size>", "memory of the node, as 4000M or 4G (default: this host's)")
    .option("--gres <list>", "devices, as gpu:tesla:2,shard:8 (default: those that are found)")
    .option(
      "--plugin <name>",
      "a hardware plugin: an npm package, or a path; may be given again (see rota device)",
      (one: string, before: readonly string[] = []) => [...before, one],
    )
    .option("--features <list>", "features, comma separated")
    .option("--leaf <name>", "leaf switch or block that the node hangs on")
    .option("--spoof", "do not warn that the host has less than the node is given")
    .action((options) =>
      serve(async () => (await import("./program-commands.ts")).runAgentCommand(context, options)),
    );
  program
    .command("demo")
    .description("run a small cluster with real jobs on this machine, and check what becomes of them")
    .option("--keep", "keep the directory with the scripts, outputs and logs")
    .action((options) => serve(async () => (await import("./demo/demo.ts")).runDemo(context, options)));
}

const stateDirOption = (): Option =>
  new Option(
    "--state-dir <directory>",
    "where the cluster keeps its state (default: $ROTA_STATE_DIR, else ~/.local/state/rota)",
  );

function withFilters(command: Command, withPartition: boolean): Command {
  command
    .option("-u, --user <names>", "only jobs of these users, comma separated")
    .option("--me", "only my own jobs")
    .option("-n, --name <names>", "only jobs with these names")
    .option("-t, --state <states>", "only jobs in these states: PENDING, RUNNING, FAILED, ...");
  return withPartition ? command.option("-p, --partition <names>", "only jobs of these partitions") : command;
}
