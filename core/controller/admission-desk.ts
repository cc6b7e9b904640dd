/**
 * Asks the site's admission policy about submissions and updates. Costs nothing where none serves: then nobody comes here.
 * The module runs in a thread of its own, started when the policy is chosen; a module that fails at a question is struck, and
 * the site's setting says whether that submission is taken. Journals nothing: what is admitted is the changed submission.
 */
import type { Logger } from "pino";
import type { AdmissionAnswer, AdmissionQuestion } from "../model/admission.ts";
import { ERRORS, type ErrorCode, type ErrorEntry } from "../model/errors.ts";
import { ok, type Result, refuse } from "../model/refusal.ts";
import type { Judged } from "./admission-messages.ts";
import { AdmissionThread } from "./admission-thread.ts";
import type { PolicyDesk, ServedAdmission } from "./policy-desk.ts";

/** Questions that may wait for the module. */
const MAX_QUESTIONS = 8192;

export interface AdmissionDeskOptions {
  readonly desk: PolicyDesk;
  readonly callBudgetMs: number;
  readonly log: Logger;
}

/** Makes the question, with the fields that the policy reads. */
export type MakeQuestion = (reads: (field: string) => boolean) => AdmissionQuestion;

const NOTHING: AdmissionAnswer = { changes: {}, notes: [] };

export class AdmissionDesk {
  private readonly options: AdmissionDeskOptions;
  private thread: { readonly number: number; readonly of: AdmissionThread } | undefined;
  /** Threads of modules that serve no more, answering what they were asked. */
  private readonly retired = new Set<Promise<void>>();

  constructor(options: AdmissionDeskOptions) {
    this.options = options;
    this.prepare();
  }

  /** Whether there is a policy; without one every submission goes straight to admission. */
  get isServed(): boolean {
    return this.options.desk.admission !== undefined;
  }

  /** Starts the thread of the policy that serves, so that the first submission does not wait for it. */
  prepare(): void {
    const served = this.options.desk.admission;
    if (served?.module.number === this.thread?.number) return;
    if (this.thread !== undefined) this.retire(this.thread.of);
    this.thread = undefined;
    if (served !== undefined) this.threadOf(served);
  }

  async close(): Promise<void> {
    await this.thread?.of.destroy();
    await Promise.allSettled(this.retired);
  }

  /** What the policy makes of it; the refusal is the policy's, or that it failed. */
  async judge(make: MakeQuestion): Promise<Result<AdmissionAnswer>> {
    const served = this.options.desk.admission;
    if (served === undefined) return ok(NOTHING);
    if (served.isOut) return failed(served, "it is out after three faults");
    const thread = this.threadOf(served);
    if (thread.length >= MAX_QUESTIONS)
      return refuse(
        "QUEUE_FULL",
        `${MAX_QUESTIONS} submissions wait for the admission policy; submit again in a moment`,
      );
    let judged: Judged;
    try {
      judged = await thread.ask(make((field) => served.columns.includes(field)));
    } catch (error) {
      this.options.log.error({ err: error, policy: served.name }, "the admission worker failed");
      return failed(served, "its worker failed");
    }
    if ("fault" in judged) {
      this.options.desk.strike(served.module.number, judged.fault);
      return failed(served, judged.fault.code);
    }
    const { answer } = judged;
    return answer.refused === undefined ? ok(answer) : refused(served, answer);
  }

  private threadOf(served: ServedAdmission): AdmissionThread {
    const { number } = served.module;
    if (this.thread?.number === number) return this.thread.of;
    const { callBudgetMs, desk } = this.options;
    const of = new AdmissionThread(served, callBudgetMs, (uses) => desk.used(uses));
    if (this.thread !== undefined) this.retire(this.thread.of);
    this.thread = { number, of };
    return of;
  }

  private retire(thread: AdmissionThread): void {
    const ended = thread.close().finally(() => this.retired.delete(ended));
    this.retired.add(ended);
  }
}

function failed({ name, onFault }: ServedAdmission, why: string): Result<AdmissionAnswer> {
  if (onFault === "admit") return ok(NOTHING);
  const line = `The site's admission policy ${name} failed (${why}), so nothing is admitted; tell your administrators`;
  return refuse("ADMISSION_FAILED", line, { policy: name, slurmLine: line });
}

/** A code of the error table is told as that; any other is the site's own word beside ADMISSION_REFUSED. */
function refused({ name }: ServedAdmission, { refused: said, notes }: AdmissionAnswer): Result<never> {
  const { code, sentence } = said!;
  const entry: ErrorEntry | undefined = Object.hasOwn(ERRORS, code) ? ERRORS[code as ErrorCode] : undefined;
  const isKnown = entry?.slurm !== undefined && entry.status < SERVER_ERROR;
  const slurmLine = [...notes, sentence].join("\n");
  return refuse(isKnown ? (code as ErrorCode) : "ADMISSION_REFUSED", sentence.replaceAll("\n", " "), {
    policy: name,
    policyCode: code,
    slurmLine,
  });
}

const SERVER_ERROR = 500;
