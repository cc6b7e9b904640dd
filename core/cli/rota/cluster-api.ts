/**
 * The controller's REST API as the `rota` commands use it: one method a question, answers as the views of the model. A
 * refusal of the controller is a value; that it cannot be reached is one too.
 */
import { ERRORS, type ErrorCode } from "../../model/errors.ts";
import type { JobSpec } from "../../model/job-spec.ts";
import { ok, type Refusal, type Result } from "../../model/refusal.ts";
import type {
  CancelRequest,
  ClusterView,
  ExplainView,
  HistoryView,
  JobView,
  NodeView,
  PartitionView,
  SubmitAnswer,
} from "../../model/views.ts";

/** Sends one request and gives the status and the text of the answer, or why there is none. */
export type Transport = (
  method: "GET" | "POST",
  path: string,
  body?: unknown,
) => Promise<Result<{ readonly status: number; readonly text: string }>>;

/** Comma separated lists, and numbers, by the names of the API's query. */
export type Query = Readonly<Record<string, string | number | undefined>>;

/** Pages of a list that are asked for at most: of 100,000 records each. */
const MAX_PAGES = 100;

export class ClusterApi {
  readonly #send: Transport;

  constructor(send: Transport) {
    this.#send = send;
  }

  /** Matching jobs, ascending by id, page by page. */
  async jobs(query: Query): Promise<Result<readonly JobView[]>> {
    const jobs: JobView[] = [];
    let after: number | undefined;
    for (let page = 0; page < MAX_PAGES; page++) {
      const answer = await this.#get<{ jobs: readonly JobView[]; next?: number }>("/v1/jobs", {
        ...query,
        after,
      });
      if (!answer.ok) return answer;
      for (const job of answer.value.jobs) jobs.push(job);
      after = answer.value.next;
      if (after === undefined) break;
    }
    return ok(jobs);
  }

  job(ref: string): Promise<Result<readonly JobView[]>> {
    return this.#list<JobView>(`/v1/jobs/${encodeURIComponent(ref)}`, "jobs");
  }

  /** What there is of a job after its end, or after `timeoutMs` if that is sooner. */
  jobAtEnd(
    ref: string,
    timeoutMs: number,
  ): Promise<Result<{ readonly jobs: readonly JobView[]; readonly ended: boolean }>> {
    return this.#get(`/v1/jobs/${encodeURIComponent(ref)}/end`, { timeoutMs });
  }

  explain(ref: string): Promise<Result<readonly ExplainView[]>> {
    return this.#list<ExplainView>(`/v1/jobs/${encodeURIComponent(ref)}/explain`, "explanations");
  }

  submit(spec: JobSpec): Promise<Result<SubmitAnswer>> {
    return this.#ask("POST", "/v1/jobs", spec);
  }

  cancel(ref: string, request: CancelRequest): Promise<Result<unknown>> {
    return this.#ask("POST", `/v1/jobs/${encodeURIComponent(ref)}/cancel`, request);
  }

  hold(ref: string): Promise<Result<unknown>> {
    return this.#ask("POST", `/v1/jobs/${encodeURIComponent(ref)}/hold`, {});
  }

  release(ref: string): Promise<Result<unknown>> {
    return this.#ask("POST", `/v1/jobs/${encodeURIComponent(ref)}/release`, {});
  }

  nodes(): Promise<Result<readonly NodeView[]>> {
    return this.#list<NodeView>("/v1/nodes", "nodes");
  }

  partitions(): Promise<Result<readonly PartitionView[]>> {
    return this.#list<PartitionView>("/v1/partitions", "partitions");
  }

  cluster(): Promise<Result<ClusterView>> {
    return this.#get("/v1/cluster", {});
  }

  history(query: Query): Promise<Result<readonly HistoryView[]>> {
    return this.#list<HistoryView>("/v1/history", "history", query);
  }

  async #list<View>(path: string, key: string, query: Query = {}): Promise<Result<readonly View[]>> {
    const answer = await this.#get<Readonly<Record<string, readonly View[]>>>(path, query);
    return answer.ok ? ok(answer.value[key] ?? []) : answer;
  }

  #get<Answer>(path: string, query: Query): Promise<Result<Answer>> {
    const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
    const text = pairs.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join("&");
    return this.#ask("GET", text === "" ? path : `${path}?${text}`);
  }

  async #ask<Answer>(method: "GET" | "POST", path: string, body?: unknown): Promise<Result<Answer>> {
    const sent = await this.#send(method, path, body);
    if (!sent.ok) return sent;
    const { status, text } = sent.value;
    const answer = text === "" ? {} : parse(text);
    if (status < 300 && answer !== undefined) return ok(answer as Answer);
    return { ok: false, refusal: refusalOf(answer, status) };
  }
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const refusalOf = (answer: unknown, status: number): Refusal => {
  const { code, message, details } = (answer ?? {}) as Partial<Refusal>;
  if (typeof code !== "string" || typeof message !== "string" || !isKnown(code))
    return {
      code: "INTERNAL",
      message: `the controller gave an answer that is none of Rota's (HTTP status ${status})`,
    };
  return details === undefined ? { code, message } : { code, message, details };
};

const isKnown = (code: string): code is ErrorCode => Object.hasOwn(ERRORS, code);
