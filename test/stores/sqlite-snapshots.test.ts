import { join } from "node:path";
import Database from "better-sqlite3";
import { afterAll, describe, expect, it } from "vitest";
import { MAX_PRUNE_EVENTS, SNAPSHOT_PART_BYTES } from "../../plugins/stores/sqlite/calls.ts";
import { eventsOf, makeBench, replay } from "./store-fixture.ts";

const bench = makeBench();
afterAll(bench.remove);

const bytesOf = (seq: number, length = 1000): Uint8Array => new Uint8Array(length).fill(seq % 251);

const change = (directory: string, sql: string): void => {
  const db = new Database(join(directory, "journal.db"));
  db.exec(sql);
  db.close();
};

describe("the snapshots of the SQLite store", () => {
  it("are read back newest first, and there is none to begin with", async () => {
    const directory = bench.directory();
    const store = await bench.open(directory);
    expect(await store.latestSnapshot()).toBeUndefined();
    await store.append(eventsOf(1, 20));
    await store.saveSnapshot({ seq: 5, bytes: bytesOf(5) });
    await store.saveSnapshot({ seq: 15, bytes: bytesOf(15) });
    await store.close();
    expect(await (await bench.open(directory)).latestSnapshot()).toEqual({ seq: 15, bytes: bytesOf(15) });
  });

  it.each([0, 1, SNAPSHOT_PART_BYTES, SNAPSHOT_PART_BYTES * 2 + 17])("hold %i bytes", async (length) => {
    const store = await bench.open(bench.directory());
    const bytes = Buffer.alloc(length, "state ");
    await store.saveSnapshot({ seq: 0, bytes });
    const found = await store.latestSnapshot();
    expect(found?.seq).toBe(0);
    expect(Buffer.compare(found!.bytes, bytes)).toBe(0);
  });

  it("keep events until a second one covers them, and replay goes on from either", async () => {
    const directory = bench.directory();
    const store = await bench.open(directory);
    await store.append(eventsOf(1, 30));
    await store.saveSnapshot({ seq: 10, bytes: bytesOf(10) });
    expect(await replay(store, 0)).toHaveLength(30);
    await store.saveSnapshot({ seq: 20, bytes: bytesOf(20) });
    expect((await replay(store, 10)).map((event) => event.seq)).toEqual(
      Array.from({ length: 20 }, (_, i) => i + 11),
    );
    await expect(replay(store, 0)).rejects.toMatchObject({ code: "JOURNAL_CORRUPT", details: { seq: 1 } });
    await store.saveSnapshot({ seq: 30, bytes: bytesOf(30) });
    await store.close();
    const again = await bench.open(directory);
    expect(await replay(again, 30)).toEqual([]);
    expect(await replay(again, 20)).toHaveLength(10);
    await again.append(eventsOf(31));
    expect(await replay(again, 30)).toHaveLength(1);
  });

  it("leave the next seq right when they cover every event", async () => {
    const directory = bench.directory();
    const store = await bench.open(directory);
    await store.append(eventsOf(1, 5));
    await store.saveSnapshot({ seq: 5, bytes: bytesOf(5) });
    await store.saveSnapshot({ seq: 5, bytes: bytesOf(5) });
    await store.close();
    const again = await bench.open(directory);
    await expect(again.append(eventsOf(1))).rejects.toMatchObject({ details: { expected: 6 } });
    await again.append(eventsOf(6));
  });

  it("are passed over when torn, and the one before serves and is kept", async () => {
    const directory = bench.directory();
    const store = await bench.open(directory);
    await store.append(eventsOf(1, 40));
    for (const seq of [10, 20, 30])
      await store.saveSnapshot({ seq, bytes: bytesOf(seq, 2 * SNAPSHOT_PART_BYTES) });
    await store.close();
    change(
      directory,
      "UPDATE snapshot_parts SET bytes = CAST(substr(bytes, 1, 99) || x'ff' || substr(bytes, 101) AS BLOB) WHERE part = 1 AND id = (SELECT max(id) FROM snapshots)",
    );
    const torn = await bench.open(directory);
    expect(await torn.latestSnapshot()).toEqual({ seq: 20, bytes: bytesOf(20, 2 * SNAPSHOT_PART_BYTES) });
    expect(await replay(torn, 20)).toHaveLength(20);
    await torn.saveSnapshot({ seq: 40, bytes: bytesOf(40) });
    await torn.close();
    change(directory, "UPDATE snapshots SET checksum = checksum + 1 WHERE seq = 40");
    const again = await bench.open(directory);
    expect((await again.latestSnapshot())?.seq).toBe(20);
    expect(await replay(again, 20)).toHaveLength(20);
  });

  it("do not count before their last part, and what was cut short goes with the next", async () => {
    const directory = bench.directory();
    const store = await bench.open(directory);
    await store.append(eventsOf(1, 4));
    await store.saveSnapshot({ seq: 2, bytes: bytesOf(2) });
    await store.close();
    change(directory, "INSERT INTO snapshot_parts (id, part, bytes) VALUES (9, 0, x'0102'), (9, 1, x'0304')");
    const cut = await bench.open(directory);
    expect((await cut.latestSnapshot())?.seq).toBe(2);
    await cut.saveSnapshot({ seq: 4, bytes: bytesOf(4) });
    await cut.close();
    const db = new Database(join(directory, "journal.db"));
    expect(db.prepare("SELECT DISTINCT id FROM snapshot_parts ORDER BY id").pluck().all()).toEqual(
      db.prepare("SELECT id FROM snapshots ORDER BY id").pluck().all(),
    );
    db.close();
  });

  it("of several steps let appends in between, and prune all they cover", async () => {
    const store = await bench.open(bench.directory());
    const total = MAX_PRUNE_EVENTS * 2 + 5;
    await store.append(eventsOf(1, total));
    await store.saveSnapshot({ seq: total, bytes: bytesOf(1) });
    const order: string[] = [];
    const saved = store
      .saveSnapshot({ seq: total, bytes: bytesOf(2, 8 * SNAPSHOT_PART_BYTES) })
      .then(() => order.push("saved"));
    const appended = store.append(eventsOf(total + 1)).then(() => order.push("appended"));
    await Promise.all([saved, appended]);
    expect(order).toEqual(["appended", "saved"]);
    await expect(replay(store, total - 1)).rejects.toMatchObject({ code: "JOURNAL_CORRUPT" });
    expect(await replay(store, total)).toHaveLength(1);
  });

  it("ahead of the journal are refused", async () => {
    const store = await bench.open(bench.directory());
    await expect(store.saveSnapshot({ seq: 1, bytes: bytesOf(1) })).rejects.toMatchObject({
      code: "INTERNAL",
    });
    await store.append(eventsOf(1));
    await store.saveSnapshot({ seq: 1, bytes: bytesOf(1) });
  });
});
