/**
 * A thread of the SQLite store: the writing one, which holds the directory's lock and does everything in the order
 * asked, or the reading one, which answers questions about the history beside it. Started by the store; the first
 * call says which of the two it is.
 */
import { parentPort } from "node:worker_threads";
import type { AnswerMessage, CallKind, CallMessage, StoreCalls } from "./calls.ts";
import { openToRead } from "./database.ts";
import { faultOf } from "./faults.ts";
import { selectHistory } from "./history-table.ts";
import { openWriter } from "./writer.ts";

/** One side of the store: answers calls, and may do work of its own after an answer is on its way. */
export interface StoreSide {
  handle(kind: CallKind, ask: unknown): { readonly answer: unknown; readonly transfer?: ArrayBuffer[] };
  afterAnswer?(): void;
}

const openReader = (directory: string): StoreSide => {
  const db = openToRead(directory);
  return {
    handle: (kind, ask) => {
      if (kind === "history") return { answer: selectHistory(db, ask as StoreCalls["history"]["ask"]) };
      if (kind !== "close") throw new Error(`the reading thread does not do ${kind}`);
      db.close();
      return { answer: null };
    },
  };
};

const port = parentPort;
if (port === null) throw new Error("sqlite-worker runs as a worker thread only");
let side: StoreSide | undefined;

const handle = (message: CallMessage): ReturnType<StoreSide["handle"]> => {
  if (side !== undefined) return side.handle(message.kind, message.ask);
  const { directory } = message.ask as StoreCalls["openWriter"]["ask"];
  if (message.kind === "openReader") {
    side = openReader(directory);
    return { answer: null };
  }
  const writer = openWriter(directory);
  side = writer;
  return { answer: { lastSeq: writer.lastSeq } };
};

port.on("message", (message: CallMessage) => {
  try {
    const { answer, transfer } = handle(message);
    port.postMessage({ id: message.id, answer } as AnswerMessage, transfer ?? []);
  } catch (error) {
    port.postMessage({ id: message.id, fault: faultOf(error, DOING[message.kind]) } satisfies AnswerMessage);
    return;
  }
  if (message.kind === "close") port.close();
  else side?.afterAnswer?.();
});

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
