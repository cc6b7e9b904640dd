/** A submission tried on a state of its own: it says what the real one would, and the live state never knows. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { stateForTrial } from "../../core/controller/trial-state.ts";
import type { ClusterState } from "../../core/state/cluster-state.ts";
import { snapshotForPass } from "../../core/state/pass-snapshot.ts";
import { reduce } from "../../core/state/reduce.ts";
import { decodeState, encodeState } from "../../core/state/snapshot.ts";
import type { Table } from "../../core/state/table.ts";
import { openPassSnapshot } from "../../core/state/tables.ts";
import { Chance } from "../state/chance.ts";
import { History } from "../state/history.ts";
import { submitted } from "../state/history-specs.ts";

const TRIALS = 5;
/** Caches that only ever say what is so. */
const NOT_STATE = new Set(["keys", "whole"]);

/** All that a value holds, through maps, sets, arrays, instances and columns, as text. */
function contentOf(value: unknown, seen = new Set<unknown>()): unknown {
  if (typeof value !== "object" || value === null) return typeof value === "function" ? "function" : value;
  if (ArrayBuffer.isView(value)) return [...(value as Uint8Array)];
  if (value instanceof SharedArrayBuffer) return value.byteLength;
  if (seen.has(value)) return "again";
  const inside = new Set(seen).add(value);
  const of = (part: unknown): unknown => contentOf(part, inside);
  if (value instanceof Map) return ["map", [...value].map(([key, item]) => [of(key), of(item)])];
  if (value instanceof Set) return ["set", [...value].map(of)];
  if (Array.isArray(value)) return value.map(of);
  return Object.entries(value).map(([key, item]) => [key, NOT_STATE.has(key) ? "" : of(item)]);
}

const textsOf = (state: ClusterState): ReadonlyMap<string, string> =>
  new Map(Object.entries(state).map(([name, part]) => [name, JSON.stringify(contentOf(part)) ?? ""]));

/** Names of the parts of a state that are not as they were. */
const changedSince = (before: ReadonlyMap<string, string>, state: ClusterState): readonly string[] =>
  [...textsOf(state)]
    .filter(([name, text]) => name !== "marks" && before.get(name) !== text)
    .map(([name]) => name);

/** What a pass would read: the rows in use, column by column, but for the versions, which only tell rows apart. */
function tablesOf(state: ClusterState, nowS: number): unknown {
  const tables = openPassSnapshot(snapshotForPass(state, nowS));
  const rows = (table: Pick<Table<never>, "count" | "capacity">): unknown =>
    Object.entries((table as Table<never>).columns as Record<string, ArrayLike<number>>)
      .filter(([name]) => name !== "version")
      .map(([name, column]) => [
        name,
        Array.from({ length: column.length / table.capacity }, (_, plane) =>
          Array.from({ length: table.count }, (__, row) => column[plane * table.capacity + row]),
        ),
      ]);
  const { nodes, pending, running, shapes, shapeLists, endOrder, partitionSets, licences } = tables;
  return {
    rows: [nodes, pending, running, shapes].map(rows),
    lists: [[...shapeLists], [...endOrder], partitionSets, contentOf(licences)],
  };
}

it("shows a pass what the real submission would, and leaves the live state as it was", () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 120 }), (seed, length) => {
      const { state, nowS } = new History(seed).runTo(length);
      const chance = new Chance(seed + 1);
      const before = textsOf(state);
      for (let trial = 0; trial < TRIALS; trial++) {
        const event = submitted(chance, state, nowS);
        const tried = stateForTrial(state);
        reduce(tried, tried.lastSeq + 1, event);
        const real = decodeState(encodeState(state));
        reduce(real, real.lastSeq + 1, event);
        expect(tablesOf(tried, nowS)).toEqual(tablesOf(real, nowS));
        expect(encodeState(real)).not.toEqual(encodeState(state));
        expect(changedSince(before, state)).toEqual([]);
      }
    }),
    { numRuns: 25 },
  );
}, 60_000);
