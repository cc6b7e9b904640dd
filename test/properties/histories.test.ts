import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { kernelPath } from "../../core/controller/built-file.ts";
import { firstFitPlacement } from "../../core/place/fallback.ts";
import { PlanKernel } from "../../core/place/kernel.ts";
import { fifoPriority } from "../../core/prioritise/fallback.ts";
import { choiceOf, openPolicies, type RunPolicies } from "../../core/simulate/policies.ts";
import { checkState } from "../state/invariants.ts";
import { CheckedCluster } from "./checked-cluster.ts";
import { drive } from "./drive.ts";
import { type HistorySettings, readJournal, writeJournal } from "./journal-line.ts";
import { countedPlans, type HistoryPlan, mixedPlans } from "./plans.ts";
import { richPlans } from "./rich-plans.ts";

/** Histories in all, as many of them as the budget lets on a slow machine; `ROTA_HISTORIES` says otherwise. */
const HISTORIES = Number(process.env["ROTA_HISTORIES"] ?? 10_000);
const BUDGET_MS = process.env["ROTA_HISTORIES"] === undefined ? 90_000 : 3_600_000;
/** The same histories each time, so that a failure is of the change at hand; `ROTA_SEED=$RANDOM` looks for new ones. */
const SEEDS = process.env["ROTA_SEED"] === undefined ? [1, 2, 3] : [Number(process.env["ROTA_SEED"])];
/** With reservations, preemption, heterogeneous jobs and deadlines: beside the others, and dearer than they are. */
const RICH = [
  { mode: "planned", part: 0.14, modules: false },
  { mode: "planned", part: 0.02, modules: true },
  { mode: "conservative", part: 0.05, modules: false },
  { mode: "easy", part: 0.04, modules: false },
  { mode: "none", part: 0.03, modules: false },
] as const;
/** Of each of the kinds below. */
const SHARE = [
  {
    name: "planned",
    part: 0.25,
    plans: mixedPlans,
    settings: {
      mode: "planned",
      backfillOrder: "queue",
      keepsPromises: true,
      rounded: true,
      modules: false,
    },
  },
  {
    name: "planned, by modules",
    part: 0.1,
    plans: mixedPlans,
    settings: { mode: "planned", backfillOrder: "queue", keepsPromises: true, rounded: true, modules: true },
  },
  {
    name: "easy",
    part: 0.1,
    plans: mixedPlans,
    settings: { mode: "easy", backfillOrder: "queue", keepsPromises: false, rounded: false, modules: false },
  },
  {
    name: "easy, shortest first",
    part: 0.05,
    plans: mixedPlans,
    settings: {
      mode: "easy",
      backfillOrder: "shortest",
      keepsPromises: false,
      rounded: false,
      modules: false,
    },
  },
  {
    name: "conservative",
    part: 0.1,
    plans: mixedPlans,
    settings: {
      mode: "conservative",
      backfillOrder: "queue",
      keepsPromises: true,
      rounded: true,
      modules: false,
    },
  },
  {
    name: "none",
    part: 0.1,
    plans: mixedPlans,
    settings: { mode: "none", backfillOrder: "queue", keepsPromises: false, rounded: false, modules: false },
  },
  ...RICH.map(({ mode, part, modules }) => ({
    name: `${mode}, with all that a site may have${modules ? ", by modules" : ""}`,
    part,
    plans: richPlans,
    settings: {
      mode,
      backfillOrder: "queue" as const,
      keepsPromises: mode === "planned" || mode === "conservative",
      rounded: mode === "planned" || mode === "conservative",
      modules,
    },
  })),
  {
    name: "planned, CPUs alone",
    part: 0.1,
    plans: countedPlans,
    settings: {
      mode: "planned",
      backfillOrder: "queue",
      keepsPromises: true,
      rounded: false,
      modules: false,
    },
  },
  {
    name: "easy, CPUs alone",
    part: 0.08,
    plans: countedPlans,
    settings: { mode: "easy", backfillOrder: "queue", keepsPromises: false, rounded: false, modules: false },
  },
  {
    name: "easy, shortest first, CPUs alone",
    part: 0.06,
    plans: countedPlans,
    settings: {
      mode: "easy",
      backfillOrder: "shortest",
      keepsPromises: false,
      rounded: false,
      modules: false,
    },
  },
  {
    name: "conservative, CPUs alone",
    part: 0.06,
    plans: countedPlans,
    settings: {
      mode: "conservative",
      backfillOrder: "queue",
      keepsPromises: true,
      rounded: false,
      modules: false,
    },
  },
] as const;
const TIMEOUT_MS = 60_000 + HISTORIES * 60;
/** Where a failing history's journal goes; shrinking leaves the shortest there. */
const FAILED = ".tmp/histories";
/** A journal to go through again instead: `ROTA_JOURNAL=.tmp/histories/easy.jsonl`. */
const JOURNAL = process.env["ROTA_JOURNAL"];

