/** What the child process writes, computed from the seq alone, so that a test can tell whether all of it is there. */
import type { Append } from "../../plugins/sdk/store.ts";
import { recordOf } from "./store-record.ts";

/** An append of one to three events, with a script and a record of the same number. */
export const appendOf = (first: number): Append => {
  const count = 1 + (first % 3);
  return {
    events: Array.from({ length: count }, (_, index) => ({
      seq: first + index,
      bytes: Buffer.from(`${first} ${first + count - 1} ${"x".repeat(first % 500)}`),
    })),
    scripts: [{ key: first, bytes: Buffer.from(`script ${first}`) }],
    history: [recordOf(first)],
  };
};

export const snapshotOf = (seq: number): Uint8Array => Buffer.alloc(2_500_000, `state ${seq} `);
