/**
 * `rota whatif`: takes a live controller's state, lets the simulator's passes run it into the future as things are and
 * once more with what the question changes, and prints when each waiting job starts. The controller gives its state and
 * is not touched. Loaded by the command of that name; does its work in this thread.
 */
import { readFileSync } from "node:fs";
import type { Terminal } from "../../cli/rota/terminal.ts";
import { kernelPath } from "../../controller/built-file.ts";
import { RotaError } from "../../model/errors.ts";
import type { JobSpec } from "../../model/job-spec.ts";
import { ok, type Refusal, type Result } from "../../model/refusal.ts";
import type { SnapshotFacts } from "../../model/state-snapshot.ts";
import { PlanKernel } from "../../place/kernel.ts";
import type { ClusterState } from "../../state/cluster-state.ts";
import { decodeState } from "../../state/snapshot.ts";
import { openPolicies, type PolicyNames, prepareFiles } from "../policies.ts";
import { Progress } from "../progress.ts";
import { applyChanges } from "./changes.ts";
import { type Compared, compare, comparisonText, waitingRecords } from "./comparison.ts";
import { type ControllerAddress, fetchHistory, fetchState } from "./fetch-state.ts";
import { readWhatifFlags, type WhatifFlags, type WhatifSettings } from "./flags.ts";
import { type Forecast, forecast, MAX_PASSES } from "./forecast.ts";
import { asObserved, atLimit, type RunLength } from "./run-length.ts";

/** What the command uses of its process. */
export interface WhatifOut {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly terminal: Terminal;
  readonly isErrorTerminal: boolean;
}

export interface WhatifQuestion {
  readonly controller: ControllerAddress;
  readonly flags: WhatifFlags;
  /** The job of --submit. */
  readonly spec?: JobSpec | undefined;
}

const EXIT_OK = 0;
const EXIT_FAILED = 1;

/** Resolves with the exit code; anything expected that is wrong is one line on stderr. */
export async function runWhatif(io: WhatifOut, question: WhatifQuestion): Promise<number> {
  const isJson = question.flags.json === true;
  try {
    const answered = await answerOf(io, question);
    if (!answered.ok) return failed(io, answered.refusal, isJson);
    const { notes, compared } = answered.value;
    for (const note of notes) io.err(`rota: ${note}\n`);
    io.out(isJson ? `${JSON.stringify(compared, null, 2)}\n` : comparisonText(compared, io.terminal));
    return EXIT_OK;
  } catch (error) {
    if (RotaError.is(error)) return failed(io, error, isJson);
    throw error;
  }
}

function failed(
  io: WhatifOut,
  { code, message }: Pick<Refusal, "code" | "message">,
  isJson: boolean,
): number {
  io.err(isJson ? `${JSON.stringify({ code, message })}\n` : `rota: ${code}: ${message}\n`);
  return EXIT_FAILED;
}

interface Answered {
  readonly compared: Compared;
  readonly notes: readonly string[];
}

async function answerOf(
  io: WhatifOut,
  { controller, flags, spec }: WhatifQuestion,
): Promise<Result<Answered>> {
  const taken = await fetchState(controller);
  if (!taken.ok) return taken;
  const { facts, bytes } = taken.value;
  const settings = readWhatifFlags(flags, facts);
  if (!settings.ok) return settings;
  let runLength = atLimit;
  if (settings.value.ends === "observed") {
    const history = await fetchHistory(controller);
    if (!history.ok) return history;
    runLength = asObserved(history.value);
  }
  const state = decodeState(bytes);
  const { drain, addNodes, policies, backfill } = settings.value;
  const isChanged =
    drain !== undefined ||
    addNodes !== undefined ||
    spec !== undefined ||
    settings.value.hasOtherPolicies ||
    backfill.mode !== facts.backfill;
  const asIs = { policies: namesOf(facts), backfill: { mode: facts.backfill, order: "queue" as const } };
  for (const names of [asIs.policies, policies]) {
    const prepared = await prepareFiles(names);
    if (!prepared.ok) return prepared;
  }
  let records = waitingRecords(state, 0);
  const run = runner(io, facts, settings.value, runLength, records.length * (isChanged ? 2 : 1));
  const now = run(state, asIs);
  if (!now.ok) return now;
  let then: Forecast | undefined;
  if (isChanged) {
    const changed = decodeState(bytes);
    const submitted = applyChanges(changed, { drain, addNodes, submit: spec }, facts.nowS);
    if (!submitted.ok) return submitted;
    records = waitingRecords(changed, submitted.value);
    const after = run(changed, { policies, backfill });
    if (!after.ok) return after;
    then = after.value;
  }
  const { untilS } = settings.value;
  const compared: Compared = { nowS: facts.nowS, untilS, jobs: compare(records, now.value, then) };
  const isCut = now.value.isCut || then?.isCut === true;
  return ok({ compared, notes: isCut ? [`looked no further than ${MAX_PASSES} passes ahead`] : [] });
}

const namesOf = ({ policies }: SnapshotFacts): PolicyNames => ({
  order: policies.priority,
  placement: policies.placement,
  topology: policies.topology,
  preemption: policies.preemption,
});

type Run = (state: ClusterState, how: Pick<WhatifSettings, "policies" | "backfill">) => Result<Forecast>;

/** One line of progress over all runs. */
function runner(
  io: WhatifOut,
  { nowS }: SnapshotFacts,
  { untilS }: WhatifSettings,
  runLength: RunLength,
  total: number,
): Run {
  const kernel = new PlanKernel(readFileSync(kernelPath()));
  const nowMs = (): number => performance.now();
  const out = { write: io.err, nowMs, isTerminal: io.isErrorTerminal };
  const progress = new Progress(out, "whatif", total, "jobs started");
  let done = 0;
  return (state, { policies: names, backfill }) => {
    const policies = openPolicies(names);
    if (!policies.ok) return policies;
    const waiting = state.pending.count;
    const onProgress = (left: number): void => progress.to(done + Math.max(0, waiting - left));
    const made = forecast({
      state,
      nowS,
      untilS,
      backfill,
      policies: policies.value,
      kernel,
      runLength,
      ...(io.isErrorTerminal ? { onProgress } : {}),
    });
    progress.end();
    done += waiting;
    return ok(made);
  };
}
