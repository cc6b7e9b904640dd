/**
 * The one policy that may run in the shadow of those that serve. It is offered the snapshot of every pass and has it
 * planned in a thread of its own, one at a time: a pass that comes while it is still at an earlier one is skipped, so
 * whatever the module does, the live pass waits for nothing here. Its plans are compared and thrown away.
 *
 * While it looks at a snapshot the scheduler does not write over that one's buffers, so it holds one snapshot at most.
 */
import { readFileSync } from "node:fs";
import type { Logger } from "pino";
import { compressSorted } from "../model/hostlist.ts";
import type { PolicyChoice } from "../model/policy.ts";
import type { PolicyView } from "../model/policy-views.ts";
import { ok, type Result, refuse } from "../model/refusal.ts";
import {
  DEFAULT_SHADOW_PASSES,
  type ShadowKind,
  type ShadowState,
  type ShadowView,
} from "../model/shadow-views.ts";
import type { PassSnapshot } from "../state/tables.ts";
import type { PolicySetSpec } from "../wasm/policy-set.ts";
import { kernelPath } from "./built-file.ts";
import type { PassOrder } from "./pass-runner.ts";
import type { Candidate, PolicyDesk } from "./policy-desk.ts";
import { ShadowBook } from "./shadow-book.ts";
import type { ShadowAnswer, ShadowRequest, ShadowWorkerData } from "./shadow-messages.ts";
import { type OverBudget, WatchedThread } from "./watched-thread.ts";

export interface ShadowDeskOptions {
  readonly desk: PolicyDesk;
  readonly callBudgetMs: number;
  readonly nodeName: (row: number) => string;
  /** Has a pass run soon, where jobs wait. */
  readonly wake: () => void;
  readonly log: Logger;
}

/** Another than those of modules that serve. */
const SHADOW_NUMBER = 0x4000_0000;
/** A thread of low priority stands still in a call for longer than the call takes. */
const BUDGET_FACTOR = 4;
/** Nodes of a job that are named; a longer list ends in dots. */
const MAX_NAMES = 256;

interface Shadow {
  readonly kind: ShadowKind;
  readonly candidate: Candidate;
  readonly choice: PolicyChoice;
  readonly against: string;
  readonly sinceS: number;
  readonly passesAsked: number;
  /** Of the desk: with another one other policies serve. */
  readonly generation: number;
  readonly thread: WatchedThread<ShadowRequest, ShadowAnswer>;
  readonly book: ShadowBook;
  passesSkipped: number;
  isReady: boolean;
  state: ShadowState;
  reason?: string;
}

export class ShadowDesk {
  readonly #options: ShadowDeskOptions;
  #shadow: Shadow | undefined;
  /** What it looks at. */
  #held: PassSnapshot | undefined;
  readonly #closing = new Set<Promise<void>>();

  constructor(options: ShadowDeskOptions) {
    this.#options = options;
  }

  /** Begins with a pass as soon as its thread is there. `bytes` is the module, absent for one that comes with Rota. */
  async start(
    choice: PolicyChoice & { readonly kind: ShadowKind },
    bytes: Uint8Array | undefined,
    passes: number | undefined,
    sinceS: number,
  ): Promise<Result<ShadowView>> {
    const { desk, callBudgetMs, log } = this.#options;
    const { kind } = choice;
    if (this.#shadow !== undefined && this.#isBusy) {
      const { name } = this.#shadow.candidate.manifest;
      return refuse("POLICY_SHADOW_RUNS", `${name} is in the shadow, and one policy at a time can be`);
    }
    const made = await desk.candidate(choice, bytes, SHADOW_NUMBER);
    if (!made.ok) return made;
    // Another may have been begun while this one was checked.
    if (this.#isBusy)
      return refuse("POLICY_SHADOW_RUNS", "another policy has just been taken into the shadow");
    const candidate = made.value;
    const live = servingSpec(desk);
    const served = desk.details().find((policy) => policy.kind === kind);
    const data: Omit<ShadowWorkerData, "marker"> = {
      live,
      shadow: { ...live, chosen: { ...live.chosen, [kind]: candidate.module } },
      kind,
      number: SHADOW_NUMBER,
      kernel: new Uint8Array(readFileSync(kernelPath())),
    };
    const shadow: Shadow = {
      kind,
      candidate,
      choice,
      against: nameOf(served),
      sinceS,
      passesAsked: passes ?? DEFAULT_SHADOW_PASSES,
      generation: desk.generation,
      thread: new WatchedThread("shadow-worker", data, callBudgetMs * BUDGET_FACTOR),
      book: new ShadowBook(),
      passesSkipped: 0,
      isReady: false,
      state: "running",
    };
    this.#shadow = shadow;
    log.info(
      { kind, policy: candidate.manifest.name, passes: shadow.passesAsked },
      "a policy is in the shadow",
    );
    this.#open(shadow);
    return ok(viewOf(shadow));
  }

  get #isBusy(): boolean {
    return this.#shadow?.state === "running";
  }

  /** What it has shown so far, or had when it was over; undefined before the first one. */
  view(): ShadowView | undefined {
    return this.#shadow === undefined ? undefined : viewOf(this.#shadow);
  }

