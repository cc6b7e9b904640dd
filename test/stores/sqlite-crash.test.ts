import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSqliteStore } from "../../plugins/stores/sqlite/sqlite-store.ts";
import { appendOf, snapshotOf } from "./store-child-data.ts";
import { bundle, makeBench, replay, text } from "./store-fixture.ts";

const KILLS = 20;
const LONGEST_RUN_MS = 250;
const bench = makeBench();
afterAll(bench.remove);

let child = "";
beforeAll(async () => {
  const dist = await bundle(["test/stores/store-child.ts", "plugins/stores/sqlite/sqlite-worker.ts"]);
  child = join(dist, "store-child.mjs");
});

/** Starts the child, kills it some time after its first acknowledgement, and gives the last one that it printed. */
const runAndKill = async (directory: string, afterMs: number): Promise<number> => {
  const process_: ChildProcess = spawn(process.execPath, [child, "endless", directory], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let printed = "";
  const first = new Promise<void>((resolve) => {
    process_.stdout?.on("data", (chunk: Buffer) => {
      printed += chunk.toString();
      if (printed.split("\n").length > 2) resolve();
    });
  });
  const ended = once(process_, "close");
  await Promise.race([first, ended]);
  await pause(afterMs);
  process_.kill("SIGKILL");
  await ended;
  // A line without its end was cut short.
  const acknowledged = printed.slice(0, printed.lastIndexOf("\n")).split("\n").slice(1).map(Number);
  return Math.max(...acknowledged);
};

describe("a store whose process is killed", () => {
  it("has every acknowledged append when it is opened again, whole and without a gap", async () => {
    const directory = bench.directory();
    let begin = 0;
    let snapshots = 0;
    const firsts = new Set<number>();
    for (let kill = 0; kill < KILLS; kill += 1) {
      const acknowledged = await runAndKill(directory, Math.random() * LONGEST_RUN_MS);
      expect(acknowledged).toBeGreaterThan(begin);
      const store = await openSqliteStore(directory);
      const snapshot = await store.latestSnapshot();
      if (snapshot !== undefined) {
        snapshots += 1;
        expect(Buffer.compare(snapshot.bytes, snapshotOf(snapshot.seq))).toBe(0);
        expect(snapshot.seq).toBeLessThanOrEqual(acknowledged + 64);
      }
      const events = await replay(store, snapshot?.seq ?? 0);
      const last = events.at(-1)?.seq ?? snapshot?.seq ?? 0;
      expect(last).toBeGreaterThanOrEqual(acknowledged);
      for (const event of events) {
        const first = Number(text(event.bytes).split(" ")[0]);
        const { events: appended } = appendOf(first);
        expect(text(event.bytes)).toBe(text(appended[event.seq - first]!.bytes));
      }
      // Appends follow from the first seq alone, so which there were is known even where events are pruned.
      let next = begin + 1;
      while (next <= last) {
        firsts.add(next);
        expect(text((await store.script(next)) ?? Buffer.from("none"))).toBe(`script ${next}`);
        next += appendOf(next).events.length;
      }
      expect(next).toBe(last + 1);
      const history = await store.history({ limit: 10_000, ids: [...firsts].slice(-5000).map(String) });
      expect(history).toHaveLength(Math.min(firsts.size, 5000));
      expect(await store.script(last + 1)).toBeUndefined();
      begin = last;
      await store.close();
    }
    expect(snapshots).toBeGreaterThan(0);
  }, 180_000);

  it("is locked while the process lives, with its process id in the refusal, and free once it is killed", async () => {
    const directory = bench.directory();
    const holder = spawn(process.execPath, [child, "endless", directory], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = once(holder, "close");
    await once(holder.stdout, "data");
    await expect(openSqliteStore(directory)).rejects.toMatchObject({
      code: "STORE_IN_USE",
      message: expect.stringContaining(`in use by process ${holder.pid}`),
      details: { pid: holder.pid },
    });
    holder.kill("SIGKILL");
    await ended;
    const store = await openSqliteStore(directory);
    await store.close();
  });
});
