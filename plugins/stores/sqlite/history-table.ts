/**
 * Records of ended jobs: written with the events that end them, read by filter, newest end first. The writing half
 * runs in the store's writing thread, the reading half in its reading thread, so that a long look through the history
 * holds up no submission.
 */
import type Database from "better-sqlite3";
import { RotaError } from "../../../core/model/errors.ts";
import type { HistoryFilter, HistoryView } from "../../../core/model/views.ts";
import { DEFAULT_HISTORY_LIMIT, MAX_FILTER_VALUES, MAX_HISTORY_LIMIT } from "./calls.ts";

/** Writes one record, given as JSON; it replaces one of the same jobId and restarts. */
export const historyInsert = (db: Database.Database): ((record: string) => void) => {
  const insert = db.prepare(
    `INSERT OR REPLACE INTO history
       (job_id, restarts, array_job_id, array_task_id, end_s, user, name, state, record)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  return (record) => {
    const view = JSON.parse(record) as HistoryView;
    insert.run(
      view.jobId,
      view.restarts,
      view.arrayJobId,
      view.arrayTaskId,
      view.endS,
      view.user,
      view.name,
      view.state,
      record,
    );
  };
};

/**
 * Records that match, as JSON. An absent list selects all, an empty one none. `12` is a job or all tasks of an array,
 * `12_3` one task; an id of another form matches nothing. The limit is brought into 1..10,000. Throws TOO_LARGE for
 * a list above MAX_FILTER_VALUES.
 */
export const selectHistory = (db: Database.Database, filter: HistoryFilter): string[] => {
  const conditions: string[] = [];
  const values: (number | string)[] = [];
  const where = (condition: string, ...bound: (number | string)[]): void => {
    conditions.push(condition);
    values.push(...bound);
  };
  if (filter.ids !== undefined) {
    const ids = idLists(checkedList("ids", filter.ids));
    where(ID_CONDITION, ids.jobs, ids.jobs, ids.tasks);
  }
  if (filter.users !== undefined) where(inList("user"), listOf("users", filter.users));
  if (filter.names !== undefined) where(inList("name"), listOf("names", filter.names));
  if (filter.states !== undefined) where(inList("state"), listOf("states", filter.states));
  if (filter.sinceS !== undefined) where("end_s >= ?", filter.sinceS);
  if (filter.untilS !== undefined) where("end_s < ?", filter.untilS);
  const limit = Math.max(1, Math.min(filter.limit ?? DEFAULT_HISTORY_LIMIT, MAX_HISTORY_LIMIT));
  return db
    .prepare<unknown[], string>(
      `SELECT record FROM history ${conditions.length > 0 ? `WHERE ${conditions.join(" AND ")}` : ""}
       ORDER BY end_s DESC, job_id DESC, restarts DESC LIMIT ?`,
    )
    .pluck()
    .all(...values, limit);
};

/** Looked up through the indexes first, so that one job's record is found without a walk through all. */
const ID_CONDITION = `rowid IN (
  SELECT rowid FROM history WHERE job_id IN (SELECT value FROM json_each(?))
  UNION SELECT rowid FROM history WHERE array_job_id IN (SELECT value FROM json_each(?))
  UNION SELECT history.rowid FROM json_each(?) AS task JOIN history
    ON array_job_id = task.value ->> 0 AND array_task_id = task.value ->> 1)`;

const inList = (column: string): string => `${column} IN (SELECT value FROM json_each(?))`;

const listOf = (name: string, list: readonly string[]): string => JSON.stringify(checkedList(name, list));

const checkedList = (name: string, list: readonly string[]): readonly string[] => {
  if (list.length <= MAX_FILTER_VALUES) return list;
  throw new RotaError(
    "TOO_LARGE",
    `${name} has ${list.length} values, at most ${MAX_FILTER_VALUES} are taken`,
    {
      values: list.length,
      most: MAX_FILTER_VALUES,
    },
  );
};

/** `[12]` and `[[12,3]]` as JSON. */
const idLists = (ids: readonly string[]): { readonly jobs: string; readonly tasks: string } => {
  const jobs: number[] = [];
  const tasks: [number, number][] = [];
  for (const id of ids) {
    const match = /^(\d{1,10})(?:_(\d{1,10})|\+(\d{1,3}))?$/.exec(id);
    if (match === null) continue;
    // No array has the id 0: it stands for "not of an array".
    if (Number(match[1]) === 0) continue;
    // Ids of the components of a heterogeneous job follow each other.
    if (match[2] === undefined) jobs.push(Number(match[1]) + Number(match[3] ?? 0));
    else tasks.push([Number(match[1]), Number(match[2])]);
  }
  return { jobs: JSON.stringify(jobs), tasks: JSON.stringify(tasks) };
};
