/**
 * The controller as the commands see it: one method for each thing they ask, each answered by a value or a refusal.
 * A controller that cannot be reached is a refusal too. Keeps no connection and retries nothing.
 */
import { ERRORS, type ErrorCode, RotaError } from "../model/errors.ts";
import type { JobSpec } from "../model/job-spec.ts";
import type { NodeUpdate } from "../model/node-update.ts";
import { ok, type Refusal, type Result, refuse } from "../model/refusal.ts";
import type { ReservationRequest, ReservationUpdate, ReservationView } from "../model/reservation-views.ts";
import type { StepAnswer, StepAsk, StepView } from "../model/step.ts";
import type {
  AllocationEnd,
  CancelRequest,
  ClusterView,
  JobFilter,
  JobUpdate,
  JobView,
  NodeView,
  PartitionView,
  SubmitAnswer,
  TestOnlyAnswer,
} from "../model/views.ts";
import { type Connection, findConnection } from "./connection.ts";
import { type HttpRequest, sendRequest } from "./http-client.ts";
import { ownIdentity } from "./identity.ts";

/** Jobs in one answer: some 30 MB of text. */
const JOBS_PER_PAGE = 20_000;
/** Pages of one list; the controller's own bound on jobs is below what they hold. */
const MAX_PAGES = 1_000;
/** What an answer may take beyond the time that the controller was asked to wait. */
const POLL_SLACK_MS = 15_000;

export class ControllerClient {
  private readonly connection: Result<Connection>;
  private readonly caller: { readonly user: string; readonly uid: number };

  /** Looks the controller up in the environment; that there is none shows in the first answer. */
  constructor(env: Readonly<Record<string, string | undefined>>) {
    this.connection = findConnection(env);
    this.caller = ownIdentity();
  }

  submit(spec: JobSpec): Promise<Result<SubmitAnswer>> {
    return this.ask("POST", "/v1/jobs", spec);
  }

  testOnly(spec: JobSpec): Promise<Result<TestOnlyAnswer>> {
    return this.ask("POST", "/v1/jobs/test", spec);
  }

  /** Every job that the filter selects, by ascending id. */
  async jobs(filter: JobFilter): Promise<Result<readonly JobView[]>> {
    const all: JobView[] = [];
    let after = 0;
    for (let page = 0; page < MAX_PAGES; page++) {
      const path = `/v1/jobs?${jobQuery(filter)}limit=${JOBS_PER_PAGE}${after > 0 ? `&after=${after}` : ""}`;
      const answer = await this.ask<{ jobs: JobView[]; next?: number }>("GET", path);
      if (!answer.ok) return answer;
      for (const job of answer.value.jobs) all.push(job);
      if (answer.value.next === undefined) return ok(all);
      after = answer.value.next;
    }
    return refuse("TOO_LARGE", `more than ${MAX_PAGES * JOBS_PER_PAGE} jobs; select fewer`);
  }

  /** All records of `12`, `12_3` or `12_[1-4]`. */
  async job(ref: string): Promise<Result<readonly JobView[]>> {
    const answer = await this.ask<{ jobs: JobView[] }>("GET", onJob(ref));
    return answer.ok ? ok(answer.value.jobs) : answer;
  }

  async script(ref: string): Promise<Result<string>> {
    const answer = await this.send({ method: "GET", path: onJob(ref, "/script"), headers: {} });
    return answer.ok ? ok(answer.value) : answer;
  }

  /** Waits at most `timeoutMs` for all records to end. */
  waitForEnd(
    ref: string,
    timeoutMs: number,
  ): Promise<Result<{ readonly jobs: readonly JobView[]; readonly ended: boolean }>> {
    return this.ask("GET", onJob(ref, `/end?timeoutMs=${timeoutMs}`), undefined, timeoutMs + POLL_SLACK_MS);
  }

  update(ref: string, change: JobUpdate): Promise<Result<null>> {
    return this.change("PATCH", onJob(ref), change);
  }

  cancel(ref: string, request: CancelRequest): Promise<Result<null>> {
    return this.change("POST", onJob(ref, "/cancel"), request);
  }

  hold(ref: string): Promise<Result<null>> {
    return this.change("POST", onJob(ref, "/hold"), {});
  }

  release(ref: string): Promise<Result<null>> {
    return this.change("POST", onJob(ref, "/release"), {});
  }

  suspend(ref: string): Promise<Result<null>> {
    return this.change("POST", onJob(ref, "/suspend"), {});
  }

  resume(ref: string): Promise<Result<null>> {
    return this.change("POST", onJob(ref, "/resume"), {});
  }

  requeue(ref: string, hold: boolean): Promise<Result<null>> {
    return this.change("POST", onJob(ref, "/requeue"), { hold });
  }

  /** Steps that run. */
  async steps(): Promise<Result<readonly StepView[]>> {
    const answer = await this.ask<{ steps: StepView[] }>("GET", "/v1/steps");
    return answer.ok ? ok(answer.value.steps) : answer;
  }

