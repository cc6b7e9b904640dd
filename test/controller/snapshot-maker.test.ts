/** Snapshots that are made from the journal beside the running controller. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Ledger } from "../../core/controller/ledger.ts";
import { makeSnapshot } from "../../core/controller/snapshot-maker.ts";
import type { Event } from "../../core/state/events.ts";
import { decodeState, encodeState } from "../../core/state/snapshot.ts";
import { openSqliteStore, type SqliteStore } from "../../plugins/stores/sqlite/sqlite-store.ts";
import { fakeNode } from "./fake-node.ts";

const folder = mkdtempSync(join(tmpdir(), "rota-snapshot-"));
let store: SqliteStore;
let ledger: Ledger;

const openLedger = (): Promise<Ledger> =>
  Ledger.open({
    store,
    historyOf: () => {
      throw new Error("no job ends here");
    },
    onFailure: (error) => {
      throw error;
    },
  });

beforeAll(async () => {
  store = await openSqliteStore(folder);
  ledger = await openLedger();
});

afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

const registered = (name: string): Event => ({ type: "node.registered", atS: 100, spec: fakeNode(name, 4) });

it("is the state that the journal leads to, byte for byte, from nothing and from the one before", async () => {
  await ledger.append([registered("n1"), registered("n2")]);
  const first = await makeSnapshot(store);
  expect(first.seq).toBe(2);
  expect(Buffer.from(first.bytes).equals(encodeState(ledger.state))).toBe(true);
  await ledger.keepSnapshot(() => Promise.resolve(first));

  await ledger.append([registered("n3")]);
  const second = await makeSnapshot(store);
  expect(second.seq).toBe(3);
  expect(Buffer.from(second.bytes).equals(encodeState(ledger.state))).toBe(true);
});

it("is of one moment, whatever is appended while it is made", async () => {
  let isMade = false;
  const making = makeSnapshot(store).finally(() => {
    isMade = true;
  });
  while (!isMade)
    await ledger.append([{ type: "node.changed", atS: 101, node: 0, drain: true, reason: "x" }]);
  const { seq, bytes } = await making;
  const replayed = decodeState(bytes);
  expect(replayed.lastSeq).toBe(seq);
  await ledger.keepSnapshot(() => Promise.resolve({ seq, bytes }));
  // What a restart makes of it and of the events after it is the state that was here all along.
  const restarted = await openLedger();
  expect(Buffer.from(encodeState(restarted.state)).equals(encodeState(ledger.state))).toBe(true);
});

it("is given up when it is told to", async () => {
  const stop = new AbortController();
  const making = makeSnapshot(store, stop.signal);
  stop.abort();
  await expect(making).rejects.toThrow("ended");
});
