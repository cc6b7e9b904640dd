import { execFile } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import Database from "better-sqlite3";
import { afterAll, describe, expect, it } from "vitest";
import { SCHEMA_VERSION } from "../../plugins/stores/sqlite/database.ts";
import { openSqliteStore } from "../../plugins/stores/sqlite/sqlite-store.ts";
import { bundle, eventsOf, makeBench, replay } from "./store-fixture.ts";

const run = promisify(execFile);
const BASH = "/bin/bash";
const LIMIT_KIB = 1024;
const bench = makeBench();
afterAll(bench.remove);

describe("a store whose disk fails", () => {
  it.skipIf(!existsSync(BASH))(
    "refuses the append and all after it, and still has what it acknowledged",
    async () => {
      const dist = await bundle(["test/stores/store-child.ts", "plugins/stores/sqlite/sqlite-worker.ts"]);
      const directory = bench.directory();
      const command = `ulimit -f ${LIMIT_KIB}; exec "${process.execPath}" "${join(dist, "store-child.mjs")}" fill "${directory}"`;
      const { stdout } = await run(BASH, ["-c", command]);
      const lines = stdout.trim().split("\n");
      const acknowledged = lines.filter((line) => /^\d+$/.test(line)).map(Number);
      expect(acknowledged.length).toBeGreaterThan(3);
      expect(lines.slice(-4)).toEqual(["failed STORE_FAILED", "again STORE_FAILED", "history 0", "closed"]);
      const events = await replay(await bench.open(directory));
      expect(events.length).toBeGreaterThanOrEqual(acknowledged.length);
      for (const event of events) expect(event.bytes[0]).toBe(event.seq % 256);
    },
  );
});

describe("a store that cannot be opened", () => {
  it("says so when another in the same process has the directory, and leaves that one alone", async () => {
    const directory = bench.directory();
    const store = await bench.open(directory);
    for (let attempt = 0; attempt < 2; attempt += 1)
      await expect(openSqliteStore(directory)).rejects.toMatchObject({
        code: "STORE_IN_USE",
        details: { pid: process.pid },
      });
    await store.append(eventsOf(1));
    await store.close();
    expect(await replay(await bench.open(directory))).toHaveLength(1);
  });

  it("names both versions when newer tables are found, and changes nothing", async () => {
    const directory = bench.directory();
    const store = await bench.open(directory);
    await store.append(eventsOf(1));
    await store.close();
    const path = join(directory, "journal.db");
    const version = (to: number): void => {
      const db = new Database(path);
      db.prepare("UPDATE meta SET value = ? WHERE key = 'schema'").run(to);
      db.close();
    };
    version(SCHEMA_VERSION + 1);
    await expect(openSqliteStore(directory)).rejects.toMatchObject({
      code: "STORE_VERSION",
      details: { schema: SCHEMA_VERSION + 1, known: SCHEMA_VERSION },
    });
    version(SCHEMA_VERSION);
    expect(await replay(await bench.open(directory))).toHaveLength(1);
  });

  it("is corrupt when the file is no database", async () => {
    const directory = bench.directory();
    mkdirSync(directory);
    writeFileSync(join(directory, "journal.db"), "not a database, ".repeat(1000));
    await expect(openSqliteStore(directory)).rejects.toMatchObject({ code: "JOURNAL_CORRUPT" });
  });

  it("has failed when the directory cannot be made", async () => {
    const file = join(bench.directory(), "..", "file");
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, "");
    await expect(openSqliteStore(join(file, "state"))).rejects.toMatchObject({
      code: "STORE_FAILED",
      message: expect.stringContaining("cannot open the store"),
    });
  });
});