  /** Of one job, ended ones included. */
  async jobSteps(ref: string): Promise<Result<readonly StepView[]>> {
    const answer = await this.ask<{ steps: StepView[] }>("GET", onJob(ref, "/steps"));
    return answer.ok ? ok(answer.value.steps) : answer;
  }

  startStep(ref: string, ask: StepAsk): Promise<Result<StepAnswer>> {
    return this.ask("POST", onJob(ref, "/steps"), ask, ask.waitMs + POLL_SLACK_MS);
  }

  /** Says that a job without a script is still wanted; its variables once it runs. */
  async holdAllocation(ref: string): Promise<Result<Readonly<Record<string, string>>>> {
    const answer = await this.ask<{ environment: Record<string, string> }>(
      "POST",
      onJob(ref, "/hold-allocation"),
      {},
    );
    return answer.ok ? ok(answer.value.environment) : answer;
  }

  completeAllocation(ref: string, end: AllocationEnd): Promise<Result<null>> {
    return this.change("POST", onJob(ref, "/complete"), end);
  }

  cancelStep(ref: string, stepId: number, request: CancelRequest): Promise<Result<null>> {
    return this.change("POST", onJob(ref, `/steps/${stepId}/cancel`), request);
  }

  async nodes(): Promise<Result<readonly NodeView[]>> {
    const answer = await this.ask<{ nodes: NodeView[] }>("GET", "/v1/nodes");
    return answer.ok ? ok(answer.value.nodes) : answer;
  }

  updateNode(name: string, change: NodeUpdate): Promise<Result<null>> {
    return this.change("PATCH", `/v1/nodes/${encodeURIComponent(name)}`, change);
  }

  async reservations(): Promise<Result<readonly ReservationView[]>> {
    const answer = await this.ask<{ reservations: ReservationView[] }>("GET", "/v1/reservations");
    return answer.ok ? ok(answer.value.reservations) : answer;
  }

  /** Gives its name. */
  async createReservation(request: ReservationRequest): Promise<Result<string>> {
    const answer = await this.ask<{ name: string }>("POST", "/v1/reservations", request);
    return answer.ok ? ok(answer.value.name) : answer;
  }

  updateReservation(name: string, change: ReservationUpdate): Promise<Result<null>> {
    return this.change("PATCH", `/v1/reservations/${encodeURIComponent(name)}`, change);
  }

  async deleteReservation(name: string): Promise<Result<null>> {
    const path = `/v1/reservations/${encodeURIComponent(name)}`;
    const answer = await this.send({ method: "DELETE", path, headers: {} });
    return answer.ok ? ok(null) : answer;
  }

  async partitions(): Promise<Result<readonly PartitionView[]>> {
    const answer = await this.ask<{ partitions: PartitionView[] }>("GET", "/v1/partitions");
    return answer.ok ? ok(answer.value.partitions) : answer;
  }

  cluster(): Promise<Result<ClusterView>> {
    return this.ask("GET", "/v1/cluster");
  }

  /** Any route that answers JSON. */
  async ask<T>(
    method: HttpRequest["method"],
    path: string,
    body?: unknown,
    timeoutMs?: number,
  ): Promise<Result<T>> {
    const answer = await this.send({
      method,
      path,
      headers: {},
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
    if (!answer.ok) return answer;
    const value = parseJson(answer.value);
    return value === undefined ? refuse("INTERNAL", "the answer is not JSON") : ok(value as T);
  }

  private async change(method: HttpRequest["method"], path: string, body: unknown): Promise<Result<null>> {
    const answer = await this.send({ method, path, headers: {}, body: JSON.stringify(body) });
    return answer.ok ? ok(null) : answer;
  }

  private async send(request: HttpRequest): Promise<Result<string>> {
    if (!this.connection.ok) return this.connection;
    const { url, token } = this.connection.value;
    const headers = {
      authorization: `Bearer ${token}`,
      "x-rota-user": this.caller.user,
      "x-rota-uid": String(this.caller.uid),
    };
    try {
      const answer = await sendRequest(url, { ...request, headers });
      return answer.status < 300 ? ok(answer.body) : { ok: false, refusal: refusalOf(answer.body) };
    } catch (error) {
      if (RotaError.is(error)) return refuse(error.code, error.message);
      throw error;
    }
  }
}

const onJob = (ref: string, rest = ""): string => `/v1/jobs/${encodeURIComponent(ref)}${rest}`;

const jobQuery = (filter: JobFilter): string => {
  let query = filter.ended === true ? "ended=1&" : "";
  for (const key of ["ids", "users", "partitions", "states", "names", "accounts"] as const) {
    const list = filter[key];
    if (list !== undefined) query += `${key}=${encodeURIComponent(list.join(","))}&`;
  }
  return query;
};

const refusalOf = (body: string): Refusal => {
  const said = parseJson(body) as Partial<Refusal> | undefined;
  const code = said?.code;
  if (typeof code !== "string" || typeof said?.message !== "string" || !Object.hasOwn(ERRORS, code))
    return { code: "INTERNAL", message: "the controller answered with an error that it did not explain" };
  return {
    code: code as ErrorCode,
    message: said.message,
    ...(said.details === undefined ? {} : { details: said.details }),
  };
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};
