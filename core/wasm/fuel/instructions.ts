/**
 * What an instruction costs in fuel, and where its children are. A table: what it does not have, no module may contain
 * that a budget is to hold for.
 */
import type { Binaryen } from "./binaryen.ts";

export interface Instruction {
  /** Name of binaryen's class, whose getters and setters take children. */
  readonly name: string;
  /** Fields that hold one child, as in `getValue`. */
  readonly children: readonly string[];
  /** A list of children, as in `getNumOperands` and `getOperandAt`: its name in both. */
  readonly list?: { readonly all: string; readonly one: string };
  /** Units of fuel; about a nanosecond for four on a machine of 2024. */
  readonly cost: number;
}

/** Calls of the host's functions cross into JavaScript. */
export const HOST_CALL_COST = 256;
/** One unit for so many bytes, as a shift, of an instruction that works on a range of memory. */
export const BYTES_SHIFT = 4;
/** A division, remainder or square root takes as long as so many others. */
export const SLOW_COST = 8;
const GROW_COST = 4096;
/** Loads may miss the caches; the module's memory is at most 16 MiB. */
const MEMORY_COST = 2;

const one = (name: string, cost: number, ...children: string[]): Instruction => ({ name, children, cost });
const listed = (name: string, cost: number, word: string, ...children: string[]): Instruction => ({
  name,
  children,
  list: word === "Child" ? { all: "Children", one: word } : { all: `${word}s`, one: word },
  cost,
});

const INSTRUCTIONS: readonly Instruction[] = [
  one("Nop", 0),
  listed("Block", 0, "Child"),
  one("If", 1, "Condition", "IfTrue", "IfFalse"),
  one("Loop", 1, "Body"),
  one("Break", 1, "Condition", "Value"),
  one("Switch", 2, "Condition", "Value"),
  listed("Call", 4, "Operand"),
  listed("CallIndirect", 8, "Operand", "Target"),
  one("LocalGet", 0),
  one("LocalSet", 0, "Value"),
  one("GlobalGet", 1),
  one("GlobalSet", 1, "Value"),
  one("Load", MEMORY_COST, "Ptr"),
  one("Store", MEMORY_COST, "Ptr", "Value"),
  one("SIMDExtract", 1, "Vec"),
  one("SIMDReplace", 1, "Vec", "Value"),
  one("SIMDShuffle", 1, "Left", "Right"),
  one("SIMDTernary", 1, "A", "B", "C"),
  one("SIMDShift", 1, "Vec", "Shift"),
  one("SIMDLoad", MEMORY_COST, "Ptr"),
  one("SIMDLoadStoreLane", MEMORY_COST, "Ptr", "Vec"),
  one("MemoryInit", 16, "Dest", "Offset", "Size"),
  one("DataDrop", 16),
  one("MemoryCopy", 16, "Dest", "Source", "Size"),
  one("MemoryFill", 16, "Dest", "Value", "Size"),
  one("Const", 0),
  one("Unary", 1, "Value"),
  one("Binary", 1, "Left", "Right"),
  one("Select", 1, "IfTrue", "IfFalse", "Condition"),
  one("Drop", 0, "Value"),
  one("Return", 1, "Value"),
  one("MemorySize", 1),
  one("MemoryGrow", GROW_COST, "Delta"),
  one("Unreachable", 0),
  one("RefNull", 1),
  one("RefIsNull", 1, "Value"),
  one("RefFunc", 1),
  one("TableGet", 2, "Index"),
  one("TableSet", 2, "Index", "Value"),
  one("TableSize", 1),
  listed("TupleMake", 0, "Operand"),
  one("TupleExtract", 0, "Tuple"),
];

const SLOW_OPERATIONS = [
  ...["DivSInt32", "DivUInt32", "RemSInt32", "RemUInt32", "DivSInt64", "DivUInt64", "RemSInt64", "RemUInt64"],
  ...["DivFloat32", "DivFloat64", "SqrtFloat32", "SqrtFloat64"],
  ...["DivVecF32x4", "DivVecF64x2", "SqrtVecF32x4", "SqrtVecF64x2"],
];

/** Of a module: no threads, exceptions, garbage collection or relaxed SIMD, whose results differ between machines. */
const FEATURES = [
  ...["MutableGlobals", "NontrappingFPToInt", "SIMD128", "BulkMemory", "BulkMemoryOpt", "SignExt"],
  ...["ReferenceTypes", "Multivalue", "TailCall", "ExtendedConst", "CallIndirectOverlong"],
];

/** The table by binaryen's own numbers. */
export class InstructionTable {
  readonly features: number;
  readonly ids: Readonly<Record<string, number>>;
  readonly #byId = new Map<number, Instruction>();
  readonly #slow: ReadonlySet<number>;

  constructor(binaryen: Binaryen) {
    const numbers = binaryen as unknown as Readonly<Record<string, number>>;
    const ids: Record<string, number> = {};
    for (const instruction of INSTRUCTIONS) {
      const id = numbers[`${instruction.name}Id`];
      if (id === undefined) throw new Error(`binaryen has no instruction ${instruction.name}`);
      ids[instruction.name] = id;
      this.#byId.set(id, instruction);
    }
    this.ids = ids;
    this.#slow = new Set(SLOW_OPERATIONS.map((name) => numbers[name]!));
    this.features = FEATURES.reduce((bits, name) => bits | (binaryen.Features[name] ?? 0), 0);
  }

  of(id: number): Instruction | undefined {
    return this.#byId.get(id);
  }

  /** Binary and unary operations have numbers of one series. */
  isSlow(operation: unknown): boolean {
    return this.#slow.has(operation as number);
  }
}
