/** `rota policy shadow`: a policy beside those that serve in the running controller, what it shows, and its end. */
import { setTimeout as sleep } from "node:timers/promises";
import { ok, type Result, refuse } from "../../../model/refusal.ts";
import {
  type LiveAndShadow,
  MAX_SHADOW_PASSES,
  SHADOW_KINDS,
  type ShadowJob,
  type ShadowKind,
  type ShadowPlace,
  type ShadowRequest,
  type ShadowView,
} from "../../../model/shadow-views.ts";
import { answer, type CommandContext, EXIT_FAILED, EXIT_OK } from "../context.ts";
import { printFacts, printTable } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { loadRequest } from "./load.ts";
import { findModule } from "./modules.ts";

export interface ShadowFlags {
  readonly passes?: string;
  readonly set?: readonly string[];
  readonly wait?: boolean;
  readonly stop?: boolean;
  readonly json?: boolean;
}

/** Between two looks of --wait. */
const LOOK_MS = 500;
/** Jobs that are listed; --json has all that the controller kept. */
const MAX_LISTED = 20;

/** Without a policy, what the one in the shadow has shown so far. The exit code is that of a fault where it is out. */
export async function shadowPolicy(
  context: CommandContext,
  word: string | undefined,
  flags: ShadowFlags,
): Promise<number> {
  const json = flags.json === true;
  const made = await asked(context, word, flags);
  const seen = made.ok && flags.wait === true ? await atEnd(context, made.value) : made;
  const code = answer(context, seen, json, (view) => shadowText(view, context.terminal));
  if (!seen.ok || flags.wait !== true) return code;
  return seen.value.state === "done" ? EXIT_OK : EXIT_FAILED;
}

async function asked(
  context: CommandContext,
  word: string | undefined,
  flags: ShadowFlags,
): Promise<Result<ShadowView>> {
  const { client } = context;
  if (word !== undefined && flags.stop === true)
    return refuse("INVALID_SPEC", "--stop ends the shadow there is; give no policy with it");
  if (word !== undefined) {
    const request = shadowRequest(context, word, flags);
    if (!request.ok) return request;
    const { kind, body } = request.value;
    return client.ask<ShadowView>("POST", `/v1/policies/${kind}/shadow`, body);
  }
  const strange = flags.passes !== undefined ? "--passes" : flags.set !== undefined ? "--set" : undefined;
  if (strange !== undefined)
    return refuse("INVALID_SPEC", `${strange} is of a policy that begins; give its name, folder or file`);
  return flags.stop === true ? client.ask<ShadowView>("DELETE", "/v1/policies/shadow") : current(context);
}

async function current({ client }: CommandContext): Promise<Result<ShadowView>> {
  const given = await client.ask<{ readonly shadows: readonly ShadowView[] }>("GET", "/v1/policies/shadow");
  if (!given.ok) return given;
  const [view] = given.value.shadows;
  return view === undefined ? refuse("POLICY_NO_SHADOW", "no policy has been in the shadow") : ok(view);
}

async function atEnd(context: CommandContext, begun: ShadowView): Promise<Result<ShadowView>> {
  let view: Result<ShadowView> = ok(begun);
  while (view.ok && view.value.state === "running") {
    await sleep(LOOK_MS);
    view = await current(context);
  }
  return view;
}

interface Request {
  readonly kind: ShadowKind;
  readonly body: ShadowRequest;
}

function shadowRequest(context: CommandContext, word: string, flags: ShadowFlags): Result<Request> {
  const passes = passesOf(flags.passes);
  if (!passes.ok) return passes;
  const found = findModule(context.cwd, word);
  if (!found.ok) return found;
  const kind = SHADOW_KINDS.find((one) => one === found.value.kind);
  if (kind === undefined)
    return refuse(
      "POLICY_WRONG_KIND",
      `${found.value.name} is a policy of kind ${found.value.kind}; in the shadow of passes run ${SHADOW_KINDS.join(", ")}`,
    );
  const body = loadRequest(context, kind, word, { set: flags.set ?? [] });
  if (!body.ok) return body;
  return ok({
    kind,
    body: { ...body.value, ...(passes.value === undefined ? {} : { passes: passes.value }) },
  });
}

