/**
 * A process that appends to a store without end and prints the seq of each append once it is acknowledged, for tests
 * that kill it or take its disk away. `endless DIR` or `fill DIR`.
 */
import { writeSync } from "node:fs";
import { RotaError } from "../../core/model/errors.ts";
import { openSqliteStore, type SqliteStore } from "../../plugins/stores/sqlite/sqlite-store.ts";
import { appendOf, snapshotOf } from "./store-child-data.ts";

const IN_FLIGHT = 8;
const SNAPSHOT_EVERY = 40;

const say = (line: string): void => void writeSync(1, `${line}\n`);

/** The seq after which to go on: what a controller learns by replay. */
const lastSeqOf = async (store: SqliteStore): Promise<number> => {
  let last = (await store.latestSnapshot())?.seq ?? 0;
  for await (const batch of store.eventsAfter(last)) last += batch.length;
  return last;
};

const endless = async (store: SqliteStore): Promise<void> => {
  let accepted = await lastSeqOf(store);
  let durable = accepted;
  let appends = 0;
  let saving = false;
  const writer = async (): Promise<never> => {
    for (;;) {
      const append = appendOf(accepted + 1);
      accepted += append.events.length;
      const last = accepted;
      await store.append(append);
      durable = last;
      say(String(last));
      appends += 1;
      if (appends % SNAPSHOT_EVERY !== 0 || saving) continue;
      saving = true;
      void store.saveSnapshot({ seq: durable, bytes: snapshotOf(durable) }).then(() => {
        saving = false;
      });
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, writer));
};

const fill = async (store: SqliteStore): Promise<void> => {
  const attempt = async (seq: number): Promise<string> => {
    try {
      await store.append({
        events: [{ seq, bytes: Buffer.alloc(64 * 1024, seq) }],
        scripts: [],
        history: [],
      });
      return "ok";
    } catch (error) {
      return RotaError.is(error) ? error.code : String(error);
    }
  };
  let seq = 1;
  let outcome = await attempt(seq);
  while (outcome === "ok") {
    say(String(seq));
    seq += 1;
    outcome = await attempt(seq);
  }
  say(`failed ${outcome}`);
  say(`again ${await attempt(seq)}`);
  say(`history ${(await store.history({})).length}`);
  await store.close();
  say("closed");
};

const [mode, directory] = process.argv.slice(2);
const store = await openSqliteStore(directory!);
say("open");
await (mode === "fill" ? fill(store) : endless(store));
