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

const collect = (one: string, before: readonly string[] = []): readonly string[] => [...before, one];

const AFTER = `
Examples:
  rota policy new short-first --kind priority
  rota policy test short-first
  rota policy load priority short-first --set patience=4
  rota policy set priority patience=8 debug:patience=0
  rota policy rollback priority
`;