function passesOf(text: string | undefined): Result<number | undefined> {
  if (text === undefined) return ok(undefined);
  const passes = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (passes >= 1 && passes <= MAX_SHADOW_PASSES) return ok(passes);
  return refuse("INVALID_SPEC", `--passes is "${text}"; give a whole number from 1 to ${MAX_SHADOW_PASSES}`);
}

function shadowText(view: ShadowView, terminal: Terminal): string {
  const { passes, passesAsked, passesSkipped, state, reason, lastFault } = view;
  const skipped = passesSkipped === 0 ? "" : `, ${passesSkipped} skipped`;
  const facts: (readonly [string, string | number])[] = [
    ["policy", `${view.name} ${view.version} (${view.kind}, sha256 ${view.sha256.slice(0, 12)})`],
    ["beside", view.against],
    ["state", reason === undefined ? state : `${state}: ${reason}`],
    ["passes", `${passes} of ${passesAsked}${skipped}`],
    ["strikes", view.strikes === 0 ? "" : view.strikes],
    ["last fault", lastFault === undefined ? "" : `${lastFault.code}: ${lastFault.message}`],
  ];
  if (passes === 0) {
    const hint =
      state === "running"
        ? "Nothing has been compared yet: it begins with the next pass over waiting jobs.\n"
        : "";
    return `${printFacts(facts, terminal)}${hint}`;
  }
  const share = view.decisions === 0 ? 0 : (100 * view.differ) / view.decisions;
  facts.push(
    ["decisions", view.decisions],
    ["that differ", `${view.differ} (${share.toFixed(1)} %), of ${view.movedJobs} jobs`],
    ["earlier, later", `${view.earlier}, ${view.later}`],
    ["on other nodes", view.otherNodes],
    ["module", `${view.calls} calls, ${(view.usedUs / 1000).toFixed(1)} ms`],
  );
  const rows = [printFacts(facts, terminal), printTable(COMPARED, comparisons(view), terminal)];
  if (view.jobs.length > 0) rows.push(jobTable(view.jobs, terminal));
  return rows.join("\n");
}

interface Compared {
  readonly what: string;
  readonly live: string;
  readonly shadow: string;
  readonly change: string;
}

const COMPARED = [
  { title: "MEASURE", cell: ({ what }: Compared) => what },
  { title: "LIVE", align: "right", cell: ({ live }: Compared) => live },
  { title: "SHADOW", align: "right", cell: ({ shadow }: Compared) => shadow },
  { title: "CHANGE", align: "right", cell: ({ change }: Compared) => change },
] as const;

function comparisons(view: ShadowView): readonly Compared[] {
  const row = (what: string, { live, shadow }: LiveAndShadow, digits: number, factor = 1): Compared => {
    const change = (shadow - live) * factor;
    return {
      what,
      live: (live * factor).toFixed(digits),
      shadow: (shadow * factor).toFixed(digits),
      change: `${change > 0 ? "+" : ""}${change.toFixed(digits)}`,
    };
  };
  return [
    row("starts", view.starts, 0),
    row("starts of one only", view.startsOnly, 0),
    ...(view.preempted.live + view.preempted.shadow === 0 ? [] : [row("preempted", view.preempted, 0)]),
    row("mean planned wait s", view.waitMeanS, 1),
    row(
      `fragmentation of ${view.fragmentationOf === "gpus" ? "GPUs" : "CPUs"} %`,
      view.fragmentation,
      2,
      100,
    ),
    row("planning a pass ms", view.passUs, 2, 0.001),
  ];
}

function jobTable(jobs: readonly ShadowJob[], terminal: Terminal): string {
  const table = printTable(
    [
      { title: "MOVED JOB", align: "right", cell: ({ jobId }) => jobId },
      { title: "PASS", cell: ({ atS }) => clockOf(atS) },
      { title: "LIVE", cell: ({ live, atS }) => placeText(live, atS) },
      { title: "SHADOW", cell: ({ shadow, atS }) => placeText(shadow, atS) },
    ],
    jobs.slice(0, MAX_LISTED),
    terminal,
  );
  const more = jobs.length - MAX_LISTED;
  return more > 0 ? `${table}and ${more} more; --json prints all\n` : table;
}

function placeText({ startS, nodes }: ShadowPlace, atS: number): string {
  if (nodes !== "") return `now on ${nodes}`;
  return startS === 0 ? "no start planned" : `in ${Math.max(0, startS - atS)} s`;
}

const clockOf = (atS: number): string => new Date(atS * 1000).toISOString().slice(11, 19);
