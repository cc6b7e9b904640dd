/**
 * The reading side of the store: looks through the history on a connection of its own, so that a long look holds up
 * no commit. Lives in the store's reading thread, which is started by the first question.
 */
import type { StoreCalls, StoreSide } from "./calls.ts";
import { openToRead } from "./database.ts";
import { selectHistory } from "./history-table.ts";

/** Opens the tables of a directory whose writer is open. */
export const openReader = (directory: string): StoreSide => {
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
