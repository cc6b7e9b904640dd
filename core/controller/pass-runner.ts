/**
 * Runs passes in worker threads. One ranks the queue and plans it, or says into which parts it can be split; these are
 * then planned side by side, by as many threads as the cluster's settings allow, and merged to the plan that one would have
 * made. A module that runs over its budget gets a strike, and the pass is run again with the built-in in its place, so that
 * every request for a pass is answered by a plan. Keeps what the last plan promised, for the next. Other modules serve once the
 * first thread has them, the old ones until then; where a site has modules of its own a spare thread, once it is ready, stands
 * by for the one that a module may take with it. Threads for parts start when there are parts.
 */
import { readFileSync } from "node:fs";
import type { Logger } from "pino";
import type { Plan } from "../model/plan.ts";
import type { PolicyKind } from "../model/policy.ts";
import { mergeParts } from "../place/merge-parts.ts";
import { forgetStarts, keepsPromises, leavesRoom, type Promises } from "../place/queue.ts";
import { openPassSnapshot, type PassSnapshot } from "../state/tables.ts";
import type { ModuleUse } from "../wasm/call-times.ts";
import { kernelPath } from "./built-file.ts";
import type { ConfiguredPolicies } from "./config-policies.ts";
import type { PartAnswer, PassAnswer, PassRequest, SplitAnswer } from "./pass-messages.ts";
import { defaultPlanners } from "./planner-count.ts";
import { PlannerThread } from "./planner-thread.ts";
import type { PolicyDesk } from "./policy-desk.ts";
import { WarmThread } from "./warm-thread.ts";
import type { OverBudget } from "./watched-thread.ts";

export interface PassRunnerOptions {
  readonly desk: PolicyDesk;
  readonly budgets: Pick<ConfiguredPolicies, "callBudgetMs" | "passBudgetMs">;
  /** Threads that plan side by side; default: defaultPlanners. */
  readonly planners?: number | undefined;
  readonly log: Logger;
}

/** Runs of one pass: each may lose one module, and four kinds are served. */
const MAX_RUNS = 5;

/** What a caller says of a pass; the rest is the runner's. */
export type PassOrder = Omit<PassRequest, "withoutChosen" | "promises" | "planners">;

export class PassRunner {
  private readonly options: PassRunnerOptions;
  private readonly planners: number;
  private readonly kernel = readFileSync(kernelPath());
  /** The first ranks and plans; the others are started when a queue is split for the first time. */
  private threads: PlannerThread[] = [];
  /** Of the desk, when the threads were given the modules. */
  private generation = -1;
  /** Kinds whose modules in these threads are out, as the desk said when it last spoke of them. */
  private out: readonly PolicyKind[] = [];
  /** With what serves next. */
  private next: WarmThread | undefined;
  /** With what serves now. */
  private spare: WarmThread | undefined;
  /** Of the modes that keep promises; new modules make new ones. */
  private promises: Promises | undefined;
  private isClosed = false;
  /** Threads of modules that serve no more, ending what they have begun. */
  private readonly retired = new Set<Promise<void>>();

  constructor(options: PassRunnerOptions) {
    this.options = options;
    this.planners = options.planners ?? defaultPlanners();
  }

  /** A plan, whatever the modules do. Throws only when a worker fails for reasons of its own. */
  async run(order: PassOrder): Promise<PassAnswer> {
    const { desk } = this.options;
    const struck = new Set<PolicyKind>();
    for (let run = 0; run < MAX_RUNS; run++) {
      this.renewThreads();
      const answer = await this.attempt(order, [...new Set([...this.out, ...struck])]);
      if (!("module" in answer)) {
        for (const { number, fault } of answer.faults) desk.strike(number, fault);
        desk.used(answer.uses);
        this.keepPromises(order, answer.plan);
        return answer;
      }
      this.promises = undefined;
      const kind = desk.kindOf(answer.module);
      const message = `the module was in one call for more than ${this.options.budgets.callBudgetMs} ms`;
      desk.strike(answer.module, { code: "POLICY_OVER_BUDGET", message });
      if (kind === undefined)
        throw new Error(`a built-in policy ran over its budget (module ${answer.module})`);
      struck.add(kind);
      this.takeSpare();
    }
    throw new Error(`a pass was ended ${MAX_RUNS} times`);
  }

  /** Resolves once what the desk has chosen can serve the next pass. */
  async prepare(): Promise<void> {
    while (!this.isClosed && this.generation !== this.options.desk.generation) {
      const next = this.nextThread();
      await next.ready;
      // A pass under way ends with the threads that it has begun with.
      if (this.next === next) return;
    }
  }

  async close(): Promise<void> {
    this.isClosed = true;
    const waiting = [this.next, this.spare].flatMap((warm) => (warm === undefined ? [] : [warm.thread]));
    await Promise.all([...this.threads, ...waiting].map((thread) => thread.destroy()));
    await Promise.allSettled(this.retired);
  }

