/**
 * The worker thread that makes a snapshot: replays the journal on top of the one before, as a start of the controller
 * does, and encodes what comes of it. Lives for one snapshot. Never sees the live state and never writes to the store.
 */
import { parentPort } from "node:worker_threads";
import { emptyState } from "../state/cluster-state.ts";
import { reduceEncoded } from "../state/reduce.ts";
import { decodeState, encodeState } from "../state/snapshot.ts";
import type { SnapshotAnswer, SnapshotCall } from "./snapshot-messages.ts";

const port = parentPort;
if (port === null) throw new Error("snapshot-worker runs as a worker thread only");
let state = emptyState();

port.on("message", (call: SnapshotCall) => {
  if (call.kind === "encode") {
    const bytes = encodeState(state);
    const answer: SnapshotAnswer = { kind: "made", snapshot: { seq: state.lastSeq, bytes } };
    port.postMessage(answer, [bytes.buffer]);
    port.close();
    return;
  }
  if (call.kind === "base") state = decodeState(call.bytes);
  else for (const { seq, bytes } of call.batch) reduceEncoded(state, seq, bytes);
  port.postMessage({ kind: "taken" } satisfies SnapshotAnswer);
});
