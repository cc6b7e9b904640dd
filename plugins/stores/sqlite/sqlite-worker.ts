/**
 * A thread of the SQLite store: the writing one, which holds the directory's lock and does everything in the order
 * asked, or the reading one, which answers questions about the history beside it. Started by the store; the first
 * call says which of the two it is.
 */
import { parentPort } from "node:worker_threads";
import type { Answered, AnswerMessage, CallKind, CallMessage, StoreCalls, StoreSide } from "./calls.ts";
import { faultOf } from "./faults.ts";
import { openReader } from "./reader.ts";
import { openWriter } from "./writer.ts";

const port = parentPort;
if (port === null) throw new Error("sqlite-worker runs as a worker thread only");
let side: StoreSide | undefined;

port.on("message", (message: CallMessage) => {
  try {
    const { answer, transfer } = handle(message);
    port.postMessage({ id: message.id, answer } satisfies AnswerMessage, transfer ?? []);
  } catch (error) {
    port.postMessage({ id: message.id, fault: faultOf(error, DOING[message.kind]) } satisfies AnswerMessage);
    return;
  }
  if (message.kind === "close") port.close();
  else side?.afterAnswer?.();
});

const handle = (message: CallMessage): Answered => {
  if (side !== undefined) return side.handle(message.kind, message.ask);
  const { directory } = message.ask as StoreCalls["openWriter" | "openReader"]["ask"];
  if (message.kind === "openReader") {
    side = openReader(directory);
    return { answer: null };
  }
  const opened = openWriter(directory);
  side = opened.side;
  return { answer: { lastSeq: opened.lastSeq } };
};

/** What a fault's message begins with. */
const DOING: Readonly<Record<CallKind, string>> = {
  openWriter: "cannot open the store",
  group: "cannot write the journal",
  events: "cannot read the journal",
  snapshotPart: "cannot write a snapshot",
  snapshotEnd: "cannot write a snapshot",
  prune: "cannot prune the journal",
  latestSnapshot: "cannot read the snapshots",
  script: "cannot read a script",
  removeScripts: "cannot remove scripts",
  openReader: "cannot open the store to read",
  history: "cannot read the history",
  close: "cannot close the store",
};
