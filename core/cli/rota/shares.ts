/** `rota shares`: accounts and users with their shares, use, fair share and limits, as a tree. */
import type { LimitSet } from "../../model/account.ts";
import type { ShareView } from "../../model/account-views.ts";
import { printDurationShort } from "../../model/time.ts";
import { askShares } from "../account-client.ts";
import { ownIdentity } from "../identity.ts";
import { tresMinsText, tresText } from "../tres-text.ts";
import { answer, type CommandContext } from "./context.ts";
import { type Column, printTable } from "./table.ts";
import type { Terminal } from "./terminal.ts";

export interface SharesOptions {
  readonly user?: string;
  readonly me?: boolean;
  readonly json?: boolean;
}

export async function runShares(
  context: CommandContext,
  accounts: readonly string[],
  options: SharesOptions,
): Promise<number> {
  const users = options.me === true ? ownIdentity().user : options.user;
  const found = await askShares(context.client, {
    ...(accounts.length === 0 ? {} : { accounts }),
    ...(users === undefined ? {} : { users: users.split(",") }),
  });
  return answer(context, found, options.json ?? false, (shares) => printShares(shares, context.terminal));
}

const BAR_CELLS = 10;
/** Use of less than this part of a share is well below it, of more than the other well above. */
const FAR_BELOW = 0.5;
const FAR_ABOVE = 2;

export function printShares(shares: readonly ShareView[], terminal: Terminal): string {
  if (shares.length === 0)
    return "There are no such accounts; a site lists its accounts in rota.yaml, under accounts.\n";
  const least = shares[0]!.depth;
  const columns: Column<ShareView>[] = [
    {
      title: "ACCOUNT OR USER",
      cell: ({ account, user, depth }) => `${"  ".repeat(Math.max(0, depth - least))}${user || account}`,
      paint: (text, { user }) => (user === "" ? terminal.colours.bold(text) : text),
    },
    { title: "SHARES", align: "right", cell: (share) => (share.parent === "" ? "" : share.rawShares) },
    { title: "SHARE", align: "right", cell: (share) => percentOf(share, share.normShares) },
    {
      title: "USED",
      align: "right",
      cell: (share) => percentOf(share, share.effectvUsage),
      paint: (text, share) => paintUse(text, share, terminal),
    },
    { title: "USE OF ITS SHARE", cell: useBar },
    { title: "BILLED", align: "right", cell: ({ rawUsage }) => hoursText(rawUsage) },
    {
      title: "GPU HOURS",
      align: "right",
      cell: ({ tresMins }) => hoursText((tresMins["gres/gpu"] ?? 0) * 60),
    },
    {
      title: "FAIR SHARE",
      align: "right",
      cell: ({ user, fairShare }) => (user === "" ? "" : fairShare.toFixed(3)),
    },
    { title: "RUNNING", align: "right", cell: ({ runningJobs }) => (runningJobs === 0 ? "" : runningJobs) },
    { title: "LIMITS", cell: ({ limits }) => limitsText(limits) },
  ];
  const note = "SHARE and USED are parts of their level; BILLED is in hours of a billing unit, and decays.";
  return `${printTable(columns, shares, terminal)}${terminal.colours.dim(note)}\n`;
}

const percentOf = (share: ShareView, part: number): string =>
  share.parent === "" ? "" : `${(part * 100).toFixed(1)}%`;

/** Full when it has used its share, ending in a sign when it has used more. */
function useBar(share: ShareView): string {
  if (share.parent === "") return "";
  // Nothing is 0 times whatever share; any use is beyond every multiple of no share.
  const used = share.effectvUsage > 0 ? share.effectvUsage / share.normShares : 0;
  const cells = Math.min(BAR_CELLS, Math.round(used * BAR_CELLS));
  return `${"█".repeat(cells)}${"░".repeat(BAR_CELLS - cells)}${used > 1 ? ` ${used < 100 ? used.toFixed(1) : ">99"}x` : ""}`;
}

function paintUse(text: string, { levelFs, parent }: ShareView, { colours }: Terminal): string {
  if (parent === "") return text;
  if (levelFs === null || levelFs > 1 / FAR_BELOW) return colours.green(text);
  return levelFs < 1 / FAR_ABOVE ? colours.red(text) : text;
}

const hoursText = (seconds: number): string => {
  const hours = seconds / 3600;
  if (hours === 0) return "";
  return hours < 100 ? hours.toFixed(1) : String(Math.round(hours));
};

/** Under the names that they have in rota.yaml. */
function limitsText(limits: LimitSet): string {
  const texts = LIMIT_WORDS.flatMap(([name, textOf]) => {
    const text = textOf(limits);
    return text === undefined || text === "" ? [] : [`${name} ${text}`];
  });
  return texts.join("; ");
}

const countText = (count: number | undefined): string | undefined =>
  count === undefined ? undefined : String(count);
const timeText = (seconds: number | undefined): string | undefined =>
  seconds === undefined ? undefined : printDurationShort(seconds);

const LIMIT_WORDS: readonly (readonly [string, (limits: LimitSet) => string | undefined])[] = [
  ["grp_tres", ({ grpTres }) => tresText(grpTres)],
  ["grp_tres_mins", ({ grpTresMins }) => tresMinsText(grpTresMins)],
  ["grp_tres_run_mins", ({ grpTresRunMins }) => tresMinsText(grpTresRunMins)],
  ["grp_jobs", ({ grpJobs }) => countText(grpJobs)],
  ["grp_submit_jobs", ({ grpSubmitJobs }) => countText(grpSubmitJobs)],
  ["grp_wall", ({ grpWallS }) => timeText(grpWallS)],
  ["max_tres_per_job", ({ maxTresPerJob }) => tresText(maxTresPerJob)],
  ["max_tres_per_node", ({ maxTresPerNode }) => tresText(maxTresPerNode)],
  ["max_tres_mins_per_job", ({ maxTresMinsPerJob }) => tresMinsText(maxTresMinsPerJob)],
  ["min_tres_per_job", ({ minTresPerJob }) => tresText(minTresPerJob)],
  ["max_jobs", ({ maxJobs }) => countText(maxJobs)],
  ["max_submit_jobs", ({ maxSubmitJobs }) => countText(maxSubmitJobs)],
  ["max_wall", ({ maxWallS }) => timeText(maxWallS)],
];
