import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import type { JobState } from "../../core/model/job.ts";
import type { HistoryFilter, HistoryView } from "../../core/model/views.ts";
import {
  DEFAULT_HISTORY_LIMIT,
  MAX_FILTER_VALUES,
  MAX_HISTORY_LIMIT,
} from "../../plugins/stores/sqlite/calls.ts";
import type { SqliteStore } from "../../plugins/stores/sqlite/sqlite-store.ts";
import { eventsOf, makeBench } from "./store-fixture.ts";
import { recordOf } from "./store-record.ts";

const bench = makeBench();
afterAll(bench.remove);

const withHistory = async (records: readonly HistoryView[]): Promise<SqliteStore> => {
  const store = await bench.open(bench.directory());
  await store.append({ ...eventsOf(1), history: records });
  return store;
};

const ids = async (store: SqliteStore, filter: HistoryFilter): Promise<string[]> =>
  (await store.history(filter)).map((record) => record.displayId);

describe("the history of the SQLite store", () => {
  it("gives records back as they were, newest end first", async () => {
    const records = [
      recordOf(1, { endS: 50 }),
      recordOf(2, { endS: 70, comment: 'a "quoted" – comment' }),
      recordOf(3, { endS: 70 }),
    ];
    const store = await withHistory(records);
    expect(await store.history({})).toEqual([records[2], records[1], records[0]]);
  });

  it("is found by job, array, array task, user, name, state and end", async () => {
    const task = (jobId: number, index: number) =>
      recordOf(jobId, { displayId: `20_${index}`, arrayJobId: 20, arrayTaskId: index, endS: jobId });
    const store = await withHistory([
      recordOf(12, { user: "bob", endS: 100 }),
      recordOf(13, { name: "eval", state: "FAILED", endS: 200 }),
      recordOf(14, { state: "TIMEOUT", endS: 300 }),
      task(20, 0),
      task(21, 1),
      task(22, 2),
    ]);
    expect(await ids(store, { ids: ["12"] })).toEqual(["12"]);
    expect(await ids(store, { ids: ["20"] })).toEqual(["20_2", "20_1", "20_0"]);
    expect(await ids(store, { ids: ["20_1", "14"] })).toEqual(["14", "20_1"]);
    expect(await ids(store, { ids: ["21"] })).toEqual(["20_1"]);
    expect(await ids(store, { ids: ["0", "20_7", "x", "12; DROP TABLE history"] })).toEqual([]);
    expect(await ids(store, { users: ["bob", "eve"] })).toEqual(["12"]);
    expect(await ids(store, { names: ["eval"] })).toEqual(["13"]);
    expect(await ids(store, { states: ["FAILED", "TIMEOUT"] })).toEqual(["14", "13"]);
    expect(await ids(store, { sinceS: 200 })).toEqual(["14", "13"]);
    expect(await ids(store, { sinceS: 100, untilS: 300, limit: 1 })).toEqual(["13"]);
    expect(await ids(store, { users: ["ada"], states: ["COMPLETED"], ids: ["20"], untilS: 22 })).toEqual([
      "20_1",
      "20_0",
    ]);
    expect(await ids(store, { users: [] })).toEqual([]);
  });

  it("matches every combination of conditions as a walk through all records does", async () => {
    const users = ["ada", "bob"] as const;
    const states: readonly JobState[] = ["COMPLETED", "FAILED"];
    const records = Array.from({ length: 60 }, (_, index) =>
      recordOf(index + 1, {
        user: users[index % 2]!,
        state: states[index % 3 === 0 ? 1 : 0]!,
        name: `job${index % 4}`,
        endS: 100 + (index % 7),
      }),
    );
    const store = await withHistory(records);
    const some = (values: readonly string[]) => fc.option(fc.subarray([...values]), { nil: undefined });
    const filters = fc.record({
      users: some(users),
      states: some(states),
      names: some(["job0", "job1", "nojob"]),
      ids: some(["1", "2", "7", "30", "99"]),
      sinceS: fc.option(fc.integer({ min: 98, max: 108 }), { nil: undefined }),
      untilS: fc.option(fc.integer({ min: 98, max: 108 }), { nil: undefined }),
      limit: fc.option(fc.integer({ min: 1, max: 70 }), { nil: undefined }),
    });
    await fc.assert(
      fc.asyncProperty(filters, async (chosen) => {
        const filter = Object.fromEntries(
          Object.entries(chosen).filter(([, value]) => value !== undefined),
        ) as HistoryFilter;
        const expected = records
          .filter((record) => filter.users?.includes(record.user) ?? true)
          .filter((record) => filter.states?.includes(record.state) ?? true)
          .filter((record) => filter.names?.includes(record.name) ?? true)
          .filter((record) => filter.ids?.includes(String(record.jobId)) ?? true)
          .filter((record) => record.endS >= (filter.sinceS ?? 0) && record.endS < (filter.untilS ?? 1000))
          .sort((a, b) => b.endS - a.endS || b.jobId - a.jobId)
          .slice(0, filter.limit ?? DEFAULT_HISTORY_LIMIT);
        expect(await store.history(filter)).toEqual(expected);
      }),
    );
  });

  it("has one record for each run of a job: the same jobId and restarts replace, another run adds", async () => {
    const store = await withHistory([recordOf(5, { state: "FAILED", endS: 10 })]);
    await store.append({ ...eventsOf(2), history: [recordOf(5, { state: "COMPLETED", endS: 20 })] });
    await store.append({
      ...eventsOf(3),
      history: [recordOf(5, { restarts: 1, state: "TIMEOUT", endS: 30 })],
    });
    expect((await store.history({ ids: ["5"] })).map((record) => [record.restarts, record.state])).toEqual([
      [1, "TIMEOUT"],
      [0, "COMPLETED"],
    ]);
  });

  it("is bounded: 1,000 unless asked, 10,000 at most, and lists of values have an end", async () => {
    const store = await withHistory(
      Array.from({ length: MAX_HISTORY_LIMIT + 5 }, (_, index) => recordOf(index + 1)),
    );
    expect(await store.history({})).toHaveLength(DEFAULT_HISTORY_LIMIT);
    expect(await store.history({ limit: 1_000_000 })).toHaveLength(MAX_HISTORY_LIMIT);
    expect(await store.history({ limit: 0 })).toHaveLength(1);
    const many = Array.from({ length: MAX_FILTER_VALUES + 1 }, (_, index) => String(index + 1));
    await expect(store.history({ ids: many })).rejects.toMatchObject({ code: "TOO_LARGE" });
    expect(await store.history({ ids: many.slice(1), limit: MAX_HISTORY_LIMIT })).toHaveLength(
      MAX_FILTER_VALUES,
    );
  });

  it("shows a record as soon as its append is acknowledged", async () => {
    const store = await withHistory([]);
    for (let jobId = 1; jobId <= 50; jobId += 1) {
      await store.append({ ...eventsOf(jobId + 1), history: [recordOf(jobId)] });
      expect(await ids(store, { ids: [String(jobId)] })).toEqual([String(jobId)]);
    }
  });
});
