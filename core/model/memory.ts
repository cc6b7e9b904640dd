/** Amounts of memory in Slurm's grammar, kept as whole MiB. Pure. */
import {
  digitsEnd,
  found,
  type Parsed,
  parsed,
  readNumber,
  tooLong,
  type Unparsed,
  unparsed,
} from "./parse-result.ts";

/** Largest amount that a 32-bit column holds, in MiB (2 PiB less one). */
export const MAX_MEMORY_MIB = 2_147_483_647;
export const MEMORY_FORMS = "a whole number with K, M, G or T (MiB without), like 4000 or 16G";

/** MiB, 0 .. MAX_MEMORY_MIB; KiB round up. 0 is accepted: `--mem=0` asks for all of a node's memory. */
export const parseMemoryMib = (text: string): Parsed<number> => {
  const long = tooLong(text);
  if (long !== undefined) return long;
  const end = digitsEnd(text, 0);
  if (end === 0) return bad(`a number is missing before ${found(text, 0)}`, 0);
  const amount = readNumber(text, 0, end);
  let after = end;
  let mib = amount;
  if (end < text.length) {
    switch (text.charAt(end).toUpperCase()) {
      case "K":
        mib = Math.ceil(amount / 1024);
        break;
      case "M":
        break;
      case "G":
        mib = amount * 1024;
        break;
      case "T":
        mib = amount * 1024 * 1024;
        break;
      default:
        return bad(`${found(text, end)} is not a unit`, end);
    }
    after = text.charAt(end + 1).toUpperCase() === "B" ? end + 2 : end + 1;
  }
  if (after < text.length) return bad(`${found(text, after)} follows the unit`, after);
  if (mib > MAX_MEMORY_MIB) return bad(`the amount is above ${MAX_MEMORY_MIB} MiB`, 0);
  return parsed(mib);
};

/** The largest unit that divides the amount, as Slurm prints it: `100M`, `4000M`, `4G`, `1T`; `0` has none. */
export const printMemory = (mib: number): string => {
  if (mib === 0) return "0";
  if (mib % (1024 * 1024) === 0) return `${mib / (1024 * 1024)}T`;
  return mib % 1024 === 0 ? `${mib / 1024}G` : `${mib}M`;
};

const bad = (problem: string, at: number): Unparsed => unparsed("INVALID_SPEC", problem, at, MEMORY_FORMS);
