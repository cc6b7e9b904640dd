import fc from "fast-check";
import { describe, it } from "vitest";
import { type ClusterState, emptyState } from "../../core/state/cluster-state.ts";
import { decodeEvent, type Event, encodeEvent } from "../../core/state/events.ts";
import { reduce } from "../../core/state/reduce.ts";
import { decodeState, encodeState } from "../../core/state/snapshot.ts";
import { DependencyOracle } from "./dependency-oracle.ts";
import { History } from "./history.ts";
import { checkNothingNegative, checkState } from "./invariants.ts";
import { VersionWitness } from "./version-witness.ts";

/** Histories of each property; `ROTA_HISTORIES=10000` for a long run. */
const HISTORIES = Number(process.env["ROTA_HISTORIES"] ?? 1000);
const MOST_EVENTS = 150;
const TIMEOUT_MS = 60_000 + HISTORIES * 60;

const seed = fc.integer();
const length = fc.integer({ min: 1, max: MOST_EVENTS });

describe("over random histories", () => {
  it(
    "replaying the journal gives the same state to the byte",
    () => {
      check(
        fc.property(seed, length, (s, n) => {
          const { state, events } = new History(s).runTo(n);
          sameBytes(encodeState(replay(emptyState(), events, 0)), encodeState(state));
        }),
      );
    },
    TIMEOUT_MS,
  );

  it(
    "a snapshot at any point and the events after it give the same state to the byte",
    () => {
      check(
        fc.property(seed, length, fc.integer({ min: 0, max: MOST_EVENTS }), (s, n, at) => {
          const cut = at % (n + 1);
          const history = new History(s).runTo(cut);
          const snapshot = encodeState(history.state);
          const restored = decodeState(snapshot);
          sameBytes(encodeState(restored), snapshot);
          checkState(restored);
          history.runTo(n);
          const caughtUp = replay(restored, history.events, cut);
          sameBytes(encodeState(caughtUp), encodeState(history.state));
          checkState(caughtUp);
        }),
      );
    },
    TIMEOUT_MS,
  );

  it(
    "free amounts, rows, shapes, arrays, dependencies and indices are right after every event",
    () => {
      check(
        fc.property(seed, length, (s, n) => {
          const history = new History(s);
          const oracle = new DependencyOracle();
          const versions = new VersionWitness();
          const shrunk = new Set<number>();
          history.runTo(n, (event) => {
            noteShrunk(history.state, event, shrunk);
            checkState(history.state);
            checkNothingNegative(history.state, shrunk);
            oracle.check(history.state);
            versions.check(history.state);
          });
        }),
      );
    },
    TIMEOUT_MS,
  );
});

const check = <T>(property: fc.IProperty<T>): void => fc.assert(property, { numRuns: HISTORIES });

/** Applies the events after the first `from`, through the bytes that the journal keeps of each. */
function replay(state: ClusterState, events: readonly Event[], from: number): ClusterState {
  events.slice(from).forEach((event, i) => {
    reduce(state, from + i + 1, decodeEvent(encodeEvent(event)));
  });
  return state;
}

function sameBytes(actual: Uint8Array, expected: Uint8Array): void {
  if (Buffer.compare(actual, expected) !== 0) {
    throw new Error(`${actual.length} bytes differ from ${expected.length}`);
  }
}

/** Nodes that came back while jobs ran on them, until they are idle. */
function noteShrunk(state: ClusterState, event: Event, shrunk: Set<number>): void {
  if (event.type === "node.registered") shrunk.add(state.nodeByName.get(event.spec.name)!);
  for (const node of shrunk) if (state.nodeJobs[node] === undefined) shrunk.delete(node);
}
