/**
 * Reading of jobs: lists, single records, scripts, explanations, and the waiting for an end. Every answer is of a state
 * whose events are on disk.
 */
import { displayId } from "../account/display-id.ts";
import { jobView } from "../account/job-view.ts";
import type { PlannedWait } from "../account/wait-reason.ts";
import type { JobRef } from "../api/port.ts";
import { isEnded, type Job, shownState } from "../model/job.ts";
import { WAIT_REASONS, type WaitExplanation } from "../model/reasons.ts";
import { ok, type Result } from "../model/refusal.ts";
import { printTimestamp } from "../model/time.ts";
import type { ExplainView, JobFilter, JobView } from "../model/views.ts";
import { explainRow } from "../place/explain.ts";
import { gresParents } from "../state/node-rows.ts";
import { planTables } from "../state/pass-snapshot.ts";
import { nowS } from "./clock.ts";
import type { CoreParts } from "./core-parts.ts";
import { inTurns } from "./in-turns.ts";
import { resolveRef } from "./job-ref.ts";
import { JobTrials } from "./job-trials.ts";

/** Records that are looked at, and turned into views, before other work gets its turn. */
const JOBS_A_TURN = 128;
/** Records of one reference for which it is tried what would start them; the others are explained without. */
const MAX_TRIED = 8;

export class PortJobs {
  private readonly parts: CoreParts;
  private readonly trials: JobTrials;

  constructor(parts: CoreParts) {
    this.parts = parts;
    this.trials = new JobTrials(parts);
  }

  async jobs(filter: JobFilter): Promise<readonly JobView[]> {
    await this.parts.ledger.settled();
    const { state } = this.parts.ledger;
    const jobs = filter.ids === undefined ? [...state.jobs.values()] : this.jobsOfRefs(filter.ids);
    const isChosen = chooser(filter);
    const views: JobView[] = [];
    await inTurns(
      jobs.sort((a, b) => a.id - b.id),
      JOBS_A_TURN,
      (job) => {
        if ((filter.ended === true || !isEnded(job.state)) && isChosen(job)) views.push(this.view(job));
      },
    );
    // A long list is of several moments; what the later ones show must be on disk as well.
    if (jobs.length > JOBS_A_TURN) await this.parts.ledger.settled();
    return views;
  }

  async job(ref: JobRef): Promise<Result<readonly JobView[]>> {
    await this.parts.ledger.settled();
    const targets = resolveRef(this.parts.ledger.state, ref);
    if (!targets.ok) return targets;
    return ok(targets.value.map(({ job }) => this.view(job)));
  }

  async script(ref: JobRef): Promise<Result<string>> {
    await this.parts.ledger.settled();
    const targets = resolveRef(this.parts.ledger.state, ref);
    if (!targets.ok) return targets;
    const { script } = await this.parts.shelf.get(targets.value[0]!.job.scriptKey);
    return ok(script);
  }

  /** Looks again after each end, since the tasks of an array get records of their own while it runs. */
  waitForEnd(ref: JobRef, timeoutMs: number): Promise<Result<readonly JobView[]>> {
    const { ledger, clock } = this.parts;
    const first = resolveRef(ledger.state, ref);
    if (!first.ok) return Promise.resolve(first);
    const isOver = (): boolean => {
      const targets = resolveRef(ledger.state, ref);
      return !targets.ok || targets.value.every(({ job }) => isEnded(job.state));
    };
    if (isOver()) return this.job(ref);
    return new Promise((resolve) => {
      const finish = (): void => {
        stopListening();
        stopTimer();
        resolve(this.job(ref));
      };
      const stopListening = ledger.onDurable((event) => {
        if (event.type === "job.ended" && isOver()) finish();
      });
      const stopTimer = clock.after(timeoutMs, finish);
    });
  }

  async explain(ref: JobRef): Promise<Result<readonly ExplainView[]>> {
    await this.parts.scheduler.caughtUp();
    await this.parts.ledger.settled();
    const targets = resolveRef(this.parts.ledger.state, ref);
    if (!targets.ok) return targets;
    const views: ExplainView[] = [];
    for (const { job } of targets.value) {
      const view = this.explainJob(job);
      // What one component alone could do to start says nothing of the whole.
      const isTried = views.length < MAX_TRIED && job.het === undefined;
      const tried = isTried ? await this.trials.of(job, view.reason) : undefined;
      views.push(tried === undefined ? view : { ...view, tried });
    }
    return ok(views);
  }