  private async attempt(
    order: PassOrder,
    withoutChosen: readonly PolicyKind[],
  ): Promise<PassAnswer | OverBudget> {
    const request = { ...order, withoutChosen, promises: this.promises };
    // What a site's own module does with one job may depend on all the jobs before it.
    const { desk } = this.options;
    // While other modules are on their way one thread plans, as one that is started now would have those.
    const planners = desk.placesByBuiltIns && this.generation === desk.generation ? this.planners : 1;
    const answer = await this.thread(0).run({ ...request, planners });
    if (!("parts" in answer)) return answer;
    const merged = await this.planParts(request, answer);
    if (merged !== undefined) return merged;
    const whole = await this.thread(0).run({ ...request, planners: 1 });
    if ("parts" in whole) throw new Error("a pass for one planner was split");
    return whole;
  }

  /** Side by side; undefined where the parts cannot say what one planner would have made of the queue. */
  private async planParts(
    request: Omit<PassRequest, "planners">,
    split: SplitAnswer,
  ): Promise<PassAnswer | OverBudget | undefined> {
    const { snapshot, mode, gresParent, seed, promises, withoutChosen } = request;
    const { ranked } = split;
    const shared = { snapshot, mode, gresParent, seed, promises, withoutChosen, ranked };
    const answers = await Promise.all(split.parts.map((part, i) => this.thread(i).run({ ...shared, part })));
    const planned: PartAnswer[] = [];
    for (const answer of answers) {
      if ("module" in answer) return answer;
      planned.push(answer);
    }
    const beganMs = performance.now();
    const { jobId } = openPassSnapshot(snapshot).pending.columns;
    const plan = mergeParts(
      ranked,
      planned.map((answer) => answer.planned),
      jobId,
    );
    if (plan === undefined) return undefined;
    const longestUs = Math.max(...planned.map((answer) => answer.tookUs));
    const mergeUs = Math.round((performance.now() - beganMs) * 1000);
    return {
      plan,
      faults: split.faults,
      uses: sumOfUses([split.uses, ...planned.map((answer) => answer.uses)]),
      leavesRoom: leavesRoom(plan, promises),
      tookUs: split.tookUs + longestUs + mergeUs,
    };
  }

  /** Of passes over the live state: one that watches or tries a row is over a copy of it, and promises nothing. */
  private keepPromises({ snapshot, mode, watchRow, trial }: PassOrder, plan: Plan): void {
    if (!keepsPromises(mode) || watchRow !== undefined || trial !== undefined) return;
    this.promises = promisesOf(plan, snapshot);
  }

  /** Threads hold the modules that they were started with: others serve once a thread has them. */
  private renewThreads(): void {
    const { desk } = this.options;
    if (this.generation !== desk.generation) {
      const next = this.nextThread();
      if (this.threads.length > 0 && !next.isReady) return;
      for (const thread of this.threads) this.retire(thread);
      if (this.spare !== undefined) this.retire(this.spare.thread);
      this.spare = undefined;
      this.threads = [next.thread];
      this.generation = next.generation;
      this.next = undefined;
      this.promises = undefined;
    }
    this.out = desk.out;
    if (desk.hasOwn) this.spare ??= this.warm();
  }

  /** The thread with what the desk has chosen last; one that is out of date is ended. */
  private nextThread(): WarmThread {
    if (this.next?.generation !== this.options.desk.generation) {
      if (this.next !== undefined) this.retire(this.next.thread);
      this.next = this.warm();
    }
    return this.next!;
  }

  private warm(): WarmThread {
    return new WarmThread(this.makeThread(), this.options.desk.generation);
  }

  /** In the place of the first thread, which was ended under a module. */
  private takeSpare(): void {
    if (this.spare === undefined || this.generation !== this.spare.generation) return;
    const [ended] = this.threads;
    if (ended !== undefined) this.retire(ended);
    this.threads[0] = this.spare.thread;
    this.spare = this.generation === this.options.desk.generation ? this.warm() : undefined;
  }

  private thread(i: number): PlannerThread {
    const thread = this.threads[i] ?? this.makeThread();
    this.threads[i] = thread;
    return thread;
  }

  private makeThread(): PlannerThread {
    const { desk, budgets } = this.options;
    const { passBudgetMs, callBudgetMs } = budgets;
    const kernel = new Uint8Array(this.kernel);
    return new PlannerThread({ policies: desk.spec, kernel, passBudgetMs }, callBudgetMs);
  }

  private retire(thread: PlannerThread): void {
    const ended = thread.close().finally(() => this.retired.delete(ended));
    this.retired.add(ended);
  }
}

/** Copies in shared memory, since the snapshot's columns are written again and each pass reads them in another thread. */
function promisesOf(plan: Plan, snapshot: PassSnapshot): Promises {
  const count = plan.pendingCount;
  const jobId = new Int32Array(new SharedArrayBuffer(4 * count));
  const startS = new Uint32Array(new SharedArrayBuffer(4 * count));
  jobId.set(openPassSnapshot(snapshot).pending.columns.jobId.subarray(0, count));
  startS.set(plan.expectedStartS.subarray(0, count));
  forgetStarts(plan, startS);
  return { jobId, startS };
}

function sumOfUses(uses: readonly (readonly ModuleUse[])[]): readonly ModuleUse[] {
  const sums = new Map<number, ModuleUse>();
  for (const { number, calls, usedUs } of uses.flat()) {
    const sum = sums.get(number);
    sums.set(number, { number, calls: calls + (sum?.calls ?? 0), usedUs: usedUs + (sum?.usedUs ?? 0) });
  }
  return [...sums.values()];
}
