import { chmodSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { MAX_BATCH_EVENTS, MAX_QUEUED_APPENDS } from "../../plugins/stores/sqlite/calls.ts";
import { sqliteStorePlugin } from "../../plugins/stores/sqlite/sqlite-store.ts";
import { eventsOf, makeBench, replay, text } from "./store-fixture.ts";
import { recordOf } from "./store-record.ts";

const bench = makeBench();
afterAll(bench.remove);

describe("the journal of the SQLite store", () => {
  it("gives back events in order, also after it was closed and opened again", async () => {
    const directory = bench.directory();
    const store = await bench.open(directory);
    await store.append(eventsOf(1, 3));
    await store.append(eventsOf(4));
    expect((await replay(store)).map((event) => [event.seq, text(event.bytes)])).toEqual([
      [1, "event 1"],
      [2, "event 2"],
      [3, "event 3"],
      [4, "event 4"],
    ]);
    await store.close();
    const again = await bench.open(directory);
    expect((await replay(again, 2)).map((event) => event.seq)).toEqual([3, 4]);
    await again.append(eventsOf(5));
    expect(await replay(again, 4)).toHaveLength(1);
    expect(await replay(again, 5)).toEqual([]);
  });

  it("resolves appends in the order of the calls, in far fewer commits than appends", async () => {
    const store = await bench.open(bench.directory());
    const resolved: number[] = [];
    const appends: Promise<void>[] = [];
    for (let seq = 1; seq <= 2000; seq += 1) {
      appends.push(store.append(eventsOf(seq)).then(() => void resolved.push(seq)));
      if (seq % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(appends);
    expect(resolved).toEqual(Array.from({ length: 2000 }, (_, index) => index + 1));
    const { commits, lastUs, maxUs, queued } = store.figures();
    expect(commits).toBeLessThanOrEqual(25);
    expect(lastUs).toBeGreaterThan(0);
    expect(maxUs).toBeGreaterThanOrEqual(lastUs);
    expect(queued).toBe(0);
  });

  it("keeps bytes of any content and size, whatever the appends they came in", async () => {
    const bytes = fc.uint8Array({ maxLength: 300 });
    const append = fc.record({
      events: fc.array(bytes, { maxLength: 4 }),
      scripts: fc.array(bytes, { maxLength: 2 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(append, { maxLength: 20 }), fc.nat(3), async (appends, pauseEvery) => {
        const directory = bench.directory();
        const store = await sqliteStorePlugin.open(directory);
        let seq = 0;
        let key = 0;
        const written: Promise<void>[] = [];
        for (const [index, { events, scripts }] of appends.entries()) {
          written.push(
            store.append({
              events: events.map((event) => ({ seq: ++seq, bytes: event })),
              scripts: scripts.map((script) => ({ key: ++key, bytes: script })),
              history: [],
            }),
          );
          if (pauseEvery > 0 && index % pauseEvery === 0) await written.at(-1);
        }
        await Promise.all(written);
        await store.close();
        const again = await sqliteStorePlugin.open(directory);
        const found = await replay(again);
        expect(found.map((event) => [...event.bytes])).toEqual(
          appends.flatMap(({ events }) => events.map((event) => [...event])),
        );
        expect(found.map((event) => event.seq)).toEqual(found.map((_, index) => index + 1));
        for (const [index, script] of appends.flatMap(({ scripts }) => scripts).entries())
          expect([...((await again.script(index + 1)) ?? [])]).toEqual([...script]);
        await again.close();
      }),
      { numRuns: 8 },
    );
  });

  it("reads a long journal in bounded batches, and stops early when asked", async () => {
    const store = await bench.open(bench.directory());
    const total = MAX_BATCH_EVENTS * 2 + 10;
    await store.append(eventsOf(1, total));
    const sizes: number[] = [];
    for await (const batch of store.eventsAfter(0)) sizes.push(batch.length);
    expect(sizes).toEqual([MAX_BATCH_EVENTS, MAX_BATCH_EVENTS, 10]);
    for await (const batch of store.eventsAfter(5)) {
      expect(batch[0]?.seq).toBe(6);
      break;
    }
  });

  it("leaves the caller's bytes alone, and takes them as they were at the call's turn", async () => {
    const store = await bench.open(bench.directory());
    const shared = Buffer.from("one two three");
    await store.append({
      events: [
        { seq: 1, bytes: shared.subarray(0, 3) },
        { seq: 2, bytes: shared.subarray(4, 7) },
      ],
      scripts: [],
      history: [],
    });
    expect(shared.toString()).toBe("one two three");
    expect((await replay(store)).map((event) => text(event.bytes))).toEqual(["one", "two"]);
  });

  it("refuses an append that does not follow the last one, and goes on", async () => {
    const store = await bench.open(bench.directory());
    await store.append(eventsOf(1));
    await expect(store.append(eventsOf(3))).rejects.toMatchObject({
      code: "INTERNAL",
      details: { expected: 2 },
    });
    await expect(store.append(eventsOf(1))).rejects.toMatchObject({ code: "INTERNAL" });
    await store.append(eventsOf(2));
    expect(await replay(store)).toHaveLength(2);
  });

  it("refuses more appends than it will queue, without a hole in the journal", async () => {
    const store = await bench.open(bench.directory());
    const appends = Array.from({ length: MAX_QUEUED_APPENDS }, (_, index) =>
      store.append(eventsOf(index + 1)),
    );
    expect(store.figures().queued).toBe(MAX_QUEUED_APPENDS);
    await expect(store.append(eventsOf(MAX_QUEUED_APPENDS + 1))).rejects.toMatchObject({
      code: "QUEUE_FULL",
    });
    await Promise.all(appends);
    await store.append(eventsOf(MAX_QUEUED_APPENDS + 1));
    expect(await replay(store)).toHaveLength(MAX_QUEUED_APPENDS + 1);
  });

  it("throws JOURNAL_CORRUPT with the event that is missing or was changed, after those before it", async () => {
    const directory = bench.directory();
    const store = await bench.open(directory);
    await store.append(eventsOf(1, 10));
    await store.close();
    const db = new Database(join(directory, "journal.db"));
    db.exec(
      "UPDATE events SET bytes = CAST(x'00' || substr(bytes, 2) AS BLOB) WHERE seq = 4; DELETE FROM events WHERE seq = 8",
    );
    db.close();
    const broken = await bench.open(directory);
    const seen: number[] = [];
    const read = async (afterSeq: number): Promise<void> => {
      for await (const batch of broken.eventsAfter(afterSeq)) seen.push(...batch.map((event) => event.seq));
    };
    await expect(read(0)).rejects.toMatchObject({ code: "JOURNAL_CORRUPT", details: { seq: 4 } });
    expect(seen).toEqual([1, 2, 3]);
    await expect(read(4)).rejects.toMatchObject({ code: "JOURNAL_CORRUPT", details: { seq: 8 } });
  });

  it("keeps scripts by key until they are removed", async () => {
    const store = await bench.open(bench.directory());
    const large = Buffer.alloc(4 * 1024 * 1024, "x");
    const scripts = [
      { key: 11, bytes: Buffer.from("#!/bin/sh\n") },
      { key: 12, bytes: large },
      { key: 13, bytes: new Uint8Array() },
    ];
    await store.append({ events: [], scripts, history: [] });
    expect(text((await store.script(11))!)).toBe("#!/bin/sh\n");
    expect(Buffer.compare((await store.script(12))!, large)).toBe(0);
    expect(await store.script(13)).toHaveLength(0);
    expect(await store.script(14)).toBeUndefined();
    await store.removeScripts([11, 13, 99]);
    expect(await store.script(11)).toBeUndefined();
    expect(await store.script(12)).toHaveLength(large.length);
  });

  it("writes what waits before it closes, and takes nothing after", async () => {
    const directory = bench.directory();
    const store = await bench.open(directory);
    const appends = [1, 2, 3].map((seq) => store.append(eventsOf(seq)));
    const closing = store.close();
    await expect(store.append(eventsOf(4))).rejects.toMatchObject({ code: "STORE_FAILED" });
    await Promise.all([...appends, closing, store.close()]);
    expect(await replay(await bench.open(directory))).toHaveLength(3);
  });

  it("makes its directory and files readable by their owner alone, and leaves a directory that is there", async () => {
    const directory = join(bench.directory(), "deep", "er");
    const store = await bench.open(directory);
    await store.append({ ...eventsOf(1), history: [recordOf(1)] });
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    const files = readdirSync(directory);
    expect(files).toContain("journal.db-wal");
    for (const file of files)
      expect([file, statSync(join(directory, file)).mode & 0o777]).toEqual([file, 0o600]);

    const given = bench.directory();
    mkdirSync(given);
    chmodSync(given, 0o755);
    await bench.open(given);
    expect(statSync(given).mode & 0o777).toBe(0o755);
  });
});
