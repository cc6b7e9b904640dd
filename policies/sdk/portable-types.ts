/**
 * AssemblyScript's numbers in TypeScript's: which type two operands meet in, and the text that brings a value from one
 * type to another so that every bit is as WebAssembly has it. Pure.
 */
import { ABI } from "./abi.schema.ts";
import { SUBMISSION_TYPES, TEXT_PRELUDE } from "./portable-text.ts";

/** A number's type; `bool`, which is true or false in TypeScript; or a class whose objects the SDK hands over. */
export type PortableType = string;

export interface Typed {
  /** TypeScript text. */
  readonly code: string;
  readonly type: PortableType;
}

const SIGNED: Readonly<Record<string, number>> = { i8: 8, i16: 16, i32: 32, i64: 64 };
const UNSIGNED: Readonly<Record<string, number>> = { bool: 1, u8: 8, u16: 16, u32: 32, usize: 32 };
export const isInteger = (type: PortableType): boolean => type in SIGNED || type in UNSIGNED;
export const isFloat = (type: PortableType): boolean => type === "f32" || type === "f64";
export const isNumber = (type: PortableType): boolean => isInteger(type) || isFloat(type);
const bitsOf = (type: PortableType): number => SIGNED[type] ?? UNSIGNED[type] ?? 0;
const F32_BITS = 23;

/** Fields of what the SDK hands over. A test that builds the object must give the same ones. */
export const VIEWS: Readonly<Record<string, Readonly<Record<string, PortableType>>>> = {
  Job: typesOf(ABI.jobFields),
  Node: { row: "i32", ...typesOf(ABI.nodeColumns) },
  PendingJob: typesOf(ABI.batchColumns),
  Cluster: typesOf(ABI.batchFields),
  RunningJob: typesOf(ABI.victimColumns),
  Leaf: { id: "i32", nodes: "i32", feasible: "i32" },
  Submission: SUBMISSION_TYPES,
  string: { length: "i32" },
  "string[]": { length: "i32" },
  Unit: { id: "i32", parent: "i32", nodes: "i32", feasible: "i32", idle: "i32", mark: "i32" },
};

/** As the SDK's getters give them: small integers widened. */
function typesOf(
  fields: readonly { readonly name: string; readonly type: string }[],
): Record<string, string> {
  return Object.fromEntries(fields.map(({ name, type }) => [name, type === "u8" ? "i32" : type]));
}

/** The type that both become before an operator; undefined where there is none. */
export function meet(left: PortableType, right: PortableType): PortableType | undefined {
  if (becomes(right, left)) return left;
  if (becomes(left, right)) return right;
  return undefined;
}

/** Whether a value of one type is taken for another without a cast, as the compiler sees it for operands. */
function becomes(from: PortableType, to: PortableType): boolean {
  if (from === to) return true;
  if (isInteger(from) && isInteger(to)) {
    if (from in UNSIGNED && to in SIGNED) return bitsOf(from) < bitsOf(to);
    return bitsOf(from) <= bitsOf(to);
  }
  if (isInteger(from)) return to === "f64" || (to === "f32" && bitsOf(from) <= F32_BITS);
  return from === "f32" && to === "f64";
}

/** The value as another type. */
export function convert({ code, type }: Typed, to: PortableType): Typed {
  if (type === to || to === "void") return { code, type: to };
  if (to === "bool" && type === "string") return { code: `(${code} !== "")`, type: to };
  if (to === "bool") return { code: `$truth(${code})`, type: to };
  if (!isNumber(type) || !isNumber(to)) return { code, type: to };
  const number = type === "bool" ? `(${code} ? 1 : 0)` : code;
  if (to === "f64") return { code: number, type: to };
  if (to === "f32") return { code: `$fround(${number})`, type: to };
  if (isFloat(type)) return { code: wrap(`$truncate(${number}, ${to in UNSIGNED})`, to), type: to };
  return { code: wrap(number, to), type: to };
}

/** The low bits of a whole number, as the type reads them. */
export function wrap(code: string, type: PortableType): string {
  if (type === "f32") return `$fround(${code})`;
  if (type === "f64" || type === "i64") return code;
  if (type === "i32") return `(${code} | 0)`;
  if (type === "u32" || type === "usize") return `(${code} >>> 0)`;
  const rest = 32 - bitsOf(type);
  return `(${code} << ${rest} ${type in UNSIGNED ? ">>>" : ">>"} ${rest})`;
}

/** What a field or variable of a type begins with. */
export const zeroOf = (type: PortableType): string =>
  type === "bool" ? "false" : type === "string" ? '""' : type === "string[]" ? "[]" : "0";

/** Names that the translated text uses, none of which AssemblyScript text has; `$rng` gives the numbers that a module gets from its host, `$set` is what a topology of whole sets calls. */
export const PRELUDE = `
const $fround = Math.fround;
const $truth = (value) => value === true || (value !== false && value === value && value !== 0);
const $truncate = (value, isUnsigned) => {
  const whole = Math.trunc(value);
  const fits = isUnsigned ? whole > -1 && whole < 4294967296 : whole >= -2147483648 && whole < 2147483648;
  if (!fits) throw new RangeError(\`\${value} does not fit into an integer\`);
  return whole;
};
const $divide = (a, b, isRest) => {
  if (b === 0) throw new RangeError("division by zero");
  if (!isRest && a === -2147483648 && b === -1) throw new RangeError("integer overflow");
  return isRest ? a % b : Math.trunc(a / b);
};
const $nearest = (value) => {
  const low = Math.floor(value);
  const isHalf = value - low === 0.5;
  return isHalf ? (low % 2 === 0 ? low : low + 1) : Math.round(value);
};
const $clz = Math.clz32;
const $ctz = (value) => (value === 0 ? 32 : 31 - Math.clz32(value & -value));
const $popcnt = (value) => {
  let count = 0;
  for (let bits = value; bits !== 0; bits &= bits - 1) count++;
  return count;
};
const $left = (job, node, amount, free) => (job[amount] < 0 ? 0 : (node[free] - job[amount]) | 0);
${TEXT_PRELUDE}const leftCpus = (job, node) => $left(job, node, "cpus", "freeCpus");
const leftMemMib = (job, node) => $left(job, node, "memMib", "freeMemMib");
const leftGpus = (job, node) => $left(job, node, "gpus", "freeGpus");
`;
