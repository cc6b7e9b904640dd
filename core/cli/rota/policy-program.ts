/** The command line of `rota policy`. What its commands do is in policy/, a program of its own that is loaded when one is called. */
import type { Command } from "commander";
import type { CommandContext } from "./context.ts";
import type { Serve } from "./program.ts";
import { programUrl } from "./program-file.ts";

type Workshop = typeof import("./policy/main.ts");

const JSON_FLAG = "--json";
const JSON_TEXT = "print the answer as JSON";

/** Adds the command and those below it. */
export function addPolicyCommand(program: Command, context: CommandContext, serve: Serve): void {
  const load = async (): Promise<Workshop> => (await import(programUrl("policy"))) as Workshop;
  const policy = program
    .command("policy")
    .description("write, build, test, look at and load scheduling policies")
    .addHelpText("after", AFTER);
  policy
    .command("new <name>")
    .description("make a folder with a policy that builds and whose test is green")
    .requiredOption("-k, --kind <kind>", "priority, placement, topology, preemption or admission")
    .option("--dir <directory>", "where the folder is made (default: here)")
    .option(JSON_FLAG, JSON_TEXT)
    .action((name, options) => serve(async () => (await load()).newPolicy(context, name, options)));
  policy
    .command("build [folder]")
    .description("compile the policy of a folder to build/NAME.wasm")
    .option(JSON_FLAG, JSON_TEXT)
    .action((folder, options) =>
      serve(async () => (await load()).buildPolicy(context, folder ?? ".", options)),
    );
  policy
    .command("test [folder]")
    .description("run a policy's cases and random inputs, as WASM and as TypeScript, and compare")
    .option("--seed <number>", "of the random inputs (default: the test file's)")
    .option("--rounds <count>", "random inputs (default: the test file's)")
    .option(JSON_FLAG, JSON_TEXT)
    .action((folder, options) =>
      serve(async () => (await load()).testPolicy(context, folder ?? ".", options)),
    );
  policy
    .command("list [files...]")
    .description("list the policies that come with Rota and those of files, and what serves")
    .option("--live", "only what serves in the controller")
    .option(JSON_FLAG, JSON_TEXT)
    .action((files, options) => serve(async () => (await load()).listPolicies(context, files, options)));
  policy
    .command("show <policy>")
    .description("show a policy: a name, a .wasm file or a folder; with --live what serves a kind")
    .option("--live", "what serves in the controller: calls, time, strikes, values")
    .option(JSON_FLAG, JSON_TEXT)
    .action((word, options) => serve(async () => (await load()).showPolicy(context, word, options)));
  policy
    .command("keygen <file>")
    .description("make a key to sign policies with, and print what a site trusts it by")
    .option(JSON_FLAG, JSON_TEXT)
    .action((file, options) => serve(async () => (await load()).makeKey(context, file, options)));
  policy
    .command("sign <policy>")
    .description("sign the module of a .wasm file or a folder, for sites that demand it")
    .requiredOption("--key <file>", "private key, ed25519 in PEM; keygen makes one")
    .option("--out <file>", "write the signed module there (default: in its place)")
    .option(JSON_FLAG, JSON_TEXT)
    .action((word, options) => serve(async () => (await load()).signPolicy(context, word, options)));
  policy
    .command("load <kind> <policy>")
    .description("let a policy serve in the running controller: a name, a .wasm file or a folder")
    .option("--set <name=value>", "a parameter, or partition:name=value; may be given again", collect)
    .option(
      "--on-fault <what>",
      "refuse or admit submissions that an admission policy fails at (default: refuse)",
    )
    .option(JSON_FLAG, JSON_TEXT)
    .action((kind, word, options) =>
      serve(async () => (await load()).loadPolicy(context, kind, word, options)),
    );
  const simulate = policy
    .command("simulate <policy> [trace]")
    .description("replay a trace, or what the controller has recorded, with a policy and with what serves");
  for (const [flags, about] of SIMULATE_OPTIONS) simulate.option(flags, about);
  simulate
    .option("--set <name=value>", "a parameter; may be given again", collect)
    .option(JSON_FLAG, JSON_TEXT)
    .addHelpText("after", SIMULATE_AFTER)
    .action((word, trace, options) =>
      serve(async () => (await load()).simulatePolicy(context, word, trace, options)),
    );
  policy
    .command("shadow [policy]")
    .description("run a policy beside those that serve, nothing of it done, and show how it differs")
    .option("--passes <count>", "passes over waiting jobs (default: 100)")
    .option("--set <name=value>", "a parameter; may be given again", collect)
    .option("--wait", "come back when the passes are done; fails where it was out before")
    .option("--stop", "end it; what it has shown stays")
    .option(JSON_FLAG, JSON_TEXT)
    .action((word, options) => serve(async () => (await load()).shadowPolicy(context, word, options)));
  policy
    .command("set <kind> [values...]")
    .description("set parameters of the policy that serves: name=value, or partition:name=value")
    .option(
      "--unset <name>",
      "back to what stands behind it, as partition:name too; may be given again",
      collect,
    )
    .option("--on-fault <what>", "refuse or admit submissions that an admission policy fails at")
    .option(JSON_FLAG, JSON_TEXT)
    .action((kind, values, options) =>
      serve(async () => (await load()).setPolicy(context, kind, values, options)),
    );
  policy
    .command("rollback <kind>")
    .description("let the policy serve again that was there before the last load")
    .option(JSON_FLAG, JSON_TEXT)
    .action((kind, options) => serve(async () => (await load()).rollbackPolicy(context, kind, options)));
}

const SIMULATE_OPTIONS: readonly (readonly [string, string])[] = [
  ["--cluster <file>", "of a trace: the nodes, partitions and policies of a rota.yaml"],
  ["--nodes <count>", "of a trace: nodes, all alike (default for a log: one node with its processors)"],
  ["--cpus-per-node <count>", "CPUs of each node"],
  ["--gpus-per-node <count>", "GPUs of each node (default: 0)"],
  ["--gpu-model <name>", "what the GPUs are, as h100"],
  ["--memory-per-node <size>", "memory of each node, as 4000M or 512G"],
  ["--backfill <mode>", "none, easy, conservative or planned (default: the cluster's, else planned)"],
  ["--estimates <which>", "time limits as requested, or exact run times (default: requested)"],
  ["--seed <number>", "of the policies' random numbers (default: 0)"],
];

const SIMULATE_AFTER = `
A trace is a log (.swf) or a list of jobs (.csv), as of rota simulate. Without one the controller gives its ended jobs: each is
submitted when it could have started, asks for the nodes, CPUs and GPUs that it had, and runs as long as it ran; nodes,
partitions and policies are those of now. REAL is how they really ran.

Examples:
  rota policy simulate short-first log.swf.gz
  rota policy simulate placement/spread jobs.csv --nodes 16 --cpus-per-node 64 --gpus-per-node 8
  rota policy simulate short-first
`;

const collect = (one: string, before: readonly string[] = []): readonly string[] => [...before, one];

const AFTER = `
Examples:
  rota policy new short-first --kind priority
  rota policy test short-first
  rota policy simulate short-first
  rota policy shadow short-first --passes 50
  rota policy load priority short-first --set patience=4
  rota policy set priority patience=8 debug:patience=0
  rota policy rollback priority
  rota policy keygen me.pem
  rota policy sign short-first --key me.pem
`;
