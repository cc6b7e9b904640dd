// The message at hand: its block, the variables that came with it, and what is answered besides changed fields.
import {
  CODE_AT,
  CODE_BYTES,
  IS_REFUSED,
  NOTES_AT,
  NOTES_BYTES,
  SENTENCE_AT,
  SENTENCE_BYTES,
  VARIABLE_BYTES,
  VARIABLE_COUNT,
  VARIABLES,
} from "../generated/submission";
import { stringOf } from "./slots";

/** Address of the block. */
export let BLOCK: usize = 0;
let notes: string = "";

/** Makes room for a message of `bytes`. An earlier block is given up, not freed. */
export function allocate(bytes: i32): i32 {
  BLOCK = (heap.alloc(<usize>bytes + 64) + 63) & ~63;
  memory.fill(BLOCK, 0, <usize>bytes);
  return <i32>BLOCK;
}

/** The text that the host put at the block's start. */
export function textOfBlock(characters: i32): string {
  return stringOf(BLOCK, <usize>characters << 1);
}

/** Before each message. */
export function beginAnswer(): void {
  notes = "";
}

/** The first refusal stands: a sentence that was said is not unsaid. */
export function refuseWith(code: string, sentence: string): void {
  if (load<i32>(BLOCK, IS_REFUSED) != 0) return;
  store<i32>(BLOCK, 1, IS_REFUSED);
  setText(CODE_AT, CODE_BYTES, code);
  setText(SENTENCE_AT, SENTENCE_BYTES, sentence);
}

export function addNote(sentence: string): void {
  notes = notes.length == 0 ? sentence : notes + "\n" + sentence;
  setText(NOTES_AT, NOTES_BYTES, notes);
}

/** Value of a variable; "" where there is none of that name. */
export function variableOf(name: string): string {
  const count = load<i32>(BLOCK, VARIABLE_COUNT);
  const bytes = <usize>(name.length << 1);
  let at: usize = load<u32>(BLOCK, VARIABLES);
  for (let i = 0; i < count; i++, at += VARIABLE_BYTES) {
    if (load<u32>(at, 4) != bytes) continue;
    if (memory.compare(load<u32>(at), changetype<usize>(name), bytes) != 0) continue;
    return stringOf(load<u32>(at, 8), load<u32>(at, 12));
  }
  return "";
}

function setText(at: usize, length: usize, value: string): void {
  store<u32>(BLOCK + at, <u32>changetype<usize>(value));
  store<u32>(BLOCK + length, <u32>(value.length << 1));
}
