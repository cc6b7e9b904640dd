/** `rota priority`: how the priorities of waiting jobs come about, factor by factor, as a table. */

import type { FactorNumbers, PriorityView } from "../../model/account-views.ts";
import { ok } from "../../model/refusal.ts";
import { askPriorities, type Priorities } from "../account-client.ts";
import { ownIdentity } from "../identity.ts";
import { answer, type CommandContext } from "./context.ts";
import { type Column, printTable } from "./table.ts";
import type { Terminal } from "./terminal.ts";

export interface PriorityOptions {
  readonly user?: string;
  readonly me?: boolean;
  readonly account?: string;
  readonly partition?: string;
  readonly norm?: boolean;
  readonly json?: boolean;
}

export async function runPriority(
  context: CommandContext,
  refs: readonly string[],
  options: PriorityOptions,
): Promise<number> {
  const users = options.me === true ? ownIdentity().user : options.user;
  const found = await askPriorities(context.client, {
    ...(refs.length === 0 ? {} : { ids: refs }),
    ...(users === undefined ? {} : { users: users.split(",") }),
    ...(options.account === undefined ? {} : { accounts: options.account.split(",") }),
    ...(options.partition === undefined ? {} : { partitions: options.partition.split(",") }),
  });
  const ranked = found.ok ? ok({ ...found.value, priorities: highestFirst(found.value.priorities) }) : found;
  return answer(context, ranked, options.json ?? false, (priorities) =>
    printPriorities(priorities, options.norm ?? false, context.terminal),
  );
}

/** The table, and below it what each factor can come to. */
export function printPriorities(found: Priorities, norm: boolean, terminal: Terminal): string {
  if (!found.hasFactors)
    return `The queue is ranked by ${found.policy}, which has no factors; \`rota queue\` shows its order.\n`;
  if (found.priorities.length === 0) return "No job waits for its turn.\n";
  const { weights } = found;
  const shown = FACTORS.filter(([factor]) => weights[factor] !== 0);
  const columns: Column<PriorityView>[] = [
    { title: "JOB", cell: ({ displayId }) => displayId },
    { title: "NAME", cell: ({ name }) => name },
    { title: "USER", cell: ({ user }) => user },
    { title: "ACCOUNT", cell: ({ account }) => account },
    { title: "PARTITION", cell: ({ partition }) => partition },
    {
      title: "PRIORITY",
      align: "right",
      cell: ({ priority, isSet }) => `${Math.trunc(priority)}${isSet ? " (set)" : ""}`,
      paint: (text) => terminal.colours.bold(text),
    },
    ...shown.map(
      ([factor, title]): Column<PriorityView> => ({
        title,
        align: "right",
        cell: ({ normal, weighted }) => (norm ? normal[factor].toFixed(3) : Math.round(weighted[factor])),
      }),
    ),
    { title: "SITE", align: "right", cell: ({ site }) => (site === 0 ? "" : site) },
    { title: "NICE", align: "right", cell: ({ nice }) => (nice === 0 ? "" : -nice) },
  ];
  const most = shown.map(([factor, title]) => `${title.toLowerCase()} ${weights[factor]}`).join(", ");
  return `${printTable(columns, found.priorities, terminal)}${terminal.colours.dim(`At most: ${most}`)}\n`;
}

const FACTORS: readonly (readonly [keyof FactorNumbers, string])[] = [
  ["age", "AGE"],
  ["assoc", "ASSOC"],
  ["fairshare", "FAIR SHARE"],
  ["size", "SIZE"],
  ["partition", "BY PARTITION"],
  ["qos", "QOS"],
  ["tresCpu", "CPUS"],
  ["tresMem", "MEMORY"],
  ["tresGpu", "GPUS"],
];

/** As the queue goes, the lower job id first where priorities are equal. */
const highestFirst = (priorities: readonly PriorityView[]): readonly PriorityView[] =>
  [...priorities].sort((a, b) => b.priority - a.priority || a.jobId - b.jobId);
