/**
 * What the tests of stores share: directories that go away, a replay into one list, and the
 * bundle of a child process that a test may kill.
 */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, afterEach } from "vitest";
import type { Append, Store, StoredEvent } from "../../plugins/sdk/store.ts";
import { openSqliteStore, type SqliteStore } from "../../plugins/stores/sqlite/sqlite-store.ts";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** A folder for one test file, and stores in it that are closed after each test. */
export const makeBench = () => {
  const root = mkdtempSync(join(tmpdir(), "rota-store-"));
  const stores: Store[] = [];
  let made = 0;
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
  });
  return {
    directory: (): string => {
      made += 1;
      return join(root, `state-${made}`);
    },
    open: async (directory: string): Promise<SqliteStore> => {
      const store = await openSqliteStore(directory);
      stores.push(store);
      return store;
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
};

export const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

/** An append of `count` events from `seq`, each with its seq as text. */
export const eventsOf = (seq: number, count = 1): Append => ({
  events: Array.from({ length: count }, (_, index) => ({
    seq: seq + index,
    bytes: Buffer.from(`event ${seq + index}`),
  })),
  scripts: [],
  history: [],
});

export const replay = async (store: Store, afterSeq = 0): Promise<StoredEvent[]> => {
  const events: StoredEvent[] = [];
  for await (const batch of store.eventsAfter(afterSeq)) events.push(...batch);
  return events;
};

const bundles: string[] = [];
afterAll(() => {
  for (const folder of bundles.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** Bundles entries into a new `dist` as `<name>.mjs`, as a release has them; gives that folder. */
export const bundle = async (entries: readonly string[], format: "esm" | "cjs" = "esm"): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), "rota-bundle-"));
  bundles.push(folder);
  const dist = join(folder, "dist");
  mkdirSync(dist);
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  await build({
    entryPoints: entries.map((entry) => join(ROOT, entry)),
    outdir: dist,
    entryNames: "[name]",
    bundle: true,
    platform: "node",
    target: "node20",
    format,
    outExtension: { ".js": format === "esm" ? ".mjs" : ".cjs" },
    external: ["better-sqlite3", "tsx"],
    logOverride: { "empty-import-meta": "silent" },
    logLevel: "warning",
  });
  return dist;
};
