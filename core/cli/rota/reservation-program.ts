/** The command line of `rota reservation`. What it does is in reservation.ts, loaded when it is called. */
import type { Command } from "commander";
import type { CommandContext } from "./context.ts";
import type { Serve } from "./program.ts";

const JSON_FLAG = "--json";
const JSON_TEXT = "print the answer as JSON";

/** Flags of what a reservation is, and what each says. */
const TERMS: readonly (readonly [string, string])[] = [
  ["--start <time>", "when it begins: now, 18:00, 2026-12-24T08:00, now+2hours"],
  ["--end <time>", "when it ends"],
  ["--duration <time>", "how long it is instead: 90m, 2h, 1d12h"],
  ["--nodes <list>", "its nodes: n1, n[1-4], ALL"],
  ["--count <nodes>", "so many nodes instead, which the controller chooses"],
  ["--cores <cores>", "nodes with so many cores instead"],
  ["-p, --partition <name>", "where nodes are chosen (default: the default partition)"],
  ["--features <names>", "only nodes with these features: gpu&fast"],
  ["-u, --users <names>", "who may use it: ada,bob; with a - before each: who may not"],
  ["-A, --accounts <names>", "whose accounts may use it"],
  ["--groups <names>", "whose groups may use it, instead of users"],
  ["--flags <flags>", "MAINT, DAILY, WEEKLY, WEEKDAY, WEEKEND, HOURLY, FLEX, OVERLAP, IGNORE_JOBS, ..."],
];

/** Adds the command with its own: list, create, change, delete. */
export function addReservationCommand(program: Command, context: CommandContext, serve: Serve): void {
  const load = () => import("./reservation.ts");
  const group = program
    .command("reservation")
    .alias("reservations")
    .description("list, make, change and end reservations of nodes");
  group
    .command("list [names...]", { isDefault: true })
    .description("show reservations")
    .option(JSON_FLAG, JSON_TEXT)
    .action((names, options) =>
      serve(async () => (await load()).runReservationList(context, names, options)),
    );
  const create = group.command("create [name]").description("keep nodes for somebody, or for maintenance");
  for (const [flags, about] of TERMS) create.option(flags, about);
  create
    .option(JSON_FLAG, JSON_TEXT)
    .action((name, options) =>
      serve(async () => (await load()).runReservationCreate(context, name, options)),
    );
  const change = group.command("change <name>").description("change a reservation; what is not given stays");
  for (const [flags, about] of TERMS) change.option(flags, about);
  change
    .option(JSON_FLAG, JSON_TEXT)
    .action((name, options) =>
      serve(async () => (await load()).runReservationChange(context, name, options)),
    );
  group
    .command("delete <names...>")
    .description("end reservations that no job asks for")
    .option(JSON_FLAG, JSON_TEXT)
    .action((names, options) =>
      serve(async () => (await load()).runReservationDelete(context, names, options)),
    );
  group.addHelpText("after", EXAMPLES);
}

const EXAMPLES = `
Examples:
  rota reservation create course --start 09:00 --duration 3h --count 4 --accounts teaching --flags WEEKLY
  rota reservation create --start now+2hours --duration 4h --nodes ALL --users root --flags MAINT
  rota submit --reservation course train.sh
`;
