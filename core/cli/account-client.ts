/** What the commands ask of the controller about accounts and priorities, page by page. */

import type {
  PriorityFilter,
  PriorityPolicyView,
  PriorityView,
  QosView,
  ShareFilter,
  ShareView,
} from "../model/account-views.ts";
import { ok, type Result, refuse } from "../model/refusal.ts";
import type { ControllerClient } from "./controller-client.ts";

const RECORDS_PER_PAGE = 20_000;
/** Pages of one list; the controller's own bounds are below what they hold. */
const MAX_PAGES = 1_000;

/** Accounts and users in the order of the tree. */
export const askShares = async (
  client: ControllerClient,
  filter: ShareFilter,
): Promise<Result<readonly ShareView[]>> => {
  const all: ShareView[] = [];
  const read = (page: { readonly shares: readonly ShareView[] }): void => {
    for (const share of page.shares) all.push(share);
  };
  const last = await askPages(client, "/v1/shares", filter, read);
  return last.ok ? ok(all) : last;
};

export interface Priorities extends PriorityPolicyView {
  readonly priorities: readonly PriorityView[];
}

/** Waiting jobs ascending by id, with the policy that ranks them. */
export const askPriorities = async (
  client: ControllerClient,
  filter: PriorityFilter,
): Promise<Result<Priorities>> => {
  const all: PriorityView[] = [];
  const read = (page: Priorities): void => {
    for (const priority of page.priorities) all.push(priority);
  };
  const last = await askPages(client, "/v1/priorities", filter, read);
  if (!last.ok) return last;
  const { policy, hasFactors, weights } = last.value;
  return ok({ policy, hasFactors, weights, priorities: all });
};

export const askQos = async (client: ControllerClient): Promise<Result<readonly QosView[]>> => {
  const answer = await client.ask<{ readonly qos: readonly QosView[] }>("GET", "/v1/qos");
  return answer.ok ? ok(answer.value.qos) : answer;
};

/** Reads all pages and gives the last one. */
const askPages = async <Page>(
  client: ControllerClient,
  path: string,
  filter: ShareFilter & PriorityFilter,
  read: (page: Page) => void,
): Promise<Result<Page>> => {
  let query = `limit=${RECORDS_PER_PAGE}`;
  for (const key of ["ids", "users", "accounts", "partitions"] as const) {
    const list = filter[key];
    if (list !== undefined) query += `&${key}=${encodeURIComponent(list.join(","))}`;
  }
  let offset = 0;
  for (let page = 0; page < MAX_PAGES; page++) {
    const more = offset > 0 ? `&offset=${offset}` : "";
    const answer = await client.ask<Page & { readonly next?: number }>("GET", `${path}?${query}${more}`);
    if (!answer.ok) return answer;
    read(answer.value);
    if (answer.value.next === undefined) return answer;
    offset = answer.value.next;
  }
  return refuse("TOO_LARGE", `more than ${MAX_PAGES * RECORDS_PER_PAGE} records; select fewer`);
};
