/** The filters that several `rota` commands share, as the API takes them. */
import type { JobFilter } from "../../model/views.ts";
import { ownIdentity } from "../identity.ts";

export interface FilterOptions {
  readonly user?: string;
  readonly me?: boolean;
  readonly partition?: string;
  readonly state?: string;
  readonly name?: string;
}

/** Lists are comma separated; what is absent selects all. */
export function filterOf(
  refs: readonly string[],
  options: FilterOptions,
): Omit<JobFilter, "ended" | "accounts"> {
  const filter: {
    -readonly [Key in "ids" | "users" | "partitions" | "states" | "names"]?: readonly string[];
  } = {};
  const users = options.me ? ownIdentity().user : options.user;
  if (refs.length > 0) filter.ids = refs;
  if (users !== undefined) filter.users = users.split(",");
  if (options.partition !== undefined) filter.partitions = options.partition.split(",");
  if (options.state !== undefined) filter.states = options.state.toUpperCase().split(",");
  if (options.name !== undefined) filter.names = options.name.split(",");
  return filter;
}

/** Whether any of the filters is given. */
export const isFiltered = (options: FilterOptions): boolean =>
  options.me === true ||
  [options.user, options.partition, options.state, options.name].some((filter) => filter !== undefined);