const anyPlans = fc.oneof(mixedPlans, richPlans);
const kernel = new PlanKernel(readFileSync(kernelPath()));

describe("what must hold after every event of a history", () => {
  for (const { name, part, plans, settings } of SHARE) {
    it(
      name,
      () => {
        const share = part / SEEDS.length;
        const numRuns = Math.max(10, Math.ceil(HISTORIES * share));
        const interruptAfterTimeLimit = BUDGET_MS * share;
        for (const seed of SEEDS) {
          fc.assert(
            fc.property(plans, (plan) => {
              const cluster = run(settings, plan, kernel, `${FAILED}/${name.replaceAll(/\W+/g, "-")}.jsonl`);
              checkState(cluster.state);
            }),
            { seed, numRuns, interruptAfterTimeLimit, markInterruptAsFailure: false },
          );
        }
      },
      TIMEOUT_MS,
    );
  }
});

it(
  "the same history twice gives the same journal and the same state, to the byte",
  () => {
    fc.assert(
      fc.property(anyPlans, fc.constantFrom("planned", "easy"), fc.boolean(), (plan, mode, modules) => {
        const rounded = mode === "planned";
        const settings = { mode, modules, rounded, backfillOrder: "queue", keepsPromises: rounded } as const;
        const once = run(settings, plan, kernel, `${FAILED}/same.jsonl`);
        const again = run(settings, plan, new PlanKernel(readFileSync(kernelPath())), `${FAILED}/same.jsonl`);
        expect(JSON.stringify(again.lines)).toBe(JSON.stringify(once.lines));
        expect(Buffer.compare(again.bytes(), once.bytes())).toBe(0);
      }),
      {
        seed: SEEDS[0]!,
        numRuns: Math.max(10, Math.ceil(HISTORIES / 50)),
        interruptAfterTimeLimit: BUDGET_MS * 0.1,
        markInterruptAsFailure: false,
      },
    );
  },
  TIMEOUT_MS,
);

it.skipIf(JOURNAL === undefined)("a journal that was kept decides what it decided, and all holds", () => {
  const lines = readJournal(JOURNAL!);
  const [first] = lines;
  if (first === undefined || !("settings" in first))
    throw new Error(`${JOURNAL} does not begin with settings`);
  const cluster = new CheckedCluster(first.settings, kernel, policiesOf(first.settings));
  lines.forEach((line, i) => {
    if ("event" in line) cluster.apply(line.event);
    if (!("passAtS" in line)) return;
    const decided = cluster.pass(line.passAtS);
    const kept = lines.slice(i + 1, i + 1 + decided.length);
    expect(kept).toEqual(decided.map((event) => ({ decided: event })));
  });
});

function run(settings: HistorySettings, plan: HistoryPlan, over: PlanKernel, path: string): CheckedCluster {
  const cluster = new CheckedCluster(settings, over, policiesOf(settings));
  try {
    drive(cluster, plan);
  } catch (error) {
    writeJournal(path, cluster.lines);
    throw new Error(`${error instanceof Error ? error.message : error}\njournal: ${path}`, { cause: error });
  }
  return cluster;
}

function policiesOf({ modules }: HistorySettings): RunPolicies {
  if (modules) return moduled();
  const placement = firstFitPlacement();
  const priority = fifoPriority();
  return {
    priority: { chosen: priority, fallback: priority },
    placement: { chosen: placement, fallback: placement },
    reseed: () => undefined,
  };
}

let opened: RunPolicies | undefined;
function moduled(): RunPolicies {
  if (opened !== undefined) return opened;
  const names = { order: choiceOf("order", "multifactor"), placement: choiceOf("placement", "pack") };
  const policies = openPolicies(names);
  if (!policies.ok) throw new Error(policies.refusal.message);
  opened = policies.value;
  return opened;
}