  private view(job: Job): JobView {
    const { ledger, board, clock } = this.parts;
    return jobView(ledger.state, job, {
      nowS: nowS(clock),
      lastPassS: board.plannedAtS,
      planned: job.state === "PENDING" ? this.plannedOf(job) : undefined,
    });
  }

  private plannedOf(job: Job): PlannedWait | undefined {
    const entry = this.parts.board.find(job.id);
    if (entry === undefined) return undefined;
    const { plan, row } = entry;
    const reason = WAIT_REASONS[plan.reason[row]!] ?? "None";
    const wait = { reason, priority: plan.priority[row]!, expectedStartS: plan.expectedStartS[row]! };
    if (reason !== "ReqNodeNotAvail") return wait;
    return { ...wait, unavailableNodes: this.explanationOf(job)?.unavailableNodes ?? [] };
  }

  private explainJob(job: Job): ExplainView {
    const view = this.view(job);
    const head = { jobId: job.id, displayId: displayId(job), state: view.state, priority: view.priority };
    const entry = this.parts.board.find(job.id);
    const explanation = job.state === "PENDING" ? this.explanationOf(job) : undefined;
    if (explanation === undefined || entry === undefined) {
      const text =
        job.state === "PENDING"
          ? "No pass has seen it yet."
          : view.nodes === ""
            ? "It never started."
            : whereWords(view, this.parts.board.resumeS(job.id));
      return {
        ...head,
        rank: 0,
        reason: "None",
        filters: [],
        needNodes: view.numNodes,
        freeNodes: 0,
        expectedStartS: 0,
        behindJob: 0,
        unavailableNodes: [],
        text,
      };
    }
    return { ...head, rank: entry.plan.rank[entry.row]! + 1, ...explanation };
  }

  private explanationOf(job: Job): WaitExplanation | undefined {
    const { board, ledger, clock } = this.parts;
    const { state } = ledger;
    const entry = board.find(job.id);
    const row = state.pendingRow.get(job.id);
    if (entry === undefined || row === undefined) return undefined;
    // What is free is of this moment: the plan was made before its own starts.
    const names = {
      node: (node: number) => state.nodeRecords[node]?.spec.name ?? "",
      gresParent: gresParents(state),
      features: (shape: number) => state.shapes.requests[shape]?.features ?? "",
      licence: (number: number) => state.licences.specs[number] ?? { name: "", total: 0 },
    };
    return explainRow(planTables(state, nowS(clock)), entry.plan, row, names, entry.row);
  }

  private jobsOfRefs(refs: readonly string[]): Job[] {
    const found = new Map<number, Job>();
    for (const ref of refs) {
      const targets = resolveRef(this.parts.ledger.state, ref);
      if (targets.ok) for (const { job } of targets.value) found.set(job.id, job);
    }
    return [...found.values()];
  }
}

/** Whether a job passes every part of the filter but its ids. Names of users may be uids. */
function chooser(filter: JobFilter): (job: Job) => boolean {
  const among = (values: readonly string[] | undefined): ((value: string) => boolean) => {
    if (values === undefined) return () => true;
    const set = new Set(values);
    return (value) => set.has(value);
  };
  const isState = among(filter.states?.map((state) => state.toUpperCase()));
  const isName = among(filter.names);
  const isAccount = among(filter.accounts);
  const isUser = among(filter.users);
  const isPartition = among(filter.partitions);
  return (job) =>
    (isState(shownState(job)) || (job.ending !== undefined && isState("COMPLETING"))) &&
    isName(job.name) &&
    isAccount(job.account) &&
    (isUser(job.spec.user) || isUser(String(job.spec.uid))) &&
    (job.partition === "" ? job.partitions.some(isPartition) : isPartition(job.partition));
}

/** Of a started job; `resumeS` is when a suspended one goes on in the last plan, 0 for nobody knows. */
function whereWords({ state, nodes }: JobView, resumeS: number): string {
  if (state !== "SUSPENDED") return `It ${state === "RUNNING" ? "runs" : "ran"} on ${nodes}.`;
  const when =
    resumeS === 0 ? "when somebody resumes it or there is room" : `at about ${printTimestamp(resumeS)}`;
  return `It is suspended on ${nodes} and goes on ${when}.`;
}
