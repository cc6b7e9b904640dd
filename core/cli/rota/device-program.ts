/** The command line of `rota device`. What its commands do is in device/, a program of its own that is loaded when one is called. */
import type { Command } from "commander";
import type { CommandContext } from "./context.ts";
import type { Serve } from "./program.ts";
import { programUrl } from "./program-file.ts";

type Workshop = typeof import("./device/main.ts");

const JSON_FLAG = "--json";
const JSON_TEXT = "print the answer as JSON";

/** Adds the command and those below it. */
export function addDeviceCommand(program: Command, context: CommandContext, serve: Serve): void {
  const load = async (): Promise<Workshop> => (await import(programUrl("device"))) as Workshop;
  const device = program
    .command("device")
    .description("write and check hardware plugins, and see what they find on this machine")
    .addHelpText("after", AFTER);
  device
    .command("new <name>")
    .description("make a folder with a plugin for a made-up device, recordings and green checks")
    .option("--dir <directory>", "where the folder is made (default: here)")
    .option(JSON_FLAG, JSON_TEXT)
    .action((name, options) => serve(async () => (await load()).newDevice(context, name, options)));
  device
    .command("check [plugin]")
    .description(
      "run the conformance suite on a plugin's folder: faults, hot plug, flapping, 10,000 samples, ...",
    )
    .option("--recordings <directory>", "recorded hosts (default: recordings in the folder)")
    .option(JSON_FLAG, JSON_TEXT)
    .action((plugin, options) =>
      serve(async () => (await load()).checkDevice(context, plugin ?? ".", options)),
    );
  device
    .command("probe [plugin]")
    .description(
      "show what a plugin finds on this machine: a folder, a package, or one of Rota's (default: all)",
    )
    .option(JSON_FLAG, JSON_TEXT)
    .action((plugin, options) => serve(async () => (await load()).probeDevices(context, plugin, options)));
  device
    .command("repl [plugin]")
    .description("a prompt with a plugin over this machine, or over one of its recordings")
    .option("--recording <name>", "a folder of recordings/ instead of this machine")
    .action((plugin, options) =>
      serve(async () => (await load()).deviceRepl(context, plugin ?? ".", options)),
    );
}

const AFTER = `
Examples:
  rota device new acme
  rota device check acme
  rota device probe nvidia
  rota device repl acme --recording two
`;