  /** What it showed stays to be read. */
  stop(): Result<ShadowView> {
    const shadow = this.#shadow;
    if (shadow?.state !== "running") return refuse("POLICY_NO_SHADOW", "no policy is in the shadow");
    this.#end(shadow, "stopped");
    return ok(viewOf(shadow));
  }

  /** Called as a pass begins, with what it is given. */
  offer({ snapshot, mode, gresParent, seed }: PassOrder): void {
    const shadow = this.#shadow;
    if (shadow?.state !== "running" || snapshot.pending.count === 0) return;
    if (shadow.generation !== this.#options.desk.generation) {
      this.#end(shadow, "ended", "other policies serve since");
      return;
    }
    if (!shadow.isReady || this.#held !== undefined) {
      shadow.passesSkipped++;
      return;
    }
    this.#held = snapshot;
    this.#take(shadow, shadow.thread.run({ snapshot, mode, gresParent, seed })).finally(() => {
      if (this.#held === snapshot) this.#held = undefined;
    });
  }

  /** Whether the buffers of this snapshot must not be written over. */
  holds(snapshot: PassSnapshot | undefined): boolean {
    return snapshot !== undefined && this.#held === snapshot;
  }

  async close(): Promise<void> {
    if (this.#shadow?.state === "running") this.#end(this.#shadow, "stopped");
    await Promise.allSettled(this.#closing);
  }

  /** Until the thread has its modules no pass is given to it, as it would wait there while the live tables go on. */
  #open(shadow: Shadow): void {
    shadow.isReady = false;
    shadow.thread.run({ open: true }).then(
      (answer) => {
        const fault = "module" in answer ? undefined : answer.faults[0];
        if ("module" in answer) this.#overBudget(shadow, answer);
        else if (fault === undefined) {
          shadow.isReady = true;
          this.#options.wake();
        } else this.#end(shadow, "out", `it could not be opened: ${fault.code}: ${fault.message}`);
      },
      (error: Error) => this.#end(shadow, "ended", `its thread failed: ${error.message}`),
    );
  }

  async #take(shadow: Shadow, asked: Promise<ShadowAnswer | OverBudget>): Promise<void> {
    let answer: ShadowAnswer | OverBudget;
    try {
      answer = await asked;
    } catch (error) {
      this.#end(shadow, "ended", `its thread failed: ${(error as Error).message}`);
      return;
    }
    if (shadow.state !== "running") return;
    if ("module" in answer) this.#overBudget(shadow, answer);
    else shadow.book.add(answer, (rows) => this.#namesOf(rows));
    if (shadow.book.isOut) this.#strikeOut(shadow);
    else if (shadow.book.passes >= shadow.passesAsked) this.#end(shadow, "done");
  }

  #strikeOut(shadow: Shadow): void {
    const { strikes, lastFault } = shadow.book;
    this.#end(shadow, "out", `${strikes} faults, the last one ${lastFault!.code}: ${lastFault!.message}`);
  }

  #overBudget(shadow: Shadow, { module }: OverBudget): void {
    if (module !== SHADOW_NUMBER) {
      this.#end(shadow, "ended", "a policy that serves was in one call for too long");
      return;
    }
    const mostMs = this.#options.callBudgetMs * BUDGET_FACTOR;
    const message = `${shadow.candidate.name} was in one call for more than ${mostMs} ms`;
    shadow.book.strike({ code: "POLICY_OVER_BUDGET", message });
    if (shadow.book.isOut) this.#strikeOut(shadow);
    else this.#open(shadow);
  }

  #namesOf(rows: readonly number[]): string {
    const names = rows.slice(0, MAX_NAMES).map((row) => this.#options.nodeName(row));
    return `${compressSorted(names)}${rows.length > MAX_NAMES ? ",..." : ""}`;
  }

  #end(shadow: Shadow, state: ShadowState, reason?: string): void {
    if (shadow.state !== "running") return;
    shadow.state = state;
    if (reason !== undefined) shadow.reason = reason;
    const { name } = shadow.candidate.manifest;
    this.#options.log.info({ policy: name, state, reason, passes: shadow.book.passes }, "the shadow is over");
    // Whatever it is at is thrown away.
    const closing = shadow.thread.destroy().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }
}

/** What serves now: a module that is out is not asked here either. */
function servingSpec(desk: PolicyDesk): PolicySetSpec {
  const { chosen, ...spec } = desk.spec;
  const serving = Object.entries(chosen).filter(([kind]) => !desk.out.includes(kind as ShadowKind));
  return { ...spec, chosen: Object.fromEntries(serving) };
}

/** One that is out serves no more. */
const nameOf = (served: PolicyView | undefined): string => {
  if (served === undefined) return "none";
  return served.out ? "the built-in" : `${served.name} ${served.version}`;
};

function viewOf(shadow: Shadow): ShadowView {
  const { kind, candidate, choice, against, sinceS, passesAsked, passesSkipped, state, reason, book } =
    shadow;
  const { name, version, parameters } = candidate.manifest;
  return {
    kind,
    name,
    version,
    module: choice.module,
    sha256: candidate.sha256,
    parameters: Object.fromEntries(
      parameters.map((parameter) => [parameter.name, choice.parameters[parameter.name] ?? parameter.default]),
    ),
    against,
    state,
    ...(reason === undefined ? {} : { reason }),
    sinceS,
    passesAsked,
    passesSkipped,
    ...book.view(),
  };
}
