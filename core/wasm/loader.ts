/**
 * Reads AssemblyScript strings from a module's memory, for abort and log messages. The only importer of
 * `@assemblyscript/loader`, which is run on a tiny module of our own that shares the policy's memory, never on the
 * policy's own exports.
 */
import { instantiateSync } from "@assemblyscript/loader";

const MAX_MESSAGE_CHARACTERS = 1024;
/** An AssemblyScript object has its length in bytes four bytes before it. */
const LENGTH_BYTES = 4;

/** (module (import "env" "memory" (memory 0)) (export "memory" (memory 0))) */
const READER = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0],
  ...[2, 15, 1, 3, 101, 110, 118, 6, 109, 101, 109, 111, 114, 121, 2, 0, 0],
  ...[7, 10, 1, 6, 109, 101, 109, 111, 114, 121, 2, 0],
);

/** Reads the string at an address; gives a sentence in brackets when there is none. */
export type StringReader = (address: number) => string;

export function stringReader(memory: WebAssembly.Memory): StringReader {
  const { exports } = instantiateSync(READER, { env: { memory } });
  return (address) => {
    const start = address >>> 0;
    const bytes = memory.buffer.byteLength;
    if (start === 0) return "(no message)";
    if (start < LENGTH_BYTES || start > bytes || start % 2 !== 0) return "(not a string)";
    const length = new DataView(memory.buffer).getUint32(start - LENGTH_BYTES, true);
    if (length > 2 * MAX_MESSAGE_CHARACTERS || start + length > bytes) return "(message too long)";
    try {
      return exports.__getString(start);
    } catch {
      return "(not a string)";
    }
  };
}
