/**
 * How fast the embedded store acknowledges appends: per second with 1, 8 and 64 in flight, and the time of one when
 * the disk is idle. Every append is looked for again after the store was opened anew, so a figure is of appends that
 * were kept. Run by hand: `npx tsx bench/journal/journal.ts [--json] [--tiny]`; `--tiny` only shows that it runs.
 */
import { mkdtempSync, rmSync, writeSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openSqliteStore } from "../../plugins/stores/sqlite/sqlite-store.ts";

const IN_FLIGHT = [1, 8, 64] as const;
/** About a job submission or start as MessagePack. */
const EVENT_BYTES = 400;
const RUN_MS = 3000;
const TINY_RUN_MS = 100;

interface Figures {
  readonly inFlight: number;
  readonly appends: number;
  readonly appendsPerS: number;
  readonly commits: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly maxUs: number;
}

const main = async (): Promise<void> => {
  const runMs = process.argv.includes("--tiny") ? TINY_RUN_MS : RUN_MS;
  // Set ROTA_BENCH_DIR where the temporary folder is in memory: the disk is what is measured.
  const root = mkdtempSync(join(process.env["ROTA_BENCH_DIR"] ?? tmpdir(), "rota-bench-journal-"));
  try {
    const runs: Figures[] = [];
    for (const inFlight of IN_FLIGHT) runs.push(await measure(join(root, String(inFlight)), inFlight, runMs));
    const machine = { cpus: cpus().length, cpu: cpus()[0]?.model ?? "", node: process.version };
    const report = { bench: "journal", eventBytes: EVENT_BYTES, runMs, machine, runs };
    writeSync(1, process.argv.includes("--json") ? `${JSON.stringify(report)}\n` : table(report));
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
};

const measure = async (directory: string, inFlight: number, runMs: number): Promise<Figures> => {
  const store = await openSqliteStore(directory);
  const latenciesUs: number[] = [];
  let seq = 0;
  const startMs = performance.now();
  const writer = async (): Promise<void> => {
    while (performance.now() - startMs < runMs) {
      const atMs = performance.now();
      await store.append({ events: [eventOf(++seq)], scripts: [], history: [] });
      latenciesUs.push((performance.now() - atMs) * 1000);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, writer));
  const tookS = (performance.now() - startMs) / 1000;
  const { commits } = store.figures();
  await store.close();
  await findAll(directory, seq);
  latenciesUs.sort((a, b) => a - b);
  const quantile = (q: number): number =>
    Math.round(latenciesUs[Math.floor((latenciesUs.length - 1) * q)] ?? 0);
  return {
    inFlight,
    appends: seq,
    appendsPerS: Math.round(seq / tookS),
    commits,
    p50Us: quantile(0.5),
    p99Us: quantile(0.99),
    maxUs: quantile(1),
  };
};

const eventOf = (seq: number): { seq: number; bytes: Uint8Array } => {
  const bytes = Buffer.alloc(EVENT_BYTES, seq % 251);
  bytes.writeUInt32LE(seq);
  return { seq, bytes };
};

/** Throws unless the directory has the events 1 to `last` as they were written. */
const findAll = async (directory: string, last: number): Promise<void> => {
  const store = await openSqliteStore(directory);
  let found = 0;
  for await (const batch of store.eventsAfter(0)) {
    for (const event of batch) {
      found += 1;
      if (Buffer.compare(event.bytes, eventOf(found).bytes) !== 0)
        throw new Error(`event ${found} is not as written`);
    }
  }
  await store.close();
  if (found !== last) throw new Error(`${found} of ${last} events were found again`);
};

const table = (report: { readonly runs: readonly Figures[]; readonly eventBytes: number }): string => {
  const lines = report.runs.map(
    (run) =>
      `${String(run.inFlight).padStart(9)}${String(run.appendsPerS).padStart(12)}${String(run.commits).padStart(10)}` +
      `${String(run.p50Us).padStart(9)}${String(run.p99Us).padStart(9)}${String(run.maxUs).padStart(9)}`,
  );
  return [
    `one event of ${report.eventBytes} bytes an append, every one found again after reopening`,
    "in flight   appends/s   commits  p50 µs   p99 µs   max µs",
    ...lines,
    "",
  ].join("\n");
};

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
