/**
 * Makes a snapshot beside the running controller: a worker thread is given the newest one and the events after it from
 * the store, and replays them. The main thread only passes bytes on, so however large the state is, its event loop
 * never waits; and what is written is of one state exactly, the one after the last event that was read.
 */
import { Worker } from "node:worker_threads";
import type { Store, StoredSnapshot } from "../../plugins/sdk/store.ts";
import { workerFile } from "../../plugins/sdk/worker-file.ts";
import type { SnapshotAnswer, SnapshotCall } from "./snapshot-messages.ts";

const YOUNG_MIB = 16;

/** The state after the newest event that is on disk. Rejects when the journal does not read back, or `signal` ends it. */
export async function makeSnapshot(store: Store, signal?: AbortSignal): Promise<StoredSnapshot> {
  const { filename, execArgv } = workerFile(import.meta.url, "snapshot-worker");
  const worker = new Worker(filename, {
    execArgv: [...execArgv],
    name: "rota-snapshot",
    // What it makes is mostly kept, so a large young generation would be memory for nothing.
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB },
  });
  const end = (): void => void worker.terminate();
  signal?.addEventListener("abort", end);
  const ask = asker(worker);
  try {
    const before = await store.latestSnapshot();
    if (before !== undefined) await ask({ kind: "base", bytes: before.bytes }, [before.bytes.buffer]);
    for await (const batch of store.eventsAfter(before?.seq ?? 0)) {
      const blocks = new Set(batch.map(({ bytes }) => bytes.buffer));
      await ask({ kind: "events", batch }, [...blocks]);
    }
    const answer = await ask({ kind: "encode" }, []);
    if (answer.kind !== "made") throw new Error("the snapshot worker gave no snapshot");
    return answer.snapshot;
  } finally {
    signal?.removeEventListener("abort", end);
    await worker.terminate();
  }
}

type Ask = (call: SnapshotCall, blocks: readonly ArrayBufferLike[]) => Promise<SnapshotAnswer>;

/** One call at a time, each with its answer; a worker that has ended refuses the one that waits and all others. */
function asker(worker: Worker): Ask {
  let ended: Error | undefined;
  let waiting: { resolve: (answer: SnapshotAnswer) => void; reject: (error: Error) => void } | undefined;
  const over = (error: Error): void => {
    ended ??= error;
    waiting?.reject(ended);
    waiting = undefined;
  };
  worker.on("message", (answer: SnapshotAnswer) => {
    waiting?.resolve(answer);
    waiting = undefined;
  });
  worker.on("error", over);
  worker.on("exit", () => over(new Error("the snapshot worker has ended")));
  return (call, blocks) =>
    new Promise((resolve, reject) => {
      if (ended !== undefined) return reject(ended);
      waiting = { resolve, reject };
      // The store made these blocks for this reading; nobody else has them.
      worker.postMessage(call, blocks as readonly ArrayBuffer[]);
    });
}
